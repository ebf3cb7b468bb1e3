"""Runs an operation under protection: slot, circuit and rate limit, with retries around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ai_lib.errors.exceptions import AiLibError, DecodeError, explain_exhaustion
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.config import ResilientConfig
from ai_lib.resilience.permit import Permit
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

    Each attempt acquires a slot in flight, the circuit's permit and the rate limit's reservation,
    in this order, and gives them back before the wait for the next attempt. Nothing else in the
    library makes retries.
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
        self.preflight = PreflightChecker(
            rate_limiter=self._make_limiter(headers, f"{name}/{model}"),
            circuit_breaker=self._make_breaker(f"{name}/{model}"),
            backpressure=backpressure,
            provider=name,
            model=model,
            longest_pause=self.policy.config.max_delay_ms / 1000,
            clock=clock,
        )
        circuit = self.preflight.circuit_breaker
        is_timed = circuit is not None and circuit.config.timeout_seconds is not None
        self._timed_circuit = circuit if is_timed else None

    def _make_breaker(self, key: str) -> CircuitBreaker | None:
        config, storage = self.config.circuit_breaker, self.config.circuit_storage
        if config is None and storage is None:
            return None
        from .circuit.breaker import CircuitBreaker

        return CircuitBreaker(config, name=self.name, storage=storage, key=key, clock=self._clock)

    def _make_limiter(self, headers: RateLimitHeaders | None, target: str) -> RateLimiter | None:
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
        attempt_log: AttemptLog | None = None,
        on_retry: OnRetry | None = None,
    ) -> T:
        """Call `operation`, again where the policy says so, and return its result.

        `on_retry` is called with the number of the failed attempt (from 1), its error, and the
        seconds until the next one.

        Raises:
            AiLibError: the error of the last attempt; its `attempts` lists them all.
        """
        attempt_log = attempt_log or AttemptLog()

        async def attempt(_: Permit) -> T:
            return await operation()

        try:
            return await self.run(attempt, attempt_log, on_retry=on_retry)
        except AiLibError as error:
            attempt_log.attach_to(error)
            raise

    async def run(
        self,
        attempt: Callable[[Permit], Awaitable[T]],
        attempt_log: AttemptLog,
        *,
        on_retry: OnRetry | None = None,
    ) -> T:
        """Call `attempt` with its permit, again where the policy says so, and return its result.

        `attempt_log` is the log of the caller's call. Raises as `execute`.
        """
        failed_attempts, waited = 0, 0.0
        while True:
            try:
                return await self._once(attempt, attempt_log, waited)
            except AiLibError as error:
                if attempt_log.take_resend(error, self._clock()):
                    if on_retry is not None:
                        on_retry(failed_attempts + 1, error, 0.0)
                    waited = 0.0
                    continue
                delay = self._next_delay(error, attempt_log)
                if delay is None:
                    raise
                failed_attempts, waited = failed_attempts + 1, delay
                if on_retry is not None:
                    on_retry(failed_attempts, error, delay)
            if waited > 0:
                await self._pause(waited)
            attempt_log.retries[self] = attempt_log.retries.get(self, 0) + 1

    def _next_delay(self, error: AiLibError, attempt_log: AttemptLog) -> float | None:
        if attempt_log.is_last:
            return None
        return self.policy.next_delay(
            error,
            attempt_log.retries.get(self, 0),
            repeatable=attempt_log.repeatable,
            seconds_left=attempt_log.ends - self._clock(),
        )

    async def _once(
        self, attempt: Callable[[Permit], Awaitable[T]], attempt_log: AttemptLog, waited: float
    ) -> T:
        permit = await self.preflight.admit(attempt_log, waited=waited)
        try:
            if self._timed_circuit is None:
                result = await attempt(permit)
            else:
                result = await self._timed_circuit.run_with_timeout(partial(attempt, permit))
        except AiLibError as error:
            permit.fail(error)
            if self.preflight.is_shared:
                await self.preflight.flush()
            raise
        except RecursionError as error:
            permit.abandon()
            raise DecodeError("the response is nested too deeply to be read") from error
        except OSError as error:
            permit.abandon()
            failure = explain_exhaustion(error)
            if failure is None:
                raise
            raise failure from error
        except BaseException as error:
            permit.abandon()
            if self.preflight.is_shared and not isinstance(error, GeneratorExit):
                await self.preflight.flush_cancelled()
            raise
        if not permit.is_detached:
            permit.succeed()
        if self.preflight.is_shared:
            await self.preflight.flush()
        return result

    @property
    def circuit_state(self) -> str:
        """`closed`, `open`, `half_open`, or `disabled` without a breaker."""
        circuit = self.preflight.circuit_breaker
        return circuit.state.value if circuit else "disabled"

    @property
    def current_inflight(self) -> int:
        """How many attempts are in flight; 0 without a limit on them."""
        backpressure = self.preflight.backpressure
        return backpressure.current_inflight if backpressure else 0

    def get_stats(self) -> dict[str, object]:
        """Return the statistics of the parts that are switched on."""
        preflight = self.preflight
        parts = {
            "circuit_breaker": preflight.circuit_breaker,
            "rate_limiter": preflight.rate_limiter,
            "backpressure": preflight.backpressure,
        }
        stats: dict[str, object] = {
            name: part.get_stats() for name, part in parts.items() if part is not None
        }
        return {"max_retries": self.policy.config.max_retries, **stats}

    def reset(self) -> None:
        """Close the circuit and forget its failures."""
        if self.preflight.circuit_breaker is not None:
            self.preflight.circuit_breaker.reset()
