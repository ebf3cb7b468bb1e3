"""Calls of every kind through networks that do everything networks do, with all protection on.

Every call ends in time, in a whole answer or a typed error; no attempt is made that is not allowed
and booked; nothing stays taken, and nothing is left behind. The full form: `nox -s soak`.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ai_lib._backend import checkpoint, now, run_all, sleep
from ai_lib.client import AiClient
from ai_lib.transport import HttpTransport
from tests.soak.house import ALLOWED, House, coroutines, mock, taken

# SOAK=50000 makes so many calls; memory is only judged where there are enough of them.
CALLS = int(os.environ.get("SOAK", "300"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
BATCH = 1000
AT_ONCE = 16
PATIENCE = 20.0  # seconds until what was dropped must have been given back


def resident() -> int:
    """How many bytes of memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def gone(made: Callable[[], Counter[str]]) -> Counter[str]:
    """Return what was made and is still there once everything had the time to go."""
    ends = now() + PATIENCE
    while (left := made()) and now() < ends:
        await sleep(0.005)
    return left


async def settled(client: AiClient, transport: HttpTransport, house: House) -> dict[str, object]:
    """Return what is still taken once everything had the time to be given back."""
    ends = now() + PATIENCE
    while True:
        gc.collect()
        await checkpoint()
        left = taken(client, transport, house)
        if not left or now() > ends:
            return left
        await sleep(0.005)


def assert_booked(house: House, calls: int) -> None:
    """Whether what the networks saw is what the ledgers say, and the metrics say it too."""
    books, seen = house.books, house.first.seen + house.second.seen
    assert "" not in seen
    assert seen.keys() <= books.sent.keys()
    for mark, sent in books.sent.items():
        assert books.certain[mark] <= seen[mark] <= sent, (mark, seen[mark], sent)
    assert books.most <= ALLOWED
    assert sum(books.outcomes.values()) == calls
    figures = house.collector.get_snapshot()
    assert figures.retries == books.retries
    assert {
        "answered": figures.successful_requests - figures.cached_requests,
        "failed": figures.failed_requests,
        "cancelled": figures.cancelled_requests,
        "cached": figures.cached_requests,
    } == {name: books.outcomes[name] for name in ("answered", "failed", "cancelled", "cached")}


async def one_batch(number: int, calls: int) -> str:
    """Make so many calls with a client of their own, and settle up."""
    async with mock() as provider:
        port = int(provider.base_url("openai").split(":")[2].split("/")[0])
        house = House(SEED + number, port)
        async with HttpTransport() as transport:
            client = await house.client(transport)
            first = number * BATCH
            todo = [partial(house.one_call, client, first + one) for one in range(calls)]
            await run_all(todo, AT_ONCE)
            assert await settled(client, transport, house) == {}
            assert_booked(house, calls)
            stats = transport.stats()
            assert stats.opened == stats.idle + stats.closed
            await client.close()
        assert house.first.wait_for_connections(0)
        assert house.second.wait_for_connections(0)
        house.close()
    return f"{dict(house.books.outcomes)}, {sum(house.first.seen.values())} requests"


async def test_every_call_ends_right_and_leaves_nothing() -> None:
    await one_batch(9_999, 20)  # what is made once is made
    threads, files, waiting = threading.active_count(), descriptors(), coroutines()

    def more() -> Counter[str]:
        """What there is more of than there was."""
        found = coroutines() - waiting
        del found["gone"]  # who asks
        found["threads"] = max(0, threading.active_count() - threads)
        found["descriptors"] = max(0, descriptors() - files)
        return +found

    sizes = []
    for number in range(0, CALLS, BATCH):
        said = await one_batch(number // BATCH, min(BATCH, CALLS - number))
        gc.collect()
        sizes.append(resident())
        if CALLS > BATCH:
            sys.stderr.write(f"{number + BATCH}: {said}, {sizes[-1] >> 20} MiB\n")
    assert await gone(more) == Counter()
    if len(sizes) > 10:
        half = len(sizes) // 2
        slope = (sizes[-1] - sizes[half]) / (BATCH * (len(sizes) - 1 - half))
        assert slope < 500, f"{slope:.0f} bytes a call: {sizes}"
