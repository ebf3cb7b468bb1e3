"""One server for the recordings of a module."""

from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.servers.fixtures import Serve as Serve, serve as serve
from tests.servers.scripted import ScriptedServer
from tests.wire.recordings import Recording
from tests.wire.replay import replays

Play = Callable[[Iterable[Recording]], str]


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    """Start servers of recordings, by address; they are closed when the module's tests end."""
    servers: list[ScriptedServer] = []

    def start(recordings: Iterable[Recording]) -> str:
        servers.append(ScriptedServer(replays(recordings)))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()
