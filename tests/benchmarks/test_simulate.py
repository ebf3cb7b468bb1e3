"""The simulation of many workers grants as the store does, and plays the same for the same seed."""

import random

import pytest

from ai_lib.distributed.limit_scripts import BUCKETS
from benchmarks.simulate import Places, Scenario, Simulation, fairness, most_in

pytestmark = pytest.mark.async_only

SMALL = Scenario("small", workers=10, tasks=5, limit=200, window=10.0, seconds=45.0, call=0.2)


def grant_slowly(counts: dict[int, int], limit: int, width: float, now: float) -> float:
    """Return the first place whose every window of whole buckets has room, by trying each."""
    bucket = int(now // width)
    while True:
        ends = range(bucket, bucket + BUCKETS + 1)
        sums = (sum(counts.get(b, 0) for b in range(end - BUCKETS, end + 1)) for end in ends)
        if all(total + 1 <= limit for total in sums):
            counts[bucket] = counts.get(bucket, 0) + 1
            return max(now, bucket * width)
        bucket += 1


def test_places_are_those_of_the_plain_rule() -> None:
    chance, now = random.Random(7), 0.0
    places, counts = Places(5, 10.0), dict[int, int]()
    for _ in range(60):
        now += chance.choice([0.0, 0.05, 0.4, 3.0, 25.0])
        assert places.grant(now) == pytest.approx(grant_slowly(counts, 5, 0.1, now))


def test_a_seed_is_one_course_of_events() -> None:
    first, again, other = (Simulation(SMALL, seed).run() for seed in (1, 1, 2))
    assert first.arrived == again.arrived
    assert first.arrived != other.arrived


def test_a_store_that_stalls_costs_no_more_than_one_share() -> None:
    scenario = Scenario(
        "stall", workers=10, tasks=5, limit=200, window=10.0, seconds=60.0, call=0.2,
        late=0.001, stall=(20.0, 25.0),
    )  # fmt: skip
    outcome = Simulation(scenario, 1).run()
    assert most_in(outcome.granted, 10.0) <= 200
    assert most_in(outcome.arrived, 9.9) <= 200 + 200 // 10
    assert len(outcome.arrived) > 0.8 * 200 * 6


def test_those_that_die_give_their_slots_back_and_leave_the_limit_to_others() -> None:
    scenario = Scenario(
        "death", workers=10, tasks=5, limit=200, window=10.0, seconds=60.0, call=0.2,
        killed=5, killed_at=20.1, lease=5.0,
    )  # fmt: skip
    outcome = Simulation(scenario, 1).run()
    assert all(0 <= left <= 5.0 for left in outcome.leases)
    assert fairness([outcome.sent[worker] for worker in range(5, 10)]) > 0.98
    assert fairness([1, 0, 0, 0]) == 0.25
