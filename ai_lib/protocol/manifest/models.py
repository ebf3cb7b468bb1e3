"""Reads the models that manifests and model files list: names, sizes, capabilities and prices."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from ai_lib.protocol.manifest.capabilities import read_modalities
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle, read_lifecycle
from ai_lib.protocol.manifest.model_names import may_be_called
from ai_lib.protocol.manifest.model_references import resolve_model_references
from ai_lib.protocol.manifest.prices import Prices, read_prices
from ai_lib.protocol.manifest.regional_pricing import (
    RegionalPricing,
    multiply_prices,
    read_regional_pricing,
)
from ai_lib.types.json import JsonObject, JsonValue, as_list, as_object, as_size, is_number


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One model of one provider.

    `model_id` is the wire name. Sizes are tokens; None is unknown. `capabilities` are true or
    false; one that is missing is unknown. `quality` is the tier in the vendor's own line-up, 5 the
    most able; what the vendor calls earlier or legacy is one lower, the deprecated two.
    `regional_pricing` says where it costs more than its `prices`.
    """

    name: str
    provider: str
    model_id: str
    source: str
    display_name: str = ""
    aliases: tuple[str, ...] = ()
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: Mapping[str, bool] = {}
    prices: Prices = Prices()
    quality: float | None = None
    lifecycle: ModelLifecycle = ModelLifecycle()
    is_resold: bool = False
    regional_pricing: tuple[RegionalPricing, ...] = ()

    @property
    def status(self) -> str:
        """The status that the vendor states, such as `deprecated`; "" where it states none."""
        return self.lifecycle.status

    @property
    def full_name(self) -> str:
        """The model as `provider/model`."""
        return f"{self.provider}/{self.model_id}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the model within its provider."""
        return tuple(dict.fromkeys((self.name, self.model_id, *self.aliases)))

    def with_regional_prices(self, name: str, variables: Mapping[str, str]) -> "ModelRecord":
        """Return the record with the prices that hold for `name` at an address of `variables`."""
        factor = 1.0
        for pricing in self.regional_pricing:
            if pricing.holds_for(name, variables):
                factor *= pricing.factor
        if factor == 1.0:
            return self
        return msgspec.structs.replace(
            self, prices=multiply_prices(self.prices, factor), regional_pricing=()
        )

    def supports(self, capability: str) -> bool | None:
        """Whether the model has a capability; None when it is unknown."""
        return self.capabilities.get(capability)


def read_manifest_models(
    document: JsonValue, source: str, wanted_name: str | None = None
) -> Iterator[ModelRecord]:
    """Yield the models that a manifest lists under `metadata.models`.

    With `wanted_name`, those that may have that name, as the others need not be read.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("id"), str):
        return
    document = resolve_model_references(document)
    resold = document.get("category") == "third_party_aggregator"
    metadata = as_object(document.get("metadata"))
    factors = read_regional_pricing(metadata.get("regional_pricing"))
    for name, entry in _list_entries(metadata.get("models")):
        if wanted_name is not None and not may_be_called(_list_keys(name, entry), wanted_name):
            continue
        abilities = as_object(entry.get("model_capabilities"))
        yield _build_record(
            name,
            entry,
            provider=str(document["id"]),
            source=source,
            capabilities={
                **read_modalities(entry.get("modalities")),
                **{_WORDS.get(key, key): has for key, has in abilities.items() if _is_flag(has)},
            },
            is_resold=resold,
            lifecycle=read_lifecycle(entry, metadata),
            shared_pricing=metadata.get("pricing"),
            regional_pricing=factors,
        )


def read_model_file(document: JsonValue, source: str) -> Iterator[ModelRecord]:
    """Yield the models of a model file, such as those in `v1/models`."""
    for name, entry in _list_entries(as_object(document).get("models")):
        provider, listed = entry.get("provider"), entry.get("capabilities")
        if isinstance(provider, str):
            words = listed if isinstance(listed, list) else []
            capabilities = {_WORDS.get(word, word): True for word in words if isinstance(word, str)}
            yield _build_record(
                name,
                entry,
                provider=provider,
                source=source,
                capabilities=capabilities,
                lifecycle=read_lifecycle(entry, as_object(document)),
            )


# The protocol's words for a model's capabilities, as its words for a provider's.
_WORDS: Final = {
    "tool_call": "tools",
    "embedding": "embeddings",
    "speech_to_text": "stt",
    "text_to_speech": "tts",
    "chat": "text",
}


def _build_record(
    name: str,
    entry: JsonObject,
    *,
    provider: str,
    source: str,
    capabilities: Mapping[str, bool],
    lifecycle: ModelLifecycle,
    is_resold: bool = False,
    shared_pricing: JsonValue = None,
    regional_pricing: tuple[RegionalPricing, ...] = (),
) -> ModelRecord:
    wire_name, display_name = entry.get("model_id"), entry.get("display_name") or entry.get("name")
    aliases = entry.get("aliases")
    return ModelRecord(
        name=name,
        provider=provider,
        model_id=wire_name if isinstance(wire_name, str) and wire_name else name,
        source=source,
        display_name=display_name if isinstance(display_name, str) else "",
        aliases=tuple(a for a in as_list(aliases) if isinstance(a, str)),
        context_window=as_size(entry.get("context_window")),
        max_output_tokens=as_size(entry.get("max_output_tokens")),
        capabilities=capabilities,
        prices=read_prices(entry.get("pricing"), shared_pricing, lifecycle.source, lifecycle.as_of),
        quality=entry["quality"] if is_number(entry.get("quality")) else None,
        lifecycle=lifecycle,
        is_resold=is_resold,
        regional_pricing=regional_pricing,
    )


def _list_keys(name: str, entry: JsonObject) -> list[str]:
    """Return all names under which an entry lists its model."""
    keys = [name, entry.get("model_id"), *as_list(entry.get("aliases"))]
    return [key for key in keys if isinstance(key, str) and key]


def _list_entries(value: JsonValue) -> Iterable[tuple[str, JsonObject]]:
    return ((name, entry) for name, entry in as_object(value).items() if isinstance(entry, Mapping))


def _is_flag(value: JsonValue) -> bool:
    return isinstance(value, bool)
