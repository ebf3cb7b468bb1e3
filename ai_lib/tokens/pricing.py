"""Reads a model's prices and sizes from the model registry."""

from typing import TYPE_CHECKING

import msgspec

from ai_lib._lazy import old_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.protocol.manifest.prices import Prices
from ai_lib.tokens.known_model import resolve_model


class ModelPricing(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of a model in `currency`, and its sizes in tokens; None is unknown, 0 is free.

    `prices` are the listed prices of a million tokens, with the tiers of long calls.
    """

    model: str
    currency: str
    prices: Prices
    context_window: int | None = None
    max_output_tokens: int | None = None

    @property
    def input_price_per_1k(self) -> float | None:
        """The price of a thousand tokens of input."""
        return _thousandth(self.prices.input)

    @property
    def output_price_per_1k(self) -> float | None:
        """The price of a thousand tokens of output."""
        return _thousandth(self.prices.output)

    @property
    def cached_price_per_1k(self) -> float | None:
        """The price of a thousand tokens of input from the provider's cache."""
        return _thousandth(self.prices.cache_read)

    @property
    def input_price_per_1m(self) -> float | None:
        """The price of a million tokens of input."""
        return self.prices.input

    @property
    def output_price_per_1m(self) -> float | None:
        """The price of a million tokens of output."""
        return self.prices.output

    @property
    def cached_price_per_1m(self) -> float | None:
        """The price of a million tokens of input from the provider's cache."""
        return self.prices.cache_read


def get_model_pricing(model: str, catalog: ManifestCatalog | None = None) -> ModelPricing | None:
    """Return a model's prices, by its listed name or as `provider/model`.

    It is None when the model is not listed, or when several providers have the name. A part of a
    name does not match.
    """
    record = resolve_model(model, catalog).record
    return build_pricing(record) if record is not None else None


def build_pricing(record: ModelRecord) -> ModelPricing:
    """Return the prices of a listed model."""
    return ModelPricing(
        model=record.full_name,
        currency=record.prices.currency,
        prices=record.prices,
        context_window=record.context_window,
        max_output_tokens=record.max_output_tokens,
    )


def _thousandth(price: float | None) -> float | None:
    # Rounded because 0.15 / 1000 is 0.00015000000000000001 in binary.
    return None if price is None else round(price / 1000, 12)


if not TYPE_CHECKING:
    __getattr__ = old_names(__name__)
