"""Reads by how much models cost more in some regions: `metadata.regional_pricing`."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from ai_lib.protocol.manifest.prices import TOKEN_PRICES, Prices
from ai_lib.types.json import JsonValue, as_list

_DIGITS: Final = 9


class RegionalPricing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A factor of all prices of tokens.

    It is for models whose names match one of `models` (`*`, `?`, `[a-z]`) and none of `not_models`.
    With `variable`, the part of the address of that name must be known, and match none of
    `not_values`.
    """

    factor: float
    models: tuple[str, ...]
    not_models: tuple[str, ...] = ()
    variable: str | None = None
    not_values: tuple[str, ...] = ()

    def holds_for(self, name: str, variables: Mapping[str, str]) -> bool:
        """Whether it holds for a model by that name, called at an address with these variables."""
        if not _matches(name, self.models) or _matches(name, self.not_models):
            return False
        if self.variable is None:
            return True
        value = variables.get(self.variable)
        return value is not None and not _matches(value, self.not_values)


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def read_regional_pricing(section: JsonValue) -> tuple[RegionalPricing, ...]:
    """Return the factors of a manifest; one in another form counts as not stated."""
    factors: list[RegionalPricing] = []
    for entry in as_list(section):
        try:
            factors.append(msgspec.convert(entry, RegionalPricing))
        except msgspec.ValidationError:
            continue
    return tuple(factors)


def multiply_prices(prices: Prices, factor: float) -> Prices:
    """Return prices with those of tokens multiplied, at any length of a call."""
    tiers = tuple(msgspec.structs.replace(tier, **_multiply(tier, factor)) for tier in prices.tiers)
    return msgspec.structs.replace(prices, **_multiply(prices, factor), tiers=tiers)


def _multiply(prices: object, factor: float) -> dict[str, float]:
    stated = {name: getattr(prices, name) for name in TOKEN_PRICES}
    return {n: round(price * factor, _DIGITS) for n, price in stated.items() if price is not None}
