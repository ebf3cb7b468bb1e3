"""What a function gave, plain or to be waited for."""

from functools import partial

import pytest

from ai_lib._runtime.backend import can_await, checkpoint, maybe_await
from ai_lib_sync._runtime import backend as blocking

pytestmark = pytest.mark.async_only


async def later() -> int:
    await checkpoint()
    return 7


class Later:
    async def __call__(self) -> int:
        return await later()


async def test_what_has_to_be_waited_for_is() -> None:
    assert can_await(later)
    assert await maybe_await(5) == 5
    assert await maybe_await(later()) == 7


def test_without_a_loop_it_is_refused() -> None:
    assert not blocking.can_await(later)
    assert not blocking.can_await(partial(later))
    assert not blocking.can_await(Later())
    assert blocking.can_await(len)
    assert blocking.maybe_await(5) == 5
    with pytest.raises(TypeError, match="only an event loop can wait for"):
        blocking.maybe_await(later())
