"""How one endpoint is doing: calls under way, latency, errors, and whether it is left out."""

from threading import RLock
from typing import Final

import msgspec

from ai_lib.routing.info import PerformanceMetrics

# The weight of the newest of a running mean: about the last ten calls count.
_NEWEST: Final = 0.2
FOREVER: Final = float("inf")


class HealthConfig(msgspec.Struct, frozen=True, kw_only=True):
    """When an endpoint is left out, and when it is tried again.

    After `max_failures` failures of the service in a row it is left out for `cooldown_seconds`.
    Then one call may try it: if that succeeds it is back, else it is left out as long again.
    """

    max_failures: int = 3
    cooldown_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.max_failures < 1 or self.cooldown_seconds < 0:
            raise ValueError("max_failures is at least 1, cooldown_seconds at least 0")


class Live:
    """The figures of one endpoint; times are those of one clock, in seconds."""

    def __init__(self) -> None:
        # Written by finalizers too, which may run wherever memory is asked for, here as well.
        self._lock = RLock()
        self.in_flight = 0
        self.requests = 0
        self._latency_ms: float | None = None
        self._error_rate: float | None = None
        self._failures = 0
        self._out_until: float | None = None
        self._trial = False

    @property
    def performance(self) -> PerformanceMetrics:
        """The running means."""
        return PerformanceMetrics(
            latency_ms=self._latency_ms, error_rate=self._error_rate, requests=self.requests
        )

    @property
    def out_until(self) -> float:
        """When it may be tried again; 0 when it is not left out."""
        return self._out_until or 0.0

    def is_healthy(self, at: float | None = None) -> bool:
        """Whether a call may go there: it is not left out, or its trial is due and nobody has it.

        Without a time, an endpoint that is left out is so.
        """
        with self._lock:
            if self._out_until is None:
                return True
            return at is not None and at >= self._out_until and not self._trial

    def enter(self) -> None:
        """Count a call that goes there; of one that is left out it is the trial."""
        with self._lock:
            self.in_flight += 1
            self._trial = self._out_until is not None

    def leave(self) -> None:
        """Count a call that goes there no more."""
        with self._lock:
            self.in_flight -= 1
            if self.in_flight == 0:
                self._trial = False

    def succeeded(self, latency_ms: float) -> None:
        """Note an answer: it is well."""
        with self._lock:
            self.requests += 1
            self._latency_ms = _mean(self._latency_ms, latency_ms)
            self._error_rate = _mean(self._error_rate, 0.0)
            self._restore()

    def failed(self, at: float, health: HealthConfig) -> None:
        """Note a failure of the service."""
        with self._lock:
            self.requests += 1
            self._error_rate = _mean(self._error_rate, 1.0)
            self._failures += 1
            if self._failures >= health.max_failures or self._out_until is not None:
                self._out_until = at + health.cooldown_seconds
                self._trial = False

    def refused(self) -> None:
        """Note an answer that says nothing of the service, such as that the request is wrong."""
        with self._lock:
            self.requests += 1
            self._trial = False

    def mark(self, healthy: bool) -> None:
        """Leave it out until further notice, or take it back."""
        with self._lock:
            self._restore()
            if not healthy:
                self._out_until = FOREVER

    def _restore(self) -> None:
        self._failures = 0
        self._out_until = None
        self._trial = False


def _mean(known: float | None, newest: float) -> float:
    return newest if known is None else known + _NEWEST * (newest - known)
