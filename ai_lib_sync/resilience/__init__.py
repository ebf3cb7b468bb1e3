# Copied from ai_lib/resilience/__init__.py by codegen; do not edit.
"""Retries, rate limits, circuit breakers, backpressure, failover, and what runs calls in them."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.resilience.attempt_log import AttemptLog as AttemptLog
    from ai_lib.resilience.circuit.circuit import CircuitBreakerConfig as CircuitBreakerConfig
    from ai_lib.resilience.circuit.storage import (
        CircuitRecord as CircuitRecord,
        CircuitState as CircuitState,
        CircuitStorage as CircuitStorage,
        MemoryCircuitStorage as MemoryCircuitStorage,
    )
    from ai_lib.resilience.config import (
        BackpressureConfig as BackpressureConfig,
        FallbackConfig as FallbackConfig,
        ResilientConfig as ResilientConfig,
    )
    from ai_lib.resilience.rate_limit.external import Limiter as Limiter
    from ai_lib.resilience.rate_limit.headers import (
        LimitStatus as LimitStatus,
        ObservedLimits as ObservedLimits,
        RateLimitHeaders as RateLimitHeaders,
    )
    from ai_lib.resilience.rate_limit.quota import RateLimiterConfig as RateLimiterConfig
    from ai_lib.resilience.retry import (
        BackoffStrategy as BackoffStrategy,
        JitterStrategy as JitterStrategy,
        RetryConfig as RetryConfig,
        RetryPolicy as RetryPolicy,
    )
    from ai_lib.resilience.signals import SignalsSnapshot as SignalsSnapshot

    from .backpressure import Backpressure as Backpressure
    from .circuit.breaker import CircuitBreaker as CircuitBreaker
    from .executor import ResilientExecutor as ResilientExecutor
    from .fallback import (
        FallbackChain as FallbackChain,
        FallbackResult as FallbackResult,
    )
    from .preflight import (
        PreflightChecker as PreflightChecker,
        PreflightResult as PreflightResult,
    )
    from .rate_limit.rate_limiter import (
        AdaptiveRateLimiter as AdaptiveRateLimiter,
        RateLimiter as RateLimiter,
    )

_WHERE = {
    "AdaptiveRateLimiter": ".rate_limit.rate_limiter",
    "AttemptLog": "ai_lib.resilience.attempt_log",
    "BackoffStrategy": "ai_lib.resilience.retry",
    "Backpressure": ".backpressure",
    "BackpressureConfig": "ai_lib.resilience.config",
    "CircuitBreaker": ".circuit.breaker",
    "CircuitBreakerConfig": "ai_lib.resilience.circuit.circuit",
    "CircuitRecord": "ai_lib.resilience.circuit.storage",
    "CircuitState": "ai_lib.resilience.circuit.storage",
    "CircuitStorage": "ai_lib.resilience.circuit.storage",
    "FallbackChain": ".fallback",
    "FallbackConfig": "ai_lib.resilience.config",
    "FallbackResult": ".fallback",
    "JitterStrategy": "ai_lib.resilience.retry",
    "LimitStatus": "ai_lib.resilience.rate_limit.headers",
    "Limiter": "ai_lib.resilience.rate_limit.external",
    "MemoryCircuitStorage": "ai_lib.resilience.circuit.storage",
    "ObservedLimits": "ai_lib.resilience.rate_limit.headers",
    "PreflightChecker": ".preflight",
    "PreflightResult": ".preflight",
    "RateLimitHeaders": "ai_lib.resilience.rate_limit.headers",
    "RateLimiter": ".rate_limit.rate_limiter",
    "RateLimiterConfig": "ai_lib.resilience.rate_limit.quota",
    "ResilientConfig": "ai_lib.resilience.config",
    "ResilientExecutor": ".executor",
    "RetryConfig": "ai_lib.resilience.retry",
    "RetryPolicy": "ai_lib.resilience.retry",
    "SignalsSnapshot": "ai_lib.resilience.signals",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
