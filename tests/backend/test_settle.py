"""What a function gave, plain or to be waited for."""

import pytest

from ai_lib._backend import checkpoint, settle, settles_awaitables
from ai_lib_sync import _backend as blocking

pytestmark = pytest.mark.async_only


async def later() -> int:
    await checkpoint()
    return 7


async def test_what_has_to_be_waited_for_is() -> None:
    assert settles_awaitables
    assert await settle(5) == 5
    assert await settle(later()) == 7


def test_without_a_loop_it_is_refused() -> None:
    assert not blocking.settles_awaitables
    assert blocking.settle(5) == 5
    with pytest.raises(TypeError, match="only an event loop can wait for"):
        blocking.settle(later())
