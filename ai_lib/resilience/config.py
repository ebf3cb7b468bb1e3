"""The configuration of a client's protection, by hand or from the environment."""

import os
from collections.abc import Mapping

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.resilience.circuit.circuit import CircuitBreakerConfig
from ai_lib.resilience.circuit.storage import CircuitStorage
from ai_lib.resilience.rate_limit.external import Limiter
from ai_lib.resilience.rate_limit.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.wire import check_seconds

_MAX_INFLIGHT = 10


class BackpressureConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of `max_concurrent` attempts in flight (0: any number).

    An attempt beyond it waits in line at most `queue_timeout` seconds (None: as long as the call
    may take, 0: not at all).
    """

    max_concurrent: int = _MAX_INFLIGHT
    queue_timeout: float | None = None

    def __post_init__(self) -> None:
        if self.max_concurrent < 0:
            raise ValueError("max_concurrent can't be negative")
        if self.queue_timeout is not None:
            check_seconds("queue_timeout", self.queue_timeout, allows_zero=True)

    @classmethod
    def no_limit(cls) -> "BackpressureConfig":
        """Count attempts, but refuse none."""
        return cls(max_concurrent=0)


class FallbackConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The way in which targets are tried one after the other.

    Each is tried `max_attempts_per_target` times (its retries are not counted here), with
    `delay_between_targets_ms` before the next one. `also_on` names errors after which the next one
    is tried although the protocol does not say so.
    """

    max_attempts_per_target: int = 1
    delay_between_targets_ms: float = 0
    also_on: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.max_attempts_per_target < 1 or not self.delay_between_targets_ms >= 0:
            raise ValueError("a target is tried at least once, and a delay can't be negative")


class ResilientConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The patterns that protect a client's calls; None leaves a pattern as it is by default.

    `retry` None means the manifest's retry_policy. A pattern is given as its config object, or by
    one number for the usual case (`max_retries`, `rate_limit_rps`, `circuit_breaker_threshold`,
    `max_inflight`), which refines the object when both are given.

    `circuit_storage` keeps the circuits' state, a `limiter` takes the place of `rate_limit`, and
    `concurrency`, a `SharedBackpressure` or a `Backpressure`, that of `backpressure`, for clients
    and processes to share; each switches its pattern on.
    """

    retry: RetryConfig | None = None
    rate_limit: RateLimiterConfig | None = None
    circuit_breaker: CircuitBreakerConfig | None = None
    backpressure: BackpressureConfig | None = None
    fallback: FallbackConfig = FallbackConfig()
    circuit_storage: CircuitStorage | None = None
    limiter: Limiter | None = None
    concurrency: object = None
    max_retries: int | None = None
    rate_limit_rps: float | None = None
    circuit_breaker_threshold: int | None = None
    max_inflight: int | None = None

    def __post_init__(self) -> None:
        set_field = msgspec.structs.force_setattr
        if self.max_retries is not None:
            retry = self.retry or RetryConfig()
            set_field(self, "retry", msgspec.structs.replace(retry, max_retries=self.max_retries))
        if self.rate_limit_rps is not None:
            rate_limit = RateLimiterConfig.from_rps(self.rate_limit_rps)
            if self.rate_limit is not None:
                rate_limit = msgspec.structs.replace(
                    self.rate_limit,
                    requests_per_second=rate_limit.requests_per_second,
                    burst_size=rate_limit.burst_size,
                )
            set_field(self, "rate_limit", rate_limit)
        if (count := self.circuit_breaker_threshold) is not None:
            circuit = self.circuit_breaker or CircuitBreakerConfig()
            set_field(
                self, "circuit_breaker", msgspec.structs.replace(circuit, failure_threshold=count)
            )
        if self.max_inflight is not None:
            backpressure = self.backpressure or BackpressureConfig()
            backpressure = msgspec.structs.replace(backpressure, max_concurrent=self.max_inflight)
            set_field(self, "backpressure", backpressure)

    @classmethod
    def default(cls) -> "ResilientConfig":
        """Switch all four patterns on, without a rate limit of the client's own."""
        return cls(
            retry=RetryConfig(),
            rate_limit=RateLimiterConfig.no_limit(),
            circuit_breaker=CircuitBreakerConfig(),
            backpressure=BackpressureConfig(),
        )

    @classmethod
    def minimal(cls) -> "ResilientConfig":
        """Make two retries and nothing else."""
        return cls(retry=RetryConfig(max_retries=2))

    @classmethod
    def production(cls) -> "ResilientConfig":
        """Allow 3 retries, 10 requests a second (15 at once) and 10 in flight, with a breaker."""
        return cls(
            retry=RetryConfig(max_retries=3, min_delay_ms=1000, max_delay_ms=30000),
            rate_limit=RateLimiterConfig.from_rps(10),
            circuit_breaker=CircuitBreakerConfig(failure_threshold=5, cooldown_seconds=30),
            backpressure=BackpressureConfig(max_concurrent=10),
        )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "ResilientConfig":
        """Return the configuration in the environment. Without its variables a pattern is off.

        The variables are AI_LIB_MAX_INFLIGHT, AI_LIB_QUEUE_TIMEOUT (seconds), AI_LIB_RPS,
        AI_LIB_BREAKER_FAILURE_THRESHOLD and AI_LIB_BREAKER_COOLDOWN_SECS.

        Raises:
            RequestError: a variable is not a number in its range.
        """
        variables = _Environment(os.environ if environ is None else environ)
        rps = variables.get_number("AI_LIB_RPS")
        return cls(
            rate_limit=None if rps is None else RateLimiterConfig.from_rps(rps),
            circuit_breaker=_breaker_config(variables),
            backpressure=_backpressure_config(variables),
        )

    def over(self, other: "ResilientConfig") -> "ResilientConfig":
        """Return this config, with the other one's patterns where this one has none."""
        return ResilientConfig(
            retry=self.retry or other.retry,
            rate_limit=self.rate_limit or other.rate_limit,
            circuit_breaker=self.circuit_breaker or other.circuit_breaker,
            backpressure=self.backpressure or other.backpressure,
            fallback=self.fallback if self.fallback != FallbackConfig() else other.fallback,
            circuit_storage=self.circuit_storage or other.circuit_storage,
            limiter=self.limiter or other.limiter,
            concurrency=self.concurrency or other.concurrency,
        )

    @property
    def is_on(self) -> bool:
        """Whether any pattern is configured."""
        patterns = (self.retry, self.rate_limit, self.circuit_breaker, self.backpressure)
        shared = (self.circuit_storage, self.limiter, self.concurrency)
        return any(pattern is not None for pattern in (*patterns, *shared))


class _Environment:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get_number(self, name: str, *, minimum: float = 0.0) -> float | None:
        text = self._environ.get(name, "").strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not minimum <= value < float("inf"):
            raise RequestError(f"{name} must be a number of at least {minimum:g}, not {text!r}")
        return value

    def get_count(self, name: str, *, minimum: int = 0) -> int | None:
        value = self.get_number(name, minimum=minimum)
        if value is not None and value != int(value):
            raise RequestError(f"{name} must be a whole number, not {value:g}")
        return None if value is None else int(value)


def _breaker_config(variables: _Environment) -> CircuitBreakerConfig | None:
    threshold = variables.get_count("AI_LIB_BREAKER_FAILURE_THRESHOLD", minimum=1)
    cooldown = variables.get_number("AI_LIB_BREAKER_COOLDOWN_SECS")
    if threshold is None and cooldown is None:
        return None
    settings = {"failure_threshold": threshold, "cooldown_seconds": cooldown}
    return CircuitBreakerConfig(
        **{name: value for name, value in settings.items() if value is not None}  # type: ignore[arg-type]
    )


def _backpressure_config(variables: _Environment) -> BackpressureConfig | None:
    limit = variables.get_count("AI_LIB_MAX_INFLIGHT")
    queue_timeout = variables.get_number("AI_LIB_QUEUE_TIMEOUT")
    if limit is None and queue_timeout is None:
        return None
    return BackpressureConfig(
        max_concurrent=_MAX_INFLIGHT if limit is None else limit, queue_timeout=queue_timeout
    )
