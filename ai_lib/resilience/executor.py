"""Runs an operation under protection: permit, circuit, rate limit, and retries around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ai_lib.errors.exceptions import AiLibError
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.config import ResilientConfig
from ai_lib.resilience.permit import Admission
from ai_lib.resilience.rate_limit.headers import RateLimitHeaders
from ai_lib.resilience.retry import RetryConfig, RetryPolicy

from .._runtime.backend import now, sleep
from .backpressure import Backpressure
from .preflight import PreflightChecker

if TYPE_CHECKING:
    from .circuit.breaker import CircuitBreaker
    from .rate_limit.rate_limiter import RateLimiter

T = TypeVar("T")
OnRetry = Callable[[int, AiLibError, float], object]


class ResilientExecutor:
    """The protection of one target, shared by all calls to it.

    Each attempt passes a place in flight, the circuit and the rate limit, in this order, and gives
    them back before the wait for the next attempt. This is the only place where anything is tried
    again.
    """

    def __init__(
        self,
        config: ResilientConfig | None = None,
        name: str = "default",
        *,
        model: str = "",
        backpressure: Backpressure | None = None,
        headers: RateLimitHeaders | None = None,
        clock: Callable[[], float] = now,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        self.config = config = config or ResilientConfig()
        self.name = name
        self.policy = RetryPolicy(config.retry or RetryConfig.no_retry())
        self._clock = clock
        self._pause = pause
        if backpressure is None and config.backpressure is not None:
            backpressure = Backpressure(config.backpressure)
        self.gate = PreflightChecker(
            rate_limiter=self._limiter(headers, f"{name}/{model}"),
            circuit_breaker=self._breaker(f"{name}/{model}"),
            backpressure=backpressure,
            provider=name,
            model=model,
            longest_pause=self.policy.config.max_delay_ms / 1000,
            clock=clock,
        )
        circuit = self.gate.circuit_breaker
        bounded = circuit is not None and circuit.config.timeout_seconds is not None
        self._bound = circuit if bounded else None

    def _breaker(self, key: str) -> CircuitBreaker | None:
        config, storage = self.config.circuit_breaker, self.config.circuit_storage
        if config is None and storage is None:
            return None
        from .circuit.breaker import CircuitBreaker

        return CircuitBreaker(config, name=self.name, storage=storage, key=key, clock=self._clock)

    def _limiter(self, headers: RateLimitHeaders | None, target: str) -> RateLimiter | None:
        limits, shared = self.config.rate_limit, self.config.limiter
        if shared is not None:
            from .rate_limit.shared_rate_limiter import SharedRateLimiter

            return SharedRateLimiter(shared, target, headers, clock=self._clock, pause=self._pause)
        if limits is None:
            return None
        from .rate_limit.rate_limiter import AdaptiveRateLimiter, RateLimiter

        if headers is None:
            return RateLimiter(limits, clock=self._clock, pause=self._pause)
        return AdaptiveRateLimiter(limits, headers, clock=self._clock, pause=self._pause)

    async def execute(
        self,
        operation: Callable[[], Awaitable[T]],
        *,
        ledger: AttemptLog | None = None,
        on_retry: OnRetry | None = None,
    ) -> T:
        """Call `operation`, again where the policy says so, and return its result.

        `on_retry` is told the number of the failed attempt (from 1), its error, and the seconds
        waited before the next one.

        Raises:
            AiLibError: the error of the last attempt; its `attempts` lists them all.
        """
        ledger = ledger or AttemptLog()

        async def attempt(_: Admission) -> T:
            return await operation()

        try:
            return await self.run(attempt, ledger, on_retry=on_retry)
        except AiLibError as error:
            ledger.on(error)
            raise

    async def run(
        self,
        attempt: Callable[[Admission], Awaitable[T]],
        ledger: AttemptLog,
        *,
        on_retry: OnRetry | None = None,
    ) -> T:
        """The same with an operation that is handed its admission, and the caller's books."""
        failed_attempts, waited = 0, 0.0
        while True:
            try:
                return await self._once(attempt, ledger, waited)
            except AiLibError as error:
                delay = self._next_delay(error, ledger)
                if delay is None:
                    raise
                failed_attempts, waited = failed_attempts + 1, delay
                if on_retry is not None:
                    on_retry(failed_attempts, error, delay)
            if waited > 0:
                await self._pause(waited)
            ledger.retries[self] = ledger.retries.get(self, 0) + 1

    def _next_delay(self, error: AiLibError, ledger: AttemptLog) -> float | None:
        if ledger.is_last:
            return None
        return self.policy.next_delay(
            error,
            ledger.retries.get(self, 0),
            repeatable=ledger.repeatable,
            seconds_left=ledger.ends - self._clock(),
        )

    async def _once(
        self, attempt: Callable[[Admission], Awaitable[T]], ledger: AttemptLog, waited: float
    ) -> T:
        admission = await self.gate.admit(ledger, waited=waited)
        try:
            if self._bound is None:
                result = await attempt(admission)
            else:
                result = await self._bound.timed(partial(attempt, admission))
        except AiLibError as error:
            admission.failed(error)
            if self.gate.is_shared:
                await self.gate.report()
            raise
        except BaseException:
            admission.abandoned()
            raise
        if not admission.kept:
            admission.succeeded()
        if self.gate.is_shared:
            await self.gate.report()
        return result

    @property
    def circuit_state(self) -> str:
        """`closed`, `open`, `half_open`, or `disabled` without a breaker."""
        circuit = self.gate.circuit_breaker
        return circuit.state.value if circuit else "disabled"

    @property
    def current_inflight(self) -> int:
        """How many attempts are in flight; 0 without a limit on them."""
        pressure = self.gate.backpressure
        return pressure.current_inflight if pressure else 0

    def get_stats(self) -> dict[str, object]:
        """Return the figures of what is switched on."""
        gate = self.gate
        parts = {
            "circuit_breaker": gate.circuit_breaker,
            "rate_limiter": gate.rate_limiter,
            "backpressure": gate.backpressure,
        }
        stats: dict[str, object] = {
            name: part.get_stats() for name, part in parts.items() if part is not None
        }
        return {"max_retries": self.policy.config.max_retries, **stats}

    def reset(self) -> None:
        """Close the circuit and forget its failures."""
        if self.gate.circuit_breaker is not None:
            self.gate.circuit_breaker.reset()
