"""A server for each test that asks for one."""

from collections.abc import Callable, Iterator

import pytest

from tests.servers.scripted import Script, ScriptedServer

Serve = Callable[[Script], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers, by address; they are closed when the test ends."""
    servers: list[ScriptedServer] = []

    def start(script: Script) -> str:
        servers.append(ScriptedServer(script))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()
