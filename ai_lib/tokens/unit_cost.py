"""The prices of units other than tokens: characters, seconds, images, pages, searches."""

from typing import Final

from ai_lib.protocol.manifest.prices import Prices
from ai_lib.types.usage import Usage

_PRICE_NAMES: Final = {
    "characters": "character",
    "seconds": "second",
    "images": "image",
    "pages": "page",
    "search_units": "search",
}


def find_unit_price(prices: Prices, unit: str) -> float | None:
    """Return the price of one of a unit, None where nothing says it."""
    if not prices.units:
        return None
    return prices.units.get(_PRICE_NAMES.get(unit, unit))


def charge_units(usage: Usage, prices: Prices) -> float | None:
    """Return what the units of a usage cost; None where none of them has a price."""
    charges = [
        count * price
        for unit, count in usage.units.items()
        if (price := find_unit_price(prices, unit)) is not None
    ]
    return sum(charges) if charges else None
