"""Manages models by name and strategy; a notebook shows a list of them as a table."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.lifecycle import DEPRECATED
from ai_lib.routing.from_manifests import load_model, load_models
from ai_lib.routing.model_info import ModelInfo
from ai_lib.routing.selectors import (
    ModelSelectionStrategy,
    Strategy,
    drop_retired,
    make_selector,
)

_COLUMNS: Final = ("model", "context", "answer", "in / 1M", "out / 1M", "abilities")
_MAX_ROWS: Final = 50


class ModelList(list[ModelInfo]):
    """An ordered list of models. Its copies and slices are plain lists."""

    def _repr_html_(self) -> str:
        from ai_lib.types.markup.html import render_note, render_table

        hidden = len(self) - _MAX_ROWS
        footer = render_note(f"{hidden:,} more are not shown") if hidden > 0 else ""
        return render_table(_COLUMNS, map(_row, self[:_MAX_ROWS])) + footer


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
    "multilingual": _Use(("multilingual",), "quality_based"),
    "streaming": _Use(("streaming",), "cost_based"),
}
_OTHER_WORDS: Final = {
    "coding": "code",
    "agent": "agents",
    "agentic": "agents",
    "functions": "tools",
    "function_calling": "tools",
    "multimodal": "vision",
    "best": "quality",
    "cost": "cheap",
}


class ModelManager:
    """Models by `provider/model`, and the strategy that selects one of them.

    Raises:
        ValueError: there is no such strategy.
    """

    def __init__(
        self,
        models: Iterable[ModelInfo] = (),
        *,
        strategy: Strategy = ModelSelectionStrategy.ROUND_ROBIN,
    ) -> None:
        self._selector = make_selector(strategy)
        self._models: dict[str, ModelInfo] = {}
        for model in models:
            self.add_model(model)

    @classmethod
    def from_names(
        cls, names: Iterable[str], catalog: ManifestCatalog | None = None
    ) -> "ModelManager":
        """Create a manager of listed models, by their names or as `provider/model`.

        Raises:
            ManifestNotFound: there is no such provider or model.
        """
        catalog = catalog or ManifestCatalog()
        return cls(load_model(name, catalog) for name in names)

    def add_model(self, model: ModelInfo) -> "ModelManager":
        """Add a model, or replace the one of the same provider and name."""
        if not isinstance(model, ModelInfo):
            raise TypeError(f"{model!r} is no ModelInfo")
        self._models[model.full_id] = model
        return self

    def register(self, model: ModelInfo) -> "ModelManager":
        """Do the same as `add_model`."""
        return self.add_model(model)

    def remove_model(self, name: str) -> bool:
        """Remove a model, by its name or as `provider/model`; False when it is not there."""
        model = self.get_model(name)
        if model is not None:
            del self._models[model.full_id]
        return model is not None

    def merge(self, other: "ModelManager") -> "ModelManager":
        """Add another manager's models. They replace those of the same name."""
        self._models.update(other._models)
        return self

    def get_model(self, name: str) -> ModelInfo | None:
        """Return a model by its name or as `provider/model`."""
        namesakes = (model for model in self._models.values() if model.name == name)
        return self._models.get(name) or next(namesakes, None)

    def list_models(self) -> ModelList:
        """Return all models, in the order they were added."""
        return ModelList(self._models.values())

    def filter_by_capability(self, capability: str) -> ModelList:
        """Return the models that are declared to have a capability."""
        return ModelList(model for model in self if model.supports(capability))

    def filter_by_cost(
        self, max_input_cost: float, max_output_cost: float | None = None, currency: str = "USD"
    ) -> ModelList:
        """Return the models that are known to cost no more for a thousand tokens."""

        def is_within(cost: float | None, limit: float | None) -> bool:
            return limit is None or (cost is not None and cost <= limit)

        return ModelList(
            model
            for model in self
            if model.pricing.currency == currency
            and is_within(model.pricing.input_cost_per_1k, max_input_cost)
            and is_within(model.pricing.output_cost_per_1k, max_output_cost)
        )

    def filter_by_context_window(self, minimum: int) -> ModelList:
        """Return the models that are known to accept so many tokens."""
        return ModelList(model for model in self if (model.context_window or 0) >= minimum)

    def recommend_for(self, use: str) -> ModelInfo | None:
        """Return the model for a use, None when no model fits.

        `chat`, `cheap`, `tools`, `vision`, `audio`, `streaming` and `structured_output` return the
        cheapest model with that capability; `code`, `quality`, `agents`, `multilingual` and
        `reasoning` the best one by `QualityBasedSelector`; `long_context` the one with the largest
        window. `-` and a space are as good as `_`, and `coding`, `functions` and the like are
        understood. Deprecated and retired models are not considered.

        Raises:
            ValueError: there is no such use; the message lists those there are.
        """
        word = use.strip().lower().replace("-", "_").replace(" ", "_")
        requirement = _USES.get(_OTHER_WORDS.get(word, word))
        if requirement is None:
            raise ValueError(f"no use {use!r}; there are {', '.join(_USES)}")
        fitting = [
            model
            for model in drop_retired(self)
            if model.status != DEPRECATED and all(map(model.supports, requirement.needs))
        ]
        if requirement.by == "context":
            return max(fitting, key=lambda model: model.context_window or 0, default=None)
        return make_selector(requirement.by).select(fitting)

    def with_strategy(self, strategy: Strategy) -> "ModelManager":
        """Set another strategy. Raises ValueError when there is no such strategy."""
        self._selector = make_selector(strategy)
        return self

    @property
    def selector(self) -> Strategy:
        """The selector of the strategy."""
        return self._selector

    def select_model(self) -> ModelInfo | None:
        """Return the next model by the strategy, None when there are no models."""
        return self._selector.select(self.list_models())

    def save_to_config(self) -> str:
        """Return the models as JSON text, for `load_from_config`."""
        return msgspec.json.encode({"models": self.list_models()}).decode()

    def load_from_config(self, text: str) -> "ModelManager":
        """Add models from JSON: a list, or an object with one under `models`.

        Raises:
            ValueError: it is neither, or a model in it has another shape. The message has its path.
        """
        try:
            config = msgspec.json.decode(text, type=list[ModelInfo] | _ModelFile)
        except msgspec.MsgspecError as error:
            raise ValueError(f"this is no list of models: {error}") from error
        for model in config.models if isinstance(config, _ModelFile) else config:
            self.add_model(model)
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


class _ModelFile(msgspec.Struct, frozen=True):
    models: list[ModelInfo]


def create_models(provider: str, catalog: ManifestCatalog | None = None) -> ModelManager:
    """Return the chat models in a provider's manifest.

    Raises:
        ManifestNotFound: there is no such provider.
    """
    return ModelManager(load_models(provider, catalog))


def create_openai_models() -> ModelManager:
    """Return the chat models in the manifest of that provider, with their listed prices."""
    return _create_by_function(create_openai_models.__name__)


def create_anthropic_models() -> ModelManager:
    """Return the chat models in the manifest of that provider, with their listed prices."""
    return _create_by_function(create_anthropic_models.__name__)


def _create_by_function(name: str) -> ModelManager:
    return create_models(name.removeprefix("create_").removesuffix("_models"))
