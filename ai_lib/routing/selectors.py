"""Ways to choose among models or endpoints: each puts them in the order they are to be tried."""

import enum
import random
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Protocol, TypeVar

from ai_lib.routing.model_info import PerformanceMetrics, PricingInfo


class Choice(Protocol):
    """What is chosen from: a `ModelInfo` or a `ModelEndpoint`."""

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


T = TypeVar("T", bound=Choice)


class ModelSelectionStrategy(str, enum.Enum):
    """How a model is chosen."""

    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    LEAST_CONNECTIONS = "least_connections"
    COST_BASED = "cost_based"
    QUALITY_BASED = "quality_based"
    PERFORMANCE_BASED = "performance_based"
    LATENCY_BASED = "latency_based"
    RANDOM = "random"


class LoadBalancingStrategy(str, enum.Enum):
    """How calls are spread over endpoints."""

    ROUND_ROBIN = "round_robin"
    WEIGHTED = "weighted"
    LEAST_CONNECTIONS = "least_connections"
    HEALTH_BASED = "health_based"
    RANDOM = "random"


class Selector:
    """Puts candidates in order: the first is to be asked, the others if it fails, in turn.

    A selector may be used from any number of threads.
    """

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return all candidates, the best first; equals stay in the order they were given."""
        raise NotImplementedError

    def select(self, candidates: Sequence[T]) -> T | None:
        """Return the best candidate, None if there is none."""
        return next(iter(self.order(candidates)), None)


class WeightedSelector(Selector):
    """Each in turn, as often as its weight says, and spread out evenly.

    The way of nginx: whoever is owed most is next. Weights need not be whole; 0 is never first
    unless there is nothing else.
    """

    def __init__(self) -> None:
        self._owed: dict[str, float] = {}
        self._lock = Lock()

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return the next in turn, then the others."""
        if not candidates:
            return []
        shares = [self._share(one) for one in candidates]
        with self._lock:
            for one, share in zip(candidates, shares, strict=True):
                self._owed[one.key] = self._owed.get(one.key, 0.0) + share
            first = max(range(len(candidates)), key=lambda at: self._owed[candidates[at].key])
            self._owed[candidates[first].key] -= sum(shares)
        return [*candidates[first:], *candidates[:first]]

    @staticmethod
    def _share(one: Choice) -> float:
        return one.weight


class RoundRobinSelector(WeightedSelector):
    """Each in turn, whatever its weight."""

    @staticmethod
    def _share(one: Choice) -> float:
        return 1.0


class LeastConnectionsSelector(Selector):
    """Whoever has the fewest calls under way, by its weight; equals take turns."""

    def __init__(self) -> None:
        self._turns = RoundRobinSelector()

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return the least busy first."""
        return sorted(
            self._turns.order(candidates), key=lambda one: one.in_flight / (one.weight or 1e-9)
        )


class CostBasedSelector(Selector):
    """The cheapest first, by input and output price together; unknown prices come last.

    Prices in another `currency` are unknown unless `rates` says what one unit of theirs is worth.
    """

    def __init__(self, *, currency: str = "USD", rates: Mapping[str, float] | None = None) -> None:
        self._rates = {currency: 1.0, **(rates or {})}

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return the cheapest first."""
        return sorted(candidates, key=lambda one: self._cost(one.pricing))

    def _cost(self, pricing: PricingInfo) -> float:
        cost, rate = pricing.calculate_cost(1000, 1000), self._rates.get(pricing.currency)
        return float("inf") if cost is None or rate is None else cost * rate


class QualityBasedSelector(Selector):
    """The best first.

    By the `quality` that manifests state, where all candidates have one. Else by what stands for
    it: what is current before what is deprecated, then the dearer output in `currency`, as vendors
    ask more for what they think better, then the larger context window.
    """

    def __init__(self, *, currency: str = "USD") -> None:
        self._currency = currency

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return the best first."""
        if all(one.quality is not None for one in candidates):
            return sorted(candidates, key=lambda one: -(one.quality or 0.0))
        return sorted(candidates, key=self._proxy)

    def _proxy(self, one: Choice) -> tuple[bool, float, int]:
        price = one.pricing.output_cost_per_1k if one.pricing.currency == self._currency else None
        return one.status == "deprecated", -(price or 0.0), -(one.context_window or 0)


class LatencyBasedSelector(Selector):
    """The fastest first, as measured; what was not measured yet is tried before."""

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return the fastest first."""
        return sorted(candidates, key=lambda one: one.performance.latency_ms or 0.0)


class PerformanceBasedSelector(Selector):
    """The shortest way to an answer first: latency through the share of calls that succeed."""

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return the best performer first; what was not measured yet is tried before."""
        return sorted(candidates, key=lambda one: _expected(one.performance))


class RandomSelector(Selector):
    """By lot, each as likely as its weight says. The same `seed` gives the same lots."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)

    def order(self, candidates: Sequence[T]) -> list[T]:
        """Return a shuffled list."""
        # The way of Efraimidis and Spirakis: the larger a weight, the nearer to 1 the lot.
        lots = {
            one.key: self._random.random() ** (1 / one.weight) if one.weight > 0 else -1.0
            for one in candidates
        }
        return sorted(candidates, key=lambda one: -lots[one.key])


def _expected(seen: PerformanceMetrics) -> float:
    working = 1.0 - (seen.error_rate or 0.0)
    return (seen.latency_ms or 0.0) / working if working > 0 else float("inf")


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


def selector_of(strategy: Strategy) -> Selector:
    """Return the selector of a strategy; one that is a selector is its own.

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
