"""A list of models that a notebook shows as a table."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.routing.from_manifests import listed_model, listed_models
from ai_lib.routing.model_info import ModelInfo
from ai_lib.routing.selectors import ModelSelectionStrategy, Strategy, selector_of

_COLUMNS: Final = ("model", "context", "answer", "in / 1M", "out / 1M", "abilities")
_MOST: Final = 50


class ModelList(list[ModelInfo]):
    """Models in an order. It is a list, and copies and slices of it are plain lists."""

    def _repr_html_(self) -> str:
        from ai_lib.types.markup.html import note, table

        left = len(self) - _MOST
        more = note(f"{left:,} more are not shown") if left > 0 else ""
        return table(_COLUMNS, map(_row, self[:_MOST])) + more


def _row(model: ModelInfo) -> tuple[object, ...]:
    pricing = model.pricing
    status = f" ({model.status})" if model.status not in ("", "active") else ""
    return (
        f"{model.full_id}{status}",
        model.context_window,
        model.max_output_tokens,
        _price(pricing.input_cost_per_1k, pricing.currency),
        _price(pricing.output_cost_per_1k, pricing.currency),
        ", ".join(model.capabilities.names),
    )


def _price(per_thousand: float | None, currency: str) -> str | None:
    return None if per_thousand is None else f"{per_thousand * 1000:.6g} {currency}"


class _Use(NamedTuple):
    needs: tuple[str, ...]
    by: Literal["cost_based", "quality_based", "context"]


_USES: Final[Mapping[str, _Use]] = {
    "chat": _Use(("text",), "cost_based"),
    "cheap": _Use(("text",), "cost_based"),
    "code": _Use(("text",), "quality_based"),
    "code_generation": _Use(("text",), "quality_based"),
    "quality": _Use(("text",), "quality_based"),
    "agents": _Use(("tools",), "quality_based"),
    "tools": _Use(("tools",), "cost_based"),
    "vision": _Use(("vision",), "cost_based"),
    "audio": _Use(("audio",), "cost_based"),
    "reasoning": _Use(("reasoning",), "quality_based"),
    "structured_output": _Use(("structured_output",), "cost_based"),
    "long_context": _Use(("text",), "context"),
}


class ModelManager:
    """Models by `provider/model`, and the strategy that one of them is chosen with.

    Raises:
        ValueError: there is no such strategy.
    """

    def __init__(
        self,
        models: Iterable[ModelInfo] = (),
        *,
        strategy: Strategy = ModelSelectionStrategy.ROUND_ROBIN,
    ) -> None:
        self._selector = selector_of(strategy)
        self._models: dict[str, ModelInfo] = {}
        for one in models:
            self.add_model(one)

    @classmethod
    def from_names(
        cls, names: Iterable[str], catalog: ManifestCatalog | None = None
    ) -> "ModelManager":
        """Return listed models, by their names or as `provider/model`.

        Raises:
            ManifestNotFound: there is no such provider or model.
        """
        catalog = catalog or ManifestCatalog()
        return cls(listed_model(name, catalog) for name in names)

    def add_model(self, model: ModelInfo) -> "ModelManager":
        """Add a model, in place of one of the same provider and name."""
        if not isinstance(model, ModelInfo):
            raise TypeError(f"{model!r} is no ModelInfo")
        self._models[model.full_id] = model
        return self

    def register(self, model: ModelInfo) -> "ModelManager":
        """The same as `add_model`."""
        return self.add_model(model)

    def remove_model(self, name: str) -> bool:
        """Take a model out, by its name or as `provider/model`; False when it is not there."""
        found = self.get_model(name)
        if found is not None:
            del self._models[found.full_id]
        return found is not None

    def merge(self, other: "ModelManager") -> "ModelManager":
        """Add another's models; of those both have, the other's stay."""
        self._models.update(other._models)
        return self

    def get_model(self, name: str) -> ModelInfo | None:
        """Return a model by its name or as `provider/model`."""
        named = (one for one in self._models.values() if one.name == name)
        return self._models.get(name) or next(named, None)

    def list_models(self) -> ModelList:
        """Return all of them, in the order they were added."""
        return ModelList(self._models.values())

    def filter_by_capability(self, capability: str) -> ModelList:
        """Return those that are declared to have a capability."""
        return ModelList(one for one in self if one.supports(capability))

    def filter_by_cost(
        self, max_input_cost: float, max_output_cost: float | None = None, currency: str = "USD"
    ) -> ModelList:
        """Return those that cost no more for a thousand tokens; of the rest it is unknown."""

        def is_within(cost: float | None, most: float | None) -> bool:
            return most is None or (cost is not None and cost <= most)

        return ModelList(
            one
            for one in self
            if one.pricing.currency == currency
            and is_within(one.pricing.input_cost_per_1k, max_input_cost)
            and is_within(one.pricing.output_cost_per_1k, max_output_cost)
        )

    def filter_by_context_window(self, minimum: int) -> ModelList:
        """Return those that take so many tokens; unknown sizes are not among them."""
        return ModelList(one for one in self if (one.context_window or 0) >= minimum)

    def recommend_for(self, use: str) -> ModelInfo | None:
        """Return the model for a use, None when none is fit for it.

        `chat`, `cheap`, `tools`, `vision`, `audio` and `structured_output` ask for the cheapest
        that can, `code`, `quality`, `agents` and `reasoning` for the best as `QualityBasedSelector`
        sees it, `long_context` for the largest window. Deprecated models are left out.

        Raises:
            ValueError: there is no such use.
        """
        wanted = _USES.get(use)
        if wanted is None:
            raise ValueError(f"no use {use!r}; there are {', '.join(_USES)}")
        fit = [
            one
            for one in self
            if one.status != "deprecated" and all(map(one.supports, wanted.needs))
        ]
        if wanted.by == "context":
            return max(fit, key=lambda one: one.context_window or 0, default=None)
        return selector_of(wanted.by).select(fit)

    def with_strategy(self, strategy: Strategy) -> "ModelManager":
        """Choose another way. Raises ValueError when there is no such strategy."""
        self._selector = selector_of(strategy)
        return self

    @property
    def selector(self) -> Strategy:
        """What chooses."""
        return self._selector

    def select_model(self) -> ModelInfo | None:
        """Return the next model by the strategy, None when there is none."""
        return self._selector.select(self.list_models())

    def save_to_config(self) -> str:
        """Return the models as JSON text, for `load_from_config`."""
        return msgspec.json.encode({"models": self.list_models()}).decode()

    def load_from_config(self, text: str) -> "ModelManager":
        """Add models from JSON: a list, or an object with one under `models`.

        Raises:
            ValueError: it is neither, or a model in it has another shape; the place is named.
        """
        try:
            found = msgspec.json.decode(text, type=list[ModelInfo] | _Saved)
        except msgspec.MsgspecError as error:
            raise ValueError(f"this is no list of models: {error}") from error
        for one in found.models if isinstance(found, _Saved) else found:
            self.add_model(one)
        return self

    def __iter__(self) -> Iterator[ModelInfo]:
        return iter(self.list_models())

    def __len__(self) -> int:
        return len(self._models)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get_model(name) is not None

    def __repr__(self) -> str:
        return f"ModelManager({list(self._models)})"

    def _repr_html_(self) -> str:
        return self.list_models()._repr_html_()


class _Saved(msgspec.Struct, frozen=True):
    models: list[ModelInfo]


def create_models(provider: str, catalog: ManifestCatalog | None = None) -> ModelManager:
    """Return the models that a provider's manifest lists for chat.

    Raises:
        ManifestNotFound: there is no such provider.
    """
    return ModelManager(listed_models(provider, catalog))


def create_openai_models() -> ModelManager:
    """Return the models that the manifest of that id lists for chat, with their listed prices."""
    return _created(create_openai_models.__name__)


def create_anthropic_models() -> ModelManager:
    """Return the models that the manifest of that id lists for chat, with their listed prices."""
    return _created(create_anthropic_models.__name__)


def _created(name: str) -> ModelManager:
    return create_models(name.removeprefix("create_").removesuffix("_models"))
