# Generated from tests/forks/conftest.py by codegen; do not edit.
"""A server for each test of forks."""

from collections.abc import Iterator

import pytest

from tests._sync.forks.conversation import EchoServer


@pytest.fixture
def server() -> Iterator[EchoServer]:
    """A server that is closed when the test ends."""
    server = EchoServer()
    yield server
    server.release.set()
    server.close()
