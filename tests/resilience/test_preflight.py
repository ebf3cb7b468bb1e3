"""The gate before each attempt, with real parts in it."""

from ai_lib._runtime.backend import checkpoint
from ai_lib.errors import CircuitOpenError, RemoteError, classify_http_error
from ai_lib.resilience import (
    Backpressure,
    BackpressureConfig,
    CircuitBreaker,
    CircuitBreakerConfig,
    PreflightChecker,
    RateLimiter,
    RateLimiterConfig,
)
from tests.resilience.clock import FakeClock


def gate(clock: FakeClock) -> PreflightChecker:
    return PreflightChecker(
        rate_limiter=RateLimiter(
            RateLimiterConfig(requests_per_minute=2), clock=clock, pause=clock.sleep
        ),
        circuit_breaker=CircuitBreaker(CircuitBreakerConfig(failure_threshold=1), clock=clock),
        backpressure=Backpressure(BackpressureConfig(max_concurrent=2, queue_timeout=0)),
        provider="house",
        model="m",
        clock=clock,
    )


async def test_a_check_that_passes_holds_a_place_until_it_is_released() -> None:
    checker = gate(FakeClock())
    first, second, third = await checker.check(), await checker.check(), await checker.check()
    assert (first.passed, second.passed, third.passed) == (True, True, False)
    assert [type(error).__name__ for error in third.errors] == ["BackpressureError"]
    assert not third.signals.is_healthy
    first.release_permit()
    first.release_permit()
    third.release_permit()
    assert checker.get_signals().inflight.in_use == 1  # type: ignore[union-attr]
    second.release_permit()


async def test_a_failure_reported_to_the_permit_reaches_the_circuit() -> None:
    checker = gate(FakeClock())
    found = await checker.check()
    assert found.permit is not None
    found.permit.fail(RemoteError("no", status_code=500, standard_code=classify_http_error(500)))
    refused = await checker.check()
    assert isinstance(refused.errors[0], CircuitOpenError)
    assert refused.errors[0].provider == "house"
    signals = checker.get_signals()
    assert signals.circuit_breaker is not None
    assert signals.circuit_breaker.state.value == "open"
    assert not signals.is_healthy
    await checkpoint()


async def test_signals_tell_how_everything_stands() -> None:
    checker = gate(FakeClock())
    signals = checker.get_signals()
    assert signals.is_healthy
    assert signals.health_score == 1.0
    permit = (await checker.check()).permit
    assert checker.get_signals().health_score == (0.5 + 1 + 1) / 3
    plain = checker.get_signals().to_dict()
    assert plain["inflight"] == {"maximum": 2, "in_use": 1}
    assert plain["circuit_breaker"] == {"state": "closed", "retry_in_seconds": 0.0}
    assert plain["rate_limiter"] == {
        "available": 1.0,
        "wait_seconds": 0.0,
        "is_degraded": False,
    }
    assert (plain["provider"], plain["model"], plain["is_healthy"]) == ("house", "m", True)
    assert permit is not None
    permit.succeed()


async def test_a_gate_with_nothing_in_it_lets_everyone_through() -> None:
    checker = PreflightChecker()
    found = await checker.check()
    assert found.passed
    assert found.signals.health_score == 1.0
    found.release_permit()
