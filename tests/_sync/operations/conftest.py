# Generated from tests/operations/conftest.py by codegen; do not edit.
"""Servers that a test scripts; they are closed when the test ends."""

from collections.abc import Callable, Iterator

import pytest

from tests.servers.scripted import Script, ScriptedServer

Serve = Callable[[Script], ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ScriptedServer] = []

    def start(script: Script) -> ScriptedServer:
        servers.append(ScriptedServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
