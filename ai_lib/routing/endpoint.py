"""One endpoint of a model: its address, its key, its weight, and its health."""

from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle
from ai_lib.routing.from_manifests import load_model
from ai_lib.routing.model_info import ModelInfo, PerformanceMetrics, PricingInfo

if TYPE_CHECKING:
    from ai_lib.transport.credentials.source import CredentialSource

# The weight of the newest of a running mean: about the last ten calls count.
_NEWEST: Final = 0.2
FOREVER: Final = float("inf")


class HealthConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The rules by which an endpoint is excluded and tried again.

    After `max_failures` failures of the service in a row it is excluded for `cooldown_seconds`.
    Then one call may try it. If that succeeds it is included again, else excluded as long again.
    """

    max_failures: int = 3
    cooldown_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.max_failures < 1 or self.cooldown_seconds < 0:
            raise ValueError("max_failures is at least 1, cooldown_seconds at least 0")


class EndpointState(ForkedState):
    """The health and statistics of one endpoint; times are in seconds, on one clock."""

    def __init__(self) -> None:
        # Finalizers change it too. They may run at any allocation, here as well.
        self._lock = RLock()
        self.in_flight = 0
        self.requests = 0
        self._latency_ms: float | None = None
        self._error_rate: float | None = None
        self._failures = 0
        self._excluded_until: float | None = None
        self._has_trial = False
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock; the calls in flight are the parent's."""
        super().renew_in_child()
        self.in_flight = 0
        self._has_trial = False

    @property
    def performance(self) -> PerformanceMetrics:
        """The running means of latency and error rate."""
        return PerformanceMetrics(
            latency_ms=self._latency_ms, error_rate=self._error_rate, requests=self.requests
        )

    @property
    def excluded_until(self) -> float:
        """The time at which it may be tried again; 0 when it is not excluded."""
        return self._excluded_until or 0.0

    def is_healthy(self, at: float | None = None) -> bool:
        """Whether a call may be sent there: it is not excluded, or its one trial is due and free.

        Without a time, an excluded endpoint is not healthy.
        """
        with self._lock:
            if self._excluded_until is None:
                return True
            return at is not None and at >= self._excluded_until and not self._has_trial

    def start_call(self) -> None:
        """Count a call that starts. At an excluded endpoint it is the trial."""
        with self._lock:
            self.in_flight += 1
            self._has_trial = self._excluded_until is not None

    def end_call(self) -> None:
        """Count a call that has ended."""
        with self._lock:
            self.in_flight -= 1
            if self.in_flight == 0:
                self._has_trial = False

    def record_success(self, latency_ms: float) -> None:
        """Record a response: the endpoint is healthy."""
        with self._lock:
            self.requests += 1
            self._latency_ms = _mean(self._latency_ms, latency_ms)
            self._error_rate = _mean(self._error_rate, 0.0)
            self._restore()

    def record_failure(self, at: float, health: HealthConfig) -> None:
        """Record a failure of the service."""
        with self._lock:
            self.requests += 1
            self._error_rate = _mean(self._error_rate, 1.0)
            self._failures += 1
            if self._failures >= health.max_failures or self._excluded_until is not None:
                self._excluded_until = at + health.cooldown_seconds
                self._has_trial = False

    def record_refusal(self) -> None:
        """Record a response that says nothing of the service, such as a wrong request."""
        with self._lock:
            self.requests += 1
            self._has_trial = False

    def set_healthy(self, healthy: bool) -> None:
        """Include it again, or exclude it until this is called again."""
        with self._lock:
            self._restore()
            if not healthy:
                self._excluded_until = FOREVER

    def _restore(self) -> None:
        self._failures = 0
        self._excluded_until = None
        self._has_trial = False


def _mean(mean: float | None, newest: float) -> float:
    return newest if mean is None else mean + _NEWEST * (newest - mean)


class ModelEndpoint:
    """One endpoint of a `ModelArray`.

    `model` is `provider/model` or a listed name. Without `base_url` and `api_key` those of the
    manifest and of the environment are used. `weight` is its share of the calls.

    Raises:
        ValueError: the weight is below 0 or not finite.
    """

    def __init__(
        self,
        model: str,
        *,
        name: str | None = None,
        base_url: str | None = None,
        api_key: "str | CredentialSource | Callable[[], object] | None" = None,
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
        self.state = EndpointState()
        self._info = info
        self._lifecycle: ModelLifecycle | None = None

    @classmethod
    def from_info(cls, info: ModelInfo) -> "ModelEndpoint":
        """Return the endpoint of a model at the address in its manifest."""
        return cls(info.full_id, weight=info.weight, info=info)

    @property
    def info(self) -> ModelInfo:
        """The listed facts of its model; they are read at the first use."""
        if self._info is None:
            self._info = load_model(self.model, ManifestCatalog())
        return self._info

    @property
    def key(self) -> str:
        """The name that is unique in its array."""
        return self.name

    @property
    def healthy(self) -> bool:
        """Whether it is not excluded."""
        return self.state.is_healthy()

    @property
    def in_flight(self) -> int:
        """How many calls are running there."""
        return self.state.in_flight

    @property
    def connection_count(self) -> int:
        """The same as `in_flight`."""
        return self.state.in_flight

    @property
    def performance(self) -> PerformanceMetrics:
        """Its recent latency and error rate."""
        return self.state.performance

    @property
    def pricing(self) -> PricingInfo:
        """The prices of its model."""
        return self.info.pricing

    @property
    def quality(self) -> float | None:
        """The quality that its manifest states, None where it states none."""
        return self.info.quality

    @property
    def context_window(self) -> int | None:
        """How many tokens its model accepts."""
        return self.info.context_window

    @property
    def status(self) -> str:
        """The status that its manifest states, such as `deprecated`."""
        return self.lifecycle.status

    @property
    def lifecycle(self) -> ModelLifecycle:
        """What the vendor says of its model's life; nothing where no manifest is found."""
        if self._lifecycle is None:
            try:
                self._lifecycle = self.info.lifecycle
            except ProtocolError:
                self._lifecycle = ModelLifecycle()
        return self._lifecycle

    def __repr__(self) -> str:
        state = "" if self.healthy else ", excluded"
        return f"ModelEndpoint({self.name!r}, {self.model!r}, weight={self.weight:g}{state})"
