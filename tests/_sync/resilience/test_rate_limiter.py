# Generated from tests/resilience/test_rate_limiter.py by codegen; do not edit.
"""Rate limits: never more than allowed in any window, nearly all of it, first come first served."""

import pytest

from ai_lib.resilience.rate_limit.headers import LimitHeaders
from ai_lib.resilience.rate_limit.quota import Reservation
from ai_lib_sync._runtime.backend import CancelScope, Event, checkpoint, run_all
from ai_lib_sync.errors import RateLimitExceeded
from ai_lib_sync.resilience import (
    AdaptiveRateLimiter,
    RateLimiter,
    RateLimiterConfig,
    RateLimitHeaders,
)
from tests._sync.resilience.clock import FakeClock

HEADERS = RateLimitHeaders(
    requests=LimitHeaders(limit="rl", remaining="rr", reset="rs"),
    tokens=LimitHeaders(limit="tl", remaining="tr", reset="ts"),
)
# A grant at the very end of one minute and one at the start of the next are a minute apart.
ROUNDING = 1e-6


def limiter(clock: FakeClock, **limits: object) -> RateLimiter:
    return RateLimiter(RateLimiterConfig(**limits), clock=clock, pause=clock.sleep)  # type: ignore[arg-type]


def most_in_a_window(grants: list[tuple[float, float]], seconds: float) -> float:
    """The largest sum of costs in any half-open window, by brute force."""
    return max(
        sum(cost for at, cost in grants if start <= at < start + seconds - ROUNDING)
        for start, _ in grants
    )


def test_five_hundred_callers_never_exceed_either_limit_and_use_nearly_all() -> None:
    clock = FakeClock()
    limit = limiter(clock, requests_per_minute=120, tokens_per_minute=9000)
    costs = [20 + (37 * number) % 131 for number in range(500)]
    granted: list[tuple[float, float]] = []

    def call(cost: float) -> None:
        reservation = limit.reserve(cost)
        granted.append((reservation.entries[0][1].at, cost))
        limit.quota.settle(reservation, cost)

    def caller(cost: float) -> object:
        def one() -> None:
            call(cost)

        return one

    run_all([caller(cost) for cost in costs], 500)  # type: ignore[misc]

    assert len(granted) == 500
    assert most_in_a_window([(at, 1) for at, _ in granted], 60) <= 120
    assert most_in_a_window(granted, 60) <= 9000
    began, ended = min(granted)[0], max(granted)[0]
    minutes = (ended - began) / 60
    before_the_last = sum(cost for at, cost in granted if at < ended)
    requests_before = sum(1 for at, _ in granted if at < ended)
    used = max(before_the_last / (9000 * minutes), requests_before / (120 * minutes))
    assert minutes >= 3
    assert used >= 0.95


@pytest.mark.parametrize("rate", [1, 10, 250])
def test_pacing_keeps_its_rate_after_the_burst(rate: float) -> None:
    clock = FakeClock()
    limit = limiter(clock, requests_per_second=rate, burst_size=5)
    began = clock.at
    times = []
    for _ in range(105):
        limit.acquire()
        times.append(clock.at - began)
    assert times[:5] == [0.0] * 5
    assert times[-1] == pytest.approx(100 / rate)


def test_a_partial_burst_at_the_start() -> None:
    clock = FakeClock()
    limit = limiter(clock, requests_per_second=2, burst_size=4, initial_tokens=1)
    assert limit.available_tokens == pytest.approx(1)
    assert limit.acquire() == 0.0
    assert limit.acquire() == pytest.approx(0.5)
    clock.at += 100
    assert limit.available_tokens == pytest.approx(4)


def test_a_large_cost_is_not_starved_by_small_ones_that_came_later() -> None:
    clock = FakeClock()
    limit = limiter(clock, tokens_per_minute=100)
    limit.acquire(tokens=60)
    order: list[float] = []
    large_waits = Event()

    def sleep(seconds: float) -> None:
        large_waits.set()
        clock.sleep(seconds)

    limit._pause = sleep

    def large() -> None:
        limit.acquire(tokens=90)
        order.append(90)

    def small() -> None:
        large_waits.wait()
        limit.acquire(tokens=5)
        order.append(5)

    run_all([large, small, small, small], 4)
    assert order == [90, 5, 5, 5]


def test_one_that_is_larger_than_the_limit_is_refused() -> None:
    clock = FakeClock()
    limit = limiter(clock, tokens_per_minute=100)
    with pytest.raises(RateLimitExceeded, match=r"5000 tokens.*allows 100.*oversized='borrow'"):
        limit.acquire(tokens=5000)
    assert not limit.try_acquire(tokens=101)
    assert limit.acquire(tokens=100) == 0


def test_one_that_is_larger_than_the_limit_borrows_and_pays_back() -> None:
    clock = FakeClock()
    limit = limiter(clock, tokens_per_minute=100, oversized="borrow")
    assert limit.acquire(tokens=10) == 0
    assert limit.acquire(tokens=5000) == pytest.approx(60)
    assert limit.acquire(tokens=10) == pytest.approx(3000)
    first = limit.reserve(400)
    limit.quota.settle(first, 50)
    assert limit.acquire(tokens=50) == pytest.approx(0, abs=61)


def test_what_was_not_used_is_given_back() -> None:
    clock = FakeClock()
    limit = limiter(clock, tokens_per_minute=1000)
    first = limit.reserve(900)
    assert limit.get_wait_time(tokens=200) == pytest.approx(60)
    limit.quota.settle(first, 300)
    limit.quota.settle(first, 0)
    assert limit.get_wait_time(tokens=700) == 0
    assert limit.get_wait_time(tokens=701) == pytest.approx(60)


def test_what_was_used_above_the_estimate_counts() -> None:
    clock = FakeClock()
    limit = limiter(clock, tokens_per_minute=1000)
    first = limit.reserve(100)
    limit.quota.settle(first, 950)
    assert limit.get_wait_time(tokens=51) == pytest.approx(60)


def test_a_refund_gives_back_the_request_too() -> None:
    clock = FakeClock()
    limit = limiter(clock, requests_per_second=1, burst_size=1, requests_per_minute=1)
    first = limit.reserve()
    assert limit.is_limited
    limit.quota.refund(first)
    assert not limit.is_limited
    assert limit.try_acquire()
    assert not limit.try_acquire()


def test_one_cancelled_in_line_gives_its_place_back() -> None:
    clock = FakeClock()
    limit = limiter(clock, requests_per_minute=1)
    limit.acquire()
    scope = CancelScope()

    def stop(_: float) -> None:
        scope.cancel()
        for _ in range(3):
            checkpoint()

    limit._pause = stop  # whoever waits is cancelled while it does
    with scope:
        limit.acquire()
    assert scope.cancelled
    limit._pause = clock.sleep
    assert limit.get_stats()["waiting"] == 0
    assert limit.acquire() == pytest.approx(60)


def test_a_turn_that_comes_too_late_is_refused_at_once() -> None:
    clock = FakeClock()
    limit = limiter(clock, requests_per_minute=1)
    limit.acquire()
    with pytest.raises(RateLimitExceeded, match="in 60 s") as caught:
        limit.acquire(timeout=59)
    assert clock.slept == []
    assert caught.value.retry_after == pytest.approx(60)
    assert caught.value.fallbackable


def test_a_pause_holds_for_everyone_and_one_already_in_line_sees_it() -> None:
    clock = FakeClock()
    limit = limiter(clock, requests_per_second=1, burst_size=1)
    limit.acquire()
    limit.pause_for(30)
    limit.pause_for(5)
    assert limit.acquire() == pytest.approx(30)
    real = clock.sleep

    def pause_meanwhile(seconds: float) -> None:
        limit._pause = real
        limit.pause_for(10)
        real(seconds)

    limit._pause = pause_meanwhile
    assert limit.acquire() == pytest.approx(10)


def test_a_pause_longer_than_anyone_would_wait_is_refused() -> None:
    clock = FakeClock()
    limit = limiter(clock)
    limit.pause_for(3600)
    with pytest.raises(RateLimitExceeded, match="asked to pause"):
        limit.reserve(longest_pause=60)
    assert limit.available_tokens == 0


def adaptive(clock: FakeClock, **limits: object) -> AdaptiveRateLimiter:
    config = RateLimiterConfig(**limits)  # type: ignore[arg-type]
    return AdaptiveRateLimiter(config, HEADERS, clock=clock, pause=clock.sleep)


def test_what_the_provider_says_is_left_is_kept_to() -> None:
    clock = FakeClock()
    limit = adaptive(clock)
    assert limit.get_wait_time() == 0
    limit.update_from_headers({"RR": "2", "rs": "6m0s", "tr": "1000", "ts": "12ms"})
    assert limit.get_server_state() == {"requests": 2, "tokens": 1000}
    assert limit.acquire() == 0
    assert limit.acquire() == 0
    assert limit.acquire() == pytest.approx(360)
    assert limit.get_server_state() == {}


def test_tokens_left_are_counted_down_by_what_is_under_way() -> None:
    clock = FakeClock()
    limit = adaptive(clock)
    mine = limit.reserve(300)
    other = limit.reserve(200)
    # The provider has counted mine, whose answer this is; the other one may be on its way still.
    limit.update_from_headers({"tr": "1000", "ts": "60s"}, mine)
    assert limit.get_server_state() == {"tokens": 800}
    limit.quota.settle(mine, 250)
    assert limit.get_server_state() == {"tokens": 800}
    limit.quota.settle(other, 50)
    assert limit.get_server_state() == {"tokens": 950}
    assert limit.get_wait_time(tokens=951) == pytest.approx(60)


def test_a_limit_is_learned_where_the_manifest_says_for_which_window() -> None:
    clock = FakeClock()
    names = RateLimitHeaders(requests=LimitHeaders(limit="rl", window=60.0))
    limit = AdaptiveRateLimiter(None, names, clock=clock, pause=clock.sleep)
    limit.update_from_headers({"rl": "3"})
    assert [limit.acquire() for _ in range(4)] == [0, 0, 0, pytest.approx(60)]
    limit.update_from_headers({"rl": "5"})
    assert [limit.acquire() for _ in range(4)] == [0, 0, 0, 0]


def test_nonsense_in_headers_changes_nothing() -> None:
    clock = FakeClock()
    limit = adaptive(clock)
    limit.update_from_headers({"rr": "none", "rs": "soon", "tr": "-1", "ts": "6m0s"})
    assert limit.get_server_state() == {}
    assert limit.get_wait_time(tokens=10**9) == 0


def test_a_reservation_that_was_never_made_is_nothing_to_settle() -> None:
    limit = limiter(FakeClock(), tokens_per_minute=10)
    limit.quota.settle(Reservation(tokens=5), 5)
    assert limit.get_wait_time(tokens=10) == 0
