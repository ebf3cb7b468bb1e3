"""A place that answers for a model: its address, its key, its share, and how it is doing."""

from ai_lib.protocol.catalogue import Catalogue
from ai_lib.routing.info import ModelInfo, PerformanceMetrics, PricingInfo
from ai_lib.routing.listed import listed_model
from ai_lib.routing.live import Live


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
            self._info = listed_model(self.model, Catalogue())
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
