"""A model as routing sees it: its capabilities, prices and performance."""

from collections.abc import Mapping
from typing import Final

import msgspec

from ai_lib.protocol.manifest.capabilities import normalize_capability
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.protocol.manifest.prices import Prices

# What no manifest declares, and every model that writes text can.
_TEXT_CAPABILITIES: Final = frozenset(
    {"code", "code_generation", "multilingual", "streaming", "stream"}
)
_ALIASES: Final = {"functions": "tools", "tool_use": "tools", "multimodal": "vision"}


class ModelCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """The capabilities of a model, by the protocol's names. One that is not declared is unknown.

    `context_window` is tokens.
    """

    declared: Mapping[str, bool] = {}
    context_window: int | None = None

    def supports(self, capability: str) -> bool:
        """Whether a capability is declared, under any of its names.

        Every model that writes text has `code_generation` and `multilingual`, as no manifest
        declares them.
        """
        word = capability.strip().lower().replace("-", "_")
        name = normalize_capability(_ALIASES.get(word, word))
        is_declared = self.declared.get(name)
        if is_declared is None and name in _TEXT_CAPABILITIES:
            return self.declared.get("text", False)
        return bool(is_declared)

    @property
    def names(self) -> tuple[str, ...]:
        """The declared capabilities, sorted."""
        return tuple(sorted(name for name, has in self.declared.items() if has))


class PricingInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of a thousand tokens, in `currency`; None is unknown, 0 is free."""

    input_cost_per_1k: float | None = None
    output_cost_per_1k: float | None = None
    currency: str = "USD"

    @classmethod
    def from_prices(cls, prices: Prices) -> "PricingInfo":
        """Convert listed prices, which are for a million tokens."""
        return cls(
            input_cost_per_1k=_thousandth(prices.input),
            output_cost_per_1k=_thousandth(prices.output),
            currency=prices.currency,
        )

    @property
    def is_known(self) -> bool:
        """Whether both prices are known."""
        return self.input_cost_per_1k is not None and self.output_cost_per_1k is not None

    def calculate_cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return the cost of so many tokens, None if it is unknown."""
        if self.input_cost_per_1k is None or self.output_cost_per_1k is None:
            return None
        return (
            input_tokens * self.input_cost_per_1k + output_tokens * self.output_cost_per_1k
        ) / 1000


class PerformanceMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """The recent performance of a model or an endpoint; None until it is measured.

    `latency_ms` is the time to the response, of a stream to its first token. `error_rate` is 0 to
    1.
    """

    latency_ms: float | None = None
    error_rate: float | None = None
    requests: int = 0


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One model of one provider. `weight` is its share where shares are given.

    `quality` is the tier in the vendor's own line-up, 5 the most able; None where a manifest
    states none. `status` and `lifecycle` are what the vendor says of it.
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
    lifecycle: ModelLifecycle = ModelLifecycle()
    weight: float = 1.0
    metadata: Mapping[str, object] = {}

    @property
    def full_id(self) -> str:
        """The model as `provider/model`."""
        return f"{self.provider}/{self.name}" if self.provider else self.name

    @property
    def key(self) -> str:
        """The name that is unique among models."""
        return self.full_id

    @property
    def context_window(self) -> int | None:
        """How many tokens it accepts; None is unknown."""
        return self.capabilities.context_window

    @property
    def in_flight(self) -> int:
        """Always 0: calls are counted at endpoints, not at models."""
        return 0

    def supports(self, capability: str) -> bool:
        """Whether it is declared to have a capability; see `ModelCapabilities.supports`."""
        return self.capabilities.supports(capability)


def build_model_info(
    record: ModelRecord, provider_declares: Mapping[str, bool] | None = None
) -> ModelInfo:
    """Return a listed model; `provider_declares` fills in what its record does not state."""
    declared = {**(provider_declares or {}), **record.capabilities}
    return ModelInfo(
        name=record.model_id,
        provider=record.provider,
        display_name=record.display_name or record.name,
        capabilities=ModelCapabilities(declared=declared, context_window=record.context_window),
        pricing=PricingInfo.from_prices(record.prices),
        max_output_tokens=record.max_output_tokens,
        quality=record.quality,
        status=record.status,
        lifecycle=record.lifecycle,
    )


def _thousandth(price: float | None) -> float | None:
    # Rounded because 0.15 / 1000 is 0.00015000000000000001 in binary.
    return None if price is None else round(price / 1000, 12)
