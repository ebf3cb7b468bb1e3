"""Servers that a test scripts, for the conftest of a folder."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.servers.scripted import Script, ScriptedServer

Serve = Callable[[Script], ScriptedServer]


@contextmanager
def serve_scripts(tls: ssl.SSLContext | None = None) -> Iterator[Serve]:
    """Give what starts servers; they are closed at the end."""
    servers: list[ScriptedServer] = []

    def start(script: Script) -> ScriptedServer:
        servers.append(ScriptedServer(script, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers; they are closed when the test ends."""
    with serve_scripts() as start:
        yield start
