"""What protects a client's calls, as one value; and what the environment says of it."""

import os
from collections.abc import Mapping

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.resilience.circuit.circuit import CircuitBreakerConfig
from ai_lib.resilience.circuit.storage import CircuitStorage
from ai_lib.resilience.rate_limit.external import Limiter
from ai_lib.resilience.rate_limit.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig

_MAX_INFLIGHT = 10


class BackpressureConfig(msgspec.Struct, frozen=True, kw_only=True):
    """At most `max_concurrent` attempts in flight (0: any number).

    Who comes then waits in line, at most `queue_timeout` seconds (None: as long as the call may
    take, 0: not at all).
    """

    max_concurrent: int = _MAX_INFLIGHT
    queue_timeout: float | None = None

    def __post_init__(self) -> None:
        if self.max_concurrent < 0 or (self.queue_timeout or 0) < 0:
            raise ValueError("max_concurrent and queue_timeout can't be negative")

    @classmethod
    def unlimited(cls) -> "BackpressureConfig":
        """Count, but refuse nobody."""
        return cls(max_concurrent=0)


class FallbackConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How targets are tried one after the other.

    Each is tried `max_attempts_per_target` times (its retries are not counted here), with
    `delay_between_targets_ms` before the next one.
    """

    max_attempts_per_target: int = 1
    delay_between_targets_ms: float = 0

    def __post_init__(self) -> None:
        if self.max_attempts_per_target < 1 or self.delay_between_targets_ms < 0:
            raise ValueError("a target is tried at least once, and a delay can't be negative")


class ResilientConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The patterns that protect a client's calls; None leaves one as it is without this object.

    `retry` None means the manifest's retry_policy. A pattern is given as its config object, or by
    one number for the usual case (`max_retries`, `rate_limit_rps`, `circuit_breaker_threshold`,
    `max_inflight`), which refines the object when both are given.

    `circuit_storage` keeps the circuits' state, and a `limiter` takes the place of `rate_limit`,
    for clients and processes to share; each switches its pattern on.
    """

    retry: RetryConfig | None = None
    rate_limit: RateLimiterConfig | None = None
    circuit_breaker: CircuitBreakerConfig | None = None
    backpressure: BackpressureConfig | None = None
    fallback: FallbackConfig = FallbackConfig()
    circuit_storage: CircuitStorage | None = None
    limiter: Limiter | None = None
    max_retries: int | None = None
    rate_limit_rps: float | None = None
    circuit_breaker_threshold: int | None = None
    max_inflight: int | None = None

    def __post_init__(self) -> None:
        put = msgspec.structs.force_setattr
        if self.max_retries is not None:
            retry = self.retry or RetryConfig()
            put(self, "retry", msgspec.structs.replace(retry, max_retries=self.max_retries))
        if self.rate_limit_rps is not None:
            paced = RateLimiterConfig.from_rps(self.rate_limit_rps)
            if self.rate_limit is not None:
                paced = msgspec.structs.replace(
                    self.rate_limit,
                    requests_per_second=paced.requests_per_second,
                    burst_size=paced.burst_size,
                )
            put(self, "rate_limit", paced)
        if (count := self.circuit_breaker_threshold) is not None:
            circuit = self.circuit_breaker or CircuitBreakerConfig()
            put(self, "circuit_breaker", msgspec.structs.replace(circuit, failure_threshold=count))
        if self.max_inflight is not None:
            places = self.backpressure or BackpressureConfig()
            places = msgspec.structs.replace(places, max_concurrent=self.max_inflight)
            put(self, "backpressure", places)

    @classmethod
    def default(cls) -> "ResilientConfig":
        """All four patterns, without a rate limit of one's own."""
        return cls(
            retry=RetryConfig(),
            rate_limit=RateLimiterConfig.unlimited(),
            circuit_breaker=CircuitBreakerConfig(),
            backpressure=BackpressureConfig(),
        )

    @classmethod
    def minimal(cls) -> "ResilientConfig":
        """Two retries and nothing else."""
        return cls(retry=RetryConfig(max_retries=2))

    @classmethod
    def production(cls) -> "ResilientConfig":
        """Three retries, 10 requests a second (15 at once), a breaker, 10 in flight."""
        return cls(
            retry=RetryConfig(max_retries=3, min_delay_ms=1000, max_delay_ms=30000),
            rate_limit=RateLimiterConfig.from_rps(10),
            circuit_breaker=CircuitBreakerConfig(failure_threshold=5, cooldown_seconds=30),
            backpressure=BackpressureConfig(max_concurrent=10),
        )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "ResilientConfig":
        """Return what the environment asks for; a variable that is not set leaves a pattern off.

        Read are AI_LIB_MAX_INFLIGHT, AI_LIB_QUEUE_TIMEOUT (seconds), AI_LIB_RPS,
        AI_LIB_BREAKER_FAILURE_THRESHOLD and AI_LIB_BREAKER_COOLDOWN_SECS.

        Raises:
            RequestError: one of them is not a number it can be.
        """
        read = _Environment(os.environ if environ is None else environ)
        rps = read.number("AI_LIB_RPS")
        return cls(
            rate_limit=None if rps is None else RateLimiterConfig.from_rps(rps),
            circuit_breaker=_breaker(read),
            backpressure=_backpressure(read),
        )

    def over(self, other: "ResilientConfig") -> "ResilientConfig":
        """Return this config with what it leaves open taken from the other one."""
        return ResilientConfig(
            retry=self.retry or other.retry,
            rate_limit=self.rate_limit or other.rate_limit,
            circuit_breaker=self.circuit_breaker or other.circuit_breaker,
            backpressure=self.backpressure or other.backpressure,
            fallback=self.fallback if self.fallback != FallbackConfig() else other.fallback,
            circuit_storage=self.circuit_storage or other.circuit_storage,
            limiter=self.limiter or other.limiter,
        )

    @property
    def is_on(self) -> bool:
        """Whether any pattern is asked for."""
        patterns = (self.retry, self.rate_limit, self.circuit_breaker, self.backpressure)
        shared = (self.circuit_storage, self.limiter)
        return any(pattern is not None for pattern in (*patterns, *shared))


class _Environment:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def number(self, name: str, *, least: float = 0.0) -> float | None:
        text = self._environ.get(name, "").strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not least <= value < float("inf"):
            raise RequestError(f"{name} must be a number of at least {least:g}, not {text!r}")
        return value

    def count(self, name: str, *, least: int = 0) -> int | None:
        value = self.number(name, least=least)
        if value is not None and value != int(value):
            raise RequestError(f"{name} must be a whole number, not {value:g}")
        return None if value is None else int(value)


def _breaker(read: _Environment) -> CircuitBreakerConfig | None:
    threshold = read.count("AI_LIB_BREAKER_FAILURE_THRESHOLD", least=1)
    cooldown = read.number("AI_LIB_BREAKER_COOLDOWN_SECS")
    if threshold is None and cooldown is None:
        return None
    given = {"failure_threshold": threshold, "cooldown_seconds": cooldown}
    return CircuitBreakerConfig(
        **{name: value for name, value in given.items() if value is not None}  # type: ignore[arg-type]
    )


def _backpressure(read: _Environment) -> BackpressureConfig | None:
    most = read.count("AI_LIB_MAX_INFLIGHT")
    patience = read.number("AI_LIB_QUEUE_TIMEOUT")
    if most is None and patience is None:
        return None
    return BackpressureConfig(
        max_concurrent=_MAX_INFLIGHT if most is None else most, queue_timeout=patience
    )
