"""Several endpoints for one purpose, and which of them is asked next."""

from collections.abc import Callable, Iterable, Sequence
from threading import RLock

from ai_lib.routing.endpoint import HealthConfig, ModelEndpoint
from ai_lib.routing.selectors import LoadBalancingStrategy, Strategy, selector_of


class ModelArray:
    """Endpoints, and the strategy that calls are spread over them with.

        array = ModelArray([
            ModelEndpoint("provider/model", name="east", base_url="https://east.example/v1"),
            ModelEndpoint("provider/model", name="west", base_url="https://west.example/v1"),
        ])
        client = await AiClient.builder().routing(array).build()

    An endpoint may also be given as the name of its model. Endpoints of one name are told apart by
    a number. An array may be shared by several clients; its figures are then of all of them.

    Raises:
        ValueError: there is no such strategy.
        TypeError: something is no endpoint.
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
        self._selector = selector_of(strategy)
        self._endpoints: dict[str, ModelEndpoint] = {}
        if isinstance(endpoints, str):
            raise TypeError(f"give a list of endpoints, not {endpoints!r}")
        for one in endpoints:
            self.add_endpoint(one)

    def add_endpoint(self, endpoint: ModelEndpoint | str) -> "ModelArray":
        """Add an endpoint. Clients that were built before do not ask it."""
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
        """Take an endpoint out; False when there is none of that name."""
        with self._lock:
            return self._endpoints.pop(name, None) is not None

    def get_endpoint(self, name: str) -> ModelEndpoint | None:
        """Return the endpoint of that name."""
        return self._endpoints.get(name)

    @property
    def endpoints(self) -> tuple[ModelEndpoint, ...]:
        """All of them, in the order they were added."""
        with self._lock:
            return tuple(self._endpoints.values())

    @property
    def healthy_endpoints(self) -> tuple[ModelEndpoint, ...]:
        """Those that are not left out."""
        return tuple(one for one in self.endpoints if one.healthy)

    def with_strategy(self, strategy: Strategy) -> "ModelArray":
        """Spread calls another way. Raises ValueError when there is no such strategy."""
        self._selector = selector_of(strategy)
        return self

    def select_endpoint(self, at: float | None = None) -> ModelEndpoint | None:
        """Return the endpoint to ask next, None when all are left out.

        `at` is the moment, on the clock of whoever reports failures; an endpoint whose time is up
        then may be tried.
        """
        with self._lock:
            fit = [one for one in self.endpoints if one.live.is_healthy(at)]
            return self._selector.select(fit)

    def plan(
        self, at: float, fits: Callable[[ModelEndpoint], bool] = lambda _: True
    ) -> list[ModelEndpoint]:
        """Return the endpoints that fit, in the order to try them, and count a call at the first.

        Whoever is told so calls `live.leave` of that one when its call is over. Endpoints that are
        left out are too, unless all are: then they are tried, the soonest due first.
        """
        suited = [one for one in self.endpoints if fits(one)]
        with self._lock:
            fit = [one for one in suited if one.live.is_healthy(at)]
            order = self._selector.order(fit)
            if not order:
                order = sorted(suited, key=lambda one: one.live.out_until)
            if order:
                order[0].live.enter()
        return order

    def mark_healthy(self, name: str) -> bool:
        """Take an endpoint back at once; False when there is none of that name."""
        return self._mark(name, True)

    def mark_unhealthy(self, name: str) -> bool:
        """Leave an endpoint out until it is marked healthy; False when there is none."""
        return self._mark(name, False)

    def is_healthy(self, name: str) -> bool:
        """Whether there is an endpoint of that name that is not left out."""
        found = self._endpoints.get(name)
        return found is not None and found.healthy

    def _mark(self, name: str, healthy: bool) -> bool:
        found = self._endpoints.get(name)
        if found is not None:
            found.live.mark(healthy)
        return found is not None

    def __len__(self) -> int:
        return len(self._endpoints)

    def __repr__(self) -> str:
        return f"ModelArray({self.name!r}, {list(self.endpoints)})"


def array_of(source: "ModelArray | Sequence[ModelEndpoint | str]") -> ModelArray:
    """Return endpoints as an array; an array is itself."""
    return source if isinstance(source, ModelArray) else ModelArray(source)
