"""A mock provider to ask by hand."""

from collections.abc import Iterator

import pytest

from tests.testing.wire import MockServer


@pytest.fixture
def mock_server() -> Iterator[MockServer]:
    """Start a mock provider; it is stopped when the test ends."""
    mock_server = MockServer()
    yield mock_server
    mock_server.server.stop()
