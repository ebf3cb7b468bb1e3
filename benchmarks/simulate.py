"""A hundred workers and one store, simulated: `python -m benchmarks.simulate [--seed N]`.

No machine here can run a hundred workers that send 100,000 calls a minute, so time is simulated:
events in a heap, drawn from one seed, the same on every machine. The store serves one command at a
time and grants places as `ai_lib.distributed.limit_scripts` does; a worker that the store does not
answer in time keeps to its share by the library's own `LocalQuota`. Every message takes its time,
every worker's clock runs at a speed of its own, and in some scenarios the store stalls or workers
die. `docs/scale.md` has the figures.
"""

import argparse
import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ai_lib.distributed.limit_scripts import BUCKETS
from ai_lib.distributed.limits import LocalQuota, WindowSettings

_RETRY_SECONDS = 0.5
_TIMEOUT = 2.0


@dataclass(frozen=True)
class Scenario:
    """What happens. Times are seconds.

    Messages take `delay`, the store `service` to reserve and `settling` to settle, a worker `late`
    to wake up and send,
    or more in a `slow` spell (from, to, how late), the provider `call` to answer. Clocks are off by
    up to `drift` of what they measure.
    """

    name: str
    workers: int = 100
    tasks: int = 60
    limit: int = 100_000
    window: float = 60.0
    seconds: float = 240.0
    delay: float = 0.001
    service: float = 0.00026
    settling: float = 0.00002
    late: float = 0.05
    drift: float = 0.0001
    call: float = 2.0
    stall: tuple[float, float] | None = None
    slow: tuple[float, float, float] | None = None
    killed: int = 0
    killed_at: float = 90.0
    lease: float = 30.0


@dataclass
class Outcome:
    """What came of it."""

    granted: list[float] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    sent: dict[int, int] = field(default_factory=dict)
    commands: int = 0
    busy: float = 0.0
    leases: list[float] = field(default_factory=list)


class Places:
    """The places of one window: what the script does where no place is given back.

    Places are then granted in order, so the sum of the windows that end at the latest one is all
    there is to compare.
    """

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._width = window / BUCKETS
        self._used: dict[int, int] = {}
        self._latest = -1
        self._total = 0

    def grant(self, now: float, *, is_forced: bool = False) -> float:
        """Return the time of the next free place; one that is forced is counted now."""
        bucket = int(now // self._width)
        if is_forced:
            self._advance(max(bucket, self._latest))
            self._used[bucket] = self._used.get(bucket, 0) + 1
            self._total += bucket >= self._latest - BUCKETS
            return now
        self._advance(max(bucket, self._latest))
        while self._total + 1 > self._limit:
            self._advance(self._latest + 1)
        self._used[self._latest] = self._used.get(self._latest, 0) + 1
        self._total += 1
        return max(now, self._latest * self._width)

    def _advance(self, bucket: int) -> None:
        if bucket - self._latest > BUCKETS:
            self._used.clear()
            self._total, self._latest = 0, bucket
        while self._latest < bucket:
            self._latest += 1
            self._total -= self._used.pop(self._latest - BUCKETS - 1, 0)


class Simulation:
    """One scenario, played from one seed."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.outcome = Outcome(sent=dict.fromkeys(range(scenario.workers), 0))
        self._random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._number = 0
        self._places = Places(scenario.limit, scenario.window)
        self._free_at = 0.0
        self._shares = [self._make_share() for _ in range(scenario.workers)]
        self._retry_at = [0.0] * scenario.workers
        drifts = [self._random.uniform(-1, 1) * scenario.drift for _ in self._shares]
        self._speeds = [1 + drift for drift in drifts]

    def _make_share(self) -> LocalQuota:
        settings = WindowSettings(
            unit="requests", limit=self.scenario.limit, seconds=self.scenario.window
        )
        share = LocalQuota((settings,))
        share.processes = self.scenario.workers
        return share

    def run(self) -> Outcome:
        """Play it to its end."""
        for worker in range(self.scenario.workers):
            for _ in range(self.scenario.tasks):
                self._at(self._random.uniform(0, 1.0), self._begin, worker)
        while self._events and self._events[0][0] < self.scenario.seconds:
            now, _, act = heapq.heappop(self._events)
            act(now)
        return self.outcome

    def _at(self, when: float, act: Callable[[int, float], None], worker: int) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, lambda now: act(worker, now)))

    def _is_dead(self, worker: int, now: float) -> bool:
        return worker < self.scenario.killed and now >= self.scenario.killed_at

    def _delay(self) -> float:
        return self.scenario.delay * self._random.lognormvariate(0, 0.7)

    def _lateness(self, now: float) -> float:
        mean, slow = self.scenario.late, self.scenario.slow
        if slow is not None and slow[0] <= now < slow[1]:
            mean = slow[2]
        return self._random.expovariate(1 / mean)

    def _serve(self, arrives: float, takes: float) -> float:
        """Return when the store has served a command that arrives then."""
        begins = max(arrives, self._free_at)
        if self.scenario.stall is not None:
            first, last = self.scenario.stall
            begins = last if first <= begins < last else begins
        self._free_at = begins + takes
        self.outcome.commands += 1
        self.outcome.busy += takes
        return self._free_at

    def _begin(self, worker: int, now: float) -> None:
        """Reserve a place for the next call of a task."""
        if self._is_dead(worker, now):
            return
        share = self._shares[worker]
        if share.is_careful(now):
            self._begin_alone(worker, now)
            return
        served = self._serve(now + self._delay(), self.scenario.service)
        place = self._places.grant(served)
        answered = served + self._delay()
        if answered - now > _TIMEOUT:
            # The store counts a place that nobody will come for.
            share.note_outage(now + _TIMEOUT)
            self._retry_at[worker] = now + _TIMEOUT + _RETRY_SECONDS
            self._at(now + _TIMEOUT, self._begin_alone, worker)
            return
        self.outcome.waits.append(answered - now)
        self.outcome.granted.append(place)
        wakes = answered + max(0.0, place - served) * self._speeds[worker]
        self._at(wakes + self._lateness(wakes), self._send, worker)

    def _begin_alone(self, worker: int, now: float) -> None:
        """Take a place of the worker's own share, and tell the store if it answers."""
        if self._is_dead(worker, now):
            return
        share = self._shares[worker]
        wait = share.get_wait_time(0, now)
        if wait > 0:
            self._at(now + wait + 0.001, self._begin, worker)
            return
        share.take(0, now)
        if now >= self._retry_at[worker]:
            served = self._serve(now + self._delay(), self.scenario.service)
            self._places.grant(served, is_forced=True)
            if served - now > _TIMEOUT:
                share.note_outage(now + _TIMEOUT)
                self._retry_at[worker] = now + _TIMEOUT + _RETRY_SECONDS
        self._at(now + self._lateness(now), self._send_alone, worker)

    def _send(self, worker: int, now: float) -> None:
        if self._is_dead(worker, now):
            return
        self._shares[worker].take(0, now)
        self._send_alone(worker, now)

    def _send_alone(self, worker: int, now: float) -> None:
        self.outcome.arrived.append(now)
        self.outcome.sent[worker] += 1
        ends = now + self._random.expovariate(1 / self.scenario.call)
        self._at(ends, self._settle, worker)
        if worker < self.scenario.killed and now < self.scenario.killed_at <= ends:
            self.outcome.leases.append(now + self.scenario.lease - self.scenario.killed_at)

    def _settle(self, worker: int, now: float) -> None:
        if not self._is_dead(worker, now):
            self._serve(now + self._delay(), self.scenario.settling)
            self._begin(worker, now)


SCENARIOS = (
    Scenario("calm"),
    Scenario("20 ms away, clocks 1 % off", delay=0.02, drift=0.01),
    Scenario("20 s in which workers are late by 1 s", slow=(110.0, 130.0, 1.0)),
    Scenario("the store stalls for 5 s", stall=(100.0, 105.0)),
    Scenario("the store stalls for 1 s", stall=(100.0, 101.0)),
    Scenario("10 of 100 die", killed=10),
    Scenario("more workers than limit", workers=400, limit=300, tasks=1),
)


def most_in(times: list[float], seconds: float) -> int:
    """Return how many times are in the fullest span of so many seconds."""
    span: deque[float] = deque()
    most = 0
    for at in sorted(times):
        span.append(at)
        while at - span[0] >= seconds:
            span.popleft()
        most = max(most, len(span))
    return most


def fairness(counts: list[int]) -> float:
    """Return Jain's index: 1 where all have as much, 1/n where one has all."""
    squares = sum(count * count for count in counts)
    return sum(counts) ** 2 / (len(counts) * squares) if squares else math.nan


def describe(scenario: Scenario, outcome: Outcome) -> str:
    """Return a row of the table."""
    alive = [outcome.sent[worker] for worker in range(scenario.killed, scenario.workers)]
    after = [at for at in outcome.arrived if at >= scenario.window]
    possible = scenario.limit * (scenario.seconds - scenario.window) / scenario.window
    waits = sorted(outcome.waits)
    cells = (
        scenario.name,
        f"{most_in(outcome.granted, scenario.window):,}",
        f"{most_in(outcome.arrived, scenario.window):,}",
        f"{len(after) / possible:.1%}",
        f"{fairness(alive):.4f}",
        f"{min(alive):,} to {max(alive):,}",
        f"{outcome.commands / scenario.seconds:,.0f}",
        f"{outcome.busy / scenario.seconds:.0%}",
        f"{waits[len(waits) * 99 // 100] * 1000:.1f} ms",
    )
    return "| " + " | ".join(cells) + " |"


def main(arguments: list[str] | None = None) -> None:
    """Play every scenario, and print a table of what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args(arguments).seed
    print("| scenario | granted | arrived | reached | fairness | calls of a worker "
          "| commands/s | store busy | 99 % answered in |")  # fmt: skip
    print("|---" * 9 + "|")
    notes: list[str] = []
    for scenario in SCENARIOS:
        outcome = Simulation(scenario, seed).run()
        print(describe(scenario, outcome), flush=True)
        if outcome.leases:
            notes.append(f"{scenario.name}: {len(outcome.leases)} slots were held by the dead, and "
                         f"free after {max(outcome.leases):.1f} s at most")  # fmt: skip
    print("", *notes, sep="\n")


if __name__ == "__main__":
    main()
