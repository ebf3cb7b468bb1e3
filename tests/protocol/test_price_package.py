"""Where no manifest says a price, the package genai-prices is asked, and the answer says so."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.prices import Prices, PriceTier

# As the package answers: decimal prices of a million, with steps where it has them.
PACKAGE = """
from decimal import Decimal
from types import SimpleNamespace

__version__ = "0.2.3"


class Usage:
    pass


def calc_price(usage, *, model_ref, provider_api_url):
    if model_ref != "house-model" or "api.openai.com" not in provider_api_url:
        raise LookupError(f"Unable to find model with {model_ref=}")
    tiered = SimpleNamespace(
        base=Decimal("1.25"), tiers=[SimpleNamespace(start=200000, price=Decimal("2.5"))]
    )
    price = SimpleNamespace(
        input_mtok=tiered,
        output_mtok=Decimal(10),
        cache_read_mtok=None,
        requests_kcount=Decimal(5),
    )
    return SimpleNamespace(model_price=price)
"""


@pytest.fixture
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a package of that name where Python looks."""
    (tmp_path / "genai_prices.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "genai_prices", raising=False)
    yield
    sys.modules.pop("genai_prices", None)


def prices_of(model: str) -> Prices:
    """Return what is known of a model's prices."""
    catalog = ManifestCatalog()
    return catalog.find_model(*catalog.load_model(model)).prices


@pytest.mark.usefixtures("_package")
def test_a_model_that_nothing_lists_has_the_package_s_prices() -> None:
    assert prices_of("openai/house-model") == Prices(
        input=1.25,
        output=10,
        tiers=(PriceTier(above_prompt_tokens=200000, input=2.5),),
        request=0.005,
        source="genai-prices 0.2.3",
    )
    assert prices_of("openai/other-model") == Prices()


@pytest.mark.usefixtures("_package")
def test_what_a_manifest_says_comes_first() -> None:
    assert prices_of("openai/gpt-4o").source.startswith("https://")


def test_without_the_package_an_unknown_price_is_unknown() -> None:
    if find_spec("genai_prices") is not None:
        pytest.skip("the package is installed")
    assert prices_of("openai/house-model").input is None
