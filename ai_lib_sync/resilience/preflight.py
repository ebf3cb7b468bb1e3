# Generated from ai_lib/resilience/preflight.py by codegen; do not edit.
"""Everything an attempt must pass before it is sent: a place, the circuit, the rate limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ai_lib.errors.exceptions import AiLibError, ResilienceError
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.permit import Admission, Holdings
from ai_lib.resilience.signals import (
    CircuitBreakerSnapshot,
    InflightSnapshot,
    RateLimiterSnapshot,
    SignalsSnapshot,
)
from ai_lib.types.attempt import Attempt

from .._runtime.backend import now
from .backpressure import Backpressure

if TYPE_CHECKING:
    from .circuit.breaker import CircuitBreaker
    from .rate_limit.rate_limiter import RateLimiter

_FOREVER = float("inf")


def _is_shared(part: RateLimiter | CircuitBreaker | None) -> bool:
    return part is not None and part.is_shared


class PreflightResult:
    """What a check found. `permit` is held until it is ended or `release_permit` is called."""

    def __init__(
        self, permit: Admission | None, signals: SignalsSnapshot, errors: tuple[AiLibError, ...]
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
            self.permit.abandoned()


class PreflightChecker:
    """The gate of one target; None for what is switched off.

    `longest_pause` is for how many seconds a provider's Retry-After is waited for. `is_shared` says
    whether there is anyone to `report` to.
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
        self.is_shared = _is_shared(rate_limiter) or _is_shared(circuit_breaker)
        self._is_open = rate_limiter is None and circuit_breaker is None and backpressure is None
        self._longest_pause = longest_pause
        self._clock = clock

    def admit(self, ledger: AttemptLog | None = None, *, waited: float = 0.0) -> Admission:
        """Wait until an attempt may be made, and hold what it needs until it is ended.

        Raises:
            BackpressureError, CircuitOpenError, RateLimitExceeded: it may not; nothing is held.
        """
        ledger = ledger or AttemptLog()
        began = self._clock()
        holdings = Holdings()
        try:
            if not self._is_open:
                self._take(holdings, ledger)
        except ResilienceError as error:
            holdings.release()
            error.provider, error.model = self.provider, self.model or None
            ledger.enter(self._refused(error, waited + self._clock() - began))
            raise
        except BaseException:
            holdings.release()
            raise
        return Admission(
            holdings,
            ledger,
            provider=self.provider,
            model=self.model,
            clock=self._clock,
            learn=self.rate_limiter.update_from_headers if self.rate_limiter else None,
            waited=waited + self._clock() - began,
        )

    def _take(self, holdings: Holdings, ledger: AttemptLog) -> None:
        if self.backpressure is not None:
            holdings.place = self.backpressure.enter(ledger.left(self._clock()))
        if self.circuit_breaker is not None:
            holdings.leave = self.circuit_breaker.enter()
        if self.rate_limiter is not None:
            holdings.quota = self.rate_limiter.quota
            holdings.reservation = self.rate_limiter.reserve(
                ledger.tokens,
                timeout=ledger.left(self._clock()),
                longest_pause=self._longest_pause,
            )

    def report(self) -> None:
        """Tell a shared storage and limiter what became of attempts; else there is nothing to do.

        It is done after each attempt, and before the next one for whoever was cancelled.
        """
        if self.circuit_breaker is not None:
            self.circuit_breaker.report()
        if self.rate_limiter is not None:
            self.rate_limiter.report()

    def _refused(self, error: ResilienceError, waited: float) -> Attempt:
        return Attempt(
            provider=self.provider,
            model=self.model,
            ended=error.error_type,
            error=type(error).__name__,
            retry_after=error.retry_after,
            sent=False,
            waited_ms=waited * 1000,
        )

    def check(self, ledger: AttemptLog | None = None) -> PreflightResult:
        """Ask for admission; what stands against it is in the result, not raised."""
        try:
            permit = self.admit(ledger)
        except ResilienceError as error:
            return PreflightResult(None, self.get_signals(), (error,))
        return PreflightResult(permit, self.get_signals(), ())

    def update_rate_limits(self, headers: Mapping[str, str]) -> None:
        """Let the rate limiter learn from an answer's headers."""
        if self.rate_limiter is not None:
            self.rate_limiter.update_from_headers(headers)

    def get_signals(self) -> SignalsSnapshot:
        """Return how everything stands now."""
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
                available=limiter.available_tokens, wait_seconds=limiter.get_wait_time()
            )
            if limiter is not None
            else None,
            circuit_breaker=CircuitBreakerSnapshot(
                state=circuit.state, retry_in_seconds=circuit.get_time_until_retry()
            )
            if circuit is not None
            else None,
        )
