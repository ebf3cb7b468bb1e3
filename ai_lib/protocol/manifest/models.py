"""Reads the models that manifests and model files list: names, sizes, capabilities and prices."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from ai_lib.protocol.manifest.capabilities import read_modalities
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle, read_lifecycle
from ai_lib.types.json import JsonObject, JsonValue


class PriceTier(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of a million tokens in calls with more input tokens; None is the price before."""

    above_prompt_tokens: int
    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    reasoning: float | None = None


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of a million tokens, in `currency`; None is unknown, 0 is free.

    `reasoning` is None where reasoning costs as much as other output. `tiers` are the prices of
    long calls, which hold for all tokens of the call, lowest bound first.
    """

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    reasoning: float | None = None
    currency: str = "USD"
    tiers: tuple[PriceTier, ...] = ()

    def apply_tier(self, prompt_tokens: int) -> "Prices":
        """Return the prices of a call with `prompt_tokens` input tokens."""
        reached = [tier for tier in self.tiers if prompt_tokens > tier.above_prompt_tokens]
        if not reached:
            return self
        tier = msgspec.structs.asdict(reached[-1])
        return msgspec.structs.replace(
            self,
            **{
                key: price
                for key, price in tier.items()
                if price is not None and key in _PRICE_FIELDS
            },
        )


class ModelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One model of one provider.

    `model_id` is the wire name. Sizes are tokens; None is unknown. `capabilities` are true or
    false; one that is missing is unknown. `quality` is the tier in the vendor's own line-up, 5 the
    most able; what the vendor calls earlier or legacy is one lower, the deprecated two.
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

    def supports(self, capability: str) -> bool | None:
        """Whether the model has a capability; None when it is unknown."""
        return self.capabilities.get(capability)


def read_manifest_models(document: JsonValue, source: str) -> Iterator[ModelRecord]:
    """Yield the models that a manifest lists under `metadata.models`."""
    if not isinstance(document, Mapping) or not isinstance(document.get("id"), str):
        return
    resold = document.get("category") == "third_party_aggregator"
    metadata = _as_mapping(document.get("metadata"))
    for name, entry in _list_entries(metadata.get("models")):
        abilities = _as_mapping(entry.get("model_capabilities"))
        yield _build_record(
            name,
            entry,
            provider=document["id"],
            source=source,
            capabilities={
                **read_modalities(entry.get("modalities")),
                **{_WORDS.get(key, key): has for key, has in abilities.items() if _is_flag(has)},
            },
            is_resold=resold,
            lifecycle=read_lifecycle(entry, metadata),
        )


def read_model_file(document: JsonValue, source: str) -> Iterator[ModelRecord]:
    """Yield the models of a model file, such as those in `v1/models`."""
    for name, entry in _list_entries(_as_mapping(document).get("models")):
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
                lifecycle=read_lifecycle(entry, _as_mapping(document)),
            )


def read_prices(pricing: JsonValue) -> Prices:
    """Return the prices per million tokens of a `pricing` section, whatever its unit."""
    price_fields = _as_mapping(pricing)
    currency = price_fields.get("currency")
    tiers = [
        PriceTier(above_prompt_tokens=bound, **_read_price_fields(tier))
        for tier in map(_as_mapping, _as_list(price_fields.get("tiers")))
        if (bound := _as_size(tier.get("above_prompt_tokens"))) is not None
    ]
    return Prices(
        currency=currency if isinstance(currency, str) else "USD",
        tiers=tuple(sorted(tiers, key=lambda tier: tier.above_prompt_tokens)),
        **_read_price_fields(price_fields),
    )


def _read_price_fields(price_fields: JsonObject) -> dict[str, float]:
    prices: dict[str, float] = {}
    for key, value in price_fields.items():
        key_match = _PRICE.fullmatch(key)
        if key_match and _is_number(value) and value >= 0:
            # Rounded because 0.0000008 a token is 0.7999999999999999 a million in binary.
            price = round(value * _UNITS[key_match[2]], 9)
            prices.setdefault(_PRICE_ALIASES.get(key_match[1], key_match[1]), price)
    return prices


_PRICE_FIELDS: Final = frozenset({"input", "output", "cache_read", "cache_write", "reasoning"})
_PRICE: Final = re.compile(
    r"(input|output|cache_read|cached_input|cache_hit|cache_write|cache_creation|reasoning)"
    r"_per_(token|1k|1m)(?:_tokens)?"
)
_UNITS: Final = {"token": 1_000_000, "1k": 1_000, "1m": 1}
_PRICE_ALIASES: Final = {
    "cached_input": "cache_read",
    "cache_hit": "cache_read",
    "cache_creation": "cache_write",
}
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
) -> ModelRecord:
    wire_name, display_name = entry.get("model_id"), entry.get("display_name") or entry.get("name")
    aliases = entry.get("aliases")
    return ModelRecord(
        name=name,
        provider=provider,
        model_id=wire_name if isinstance(wire_name, str) and wire_name else name,
        source=source,
        display_name=display_name if isinstance(display_name, str) else "",
        aliases=tuple(a for a in _as_list(aliases) if isinstance(a, str)),
        context_window=_as_size(entry.get("context_window")),
        max_output_tokens=_as_size(entry.get("max_output_tokens")),
        capabilities=capabilities,
        prices=read_prices(entry.get("pricing")),
        quality=entry["quality"] if _is_number(entry.get("quality")) else None,
        lifecycle=lifecycle,
        is_resold=is_resold,
    )


def _list_entries(value: JsonValue) -> Iterable[tuple[str, JsonObject]]:
    return (
        (name, entry) for name, entry in _as_mapping(value).items() if isinstance(entry, Mapping)
    )


def _as_mapping(value: JsonValue) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _as_list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _as_size(value: JsonValue) -> int | None:
    """Return a count of tokens; the protocol writes 0 for unknown."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _is_flag(value: JsonValue) -> bool:
    return isinstance(value, bool)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
