"""A place that answers for a model: its address, its key, its share, and how it is doing."""

from threading import RLock
from typing import Final

import msgspec

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.routing.from_manifests import listed_model
from ai_lib.routing.model_info import ModelInfo, PerformanceMetrics, PricingInfo

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


class ModelEndpoint:
    """One endpoint of a `ModelArray`.

    `model` is `provider/model` or a listed name. `base_url` and `api_key` are otherwise those of
    its manifest and of the environment. `weight` is its share of the calls.

    Raises:
        ValueError: the weight is below 0 or no number.
    """

    def __init__(
        self,
        model: str,
        *,
        name: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        weight: float = 1.0,
        info: ModelInfo | None = None,
    ) -> None:
        if not model:
            raise ValueError("an endpoint needs a model: ModelEndpoint('provider/model')")
        if not 0 <= weight < float("inf"):
            raise ValueError(f"a weight is a number from 0 on, not {weight!r}")
        self.model = model
        self.name = name or model
        self.base_url = base_url
        self.api_key = api_key
        self.weight = weight
        self.live = Live()
        self._info = info

    @classmethod
    def of(cls, info: ModelInfo) -> "ModelEndpoint":
        """Return the endpoint of a model, as its manifest has it."""
        return cls(info.full_id, weight=info.weight, info=info)

    @property
    def info(self) -> ModelInfo:
        """What is listed of its model; read when first asked for."""
        if self._info is None:
            self._info = listed_model(self.model, ManifestCatalog())
        return self._info

    @property
    def key(self) -> str:
        """What tells it from others of its array."""
        return self.name

    @property
    def healthy(self) -> bool:
        """Whether it is not left out."""
        return self.live.is_healthy()

    @property
    def in_flight(self) -> int:
        """How many calls are under way there."""
        return self.live.in_flight

    @property
    def connection_count(self) -> int:
        """The same as `in_flight`."""
        return self.live.in_flight

    @property
    def performance(self) -> PerformanceMetrics:
        """How it has done lately."""
        return self.live.performance

    @property
    def pricing(self) -> PricingInfo:
        """What its model costs."""
        return self.info.pricing

    @property
    def quality(self) -> float | None:
        """What its model's manifest says of its quality."""
        return self.info.quality

    @property
    def context_window(self) -> int | None:
        """How many tokens its model takes."""
        return self.info.context_window

    @property
    def status(self) -> str:
        """What its model's manifest says of its state, such as `deprecated`."""
        return self.info.status

    def __repr__(self) -> str:
        state = "" if self.healthy else ", left out"
        return f"ModelEndpoint({self.name!r}, {self.model!r}, weight={self.weight:g}{state})"
