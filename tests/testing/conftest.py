"""A mock provider to ask by hand."""

from collections.abc import Iterator

import pytest

from tests.testing.wire import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Start a mock provider; it is stopped when the test ends."""
    desk = Desk()
    yield desk
    desk.server.stop()
