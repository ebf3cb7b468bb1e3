"""The circuit breaker: what opens it, who is let through, and what is never held."""

import threading
from datetime import datetime, timezone

import pytest

from ai_lib._runtime.backend import CancelScope, Event, checkpoint, run_all
from ai_lib.errors import (
    AiLibError,
    CircuitOpenError,
    ConnectError,
    RemoteError,
    ResponseTooLarge,
    StreamTruncated,
    TransportTimeout,
    classify_http_error,
)
from ai_lib.resilience import (
    CircuitBreaker,
    CircuitBreakerConfig,
    CircuitRecord,
    CircuitState,
    MemoryCircuitStorage,
)
from tests.resilience.clock import FakeClock

CONFIG = CircuitBreakerConfig(failure_threshold=3, success_threshold=2, cooldown_seconds=10)


def answered(status: int) -> RemoteError:
    return RemoteError("no", status_code=status, standard_code=classify_http_error(status))


def breaker(clock: FakeClock, config: CircuitBreakerConfig = CONFIG) -> CircuitBreaker:
    return CircuitBreaker(config, name="house", clock=clock)


def fail(circuit: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        circuit.admit().record_failure(answered(500))


@pytest.mark.parametrize(
    ("error", "opens"),
    [
        (answered(500), True),
        (answered(503), True),
        (answered(529), True),
        (answered(408), True),
        (ConnectError("refused"), True),
        (TransportTimeout("late", timeout_name="first_token", seconds=1.0), True),
        (StreamTruncated("cut"), True),
        (answered(400), False),
        (answered(401), False),
        (answered(404), False),
        (answered(422), False),
        (answered(429), False),
        (TransportTimeout("our own pool", timeout_name="pool", seconds=1.0), False),
        (ResponseTooLarge("over 5 bytes", limit=5), False),
        (AiLibError("something else"), False),
    ],
    ids=repr,
)
def test_only_failures_of_the_service_open_it(error: AiLibError, opens: bool) -> None:
    circuit = breaker(FakeClock())
    for _ in range(3):
        circuit.admit().record_failure(error)
    assert circuit.is_open is opens


def test_failures_in_a_row_are_counted() -> None:
    circuit = breaker(FakeClock())
    fail(circuit, 2)
    circuit.admit().record_success()
    fail(circuit, 2)
    assert circuit.is_closed
    fail(circuit, 1)
    assert circuit.is_open


def test_a_callers_error_between_does_not_hide_an_outage() -> None:
    circuit = breaker(FakeClock())
    fail(circuit, 2)
    circuit.admit().record_failure(answered(400))
    fail(circuit, 1)
    assert circuit.is_open


def test_an_open_circuit_says_when_it_is_tried_again() -> None:
    clock = FakeClock()
    circuit = breaker(clock)
    fail(circuit, 3)
    clock.at += 4
    with pytest.raises(CircuitOpenError, match=r"house is open.*again in 6 s") as caught:
        circuit.admit()
    assert caught.value.retry_after == pytest.approx(6)
    assert caught.value.fallbackable
    assert circuit.get_time_until_retry() == pytest.approx(6)


@pytest.mark.parametrize("most", [1, 3])
def test_half_open_lets_exactly_so_many_try(most: int) -> None:
    clock = FakeClock()
    circuit = breaker(
        clock,
        CircuitBreakerConfig(
            failure_threshold=1, cooldown_seconds=10, half_open_max_concurrent=most
        ),
    )
    fail(circuit, 1)
    clock.at += 10
    trials = [circuit.admit() for _ in range(most)]
    assert circuit.state is CircuitState.HALF_OPEN
    assert all(trial.is_trial for trial in trials)
    with pytest.raises(CircuitOpenError, match="being tried"):
        circuit.admit()
    trials[0].release()
    trials[0].release()
    again = circuit.admit()
    with pytest.raises(CircuitOpenError):
        circuit.admit()
    again.record_success()
    assert circuit.is_half_open


def test_enough_successes_close_it_and_one_failure_opens_it_again() -> None:
    clock = FakeClock()
    circuit = breaker(clock)
    fail(circuit, 3)
    clock.at += 10
    circuit.admit().record_success()
    fail(circuit, 1)
    assert circuit.is_open
    clock.at += 9
    with pytest.raises(CircuitOpenError):
        circuit.admit()
    clock.at += 1
    circuit.admit().record_success()
    circuit.admit().record_success()
    assert circuit.is_closed
    assert circuit.get_stats()["failure_count"] == 0


def test_a_call_from_before_says_nothing_about_now() -> None:
    clock = FakeClock()
    circuit = breaker(clock)
    late = [circuit.admit() for _ in range(3)]
    fail(circuit, 3)
    clock.at += 5
    late[0].record_failure(answered(500))
    assert circuit.get_time_until_retry() == pytest.approx(5)
    late[1].record_success()
    assert circuit.is_open
    clock.at += 5
    trial = circuit.admit()
    late[2].record_failure(answered(500))
    assert circuit.is_half_open
    trial.record_success()


def test_reset_closes_it() -> None:
    circuit = breaker(FakeClock())
    fail(circuit, 3)
    circuit.reset()
    assert circuit.is_closed
    fail(circuit, 2)
    assert circuit.is_closed
    assert circuit.get_stats() == {
        "state": "closed", "failure_count": 2, "success_count": 0, "opened": 1, "refused": 0,
    }  # fmt: skip


async def test_two_breakers_share_a_storage() -> None:
    clock = FakeClock()
    storage = MemoryCircuitStorage()
    one, two = (CircuitBreaker(CONFIG, storage=storage, clock=clock) for _ in range(2))

    async def fail_at(circuit: CircuitBreaker) -> None:
        (await circuit.acquire_permit()).record_failure(answered(500))
        await circuit.flush()

    for circuit in (one, two, one):
        await fail_at(circuit)
    assert one.is_open
    with pytest.raises(CircuitOpenError) as caught:
        await two.acquire_permit()
    assert two.is_open
    assert caught.value.retry_after == pytest.approx(10, abs=1)
    clock.at += 11
    trial = await two.acquire_permit()
    assert trial.is_trial
    # The one trial that is allowed counts for each breaker by itself.
    assert (await one.acquire_permit()).is_trial
    trial.record_success()
    await two.flush()
    (await two.acquire_permit()).record_success()
    await two.flush()
    await one.acquire_permit()
    assert one.is_closed


@pytest.mark.parametrize(
    ("ahead", "waits"), [(3600.0, 10), (5.0, 10), (-4.0, 6), (-3600.0, 0)], ids=str
)
async def test_a_skewed_clock_in_a_stored_circuit_keeps_it_no_longer_than_its_cooldown(
    ahead: float, waits: float
) -> None:
    clock, storage = FakeClock(), MemoryCircuitStorage()
    opened_at = datetime.now(timezone.utc).timestamp() + ahead
    record = CircuitRecord(state=CircuitState.OPEN, failures=3, opened_at=opened_at)
    assert storage.replace("house", None, record)
    circuit = CircuitBreaker(CONFIG, name="house", storage=storage, clock=clock)
    if waits:
        with pytest.raises(CircuitOpenError) as caught:
            await circuit.acquire_permit()
        assert caught.value.retry_after == pytest.approx(waits, abs=2)
        clock.at += waits - 3  # loading it again does not begin the cooldown anew
        with pytest.raises(CircuitOpenError):
            await circuit.acquire_permit()
        clock.at += 3
    trial = await circuit.acquire_permit()
    assert trial.is_trial
    trial.record_failure(answered(500))
    await circuit.flush()
    assert circuit.is_open
    assert circuit.get_time_until_retry() == 10


async def test_calls_run_side_by_side_and_the_error_is_the_calls_own() -> None:
    circuit = breaker(FakeClock())
    running = most = 0

    async def operation() -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(100):
            await checkpoint()
            if most == 8:
                break
        running -= 1
        return "done"

    async def call() -> str:
        return await circuit.execute(operation)

    assert await run_all([call] * 8, 8) == ["done"] * 8
    error = answered(500)

    async def broken() -> str:
        raise error

    with pytest.raises(RemoteError) as caught:
        await circuit.execute(broken)
    assert caught.value is error
    assert error.__context__ is None


async def test_cancellation_is_no_verdict_and_frees_the_trial() -> None:
    clock = FakeClock()
    circuit = breaker(clock, CircuitBreakerConfig(failure_threshold=1, cooldown_seconds=10))
    fail(circuit, 1)
    clock.at += 10

    async def operation() -> None:
        with pytest.raises(CircuitOpenError):
            circuit.admit()
        scope.cancel()
        for _ in range(3):
            await checkpoint()

    scope = CancelScope()
    with scope:
        await circuit.execute(operation)
    assert scope.cancelled
    assert circuit.is_half_open
    circuit.admit().record_success()


def test_many_threads_get_exactly_one_trial() -> None:
    clock = FakeClock()
    circuit = breaker(clock, CircuitBreakerConfig(failure_threshold=1, cooldown_seconds=10))
    fail(circuit, 1)
    clock.at += 10
    barrier = threading.Barrier(20)
    through: list[bool] = []

    def ask() -> None:
        barrier.wait()
        try:
            circuit.admit()
            through.append(True)
        except CircuitOpenError:
            through.append(False)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert through.count(True) == 1
    assert len(through) == 20


async def test_a_call_that_takes_too_long_is_ended_and_is_a_failure() -> None:
    config = CircuitBreakerConfig(failure_threshold=1, timeout_seconds=0.05)
    circuit = CircuitBreaker(config, name="house")

    async def operation() -> None:
        await Event().wait()

    with pytest.raises(TransportTimeout, match=r"0\.05 s.*timeout_seconds") as caught:
        await circuit.execute(operation)
    assert (caught.value.timeout_name, caught.value.seconds) == ("attempt", 0.05)
    assert circuit.is_open


async def test_a_timeout_of_the_callers_own_is_not_the_circuits() -> None:
    circuit = CircuitBreaker(CircuitBreakerConfig(failure_threshold=1, timeout_seconds=60))

    async def operation() -> None:
        raise TimeoutError("my own")

    with pytest.raises(TimeoutError, match="my own"):
        await circuit.execute(operation)
    assert circuit.is_closed


def test_a_trial_from_before_frees_no_place_now() -> None:
    clock = FakeClock()
    config = CircuitBreakerConfig(
        failure_threshold=3, cooldown_seconds=10, half_open_max_concurrent=2
    )
    circuit = breaker(clock, config)
    fail(circuit, 3)
    clock.at += 10
    old, other = circuit.admit(), circuit.admit()
    other.record_failure(answered(500))
    clock.at += 10
    now = [circuit.admit(), circuit.admit()]
    old.release()
    with pytest.raises(CircuitOpenError):
        circuit.admit()
    assert all(leave.is_trial for leave in now)
