"""An array of endpoints for one purpose, and the choice of the next one to call."""

from collections.abc import Callable, Iterable, Sequence
from threading import RLock

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.routing.endpoint import HealthConfig, ModelEndpoint
from ai_lib.routing.selectors import (
    LoadBalancingStrategy,
    Strategy,
    drop_retired,
    make_selector,
)


class ModelArray(ForkedState):
    """Endpoints, and the strategy that spreads calls over them.

        array = ModelArray([
            ModelEndpoint("provider/model", name="east", base_url="https://east.example/v1"),
            ModelEndpoint("provider/model", name="west", base_url="https://west.example/v1"),
        ])
        client = await AiClient.builder().routing(array).build()

    An endpoint may also be given as the name of its model. A number is added to a name that is
    taken. Several clients may share an array; its statistics are then of all of them.

    Raises:
        ValueError: there is no such strategy.
        TypeError: an item is no endpoint.
    """

    def __init__(
        self,
        endpoints: Iterable[ModelEndpoint | str] = (),
        *,
        name: str = "models",
        strategy: Strategy = LoadBalancingStrategy.ROUND_ROBIN,
        health: HealthConfig | None = None,
    ) -> None:
        self.name = name
        self.health = health or HealthConfig()
        self._lock = RLock()
        renew_after_fork(self)
        self._selector = make_selector(strategy)
        self._endpoints: dict[str, ModelEndpoint] = {}
        if isinstance(endpoints, str):
            raise TypeError(f"give a list of endpoints, not {endpoints!r}")
        for endpoint in endpoints:
            self.add_endpoint(endpoint)

    def add_endpoint(self, endpoint: ModelEndpoint | str) -> "ModelArray":
        """Add an endpoint. Clients that were built before do not call it."""
        if isinstance(endpoint, str):
            endpoint = ModelEndpoint(endpoint)
        if not isinstance(endpoint, ModelEndpoint):
            raise TypeError(f"{endpoint!r} is no ModelEndpoint and no model's name")
        with self._lock:
            name, number = endpoint.name, 1
            while endpoint.name in self._endpoints:
                number += 1
                endpoint.name = f"{name}#{number}"
            self._endpoints[endpoint.name] = endpoint
        return self

    def remove_endpoint(self, name: str) -> bool:
        """Remove an endpoint; False when there is none of that name."""
        with self._lock:
            return self._endpoints.pop(name, None) is not None

    def get_endpoint(self, name: str) -> ModelEndpoint | None:
        """Return the endpoint of that name."""
        return self._endpoints.get(name)

    @property
    def endpoints(self) -> tuple[ModelEndpoint, ...]:
        """All endpoints, in the order they were added."""
        with self._lock:
            return tuple(self._endpoints.values())

    @property
    def healthy_endpoints(self) -> tuple[ModelEndpoint, ...]:
        """The endpoints that are not excluded."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.healthy)

    def with_strategy(self, strategy: Strategy) -> "ModelArray":
        """Set another strategy. Raises ValueError when there is no such strategy."""
        self._selector = make_selector(strategy)
        return self

    def select_endpoint(self, at: float | None = None) -> ModelEndpoint | None:
        """Return the endpoint to call next, None when all are excluded.

        `at` is the present, on the clock that failures are reported with. An endpoint whose
        cooldown is over then may be tried.
        """
        with self._lock:
            healthy = [endpoint for endpoint in self.endpoints if endpoint.state.is_healthy(at)]
            return self._selector.select(healthy)

    def plan(
        self, at: float, fits: Callable[[ModelEndpoint], bool] = lambda _: True
    ) -> list[ModelEndpoint]:
        """Return the endpoints that fit, in the order to try them, and count a call at the first.

        The caller calls `state.end_call` of that endpoint when its call is over. Excluded endpoints
        are not returned unless all are: then they are tried, the soonest due first. Endpoints of
        retired models are returned only where there are no others.
        """
        fitting = [endpoint for endpoint in self.endpoints if fits(endpoint)]
        fitting = drop_retired(fitting) or fitting
        with self._lock:
            healthy = [endpoint for endpoint in fitting if endpoint.state.is_healthy(at)]
            order = self._selector.order(healthy)
            if not order:
                order = sorted(fitting, key=lambda endpoint: endpoint.state.excluded_until)
            if order:
                order[0].state.start_call()
        return order

    def mark_healthy(self, name: str) -> bool:
        """Include an endpoint again at once; False when there is none of that name."""
        return self._mark(name, True)

    def mark_unhealthy(self, name: str) -> bool:
        """Exclude an endpoint until it is marked healthy; False when there is none."""
        return self._mark(name, False)

    def is_healthy(self, name: str) -> bool:
        """Whether there is an endpoint of that name that is not excluded."""
        endpoint = self._endpoints.get(name)
        return endpoint is not None and endpoint.healthy

    def _mark(self, name: str, healthy: bool) -> bool:
        endpoint = self._endpoints.get(name)
        if endpoint is not None:
            endpoint.state.set_healthy(healthy)
        return endpoint is not None

    def __len__(self) -> int:
        return len(self._endpoints)

    def __repr__(self) -> str:
        return f"ModelArray({self.name!r}, {list(self.endpoints)})"


def make_array(source: "ModelArray | Sequence[ModelEndpoint | str]") -> ModelArray:
    """Return an array of the endpoints; an array is returned as it is."""
    return source if isinstance(source, ModelArray) else ModelArray(source)
