"""A model as routing sees it: what it can do, what it costs, how it does."""

from collections.abc import Mapping
from typing import Final

import msgspec

from ai_lib.protocol.manifest.capabilities import normalize_capability
from ai_lib.protocol.manifest.models import ModelRecord, Prices

# What no manifest speaks of, and every model that writes text can.
_OF_TEXT: Final = frozenset({"code", "code_generation", "multilingual", "streaming", "stream"})
_WORDS: Final = {"functions": "tools", "tool_use": "tools", "multimodal": "vision"}


class ModelCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a model can do, by the protocol's names; what `declared` does not name is unknown.

    `context_window` is tokens.
    """

    declared: Mapping[str, bool] = {}
    context_window: int | None = None

    def supports(self, capability: str) -> bool:
        """Whether it is declared, under any of its names; what is unknown is not.

        `code_generation` and `multilingual` are what every model that writes text has, as no
        manifest speaks of them.
        """
        word = capability.strip().lower().replace("-", "_")
        name = normalize_capability(_WORDS.get(word, word))
        known = self.declared.get(name)
        if known is None and name in _OF_TEXT:
            return self.declared.get("text", False)
        return bool(known)

    @property
    def names(self) -> tuple[str, ...]:
        """What is declared, sorted."""
        return tuple(sorted(name for name, has in self.declared.items() if has))


class PricingInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a thousand tokens cost, in `currency`; None is unknown, 0 is free."""

    input_cost_per_1k: float | None = None
    output_cost_per_1k: float | None = None
    currency: str = "USD"

    @classmethod
    def of(cls, prices: Prices) -> "PricingInfo":
        """Return listed prices, which are for a million tokens, for a thousand."""
        return cls(
            input_cost_per_1k=_thousandth(prices.input),
            output_cost_per_1k=_thousandth(prices.output),
            currency=prices.currency,
        )

    @property
    def is_known(self) -> bool:
        """Whether both prices are."""
        return self.input_cost_per_1k is not None and self.output_cost_per_1k is not None

    def calculate_cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return what so many tokens cost, None if that is unknown."""
        if self.input_cost_per_1k is None or self.output_cost_per_1k is None:
            return None
        return (
            input_tokens * self.input_cost_per_1k + output_tokens * self.output_cost_per_1k
        ) / 1000


class PerformanceMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """How a model or an endpoint has done lately; None as long as nothing was measured.

    `latency_ms` is until the answer, of a stream until its first token; `error_rate` is 0 to 1.
    """

    latency_ms: float | None = None
    error_rate: float | None = None
    requests: int = 0


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One model of one provider. `weight` is its share where shares are given.

    `quality` is a figure that a manifest states; None where none does.
    """

    name: str
    provider: str = ""
    display_name: str = ""
    description: str = ""
    capabilities: ModelCapabilities = ModelCapabilities()
    pricing: PricingInfo = PricingInfo()
    performance: PerformanceMetrics = PerformanceMetrics()
    max_output_tokens: int | None = None
    quality: float | None = None
    status: str = ""
    weight: float = 1.0
    metadata: Mapping[str, object] = {}

    @property
    def full_id(self) -> str:
        """The model as `provider/model`."""
        return f"{self.provider}/{self.name}" if self.provider else self.name

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.full_id

    @property
    def context_window(self) -> int | None:
        """How many tokens it takes; None is unknown."""
        return self.capabilities.context_window

    @property
    def in_flight(self) -> int:
        """Nothing: a model is no endpoint, and calls to it are counted nowhere."""
        return 0

    def supports(self, capability: str) -> bool:
        """Whether it is declared to have a capability; see `ModelCapabilities.supports`."""
        return self.capabilities.supports(capability)


def info_of(record: ModelRecord, of_provider: Mapping[str, bool] | None = None) -> ModelInfo:
    """Return a listed model; what its record does not say is as `of_provider` has it."""
    declared = {**(of_provider or {}), **record.capabilities}
    return ModelInfo(
        name=record.model_id,
        provider=record.provider,
        display_name=record.display_name or record.name,
        capabilities=ModelCapabilities(declared=declared, context_window=record.context_window),
        pricing=PricingInfo.of(record.prices),
        max_output_tokens=record.max_output_tokens,
        quality=record.quality,
        status=record.status,
    )


def _thousandth(price: float | None) -> float | None:
    # Rounded because 0.15 / 1000 is 0.00015000000000000001 in binary.
    return None if price is None else round(price / 1000, 12)
