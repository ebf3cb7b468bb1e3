# Generated from ai_lib/resilience/preflight.py by codegen; do not edit.
"""The checks before an attempt is sent: free slot, circuit and rate limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Union

from ai_lib._log import LOG
from ai_lib.errors.exceptions import AiLibError, ResilienceError, SharedStateError
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.permit import Permit
from ai_lib.resilience.signals import (
    CircuitBreakerSnapshot,
    InflightSnapshot,
    RateLimiterSnapshot,
    SignalsSnapshot,
)
from ai_lib.types.attempt import Attempt

from .._runtime.backend import AwaitableRefused, fail_after, now, shield
from .backpressure import Backpressure

if TYPE_CHECKING:
    from .circuit.breaker import CircuitBreaker
    from .rate_limit.rate_limiter import RateLimiter

_FOREVER = float("inf")
_FLUSH_SECONDS = 5.0
_CANCELLED_SECONDS = 0.5


Part = Union["RateLimiter", "CircuitBreaker", Backpressure]


def _is_shared(part: Part | None) -> bool:
    return part is not None and part.is_shared


class PreflightResult:
    """The outcome of a check. `permit` is held until it is ended or `release_permit` is called."""

    def __init__(
        self, permit: Permit | None, signals: SignalsSnapshot, errors: tuple[AiLibError, ...]
    ) -> None:
        self.permit = permit
        self.signals = signals
        self.errors = errors

    @property
    def passed(self) -> bool:
        """Whether the attempt may be made."""
        return self.permit is not None

    def release_permit(self) -> None:
        """Give the permit back unused."""
        if self.permit is not None:
            self.permit.abandon()


class PreflightChecker:
    """The protection of one target; a part that is None is switched off.

    `longest_pause` is the longest Retry-After that is waited for, in seconds. `is_shared` says
    whether there is anything to `flush` to a shared storage or limiter.
    """

    def __init__(
        self,
        *,
        rate_limiter: RateLimiter | None = None,
        circuit_breaker: CircuitBreaker | None = None,
        backpressure: Backpressure | None = None,
        provider: str = "default",
        model: str = "",
        longest_pause: float = _FOREVER,
        clock: Callable[[], float] = now,
    ) -> None:
        self.rate_limiter = rate_limiter
        self.circuit_breaker = circuit_breaker
        self.backpressure = backpressure
        self.provider = provider
        self.model = model
        self._parts: tuple[Part | None, ...] = (circuit_breaker, rate_limiter, backpressure)
        self.is_shared = any(map(_is_shared, self._parts))
        self._is_unprotected = (
            rate_limiter is None and circuit_breaker is None and backpressure is None
        )
        self._longest_pause = longest_pause
        self._clock = clock

    def admit(self, attempt_log: AttemptLog | None = None, *, waited: float = 0.0) -> Permit:
        """Wait until an attempt may be made, and hold what it needs until it is ended.

        Raises:
            BackpressureError, CircuitOpenError, RateLimitExceeded: it may not; nothing is held.
        """
        attempt_log = attempt_log or AttemptLog()
        permit = Permit(
            attempt_log,
            provider=self.provider,
            model=self.model,
            clock=self._clock,
            learn=self.rate_limiter.update_from_headers if self.rate_limiter else None,
            waited=waited,
        )
        try:
            if not self._is_unprotected:
                self._acquire(permit, attempt_log)
        except ResilienceError as error:
            permit.release()
            permit.start()
            error.provider, error.model = self.provider, self.model or None
            attempt_log.record(self._describe_refusal(error, permit.waited))
            raise
        except BaseException:
            permit.release()
            raise
        permit.start()
        return permit

    def _acquire(self, permit: Permit, attempt_log: AttemptLog) -> None:
        if self.backpressure is not None:
            seconds_left = attempt_log.seconds_left(self._clock())
            permit.slot = self.backpressure.acquire_slot(seconds_left)
        if not self.is_shared:
            self._acquire_limits(permit, attempt_log)
            return
        try:
            with fail_after(attempt_log.seconds_left(self._clock())):
                self._acquire_limits(permit, attempt_log)
        except (AiLibError, AwaitableRefused):
            raise
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise SharedStateError(
                f"the limiter or the circuit storage of {self.provider} failed before the attempt: "
                f"{reason}; mend it, or let it answer from what it knows while it is out of reach"
            ) from error

    def _acquire_limits(self, permit: Permit, attempt_log: AttemptLog) -> None:
        if self.circuit_breaker is not None:
            permit.circuit_permit = self.circuit_breaker.acquire_permit()
        if self.rate_limiter is not None:
            permit.quota = self.rate_limiter.quota
            permit.reservation = self.rate_limiter.reserve(
                attempt_log.tokens,
                timeout=attempt_log.seconds_left(self._clock()),
                longest_pause=self._longest_pause,
            )

    def flush(self) -> None:
        """Send the outcomes of attempts to what is shared: storage, limiter, and slots in flight.

        This is done after each attempt. What they raise is logged, and so is that they take more
        than 5 seconds.
        """
        for part in self._parts:
            if part is not None and part.is_shared:
                self._flush_part(part, _FLUSH_SECONDS)

    def flush_cancelled(self) -> None:
        """Do as `flush` in a task that was cancelled, and take at most half a second a part."""
        with shield():
            for part in self._parts:
                if part is not None and part.is_shared:
                    self._flush_part(part, _CANCELLED_SECONDS)

    def _flush_part(self, part: Part, seconds: float) -> None:
        try:
            with fail_after(seconds):
                part.flush()
        except Exception as error:  # noqa: BLE001 (the answer is there: no bookkeeping costs it)
            LOG.warning(
                "the outcome of a call to %s was not stored: %s: %s",
                self.provider,
                type(error).__name__,
                error,
            )

    def _describe_refusal(self, error: ResilienceError, waited: float) -> Attempt:
        return Attempt(
            provider=self.provider,
            model=self.model,
            ended=error.error_type,
            error=type(error).__name__,
            retry_after=error.retry_after,
            sent=False,
            waited_ms=waited * 1000,
        )

    def check(self, attempt_log: AttemptLog | None = None) -> PreflightResult:
        """Ask for a permit as `admit` does, and return a refusal in the result."""
        try:
            permit = self.admit(attempt_log)
        except ResilienceError as error:
            return PreflightResult(None, self.get_signals(), (error,))
        return PreflightResult(permit, self.get_signals(), ())

    def update_rate_limits(self, headers: Mapping[str, str]) -> None:
        """Let the rate limiter learn from a response's headers."""
        if self.rate_limiter is not None:
            self.rate_limiter.update_from_headers(headers)

    def get_signals(self) -> SignalsSnapshot:
        """Return the present state of all parts."""
        pressure, limiter, circuit = self.backpressure, self.rate_limiter, self.circuit_breaker
        return SignalsSnapshot(
            provider=self.provider,
            model=self.model,
            timestamp=datetime.now(timezone.utc),
            inflight=InflightSnapshot(
                maximum=pressure.config.max_concurrent, in_use=pressure.current_inflight
            )
            if pressure is not None
            else None,
            rate_limiter=RateLimiterSnapshot(
                available=limiter.available_tokens,
                wait_seconds=limiter.get_wait_time(),
                is_degraded=limiter.is_degraded,
            )
            if limiter is not None
            else None,
            circuit_breaker=CircuitBreakerSnapshot(
                state=circuit.state, retry_in_seconds=circuit.get_time_until_retry()
            )
            if circuit is not None
            else None,
        )
