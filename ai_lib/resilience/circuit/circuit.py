"""The circuit of one target, which lets calls through and counts their outcomes.

pybreaker keeps the states, counts and storage; it never sees a call. A call acquires a
`CircuitPermit` before it runs and records its outcome there after, so no lock is held meanwhile.
A `SharedUpdate` applies pending outcomes to a state that is stored elsewhere.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from threading import RLock

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork, renew_locks
from ai_lib.errors import codes
from ai_lib.errors.exceptions import (
    AiLibError,
    CircuitOpenError,
    ConnectionLost,
    RemoteError,
    ResponseError,
    ResponseTooLarge,
    TransportError,
    TransportTimeout,
)
from ai_lib.resilience.circuit.storage import CircuitRecord, CircuitState, Counts
from ai_lib.types.wire import check_optional_seconds

_SERVICE = frozenset({codes.SERVER_ERROR.name, codes.OVERLOADED.name, codes.TIMEOUT.name})


class CircuitBreakerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """When a circuit opens and closes.

    It opens after `failure_threshold` failures of the service in a row, stays so for
    `cooldown_seconds`, then lets `half_open_max_concurrent` calls at a time try, and closes after
    `success_threshold` of them succeeded. One failure among them opens it again.

    An attempt (of a stream, up to its first content) that takes longer than `timeout_seconds` is
    ended with `TransportTimeout` and is such a failure.
    """

    failure_threshold: int = 5
    success_threshold: int = 2
    cooldown_seconds: float = 30.0
    half_open_max_concurrent: int = 1
    timeout_seconds: float | None = None

    def __post_init__(self) -> None:
        counts = (self.failure_threshold, self.success_threshold, self.half_open_max_concurrent)
        if min(counts) < 1 or not self.cooldown_seconds >= 0:
            raise ValueError("a circuit breaker's counts are at least 1, its cooldown at least 0")
        check_optional_seconds("a circuit breaker's timeout_seconds", self.timeout_seconds)

    @classmethod
    def default(cls) -> "CircuitBreakerConfig":
        """Five failures, half a minute."""
        return cls()


def is_service_failure(error: BaseException) -> bool:
    """Whether the provider failed, rather than the caller, its key, its quota or this library."""
    if isinstance(error, TransportTimeout):
        return error.timeout_name not in ("pool", "credential")
    if isinstance(error, ResponseTooLarge):
        return False
    if isinstance(error, ConnectionLost) and error.may_resend:
        return False  # a connection that was idle was closed, which says nothing of the service
    if isinstance(error, RemoteError | ResponseError):
        return error.standard_code.name in _SERVICE
    return isinstance(error, TransportError)


class CircuitPermit:
    """The permission for one call. Its first outcome counts; later ones are ignored.

    `is_trial` marks one of the few calls that a half-open circuit lets through.
    """

    __slots__ = ("_circuit", "_generation", "_pending", "is_trial")

    def __init__(self, circuit: "Circuit", generation: int, is_trial: bool) -> None:
        self._circuit = circuit
        self._generation = generation
        self._pending = [True]
        self.is_trial = is_trial

    def record_success(self) -> None:
        """Count a response of the service."""
        self._end(True)

    def record_failure(self, error: AiLibError) -> None:
        """Count an error, if it is the service's fault."""
        self._end(False if is_service_failure(error) else None)

    def release(self) -> None:
        """End the call without an outcome for the service."""
        self._end(None)

    def _end(self, outcome: bool | None) -> None:
        try:
            self._pending.pop()  # in one step: another thread may end it as well
        except IndexError:
            return
        self._circuit._end(self._generation, self.is_trial, outcome)


class _Failure(Exception):
    """The error given to pybreaker, so that the call's own error is left as it is."""


def _success() -> None:
    return None


def _failure() -> None:
    raise _Failure


class Circuit(ForkedState):
    """One target's circuit, safe to use from any thread. `clock` returns seconds."""

    def __init__(
        self,
        config: CircuitBreakerConfig | None = None,
        *,
        clock: Callable[[], float],
        name: str = "default",
    ) -> None:
        import pybreaker

        self.config = config or CircuitBreakerConfig()
        self.name = name
        self._clock = clock
        # A finalizer that releases a permit may run while this very thread holds the lock.
        self._lock = RLock()
        self._generation = 0
        self._trials = 0
        self._opened = 0.0
        self._opened_at: float | None = None
        self._opened_count = 0
        self._refused = 0
        # Outcomes to count once the state stored elsewhere is loaded; None: the state is kept here.
        self._pending: deque[Callable[[], object]] | None = None
        self._counts = Counts()
        self._recorder = pybreaker.CircuitBreaker(
            fail_max=self.config.failure_threshold,
            reset_timeout=self.config.cooldown_seconds,
            success_threshold=self.config.success_threshold,
            state_storage=self._counts,  # type: ignore[arg-type]
            listeners=[_Listener(self)],  # type: ignore[type-var]
            name=name,
            throw_new_error_on_trip=False,
        )
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the locks; the calls under way and what is still to be stored are the parent's."""
        super().renew_in_child()
        renew_locks(self._recorder)
        self._generation += 1
        self._trials = 0
        if self._pending is not None:
            self._pending.clear()

    @property
    def state(self) -> CircuitState:
        """The state as recorded; an open circuit whose cooldown is over is still open."""
        with self._lock:
            return CircuitState(self._recorder.state.name.replace("-", "_"))

    @property
    def is_closed(self) -> bool:
        """Whether every call is let through."""
        return self.state is CircuitState.CLOSED

    @property
    def is_open(self) -> bool:
        """Whether no call is let through until the cooldown is over."""
        return self.state is CircuitState.OPEN

    @property
    def is_half_open(self) -> bool:
        """Whether only a few trial calls are let through."""
        return self.state is CircuitState.HALF_OPEN

    def admit(self) -> CircuitPermit:
        """Let one call through.

        Raises:
            CircuitOpenError: the circuit refuses it. `retry_after` is the seconds until a trial is
                possible, None while the trials of a half-open circuit are running.
        """
        with self._lock:
            if self._counts.state == CircuitState.CLOSED.value:
                return CircuitPermit(self, self._generation, False)
            state = self.state
            if state is CircuitState.OPEN:
                left = self.get_time_until_retry()
                if left > 0:
                    raise self._refusal(f"it is tried again in {left:.3g} s", left)
                self._recorder.half_open()
            if self._trials >= self.config.half_open_max_concurrent:
                raise self._refusal("it is being tried by another call", None)
            self._trials += 1
            return CircuitPermit(self, self._generation, True)

    def _refusal(self, reason: str, retry_after: float | None) -> CircuitOpenError:
        self._refused += 1
        return CircuitOpenError(
            f"the circuit of {self.name} is open after repeated failures; {reason}",
            retry_after=retry_after,
        )

    def _end(self, generation: int, is_trial: bool, outcome: bool | None) -> None:
        with self._lock:
            # A call from before the last change of state says nothing about the present one.
            if generation != self._generation:
                return
            if is_trial:
                self._trials -= 1
            if outcome is None:
                return
            if self._pending is None:
                self._count(generation, outcome)
            else:
                self._pending.append(partial(self._count, generation, outcome))

    def _count(self, generation: int, outcome: bool) -> None:
        counts = self._counts
        if generation != self._generation:
            return
        if outcome and not counts.counter and counts.state == CircuitState.CLOSED.value:
            return  # another success changes nothing
        try:
            self._recorder.call(_success if outcome else _failure)
        except _Failure:
            pass

    def to_record(self) -> CircuitRecord:
        """Return the state to store."""
        with self._lock:
            return CircuitRecord(
                state=self.state,
                failures=self._counts.counter,
                successes=self._counts.success_counter,
                opened_at=self._opened_at if self.is_open else None,
            )

    def restore(self, record: CircuitRecord) -> None:
        """Take over the state of a record, which another circuit may have written."""
        with self._lock:
            self._counts.state = record.state.value.replace("_", "-")
            if self.state and record.opened_at not in (None, self._opened_at):
                ago = max(0.0, _wall_clock() - (record.opened_at or 0.0))
                self._opened, self._opened_at = self._clock() - ago, record.opened_at
            self._counts.counter = record.failures
            self._counts.success_counter = record.successes

    def _on_state_change(self, state: str) -> None:
        self._generation += 1
        self._trials = 0
        if state == CircuitState.OPEN:
            self._opened, self._opened_at = self._clock(), _wall_clock()
            self._opened_count += 1

    def get_time_until_retry(self) -> float:
        """Return the seconds until an open circuit lets a trial through; 0 in any other state."""
        with self._lock:
            if not self.is_open:
                return 0.0
            return max(0.0, self._opened + self.config.cooldown_seconds - self._clock())

    def reset(self) -> None:
        """Close the circuit and clear its counts."""
        with self._lock:
            self._recorder.close()
            if self._pending is not None:
                self._pending.append(self._recorder.close)

    def get_stats(self) -> dict[str, object]:
        """Return the state, the failures in a row, and how often it opened and refused a call."""
        with self._lock:
            return {
                "state": self.state.value,
                "failure_count": self._recorder.fail_counter,
                "success_count": self._recorder.success_counter,
                "opened": self._opened_count,
                "refused": self._refused,
            }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.state.value}>"


def _wall_clock() -> float:
    return datetime.now(timezone.utc).timestamp()


class _Listener:
    """Listens to changes of state; pybreaker calls no more than these four methods."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit

    def state_change(self, _breaker: object, _old: object, new: object) -> None:
        self._circuit._on_state_change(str(getattr(new, "name", "")))

    def before_call(self, *_: object) -> None: ...

    def success(self, *_: object) -> None: ...

    def failure(self, *_: object) -> None: ...


class SharedUpdate:
    """Counts pending outcomes on a `stored` state, and acquires a permit if one is needed.

    `record` is the state after that. Undo the update when it could not be stored.
    """

    def __init__(self, circuit: Circuit, stored: CircuitRecord, *, needs_permit: bool) -> None:
        self._circuit = circuit
        self._permit: CircuitPermit | None = None
        self._refusal: CircuitOpenError | None = None
        with circuit._lock:
            self._pending = list(circuit._pending or ())
            if circuit._pending is not None:
                circuit._pending.clear()
            circuit.restore(stored)
            for count_outcome in self._pending:
                count_outcome()
            if needs_permit:
                self._acquire_permit()
            self.record = circuit.to_record()

    def _acquire_permit(self) -> None:
        try:
            self._permit = self._circuit.admit()
        except CircuitOpenError as error:
            self._refusal = error

    def undo(self) -> None:
        """Make the outcomes pending again, and release the permit."""
        with self._circuit._lock:
            if self._circuit._pending is not None:
                self._circuit._pending.extendleft(reversed(self._pending))
            if self._permit is not None:
                self._permit.release()

    def take_permit(self) -> CircuitPermit | None:
        """Return the permit, None when none was needed.

        Raises:
            CircuitOpenError: the call was not let through.
        """
        if self._refusal is not None:
            raise self._refusal
        return self._permit
