"""Breaker, limiter and backpressure against models too simple to be wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from ai_lib._runtime.backend import CancelScope, checkpoint, run_all
from ai_lib.errors import CircuitOpenError, RemoteError, standard_code
from ai_lib.resilience import (
    Backpressure,
    BackpressureConfig,
    CircuitBreaker,
    CircuitBreakerConfig,
    RateLimiter,
    RateLimiterConfig,
)
from ai_lib.resilience.circuit.circuit import CircuitPermit
from ai_lib.resilience.rate_limit.quota import Quota, Reservation
from tests.resilience.clock import FakeClock

THRESHOLD, SUCCESSES, COOLDOWN, TRIALS = 3, 2, 10, 2
WINDOW, REQUESTS, TOKENS = 60, 5, 100
QUIET = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


class BreakerMachine(RuleBasedStateMachine):
    """Passes are taken and ended in any order while time goes on."""

    passes = Bundle("passes")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        config = CircuitBreakerConfig(
            failure_threshold=THRESHOLD,
            success_threshold=SUCCESSES,
            cooldown_seconds=COOLDOWN,
            half_open_max_concurrent=TRIALS,
        )
        self.circuit = CircuitBreaker(config, clock=self.clock)
        self.state = "closed"
        self.epoch = 0
        self.failures = self.successes = self.trials = 0
        self.opened = 0.0

    def change(self, state: str) -> None:
        self.state = state
        self.epoch += 1
        self.failures = self.successes = self.trials = 0
        if state == "open":
            self.opened = self.clock.at

    @rule(seconds=st.integers(0, 12))
    def time_goes_on(self, seconds: int) -> None:
        self.clock.at += seconds

    @rule(target=passes)
    def ask(self) -> object:
        if self.state == "open" and self.clock.at >= self.opened + COOLDOWN:
            self.change("half_open")
        refused = self.state == "open" or (self.state == "half_open" and self.trials >= TRIALS)
        if refused:
            with pytest.raises(CircuitOpenError) as caught:
                self.circuit.admit()
            left = self.opened + COOLDOWN - self.clock.at if self.state == "open" else None
            assert caught.value.retry_after == left
            return multiple()
        circuit_permit = self.circuit.admit()
        self.trials += self.state == "half_open"
        return circuit_permit, self.epoch

    @rule(
        taken=consumes(passes),
        outcome=st.sampled_from(["succeeded", "server_error", "invalid_request", "dropped"]),
    )
    def end(self, taken: tuple[CircuitPermit, int], outcome: str) -> None:
        circuit_permit, epoch = taken
        if outcome == "succeeded":
            circuit_permit.record_success()
        elif outcome == "dropped":
            circuit_permit.release()
        else:
            code = standard_code(outcome)
            circuit_permit.record_failure(RemoteError("no", status_code=0, standard_code=code))
        circuit_permit.release()
        if epoch == self.epoch:
            self.verdict(outcome)

    def verdict(self, outcome: str) -> None:
        if self.state == "half_open":
            self.trials -= 1
            if outcome == "server_error":
                self.change("open")
            elif outcome == "succeeded":
                self.successes += 1
                if self.successes >= SUCCESSES:
                    self.change("closed")
        elif outcome == "succeeded":
            self.failures = 0
        elif outcome == "server_error":
            self.failures += 1
            if self.failures >= THRESHOLD:
                self.change("open")

    @rule()
    def reset(self) -> None:
        self.circuit.reset()
        self.change("closed")

    @invariant()
    def the_states_agree(self) -> None:
        assert self.circuit.state.value == self.state


class QuotaMachine(RuleBasedStateMachine):
    """Reservations are made, settled and refunded in any order while time goes on."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        config = RateLimiterConfig(requests_per_minute=REQUESTS, tokens_per_minute=TOKENS)
        self.quota = Quota(config, 0)
        self.log: dict[int, list[int]] = {}  # number: moment, requests, tokens
        self.paused_until = 0
        self.number = 0

    def fits(self, tokens: int, at: float) -> bool:
        requests = sum(entry[1] for entry in self.log.values() if entry[0] > at - WINDOW)
        used = sum(entry[2] for entry in self.log.values() if self.ends(entry) > at + 1e-6)
        tokens = min(tokens, TOKENS)
        room = requests + 1 <= REQUESTS and (not tokens or used + tokens <= TOKENS)
        return at >= self.paused_until and room

    def ends(self, entry: list[int]) -> float:
        """When its tokens count no more: what is over the limit is paid back."""
        return entry[0] + WINDOW * max(1.0, entry[2] / TOKENS)

    @rule(seconds=st.integers(0, 45))
    def time_goes_on(self, seconds: int) -> None:
        self.now += seconds

    @rule(seconds=st.integers(0, 30))
    def pause(self, seconds: int) -> None:
        self.quota.pause_until(self.now + seconds)
        self.paused_until = max(self.paused_until, self.now + seconds)

    @rule(target=held, tokens=st.integers(0, 130))
    def reserve(self, tokens: int) -> object:
        reservation = Reservation(tokens)
        wait = self.quota.reserve(reservation, self.now)
        moments = [self.paused_until, *map(self.ends, self.log.values())]
        moments += [entry[0] + WINDOW for entry in self.log.values()]
        later = sorted(moment for moment in moments if moment > self.now)
        first = next(at for at in (self.now, *later) if self.fits(tokens, at))
        assert wait == pytest.approx(first - self.now)
        assert self.quota.get_wait_time(Reservation(tokens), self.now) >= wait
        if wait:
            return multiple()
        self.number += 1
        self.log[self.number] = [self.now, 1, tokens]
        return reservation, self.number

    @rule(taken=consumes(held), tokens=st.integers(0, 130))
    def settle(self, taken: tuple[Reservation, int], tokens: int) -> None:
        reservation, number = taken
        self.quota.settle(reservation, tokens)
        self.quota.refund(reservation)
        # What fell out of the window is not looked at again.
        if self.ends(self.log[number]) > self.now:
            self.log[number][2] = tokens

    @rule(taken=consumes(held))
    def refund(self, taken: tuple[Reservation, int]) -> None:
        reservation, number = taken
        self.quota.refund(reservation)
        self.log[number][1:] = [0, 0]

    @invariant()
    def what_is_available_agrees(self) -> None:
        recent = [entry for entry in self.log.values() if entry[0] > self.now - WINDOW]
        left = REQUESTS - sum(entry[1] for entry in recent)
        expected = 0 if self.now < self.paused_until else max(0, left)
        assert self.quota.get_available(self.now) == expected


class BackpressureMachine(RuleBasedStateMachine):
    """Places are taken and left in any order."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.pressure = Backpressure(BackpressureConfig(max_concurrent=3))
        self.inside = self.peak = self.total = 0

    @rule(target=held)
    def enter(self) -> object:
        assert self.pressure.try_acquire() is (self.inside < 3)
        if self.inside >= 3:
            return multiple()
        self.inside += 1
        self.total += 1
        self.peak = max(self.peak, self.inside)
        return "place"

    @rule(place=consumes(held))
    def circuit_permit(self, place: str) -> None:
        assert place
        self.pressure.release()
        self.inside -= 1

    @invariant()
    def the_figures_agree(self) -> None:
        assert self.pressure.get_stats() == {
            "current_inflight": self.inside,
            "peak_inflight": self.peak,
            "total_acquired": self.total,
            "total_rejected": 0,
            "max_concurrent": 3,
        }
        assert self.pressure.available_permits == 3 - self.inside


for machine in (BreakerMachine, QuotaMachine, BackpressureMachine):
    machine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestBreaker = BreakerMachine.TestCase
TestQuota = QuotaMachine.TestCase
TestBackpressure = BackpressureMachine.TestCase

# What each of several callers does while it holds its place: go on, fail, or be cancelled.
FATES = st.lists(st.sampled_from(["goes on", "fails", "is cancelled"]), min_size=1, max_size=12)


async def live(fate: str, body: Callable[[], Awaitable[None]]) -> None:
    scope = CancelScope()

    async def inside() -> None:
        await body()
        if fate == "fails":
            raise KeyError(fate)
        if fate == "is cancelled":
            scope.cancel()
        for _ in range(3):
            await checkpoint()

    with scope:
        try:
            await inside()
        except KeyError:
            pass


@QUIET
@given(fates=FATES, limit=st.integers(1, 4))
async def test_places_are_never_overdrawn_nor_lost(fates: list[str], limit: int) -> None:
    pressure = Backpressure(BackpressureConfig(max_concurrent=limit))
    most: list[int] = [0]

    def caller(fate: str) -> Callable[[], Awaitable[None]]:
        async def body() -> None:
            await checkpoint()
            most.append(pressure.current_inflight)

        async def call() -> None:
            async with pressure.acquire():
                await live(fate, body)

        return call

    await run_all([caller(fate) for fate in fates], len(fates))
    assert max(most) <= limit
    assert pressure.current_inflight == 0
    assert pressure.available_permits == limit


@QUIET
@given(fates=FATES, limit=st.integers(1, 4))
async def test_turns_are_never_overdrawn_nor_lost(fates: list[str], limit: int) -> None:
    clock = FakeClock()
    limiter = RateLimiter(
        RateLimiterConfig(requests_per_minute=limit), clock=clock, pause=clock.sleep
    )
    granted: list[float] = []

    def caller(fate: str) -> Callable[[], Awaitable[None]]:
        async def body() -> None:
            reservation = await limiter.reserve()
            granted.append(reservation.entries[0][1].at)
            limiter.quota.settle(reservation, 0)

        async def call() -> None:
            await live(fate, body)

        return call

    await run_all([caller(fate) for fate in fates], len(fates))
    assert len(granted) == len(fates)
    for start in granted:
        assert sum(start <= at < start + WINDOW - 1e-6 for at in granted) <= limit
    assert limiter.get_stats()["waiting"] == 0
    assert max(granted) - min(granted) <= WINDOW * ((len(fates) - 1) // limit) + 1e-6


@QUIET
@given(fates=FATES, trials=st.integers(1, 3))
async def test_trials_are_never_overdrawn_nor_lost(fates: list[str], trials: int) -> None:
    clock = FakeClock()
    config = CircuitBreakerConfig(
        failure_threshold=1,
        success_threshold=100,
        cooldown_seconds=COOLDOWN,
        half_open_max_concurrent=trials,
    )
    circuit = CircuitBreaker(config, clock=clock)
    error = RemoteError("no", status_code=500, standard_code=standard_code("server_error"))
    circuit.admit().record_failure(error)
    clock.at += COOLDOWN
    inside = 0
    most: list[int] = [0]

    def caller(fate: str) -> Callable[[], Awaitable[None]]:
        async def operation() -> None:
            nonlocal inside
            inside += 1
            most.append(inside)
            try:
                await live(fate, checkpoint)
            finally:
                inside -= 1

        async def call() -> None:
            try:
                await circuit.execute(operation)
            except CircuitOpenError:
                pass

        return call

    await run_all([caller(fate) for fate in fates], len(fates))
    assert max(most) <= trials
    again = [circuit.admit() for _ in range(trials)]
    assert all(circuit_permit.is_trial for circuit_permit in again)
