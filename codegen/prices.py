"""`python -m codegen prices`: compares the bundled prices with those of the package genai-prices.

It reports and changes nothing: either side may be wrong, and the vendor's page says which. The
package is in the dependency group `prices`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.manifest.models import ModelRecord, read_manifest_models

# Their names of providers, where they differ from ours.
_THEIR_NAMES: Final = {
    "gemini": "google",
    "moonshot": "moonshotai",
    "voyage": "voyageai",
    "xai": "x-ai",
    "zhipu": "zai",
}
# Their names of the same prices for a million tokens.
_PRICES: Final = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
}

_LEAST_DIFFERENCE: Final = 1e-6


def report_prices() -> int:
    """Write what disagrees, a line for each model, and how many were compared; return 0."""
    from genai_prices.data import providers  # a peer: it is not installed in development

    by_id = {provider.id: provider for provider in providers}
    compared = 0
    for name in list_bundled_names("manifests"):
        document = find_bundled_manifest(name) or {}
        provider = by_id.get(_THEIR_NAMES.get(str(document["id"]), str(document["id"])))
        if provider is None or name != document["id"]:
            continue
        for record in read_manifest_models(document, name):
            model = next((one for one in provider.models if one.is_match(record.model_id)), None)
            if model is None or record.prices.currency != "USD":
                continue
            compared += 1
            differences = list(_compare(record, _find_base_prices(model)))
            if differences:
                print(f"{name}/{record.model_id}: {'; '.join(differences)}")
    print(f"{compared} models of {len(by_id)} providers were compared")
    return 0


def _compare(record: ModelRecord, theirs: Mapping[str, float]) -> Iterator[str]:
    factor = record.prices.find_hour_factor(datetime.now(timezone.utc))
    for name, price in theirs.items():
        own_price = getattr(record.prices, name)
        if own_price is None:
            continue
        own_price *= factor
        if abs(own_price - price) > _LEAST_DIFFERENCE:
            yield f"{name} is {own_price:g} here and {price:g} there"


def _find_base_prices(model: Any) -> dict[str, float]:
    """Return the prices that hold now, without those of long prompts and of other tiers."""
    prices = model.get_prices(datetime.now(timezone.utc))
    base_prices: dict[str, float] = {}
    for name, their_name in _PRICES.items():
        price = getattr(prices, their_name, None)
        base = getattr(price, "base", price)
        if base is not None:
            base_prices[name] = float(base)
    return base_prices
