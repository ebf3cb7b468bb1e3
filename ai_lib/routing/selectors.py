"""Selectors, which put models or endpoints into the order in which they are tried."""

import enum
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Protocol, TypeVar

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.protocol.manifest.lifecycle import DEPRECATED, RETIRED, ModelLifecycle
from ai_lib.routing.model_info import PerformanceMetrics, PricingInfo


class RoutingTarget(Protocol):
    """A model or an endpoint to select from: a `ModelInfo` or a `ModelEndpoint`."""

    @property
    def key(self) -> str: ...
    @property
    def weight(self) -> float: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def pricing(self) -> PricingInfo: ...
    @property
    def performance(self) -> PerformanceMetrics: ...
    @property
    def quality(self) -> float | None: ...
    @property
    def context_window(self) -> int | None: ...
    @property
    def status(self) -> str: ...
    @property
    def lifecycle(self) -> ModelLifecycle: ...


T = TypeVar("T", bound=RoutingTarget)


class ModelSelectionStrategy(str, enum.Enum):
    """The ways to select a model."""

    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    LEAST_CONNECTIONS = "least_connections"
    COST_BASED = "cost_based"
    QUALITY_BASED = "quality_based"
    PERFORMANCE_BASED = "performance_based"
    LATENCY_BASED = "latency_based"
    RANDOM = "random"


class LoadBalancingStrategy(str, enum.Enum):
    """The ways to spread calls over endpoints."""

    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    LEAST_CONNECTIONS = "least_connections"
    HEALTH_BASED = "health_based"
    RANDOM = "random"


class Selector:
    """Puts targets in order: the first is called, and the next ones if it fails.

    Any number of threads may use a selector.
    """

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return all targets, the best first; equals keep their order."""
        raise NotImplementedError

    def select(self, targets: Sequence[T]) -> T | None:
        """Return the best target, None if there are none but retired ones."""
        return next(iter(self.order(drop_retired(targets))), None)


def drop_retired(targets: Iterable[T], on: date | None = None) -> list[T]:
    """Return the targets whose vendor still answers on a day, which is today unless given."""
    day = on or date.today()
    return [t for t in targets if t.status != RETIRED and not t.lifecycle.is_retired(day)]


class WeightedSelector(Selector, ForkedState):
    """Selects each target in turn, as often as its weight says, and spread out evenly.

    This is nginx's smooth weighted round robin. Weights need not be whole. A target of weight 0 is
    never first unless all are of weight 0.
    """

    def __init__(self) -> None:
        self._credits: dict[str, float] = {}
        self._lock = Lock()
        renew_after_fork(self)

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return the next target in turn, then the others."""
        if not targets:
            return []
        shares = [self._get_share(target) for target in targets]
        with self._lock:
            for target, share in zip(targets, shares, strict=True):
                self._credits[target.key] = self._credits.get(target.key, 0.0) + share
            first = max(range(len(targets)), key=lambda at: self._credits[targets[at].key])
            self._credits[targets[first].key] -= sum(shares)
        return [*targets[first:], *targets[:first]]

    @staticmethod
    def _get_share(target: RoutingTarget) -> float:
        return target.weight


class RoundRobinSelector(WeightedSelector):
    """Selects each target in turn, without regard to weights."""

    @staticmethod
    def _get_share(target: RoutingTarget) -> float:
        return 1.0


class LeastConnectionsSelector(Selector):
    """Selects the target with the fewest running calls for its weight; equals take turns."""

    def __init__(self) -> None:
        self._round_robin = RoundRobinSelector()

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return the targets, the least busy first."""
        return sorted(
            self._round_robin.order(targets),
            key=lambda target: target.in_flight / (target.weight or 1e-9),
        )


class CostBasedSelector(Selector):
    """Selects the cheapest by the sum of input and output price; unknown prices come last.

    A price in another `currency` is unknown unless `rates` has the worth of one unit of it.
    """

    def __init__(self, *, currency: str = "USD", rates: Mapping[str, float] | None = None) -> None:
        self._rates = {currency: 1.0, **(rates or {})}

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return the targets, the cheapest first."""
        return sorted(targets, key=lambda target: self._cost(target.pricing))

    def _cost(self, pricing: PricingInfo) -> float:
        cost, rate = pricing.calculate_cost(1000, 1000), self._rates.get(pricing.currency)
        return float("inf") if cost is None or rate is None else cost * rate


class QualityBasedSelector(Selector):
    """Selects the best by `quality`, the tier in the vendor's own line-up.

    Among equals current models come before deprecated ones, then the newest, then the one with the
    largest context window. Models without a stated quality come last. Prices say nothing of it.
    """

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return the targets, the best first."""
        return sorted(targets, key=_get_quality_rank)


def _get_quality_rank(target: RoutingTarget) -> tuple[float, bool, int, int]:
    released = target.lifecycle.released_on
    return (
        float("inf") if target.quality is None else -target.quality,
        target.status == DEPRECATED,
        -(released.toordinal() if released is not None else 0),
        -(target.context_window or 0),
    )


class LatencyBasedSelector(Selector):
    """Selects the fastest as measured; targets that were not measured yet come before."""

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return the targets, the fastest first."""
        return sorted(targets, key=lambda target: target.performance.latency_ms or 0.0)


class PerformanceBasedSelector(Selector):
    """Selects by the expected time to a response: latency divided by the rate of success."""

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return the targets, the best first; those that were not measured yet come before."""
        return sorted(targets, key=lambda target: _get_expected_latency(target.performance))


class RandomSelector(Selector):
    """Selects at random, by weight. The same `seed` gives the same order."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)

    def order(self, targets: Sequence[T]) -> list[T]:
        """Return the targets in a random order."""
        # Weighted sampling (Efraimidis, Spirakis): the larger a weight, the nearer to 1 its draw.
        draws = {
            target.key: self._random.random() ** (1 / target.weight) if target.weight > 0 else -1.0
            for target in targets
        }
        return sorted(targets, key=lambda target: -draws[target.key])


def _get_expected_latency(performance: PerformanceMetrics) -> float:
    success_rate = 1.0 - (performance.error_rate or 0.0)
    return (performance.latency_ms or 0.0) / success_rate if success_rate > 0 else float("inf")


_SELECTORS: Mapping[str, Callable[[], Selector]] = {
    "round_robin": RoundRobinSelector,
    "weighted": WeightedSelector,
    "least_connections": LeastConnectionsSelector,
    "cost_based": CostBasedSelector,
    "quality_based": QualityBasedSelector,
    "performance_based": PerformanceBasedSelector,
    "health_based": PerformanceBasedSelector,
    "latency_based": LatencyBasedSelector,
    "random": RandomSelector,
}

Strategy = ModelSelectionStrategy | LoadBalancingStrategy | Selector | str


def make_selector(strategy: Strategy) -> Selector:
    """Return the selector of a strategy; a selector is returned as it is.

    Raises:
        ValueError: there is no such strategy.
    """
    if isinstance(strategy, Selector):
        return strategy
    name = strategy.value if isinstance(strategy, enum.Enum) else str(strategy)
    make = _SELECTORS.get(name)
    if make is None:
        raise ValueError(f"no strategy {name!r}; there are {', '.join(_SELECTORS)}")
    return make()
