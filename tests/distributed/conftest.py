"""One real server for the tests of shared state, where the machine has one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.valkey import ValkeyServer, running_valkey


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server for all tests of one process; each test has a prefix of its own."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that the test may stop."""
    with running_valkey(tmp_path) as server:
        yield server
