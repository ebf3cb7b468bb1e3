# Generated from tests/resilience/conftest.py by codegen; do not edit.
"""A scripted server for each test that asks for one."""

from collections.abc import Callable, Iterator

import pytest

from tests.servers.scripted import Script, ScriptedServer

Serve = Callable[[Script], ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers; they are closed when the test ends."""
    servers: list[ScriptedServer] = []

    def start(script: Script) -> ScriptedServer:
        servers.append(ScriptedServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
