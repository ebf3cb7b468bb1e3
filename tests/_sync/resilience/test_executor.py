# Generated from tests/resilience/test_executor.py by codegen; do not edit.
"""The executor: it owns retries, keeps one deadline and one log, and holds nothing in a backoff."""

import gc
from collections.abc import Callable

import pytest

from ai_lib.resilience.permit import Permit
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import Usage
from ai_lib_sync._runtime.backend import CancelScope, checkpoint, run_all
from ai_lib_sync.errors import (
    AiLibError,
    BackpressureError,
    CircuitOpenError,
    ConnectError,
    ConnectionLost,
    RateLimitExceeded,
    RemoteError,
    classify_http_error,
)
from ai_lib_sync.resilience import (
    AttemptLog,
    BackpressureConfig,
    CircuitBreakerConfig,
    JitterStrategy,
    RateLimiterConfig,
    ResilientConfig,
    ResilientExecutor,
    RetryConfig,
)
from tests._sync.resilience.clock import FakeClock

RETRY = RetryConfig(max_retries=2, min_delay_ms=1000, jitter=JitterStrategy.NONE)
ALL = ResilientConfig(
    retry=RETRY,
    rate_limit=RateLimiterConfig(requests_per_minute=100, tokens_per_minute=1000),
    circuit_breaker=CircuitBreakerConfig(failure_threshold=5),
    backpressure=BackpressureConfig(max_concurrent=1, queue_timeout=0),
)


def answered(status: int, retry_after: float | None = None) -> RemoteError:
    return RemoteError(
        "no",
        status_code=status,
        standard_code=classify_http_error(status),
        retry_after=retry_after,
        request_id=f"r{status}",
    )


def executor(clock: FakeClock, config: ResilientConfig = ALL) -> ResilientExecutor:
    return ResilientExecutor(config, "house", model="m", clock=clock, pause=clock.sleep)


class Service:
    """Gives the outcomes it was made with, one a call; errors are raised."""

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def answer(self) -> object:
        self.calls += 1
        checkpoint()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def nothing_is_held(runner: ResilientExecutor) -> bool:
    gate = runner.preflight
    held = gate.backpressure.current_inflight if gate.backpressure else 0
    waiting = gate.rate_limiter.get_stats()["waiting"] if gate.rate_limiter else 0
    quota = gate.rate_limiter.quota if gate.rate_limiter else None
    outstanding = (quota._requests.outstanding, quota._tokens.outstanding) if quota else (0, 0)
    return (held, waiting, *outstanding) == (0, 0, 0, 0)


def test_an_answer_after_two_failures() -> None:
    clock = FakeClock()
    runner = executor(clock)
    service = Service(answered(503), answered(500), "hello")
    attempt_log = AttemptLog()
    told: list[tuple[int, str, float]] = []

    def on_retry(number: int, error: AiLibError, delay: float) -> None:
        told.append((number, error.error_type, delay))

    assert runner.execute(service.answer, attempt_log=attempt_log, on_retry=on_retry) == "hello"
    assert service.calls == 3
    assert clock.slept == [1.0, 2.0]
    assert told == [(1, "overloaded", 1.0), (2, "server_error", 2.0)]
    assert [(a.ended, a.status_code, a.waited_ms) for a in attempt_log.attempts] == [
        ("overloaded", 503, 0.0),
        ("server_error", 500, 1000.0),
        ("answered", None, 2000.0),
    ]
    assert attempt_log.retry_count == 2
    assert nothing_is_held(runner)


def test_never_more_attempts_than_allowed_and_the_error_lists_them() -> None:
    runner = executor(FakeClock())
    service = Service(*[answered(500)] * 9)
    with pytest.raises(RemoteError) as caught:
        runner.execute(service.answer)
    assert service.calls == 3
    assert [a.request_id for a in caught.value.attempts] == ["r500"] * 3  # type: ignore[attr-defined]
    assert nothing_is_held(runner)


def test_calls_side_by_side_count_for_themselves() -> None:
    clock = FakeClock()
    config = ResilientConfig(retry=RETRY)
    runner = executor(clock, config)
    services = [Service(*[answered(500)] * 9) for _ in range(20)]

    def caller(service: Service) -> Callable[[], None]:
        def call() -> None:
            with pytest.raises(RemoteError):
                runner.execute(service.answer)

        return call

    run_all([caller(service) for service in services], 20)
    assert [service.calls for service in services] == [3] * 20


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_a_callers_error_is_raised_at_once(status: int) -> None:
    runner = executor(FakeClock())
    service = Service(answered(status))
    with pytest.raises(RemoteError):
        runner.execute(service.answer)
    assert service.calls == 1
    assert nothing_is_held(runner)


def test_a_request_in_doubt_is_not_repeated_unless_that_is_safe() -> None:
    runner = executor(FakeClock())
    lost = ConnectionLost("reset", request_sent=True)
    service = Service(lost, "twice")
    with pytest.raises(ConnectionLost):
        runner.execute(service.answer)
    service = Service(lost, "twice")
    assert runner.execute(service.answer, attempt_log=AttemptLog(repeatable=True)) == "twice"


def test_a_retry_after_is_waited_for() -> None:
    clock = FakeClock()
    service = Service(answered(429, 7.5), "hello")
    assert executor(clock).execute(service.answer) == "hello"
    assert sum(clock.slept) == pytest.approx(7.5)


def test_a_retry_after_over_the_cap_fails_at_once() -> None:
    clock = FakeClock()
    service = Service(answered(429, 3600.0), "hello")
    with pytest.raises(RemoteError):
        executor(clock).execute(service.answer)
    assert clock.slept == []


def test_no_wait_goes_beyond_the_deadline() -> None:
    clock = FakeClock()
    service = Service(answered(500), answered(500), "hello")
    attempt_log = AttemptLog(ends=clock.at + 2.5)
    with pytest.raises(RemoteError):
        executor(clock).execute(service.answer, attempt_log=attempt_log)
    assert service.calls == 2
    assert clock.slept == [1.0]


def test_no_place_is_held_while_backing_off() -> None:
    clock = FakeClock()
    held: list[int] = []

    def sleep(seconds: float) -> None:
        held.append(runner.current_inflight)
        other = Service("other")
        assert runner.execute(other.answer) == "other"
        clock.sleep(seconds)

    runner = ResilientExecutor(ALL, "house", clock=clock, pause=sleep)
    service = Service(answered(500), "hello")
    assert runner.execute(service.answer) == "hello"
    assert held == [0]


def test_the_limit_is_charged_for_each_attempt() -> None:
    clock = FakeClock()
    runner = executor(clock)
    service = Service(answered(500), answered(500), "hello")
    runner.execute(service.answer)
    limiter = runner.preflight.rate_limiter
    assert limiter is not None
    assert limiter.available_tokens == 97


def test_a_call_that_never_went_out_is_not_charged() -> None:
    runner = executor(FakeClock(), ResilientConfig(rate_limit=ALL.rate_limit))
    service = Service(ConnectError("refused"))
    with pytest.raises(ConnectError):
        runner.execute(service.answer, attempt_log=AttemptLog(tokens=500))
    limiter = runner.preflight.rate_limiter
    assert limiter is not None
    assert limiter.available_tokens == 100
    assert limiter.get_wait_time(tokens=1000) == 0


def test_tokens_are_settled_by_what_was_used() -> None:
    runner = executor(FakeClock())
    limiter = runner.preflight.rate_limiter
    assert limiter is not None

    def attempt(permit: Permit) -> str:
        assert limiter.get_wait_time(tokens=201) > 0
        permit.usage = Usage(total_tokens=300)
        return "hello"

    attempt_log = AttemptLog(tokens=800)
    runner.run(attempt, attempt_log)
    assert limiter.get_wait_time(tokens=700) == 0
    assert limiter.get_wait_time(tokens=701) > 0
    assert attempt_log.attempts[0].usage.total_tokens == 300


def test_what_a_failed_attempt_used_is_in_the_books() -> None:
    error = answered(500)
    error.partial = ChatResponse(usage=Usage(total_tokens=40))
    attempt_log = AttemptLog(tokens=100)
    runner = executor(FakeClock())
    runner.execute(Service(error, "hello").answer, attempt_log=attempt_log)
    assert [attempt.usage.total_tokens for attempt in attempt_log.attempts] == [40, 0]


def test_one_that_is_told_to_wait_holds_up_all_callers_of_the_target() -> None:
    clock = FakeClock()
    config = ResilientConfig(retry=RetryConfig.no_retry(), rate_limit=RateLimiterConfig())
    runner = executor(clock, config)
    with pytest.raises(RemoteError):
        runner.execute(Service(answered(429, 20.0)).answer)
    began = clock.at
    assert runner.execute(Service("hello").answer) == "hello"
    assert clock.at - began == pytest.approx(20)


def test_an_open_circuit_is_refused_without_a_call_and_without_a_retry() -> None:
    config = ResilientConfig(retry=RETRY, circuit_breaker=CircuitBreakerConfig(failure_threshold=2))
    clock = FakeClock()
    runner = executor(clock, config)
    service = Service(*[answered(500)] * 9)
    with pytest.raises(CircuitOpenError) as caught:
        runner.execute(service.answer)
    assert service.calls == 2
    assert [(a.error, a.sent) for a in caught.value.attempts] == [  # type: ignore[attr-defined]
        ("RemoteError", True),
        ("RemoteError", True),
        ("CircuitOpenError", False),
    ]
    assert runner.circuit_state == "open"
    with pytest.raises(CircuitOpenError):
        runner.execute(service.answer)
    assert service.calls == 2
    runner.reset()
    assert runner.circuit_state == "closed"


def test_a_full_house_is_refused() -> None:
    runner = executor(FakeClock())
    inside = Service("hello")

    def attempt(_: Permit) -> object:
        with pytest.raises(BackpressureError) as caught:
            runner.execute(Service("never").answer)
        assert not caught.value.attempts[0].sent  # type: ignore[attr-defined]
        return inside.answer()

    assert runner.run(attempt, AttemptLog()) == "hello"
    assert nothing_is_held(runner)


def test_a_rate_limit_that_comes_too_late_is_refused_and_holds_nothing() -> None:
    clock = FakeClock()
    config = ResilientConfig(
        rate_limit=RateLimiterConfig(requests_per_minute=1),
        circuit_breaker=CircuitBreakerConfig(),
        backpressure=BackpressureConfig(max_concurrent=1),
    )
    runner = executor(clock, config)
    runner.execute(Service("hello").answer)
    with pytest.raises(RateLimitExceeded):
        runner.execute(Service("late").answer, attempt_log=AttemptLog(ends=clock.at + 5))
    assert nothing_is_held(runner)


def test_a_cancelled_attempt_gives_everything_back_and_is_in_the_books() -> None:
    runner = executor(FakeClock())
    scope = CancelScope()
    attempt_log = AttemptLog(tokens=200)

    def operation() -> None:
        scope.cancel()
        for _ in range(3):
            checkpoint()

    with scope:
        runner.execute(operation, attempt_log=attempt_log)
    assert scope.cancelled
    assert nothing_is_held(runner)
    assert [attempt.ended for attempt in attempt_log.attempts] == ["cancelled"]


def test_a_cancelled_backoff_ends_the_call_and_is_no_retry() -> None:
    clock = FakeClock()
    scope = CancelScope()

    def sleep(_: float) -> None:
        scope.cancel()
        for _ in range(3):
            checkpoint()

    runner = ResilientExecutor(ALL, "house", clock=clock, pause=sleep)
    service = Service(answered(500), "hello")
    with scope:
        runner.execute(service.answer)
    assert scope.cancelled
    assert service.calls == 1
    assert nothing_is_held(runner)


def test_an_error_that_is_not_ours_is_not_hidden() -> None:
    runner = executor(FakeClock())
    with pytest.raises(ZeroDivisionError):
        runner.execute(Service(ZeroDivisionError()).answer)
    assert nothing_is_held(runner)


def test_a_forgotten_admission_is_given_back() -> None:
    runner = executor(FakeClock())

    def attempt(permit: Permit) -> str:
        permit.detach()
        return "begun"

    assert runner.run(attempt, AttemptLog(tokens=10)) == "begun"
    gc.collect()
    assert nothing_is_held(runner)


def test_a_stream_keeps_its_place_until_its_end() -> None:
    runner = executor(FakeClock())
    kept: list[Permit] = []

    def attempt(permit: Permit) -> str:
        permit.detach()
        kept.append(permit)
        return "begun"

    attempt_log = AttemptLog(tokens=10)
    runner.run(attempt, attempt_log)
    assert runner.current_inflight == 1
    assert attempt_log.attempts == []
    kept[0].usage = Usage(total_tokens=3)
    kept[0].succeed()
    kept[0].fail(answered(500))
    assert nothing_is_held(runner)
    assert [attempt.ended for attempt in attempt_log.attempts] == ["answered"]


def test_figures_of_what_is_on() -> None:
    assert executor(FakeClock(), ResilientConfig()).get_stats() == {"max_retries": 0}
    stats = executor(FakeClock()).get_stats()
    assert set(stats) == {"max_retries", "circuit_breaker", "rate_limiter", "backpressure"}
    bare = executor(FakeClock(), ResilientConfig())
    assert (bare.circuit_state, bare.current_inflight) == ("disabled", 0)
