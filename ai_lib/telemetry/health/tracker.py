"""Tracks the health of providers by the outcomes of attempts."""

from collections import deque
from collections.abc import Callable

import msgspec

from ai_lib.telemetry.deferred_apply import DeferredApply, wall_clock
from ai_lib.telemetry.health.status import HealthStatus


class ProviderHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The latest attempts at one provider, or one of its models; `error_rate` is 0 to 1."""

    status: HealthStatus = HealthStatus.UNKNOWN
    attempts: int = 0
    failures: int = 0
    avg_latency_ms: float | None = None

    @property
    def error_rate(self) -> float:
        """The share of attempts that failed; 0 without any."""
        return self.failures / self.attempts if self.attempts else 0.0


class _Outcome(msgspec.Struct, frozen=True):
    provider: str
    model: str
    at: float
    ok: bool
    latency_ms: float


class ProviderHealthTracker:
    """Keeps the latest `window` attempts at each provider and model, none older than
    `horizon_seconds`, and derives the health from the share that failed.

    `clock` gives seconds. There are at most `max_targets` models; beyond that the one that was
    used longest ago is dropped. Give it to a client's `health`, or record by hand.

    Raises:
        ValueError: a share is not from 0 to 1, or the degraded one is over the unhealthy one.
    """

    def __init__(
        self,
        *,
        window: int = 100,
        degraded: float = 0.1,
        unhealthy: float = 0.5,
        min_attempts: int = 1,
        horizon_seconds: float = 300.0,
        max_targets: int = 1000,
        clock: Callable[[], float] = wall_clock,
    ) -> None:
        if not 0 < degraded <= unhealthy <= 1:
            raise ValueError("0 < degraded <= unhealthy <= 1")
        if min(window, min_attempts, max_targets) < 1 or horizon_seconds <= 0:
            raise ValueError("window, min_attempts and max_targets are at least 1")
        self._clock = clock
        self._window = window
        self._degraded = degraded
        self._unhealthy = unhealthy
        self._min_attempts = min_attempts
        self._horizon = horizon_seconds
        self._max_targets = max_targets
        self._outcomes: dict[tuple[str, str], deque[_Outcome]] = {}
        self._deferred: DeferredApply[_Outcome] = DeferredApply(self._apply)

    def record(self, provider: str, ok: bool, latency_ms: float = 0.0, *, model: str = "") -> None:
        """Record the outcome of an attempt, from any thread or finalizer."""
        self._deferred.put(_Outcome(provider, model, self._clock(), ok, latency_ms))

    def health(self, provider: str, model: str | None = None) -> ProviderHealth:
        """Return the health of a provider, or of one of its models."""
        since = self._clock() - self._horizon
        with self._deferred.lock_applied():
            recent = [
                outcome
                for (owner, name), outcomes in self._outcomes.items()
                if owner == provider and model in (None, name)
                for outcome in outcomes
                if outcome.at >= since
            ]
        return self._evaluate(recent)

    def status(self, provider: str, model: str | None = None) -> HealthStatus:
        """Return the status of a provider, or of one of its models."""
        return self.health(provider, model).status

    def is_healthy(self, provider: str, model: str | None = None) -> bool:
        """Return whether a provider may be used: it is not unhealthy, or its health is unknown."""
        return self.status(provider, model) is not HealthStatus.UNHEALTHY

    def providers(self) -> list[str]:
        """Return the providers with recorded attempts."""
        with self._deferred.lock_applied():
            return sorted({provider for provider, _ in self._outcomes})

    def reset(self) -> None:
        """Drop all records."""
        with self._deferred.lock_applied():
            self._outcomes.clear()

    def _apply(self, outcome: _Outcome) -> None:
        key = outcome.provider, outcome.model
        # Removed and added again, so that the first one is the one used longest ago.
        outcomes = self._outcomes.pop(key, None)
        self._outcomes[key] = outcomes = (
            deque(maxlen=self._window) if outcomes is None else outcomes
        )
        outcomes.append(outcome)
        if len(self._outcomes) > self._max_targets:
            del self._outcomes[next(iter(self._outcomes))]

    def _evaluate(self, outcomes: list[_Outcome]) -> ProviderHealth:
        failures = sum(not outcome.ok for outcome in outcomes)
        times = [outcome.latency_ms for outcome in outcomes if outcome.ok]
        share = failures / len(outcomes) if outcomes else 0.0
        if len(outcomes) < self._min_attempts:
            status = HealthStatus.UNKNOWN
        elif share >= self._unhealthy:
            status = HealthStatus.UNHEALTHY
        else:
            status = HealthStatus.DEGRADED if share >= self._degraded else HealthStatus.HEALTHY
        return ProviderHealth(
            status=status,
            attempts=len(outcomes),
            failures=failures,
            avg_latency_ms=sum(times) / len(times) if times else None,
        )
