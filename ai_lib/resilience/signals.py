"""Snapshots of a target's protection at one moment."""

from datetime import datetime

import msgspec

from ai_lib.resilience.circuit.storage import CircuitState

_CIRCUIT_SCORE = {CircuitState.CLOSED: 1.0, CircuitState.HALF_OPEN: 0.5, CircuitState.OPEN: 0.0}


class InflightSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Slots in flight: `maximum` (0: any number) and how many are in use."""

    maximum: int
    in_use: int

    @property
    def score(self) -> float:
        """The share that is free, 0 to 1."""
        return 1.0 - min(1.0, self.in_use / self.maximum) if self.maximum else 1.0


class RateLimiterSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that may be sent at once, and the seconds until the next one may.

    `is_degraded` says that a shared limiter is out of reach, and this process keeps to its share.
    """

    available: float
    wait_seconds: float
    is_degraded: bool = False

    @property
    def score(self) -> float:
        """1 when a request may be sent, else 0."""
        return 0.0 if self.wait_seconds > 0 else 1.0


class CircuitBreakerSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The circuit's state, and the seconds until an open one is tried."""

    state: CircuitState
    retry_in_seconds: float

    @property
    def score(self) -> float:
        """1 closed, 0.5 half-open, 0 open."""
        return _CIRCUIT_SCORE[self.state]


class SignalsSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Slots, rate limit and circuit of one target; a part that is None is switched off."""

    provider: str
    model: str
    timestamp: datetime
    inflight: InflightSnapshot | None = None
    rate_limiter: RateLimiterSnapshot | None = None
    circuit_breaker: CircuitBreakerSnapshot | None = None

    @property
    def health_score(self) -> float:
        """The mean score of the parts that are switched on, 0 to 1; 1 when none is."""
        parts = (self.inflight, self.rate_limiter, self.circuit_breaker)
        scores = [part.score for part in parts if part is not None]
        return sum(scores) / len(scores) if scores else 1.0

    @property
    def is_healthy(self) -> bool:
        """Whether a call would be sent at once."""
        parts = (self.inflight, self.rate_limiter, self.circuit_breaker)
        return all(part is None or part.score > 0 for part in parts)

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values, fit for JSON."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return {**plain, "health_score": self.health_score, "is_healthy": self.is_healthy}
