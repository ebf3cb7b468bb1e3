"""Four processes with one state: limits, a budget, circuits, a cache, and processes that die.

Limits are exact by the store's clock, at the times it granted. Requests arrive later, by what a
process needs to wake up and send: at the provider, a window that is shorter by the longest such
time has no more than the limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from ai_lib.distributed import SharedState
from ai_lib.errors import BackpressureError
from tests.guards import Stopwatch
from tests.resilience.house import said
from tests.servers.scripted import Exchange, ScriptedServer
from tests.servers.valkey import ValkeyServer

pytestmark = [pytest.mark.slow, pytest.mark.async_only]

PROCESSES = 4


class Provider(ScriptedServer):
    """Notes when each request came, and answers after `delay` seconds."""

    def __init__(self, status: int = 200, delay: float = 0.0, total_tokens: int = 7) -> None:
        self.arrivals: list[float] = []
        self.status = status
        self.delay = delay
        self.body = said("fine", total_tokens)
        super().__init__(self._answer)

    def _answer(self, exchange: Exchange) -> None:
        self.arrivals.append(time.time())
        if self.delay:
            threading.Event().wait(self.delay)
        head = "content-type: application/json\r\n"
        exchange.reply(self.body, status=self.status, headers=head)

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def most_in(self, seconds: float) -> int:
        """Return the most that arrived in any span of so many seconds."""
        return most_in(sorted(self.arrivals), seconds)


def most_in(times: list[float], seconds: float) -> int:
    """Return how many of these ascending times are in the fullest span of so many seconds."""
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def check_places(provider: Provider, reports: list[dict[str, Any]], limit: int, kind: str) -> None:
    """Check that places are exact by the store's clock, and that nothing was sent before its own.

    Both clocks are this machine's.
    """
    places = sorted(place for report in reports for place in report["places"])
    arrivals = sorted(provider.arrivals)
    # Some were granted a place after the end, or had no time to use it.
    lateness = [at - place for at, place in zip(arrivals, places, strict=False)]
    late = max(lateness)
    print(f"{kind}: most granted in {WINDOW} s: {most_in(places, WINDOW)}, most "  # noqa: T201
          f"arrived: {most_in(arrivals, WINDOW)}, latest by {late:.3f} s, of {limit}")  # fmt: skip
    assert most_in(places, WINDOW) <= limit
    assert min(lateness) >= 0
    assert most_in(arrivals, WINDOW - late) <= limit


class Worker:
    """One process, and what it says."""

    def __init__(self, job: str, settings: dict[str, Any]) -> None:
        command = [sys.executable, "-m", "tests.distributed.worker", job, json.dumps(settings)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self) -> dict[str, Any]:
        """Return what it says next."""
        assert self.process.stdout is not None
        report: dict[str, Any] = json.loads(self.process.stdout.readline())
        return report

    def tell(self, line: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """Kill it, whatever it does."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def running(job: str, settings: dict[str, Any], count: int = PROCESSES) -> Iterator[list[Worker]]:
    """Run so many workers, each on another event loop than the one before, once all are ready."""
    with ExitStack() as stack:
        workers = []
        for number in range(count):
            backend = ("asyncio", "trio")[number % 2]
            worker = Worker(job, {**settings, "backend": backend})
            stack.callback(worker.close)
            workers.append(worker)
        for worker in workers:
            worker.read()
        yield workers


@pytest.fixture
def anyio_backend() -> str:
    """Run the few checks in this process on asyncio; the workers have both event loops."""
    return "asyncio"


def settings_for(valkey: ValkeyServer, provider: Provider | None, **more: Any) -> dict[str, Any]:
    """Return the settings of a worker."""
    base_url = provider.url if provider is not None else ""
    return {"url": valkey.url, "prefix": uuid.uuid4().hex, "base_url": base_url, **more}


def run_all(workers: list[Worker]) -> list[dict[str, Any]]:
    """Let all begin at once, and return their reports."""
    for worker in workers:
        worker.tell("")
    return [worker.read() for worker in workers]


WINDOW = 2.5
# What a process may need to wake up and send, where its places are its own.
JITTER = 0.3


def test_four_processes_keep_one_limit_of_requests(valkey: ValkeyServer) -> None:
    limits = {"rpm": 100, "window": WINDOW}
    work = {"tasks": 10, "max_tokens": 5, "seconds": 5 * WINDOW}
    with Provider() as provider:
        with running("limited", settings_for(valkey, provider, limits=limits, **work)) as workers:
            reports = run_all(workers)
        first = min(provider.arrivals)
        reached = sum(at < first + 4 * WINDOW for at in provider.arrivals)
    assert [report["errors"] for report in reports] == [[]] * PROCESSES
    print(f"reached {reached / 400:.1%}")  # noqa: T201
    check_places(provider, reports, 100, "requests")
    assert reached >= 0.95 * 400


@pytest.mark.parametrize(("used", "least"), [(200, 0.95), (40, 0.8)])
def test_four_processes_keep_one_limit_of_tokens(
    valkey: ValkeyServer, used: int, least: float
) -> None:
    # Each request may take 200 tokens and a few; where it takes far fewer, what is set aside for
    # those under way can't be used by others.
    limits = {"tpm": 4000, "window": WINDOW}
    work = {"tasks": 10, "max_tokens": 200, "seconds": 5 * WINDOW}
    with Provider(total_tokens=used) as provider:
        with running("limited", settings_for(valkey, provider, limits=limits, **work)) as workers:
            reports = run_all(workers)
        first = min(provider.arrivals)
        reached = used * sum(at < first + 4 * WINDOW for at in provider.arrivals)
    assert [report["errors"] for report in reports] == [[]] * PROCESSES
    print(f"reached {reached / 16000:.1%}")  # noqa: T201
    check_places(provider, reports, 4000 // used, f"requests of {used} tokens")
    assert reached >= least * 16000


def test_jitter_that_is_allowed_for_breaks_no_limit_at_the_provider(valkey: ValkeyServer) -> None:
    limits = {"rpm": 100, "window": WINDOW, "jitter": 1.0}
    work = {"tasks": 10, "max_tokens": 5, "seconds": 5 * WINDOW}
    with Provider() as provider:
        with running("limited", settings_for(valkey, provider, limits=limits, **work)) as workers:
            reports = run_all(workers)
    assert [report["errors"] for report in reports] == [[]] * PROCESSES
    check_places(provider, reports, 100, "requests, 1 s of jitter allowed")
    assert provider.most_in(WINDOW) <= 100


async def test_four_processes_do_not_exceed_one_budget(valkey: ValkeyServer) -> None:
    with Provider() as provider:
        settings = settings_for(valkey, provider, budget=0.002, tasks=20)
        with running("spending", settings) as workers:
            reports = run_all(workers)
    async with SharedState.redis(valkey.url, prefix=settings["prefix"]) as state:
        stats = await state.budget(0.002).stats()
    spent = sum(report["spent"] for report in reports)
    print(f"spent {spent:.6f} of 0.002")  # noqa: T201
    assert spent == pytest.approx(stats.spent)
    assert stats.reserved == 0
    # What is left is less than one request may cost: 50 tokens of output, at 10 USD a million.
    assert 0.002 - 0.00055 <= spent <= 0.002


def test_a_circuit_opens_for_four_processes_within_one_call(valkey: ValkeyServer) -> None:
    with Provider(status=500) as provider:
        with running("ask", settings_for(valkey, provider)) as workers:
            outcomes = []
            for worker in [workers[0], workers[1], workers[0], *workers]:
                worker.tell("hi")
                outcomes.append(worker.read()["error"])
        assert len(provider.arrivals) == 3
    assert outcomes == ["RemoteError"] * 3 + ["CircuitOpenError"] * 4


def test_of_equal_calls_of_four_processes_one_is_sent(valkey: ValkeyServer) -> None:
    with Provider(delay=1.0) as provider:
        with running("ask", settings_for(valkey, provider, cache=True)) as workers:
            for worker in workers:
                worker.tell("the same")
            contents = [worker.read()["content"] for worker in workers]
        assert len(provider.arrivals) == 1
    assert contents == ["fine"] * 4


async def test_what_a_killed_process_held_comes_back(valkey: ValkeyServer) -> None:
    limits = {"rpm": 1, "window": 3.0}
    settings = settings_for(valkey, None, lease=3.0, limits=limits, backend="asyncio")
    worker = Worker("hold", settings)
    try:
        assert worker.read() == {"held": True}
        stopwatch = Stopwatch()
    finally:
        worker.close()
    async with SharedState.redis(valkey.url, prefix=settings["prefix"]) as state:
        with pytest.raises(BackpressureError):
            await state.concurrency(1).acquire_slot(0.01)
        await state.concurrency(1).acquire_slot(30.0)
        print(f"the slot came back after {stopwatch.seconds:.2f} s of 3")  # noqa: T201
        assert await state.limiter(**limits).reserve("p/m", "next", 1) <= 3.0


def test_a_store_that_goes_and_comes_back_loses_no_answer(own_valkey: ValkeyServer) -> None:
    limits = {"rpm": 100, "window": WINDOW}
    work = {"tasks": 10, "max_tokens": 5, "seconds": 6 * WINDOW, "processes": PROCESSES}
    with Provider() as provider:
        settings = settings_for(own_valkey, provider, limits=limits, **work)
        with running("limited", settings) as workers:
            for worker in workers:
                worker.tell("")
            threading.Event().wait(1.5 * WINDOW)
            own_valkey.stop()
            threading.Event().wait(1.5 * WINDOW)
            own_valkey.start()
            reports = [worker.read() for worker in workers]
    assert [report["errors"] for report in reports] == [[]] * PROCESSES
    print(f"most in {WINDOW} s: {provider.most_in(WINDOW)}")  # noqa: T201
    assert provider.most_in(WINDOW - JITTER) <= 100 + 100 // PROCESSES
    assert sum(report["answers"] for report in reports) >= 400
