"""Reads what a model costs: tokens by kind and length, tiers, fees, hours, and other units."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Final, Literal

import msgspec

from ai_lib.types.json import JsonObject, JsonValue, as_list, as_object, is_number


class ToolPricing(msgspec.Struct, frozen=True, kw_only=True):
    """The fee for a tool that the provider runs: `price` for each `unit`.

    A `call` is one use, a `query` one search of it, a `prompt` or `request` the response as a
    whole, however often it used the tool. `tokens` is how much input one use may bring.
    """

    price: float
    unit: Literal["call", "query", "prompt", "request"] = "call"
    tokens: int = 0

    def charge(self, uses: int) -> float:
        """Return the fee for so many uses in one response."""
        if self.unit in ("prompt", "request"):
            uses = min(uses, 1)
        return uses * self.price


class HourPricing(msgspec.Struct, frozen=True, kw_only=True):
    """The hours of the day, in minutes of UTC, in which every price is multiplied by `factor`."""

    begins: int
    ends: int
    factor: float

    def holds_at(self, moment: datetime) -> bool:
        """Whether it holds at a moment."""
        in_utc = moment.astimezone(timezone.utc)
        minute = in_utc.hour * 60 + in_utc.minute
        if self.begins <= self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends


class PriceTier(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of a million tokens in calls with more input tokens; None is the price before."""

    above_prompt_tokens: int
    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    cache_write_long: float | None = None
    reasoning: float | None = None
    input_audio: float | None = None
    output_audio: float | None = None
    input_image: float | None = None
    output_image: float | None = None


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of a million tokens, in `currency`; None is unknown, 0 is free.

    `cache_write_long` is for what a cache keeps for an hour or more. `reasoning` is None where
    reasoning costs as much as other output; prices of audio and images are None where these cost
    as much as text. `tiers` are the prices of long calls, which hold for all tokens of the call,
    lowest bound first.

    `request` is the fee for each request, `tools` the fees for tools that the provider runs.
    `service_tiers` has the factor of each tier of service, `hours` those of the time of day.
    `units` are the prices of what other operations are charged by: `image`, `second`, `character`,
    `page`, `search`, and others by the names that a usage has for them. `source` is the address
    that says all this, `as_of` the day it was read.
    """

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    cache_write_long: float | None = None
    reasoning: float | None = None
    input_audio: float | None = None
    output_audio: float | None = None
    input_image: float | None = None
    output_image: float | None = None
    currency: str = "USD"
    tiers: tuple[PriceTier, ...] = ()
    request: float = 0.0
    tools: Mapping[str, ToolPricing] = {}
    service_tiers: Mapping[str, float] = {}
    hours: tuple[HourPricing, ...] = ()
    units: Mapping[str, float] = {}
    source: str = ""
    as_of: date | None = None

    @property
    def is_free(self) -> bool:
        """Whether all that has a price costs nothing."""
        prices = [getattr(self, name) for name in TOKEN_PRICES]
        stated = [price for price in (*prices, *self.units.values()) if price is not None]
        return bool(stated) and not any(stated) and not self.request

    def apply_tier(self, prompt_tokens: int) -> "Prices":
        """Return the prices of a call with `prompt_tokens` input tokens."""
        reached = [tier for tier in self.tiers if prompt_tokens > tier.above_prompt_tokens]
        if not reached:
            return self
        changed = {name: getattr(reached[-1], name) for name in TOKEN_PRICES}
        return msgspec.structs.replace(
            self, **{name: price for name, price in changed.items() if price is not None}
        )

    def find_tier_factor(self, service_tier: str) -> float | None:
        """Return the factor of a tier of service, None when it is unknown."""
        if service_tier in self.service_tiers:
            return self.service_tiers[service_tier]
        return 1.0 if service_tier in _USUAL_TIERS else None

    def find_hour_factor(self, moment: datetime | None) -> float:
        """Return the factor of the time of day; without a moment, the largest there is."""
        if not self.hours:
            return 1.0
        if moment is None:
            return max(1.0, *(hour.factor for hour in self.hours))
        return next((hour.factor for hour in self.hours if hour.holds_at(moment)), 1.0)


TOKEN_PRICES: Final = tuple(
    name for name in PriceTier.__struct_fields__ if name != "above_prompt_tokens"
)
"""The kinds of tokens that have a price."""

_USUAL_TIERS: Final = frozenset({"", "auto", "default", "standard", "standard_only", "on_demand"})


def read_prices(
    pricing: JsonValue, shared: JsonValue = None, source: str = "", as_of: date | None = None
) -> Prices:
    """Return the prices of a `pricing` section, whatever its unit.

    `shared` is what all models of the provider have in common. A price in none of the known forms
    counts as not stated.
    """
    fields = {**as_object(shared), **as_object(pricing)}
    common = _read_factors(fields)
    base = _read_token_prices(fields, common)
    tiers = [
        PriceTier(above_prompt_tokens=bound, **_read_token_prices(tier, common))
        for tier in map(as_object, as_list(fields.get("tiers")))
        if isinstance(bound := tier.get("above_prompt_tokens"), int) and bound > 0
    ]
    return Prices(
        **base,
        currency=_as_text(fields.get("currency")) or "USD",
        tiers=tuple(sorted(tiers, key=lambda tier: tier.above_prompt_tokens)),
        request=_as_price(fields.get("per_request")) or 0.0,
        tools=_read_tools(as_object(fields.get("tools"))),
        service_tiers=_read_numbers(as_object(fields.get("service_tiers"))),
        hours=_read_hours(as_list(fields.get("hours"))),
        units=_read_numbers(
            {
                **as_object(fields.get("units")),
                **{unit: fields[key] for unit, key in _UNIT_KEYS.items() if key in fields},
            }
        ),
        source=_as_text(fields.get("source")) or source,
        as_of=_as_day(fields.get("as_of")) or as_of,
    )


def _read_factors(fields: JsonObject) -> dict[str, tuple[str, float]]:
    """Return the prices that are stated as a multiple of another."""
    factors: dict[str, tuple[str, float]] = {}
    for name, (key, base) in _FACTOR_KEYS.items():
        factor = _as_price(fields.get(key))
        if factor is not None:
            factors[name] = base, factor
    return factors


def _read_token_prices(
    fields: JsonObject, factors: Mapping[str, tuple[str, float]]
) -> dict[str, float]:
    prices: dict[str, float] = {}
    for key, value in fields.items():
        key_match = _PRICE.fullmatch(key)
        price = _as_price(value)
        if key_match and price is not None:
            # Rounded because 0.0000008 a token is 0.7999999999999999 a million in binary.
            price = round(price * _UNITS[key_match[2]], 9)
            prices.setdefault(_PRICE_ALIASES.get(key_match[1], key_match[1]), price)
    for name, (base, factor) in factors.items():
        if base in prices:
            prices.setdefault(name, round(prices[base] * factor, 9))
    return prices


def _read_tools(tools: JsonObject) -> dict[str, ToolPricing]:
    prices: dict[str, ToolPricing] = {}
    for name, entry in tools.items():
        price_fields = as_object(entry)
        per_thousand = _as_price(price_fields.get("per_1000"))
        price = _as_price(price_fields.get("price")) if per_thousand is None else per_thousand / 1e3
        unit, tokens = price_fields.get("unit", "call"), price_fields.get("tokens", 0)
        if price is not None and unit in ("call", "query", "prompt", "request"):
            count = tokens if isinstance(tokens, int) else 0
            prices[name] = ToolPricing(price=round(price, 12), unit=unit, tokens=count)
    return prices


def _read_hours(entries: list[JsonValue]) -> tuple[HourPricing, ...]:
    hours: list[HourPricing] = []
    for entry in map(as_object, entries):
        begins, ends = _as_minute(entry.get("from")), _as_minute(entry.get("to"))
        factor = _as_price(entry.get("factor"))
        if begins is not None and ends is not None and factor is not None:
            hours.append(HourPricing(begins=begins, ends=ends, factor=factor))
    return tuple(hours)


def _read_numbers(entries: JsonObject) -> dict[str, float]:
    prices = {name: _as_price(value) for name, value in entries.items()}
    return {name: price for name, price in prices.items() if price is not None}


def _as_minute(value: JsonValue) -> int | None:
    clock = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return int(clock[1]) * 60 + int(clock[2]) if clock else None


def _as_price(value: JsonValue) -> float | None:
    return float(value) if is_number(value) and value >= 0 else None


def _as_day(value: JsonValue) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


_PRICE: Final = re.compile(
    r"(input_audio|output_audio|input_image|output_image|input|output|cache_read|cached_input"
    r"|cache_hit|cache_write_long|cache_write_1h|cache_write|cache_creation|reasoning)"
    r"_per_(token|1k|1m)(?:_tokens)?"
)
_UNITS: Final = {"token": 1_000_000, "1k": 1_000, "1m": 1}
_PRICE_ALIASES: Final = {
    "cached_input": "cache_read",
    "cache_hit": "cache_read",
    "cache_creation": "cache_write",
    "cache_write_1h": "cache_write_long",
}
_FACTOR_KEYS: Final = {
    "cache_read": ("cache_read_factor", "input"),
    "cache_write": ("cache_write_factor", "input"),
    "cache_write_long": ("cache_write_long_factor", "input"),
}
_UNIT_KEYS: Final = {
    unit: f"per_{unit}" for unit in ("image", "second", "character", "page", "search")
}
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
