"""The part of a client's builder that says what protects the calls."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ai_lib.client.arguments import checked_config, checked_names
from ai_lib.client.settings import ClientSettings
from ai_lib.resilience.circuit import CircuitBreakerConfig
from ai_lib.resilience.circuit_storage import CircuitStorage
from ai_lib.resilience.config import ResilientConfig
from ai_lib.resilience.limiter import Limiter
from ai_lib.resilience.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig

B = TypeVar("B", bound="Protecting")


class Protecting:
    """Collects settings, those of resilience among them; each method returns the builder."""

    def __init__(self) -> None:
        self._settings = ClientSettings()

    def production_ready(self: B) -> B:
        """Switch everything on: retries, a rate limit, a circuit breaker, a limit in flight.

        The figures are those of `ResilientConfig.production`; whatever is set by itself stays.
        """
        return self._set(resilience=ResilientConfig.production())

    def resilience(self: B, config: ResilientConfig) -> B:
        """Set the patterns that protect the calls; what is set by itself overrides them."""
        return self._set(resilience=checked_config(config, ResilientConfig))

    def with_resilience(self: B, config: ResilientConfig) -> B:
        """The same as `resilience`."""
        return self.resilience(config)

    def with_retry(self: B, config: RetryConfig) -> B:
        """Set what is tried again, in place of the manifest's retry_policy."""
        return self._set(retry=checked_config(config, RetryConfig))

    def with_rate_limit(self: B, config: RateLimiterConfig) -> B:
        """Limit what goes out to each target."""
        return self._set(rate_limit=checked_config(config, RateLimiterConfig))

    def with_circuit_breaker(self: B, config: CircuitBreakerConfig) -> B:
        """Stop calls to a target that keeps failing."""
        return self._set(circuit_breaker=checked_config(config, CircuitBreakerConfig))

    def circuit_storage(self: B, storage: CircuitStorage) -> B:
        """Keep the circuits' state there, so that clients that are given the same share it."""
        return self._set(circuit_storage=storage)

    def limiter(self: B, limiter: Limiter) -> B:
        """Let this limiter say when attempts may go, in place of the built-in rate limits."""
        return self._set(limiter=limiter)

    def max_inflight(self: B, count: int) -> B:
        """Let so many attempts be in flight at once (0: any number); others wait in line."""
        return self._set(max_inflight=count)

    def with_fallbacks(self: B, models: Sequence[str]) -> B:
        """Try these models, in order, when the first one fails; each has its own protection."""
        return self._set(fallbacks=checked_names(models))

    def _set(self: B, **settings: object) -> B:
        self._settings = msgspec.structs.replace(self._settings, **settings)
        return self
