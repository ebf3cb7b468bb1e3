"""Calls of every kind through networks that do everything networks do, with all protection on.

Every call ends in time, in a whole answer or a typed error; no attempt is made that is not allowed
and booked; nothing stays taken, and nothing is left behind. The full form: `nox -s soak`.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import linear_regression

from ai_lib._runtime.backend import checkpoint, now, run_all, sleep
from ai_lib.client import AiClient
from tests.soak.house import (
    ALLOWED,
    CAN_FORK,
    FORK_EVERY,
    FORKED,
    House,
    alive,
    mock,
    number_of,
    taken,
)

# SOAK=50000 makes so many calls; memory is only judged where there are enough of them.
CALLS = int(os.environ.get("SOAK", "120"))
SEED = int(os.environ.get("SOAK_SEED", "7"))
BATCH = 1000
AT_ONCE = 16
PATIENCE = 20.0  # seconds until what was dropped must have been given back


def held() -> int:
    """How many bytes of memory this process has and uses: what is free is given back first."""
    gc.collect()
    if give_back := getattr(ctypes.CDLL(None), "malloc_trim", None):
        give_back(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def gone(made: Callable[[], Counter[str]]) -> Counter[str]:
    """Return what was made and is still there once everything had the time to go."""
    ends = now() + PATIENCE
    while (left := made()) and now() < ends:
        await sleep(0.05)
    return left


async def settled(client: AiClient, house: House) -> dict[str, object]:
    """Return what is still taken once everything had the time to be given back."""
    ends = now() + PATIENCE
    while True:
        gc.collect()
        await checkpoint()
        left = taken(client, house)
        if not left or now() > ends:
            return left
        await sleep(0.05)


def assert_booked(house: House, calls: int) -> None:
    """Whether what the networks saw is what the attempt logs say, and the metrics say it too."""
    books, seen = house.books, house.first.seen + house.second.seen
    assert "" not in seen
    # A forked child keeps its own books.
    seen = Counter({mark: n for mark, n in seen.items() if number_of(mark) < FORKED})
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


async def one_batch(house: House, client: AiClient, first: int, calls: int) -> None:
    """Make so many calls, with marks from `first` on, and settle up."""
    async with mock() as provider:  # another one each time: it keeps what it was asked
        house.answered_by(provider)
        todo = [partial(house.one_call, client, first + one) for one in range(calls)]
        await run_all(todo, AT_ONCE)
        assert not CAN_FORK or house.end_children() >= calls // FORK_EVERY
        assert await settled(client, house) == {}
    assert_booked(house, first + calls)
    stats = house.transport.stats()
    assert stats.opened == stats.idle + stats.closed
    house.forget(first - 10)  # a call may ask again what one of the nine before it asked


async def all_batches(seed: int, calls: int) -> list[int]:
    """Make so many calls with one client; return the memory that was held after each batch."""
    house, sizes = House(seed), []
    async with house.transport, await house.client() as client:
        for first in range(0, calls, BATCH):
            await one_batch(house, client, first, min(BATCH, calls - first))
            sizes.append(held())
            if calls > BATCH:
                tell(house, first + BATCH, sizes[-1])
    house.close()
    return sizes


def tell(house: House, calls: int, size: int) -> None:
    """Say how far a long run is."""
    sys.stderr.write(
        f"{time.strftime('%X')} {calls} calls, {dict(house.books.outcomes)}, "
        f"{house.requests()} requests, {house.books.retries} retries, {size / 2**20:.2f} MiB, "
        f"{descriptors()} descriptors, {threading.active_count()} threads\n"
    )


def slope_of(sizes: list[int]) -> float:
    """How many bytes a call adds, over the second half of the batches."""
    half = sizes[len(sizes) // 2 :]
    return linear_regression(range(len(half)), half).slope / BATCH


async def test_every_call_ends_right_and_leaves_nothing() -> None:
    await all_batches(SEED + 1, 20)  # what is made once is made
    threads, files, living = threading.active_count(), descriptors(), alive()

    def more() -> Counter[str]:
        """What there is more of than there was."""
        found = alive() - living
        del found["gone"]  # who asks
        found["threads"] = max(0, threading.active_count() - threads)
        found["descriptors"] = max(0, descriptors() - files)
        return +found

    sizes = await all_batches(SEED, CALLS)
    assert await gone(more) == Counter()
    if len(sizes) > 10:
        slope = slope_of(sizes)
        sys.stderr.write(f"{slope:.0f} bytes a call\n")
        assert slope < 500, f"{slope:.0f} bytes a call: {sizes}"
