"""Many calls on one line, some of them cancelled at any moment: no wrong answer, nothing left."""

import random
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ai_lib._runtime.backend import CancelScope, checkpoint, run_all
from ai_lib.mcp import McpServer
from tests.mcp.peers import child, http_peer
from tests.servers.mcp_peer import NEW, OLD

CALLS, AT_ONCE = 400, 16


class Crowd:
    """Calls that cancel each other at random; `wrong` counts answers that were another's."""

    def __init__(self, server: McpServer, seed: int) -> None:
        self.server = server
        self.random = random.Random(seed)
        self.scopes: dict[int, CancelScope] = {}
        self.answered = 0
        self.cancelled = 0
        self.wrong: list[str] = []

    async def ask(self, number: int) -> None:
        """Ask for an echo; the end of each call may cancel another."""
        scope = self.scopes[number] = CancelScope()
        blocks: Any = ()
        if number % 25 == 0:
            scope.cancel()  # some for sure, whatever the others' chance
        with scope:
            blocks = await self.server.call("echo", {"text": f"call {number}"})
            await checkpoint()  # where the answer was faster than the cancellation
        self.scopes.pop(number, None)
        if scope.cancelled:
            self.cancelled += 1
        elif [block.text for block in blocks] == [f"call {number}"]:
            self.answered += 1
        else:
            self.wrong.append(f"call {number}: {blocks}")
        victims = list(self.scopes.values())
        if victims and self.random.random() < 0.3:
            self.random.choice(victims).cancel()


def count_threads() -> int:
    """Count the threads, but those in which a runtime waits for the end of a process."""
    own = ("waitpid", "Trio thread")
    return sum(not any(name in thread.name for name in own) for thread in threading.enumerate())


@pytest.mark.parametrize("era", [NEW, OLD])
async def test_400_calls_with_random_cancellations_on_one_line(era: str, tmp_path: Path) -> None:
    threads = count_threads()
    async with child(tmp_path, era) as server:
        crowd = Crowd(server, seed=7)
        await run_all([partial(crowd.ask, number) for number in range(CALLS)], AT_ONCE)

        assert crowd.wrong == []
        assert crowd.answered + crowd.cancelled == CALLS
        assert crowd.answered > 200
        assert crowd.cancelled > 0
        assert server.pending_count == 0
        await server.call("echo", {"text": "alive"})
    assert count_threads() == threads, threading.enumerate()


async def test_calls_by_http_with_random_cancellations() -> None:
    with http_peer(OLD) as http:
        async with McpServer.http(http.url, name="peer") as server:
            crowd = Crowd(server, seed=7)
            await run_all([partial(crowd.ask, number) for number in range(60)], 8)

            assert crowd.wrong == []
            assert crowd.answered + crowd.cancelled == 60
            assert server.pending_count == 0
            await server.call("echo", {"text": "alive"})


async def test_large_messages_both_ways_do_not_block_each_other(tmp_path: Path) -> None:
    """The server waits for its output to be read while we wait for it to take our input."""
    text = "x" * 300_000

    async with child(tmp_path) as server:

        async def ask() -> int:
            (block,) = await server.call("echo", {"text": text})
            return len(block.text)  # type: ignore[union-attr]

        assert await run_all([ask] * 4, 4) == [300_000] * 4
