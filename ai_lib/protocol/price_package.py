"""Asks the package genai-prices (extra `prices`) for what the manifests do not say."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from ai_lib._log import LOG
from ai_lib.protocol.manifest.prices import Prices, PriceTier

# Kinds of tokens in our words and in the package's.
_KINDS: Final = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_long": "cache_write_1h_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
}


def find_package_prices(model: str, base_url: str) -> Prices | None:
    """Return what the package says of a model at an address.

    It is None without the package, and when that knows none.
    `source` of the prices is the package, with its version.
    """
    if find_spec("genai_prices") is None:
        return None
    package: Any = import_module("genai_prices")
    try:
        calculation = package.calc_price(
            package.Usage(), model_ref=model, provider_api_url=base_url
        )
    except LookupError:
        return None
    except Exception as error:  # noqa: BLE001 (a package of others costs no call)
        LOG.warning("genai-prices can't be asked for %s: %s", model, error)
        return None
    version = getattr(package, "__version__", "")
    return read_package_prices(calculation.model_price, f"genai-prices {version}".strip())


def read_package_prices(model_price: object, source: str) -> Prices | None:
    """Return the prices of the package's object; None when it has none of tokens."""
    stated = {name: getattr(model_price, key, None) for name, key in _KINDS.items()}
    base: dict[str, Any] = {
        name: _read_base(price) for name, price in stated.items() if price is not None
    }
    if "input" not in base and "output" not in base:
        return None
    per_thousand = getattr(model_price, "requests_kcount", None)
    starts = sorted({int(tier.start) for price in stated.values() for tier in _list_tiers(price)})
    tiers = tuple(
        PriceTier(above_prompt_tokens=start, **_read_tier(stated, start)) for start in starts
    )
    fee = 0.0 if per_thousand is None else _read_base(per_thousand) / 1000
    return Prices(**base, tiers=tiers, request=fee, source=source)


def _read_tier(stated: dict[str, Any], start: int) -> dict[str, float]:
    prices: dict[str, float] = {}
    for name, price in stated.items():
        reached = [tier for tier in _list_tiers(price) if tier.start <= start]
        if reached:
            prices[name] = float(max(reached, key=_read_start).price)
    return prices


def _read_base(price: Any) -> float:
    return float(getattr(price, "base", price))


def _list_tiers(price: Any) -> Iterable[Any]:
    return getattr(price, "tiers", None) or ()


def _read_start(tier: Any) -> int:
    return int(tier.start)
