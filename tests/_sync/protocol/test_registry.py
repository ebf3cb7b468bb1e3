# Generated from tests/protocol/test_registry.py by codegen; do not edit.
"""Models by name: which provider has them, how large they are, what they cost."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.models import read_manifest_models, read_model_file
from ai_lib.protocol.manifest.prices import read_prices
from ai_lib_sync.client import AiClient
from ai_lib_sync.errors import ManifestNotFound
from ai_lib_sync.protocol import ModelRegistry, Prices, ProtocolLoader
from tests.protocol.shared import SHARED, document, needs_shared, write


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no protocol folder nearby."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


LARGE = {
    "context_window": 128000,
    "max_output_tokens": 0,
    "aliases": ["big"],
    "pricing": {"input_per_1m": 2.5, "output_per_1m": 10, "cache_read_per_1m": 1.25},
    "model_capabilities": {"tool_call": True, "reasoning": False},
    "modalities": {"input": ["text", "image"], "output": ["text"]},
    "status": "active",
}
FILE = {
    "models": {
        "swift": {
            "provider": "house",
            "model_id": "swift-2026-01-01",
            "display_name": "Swift",
            "context_window": 32768,
            "capabilities": ["chat", "tools"],
            "pricing": {"input_per_token": 0.0000008, "output_per_token": None},
        }
    }
}


def house(**models: Any) -> dict[str, Any]:
    """Return a manifest that lists these models."""
    return document("house", metadata={"models": models})


def registry(root: Path) -> ModelRegistry:
    """Return the models of a folder and of the bundle."""
    return ManifestCatalog(root).build_registry()


def folder(root: Path, **manifests: dict[str, Any]) -> Path:
    """Write manifests and the file of models as a tree."""
    for provider, manifest in manifests.items():
        path = root / "v2" / "providers" / f"{provider}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(manifest))
    (root / "v1" / "models").mkdir(parents=True, exist_ok=True)
    (root / "v1" / "models" / "swift.yaml").write_text(json.dumps(FILE))
    return root


def test_a_manifest_s_model_is_known_with_all_it_says() -> None:
    (record,) = read_manifest_models(house(large=LARGE), "here")

    assert (record.full_name, record.keys) == ("house/large", ("large", "big"))
    assert record.context_window == 128000
    assert record.max_output_tokens is None  # the protocol's 0 is unknown
    assert record.prices == Prices(input=2.5, output=10, cache_read=1.25)
    assert record.supports("tools") is True
    assert record.supports("reasoning") is False
    assert record.supports("vision") is True
    assert record.supports("audio") is False
    assert record.supports("embeddings") is None


def test_a_file_s_model_has_a_wire_name_of_its_own() -> None:
    (record,) = read_model_file(FILE, "here")

    assert record.full_name == "house/swift-2026-01-01"
    assert record.keys == ("swift", "swift-2026-01-01")
    assert record.prices == Prices(input=0.8, output=None)
    assert (record.supports("tools"), record.supports("vision")) == (True, None)


@pytest.mark.parametrize(
    ("pricing", "expected"),
    [
        ({"input_per_token": 0.000003, "output_per_token": 0.000015}, Prices(input=3, output=15)),
        ({"input_per_1k_tokens": 0.5, "currency": "CNY"}, Prices(input=500, currency="CNY")),
        ({"input_per_1m": 0, "output_per_1m": None}, Prices(input=0)),
        ({"cache_write_per_1m": 3.75, "cached_input_per_1m": 0.3},
         Prices(cache_write=3.75, cache_read=0.3)),
        ({"input_per_1m": -1, "output_per_1m": True, "other": 5}, Prices()),
        ("$0.20 per 1M", Prices()),
        (None, Prices()),
    ],
)  # fmt: skip
def test_prices_end_in_one_unit_and_the_unknown_is_none(pricing: Any, expected: Prices) -> None:
    assert read_prices(pricing) == expected


def test_a_name_without_a_provider_finds_it(tmp_path: Path) -> None:
    loader = ProtocolLoader(folder(tmp_path, house=house(large=LARGE)))

    for name, wire in [("large", "large"), ("big", "large"), ("swift", "swift-2026-01-01")]:
        compiled, model = loader.load_model(name)
        assert (compiled.id, model) == ("house", wire)
    assert loader.find_model("house/big").name == "large"


def test_an_unknown_name_lists_what_is_near(tmp_path: Path) -> None:
    loader = ProtocolLoader(folder(tmp_path, house=house(large=LARGE)))

    with pytest.raises(ManifestNotFound, match="did you mean house/swift") as raised:
        loader.load_model("swiftt")
    assert raised.value.near[0] == "house/swift"
    with pytest.raises(ManifestNotFound):
        loader.load_model("")


def test_who_makes_a_model_comes_before_who_resells_it(tmp_path: Path) -> None:
    resold = document(
        "agora", category="third_party_aggregator", metadata={"models": {"large": {}}}
    )
    models = registry(folder(tmp_path, agora=resold, house=house(large=LARGE)))

    assert models.find("large").provider == "house"
    assert models.find("agora/large").provider == "agora"


def test_two_makers_of_one_name_must_be_told_apart(tmp_path: Path) -> None:
    other = document("other", metadata={"models": {"large": {}}})
    models = registry(folder(tmp_path, other=other, house=house(large=LARGE)))

    with pytest.raises(ManifestNotFound, match="write house/large or other/large") as raised:
        models.find("large")
    assert raised.value.near == ("house/large", "other/large")


def test_an_earlier_source_hides_a_later_one(tmp_path: Path) -> None:
    catalog = ManifestCatalog(folder(tmp_path, house=house(large=LARGE)))
    assert catalog.build_registry().find("large").context_window == 128000
    catalog.register(house(large={"context_window": 5}))

    assert catalog.build_registry().find("large").context_window == 5
    assert (
        len([r for r in catalog.build_registry().list_models() if r.full_name == "house/large"])
        == 1
    )


def test_what_is_known_of_one_provider_s_model_can_be_asked(tmp_path: Path) -> None:
    models = registry(folder(tmp_path, house=house(large=LARGE)))

    record = models.get("house", "big")
    assert record is not None
    assert record.name == "large"
    assert models.get("house", "none") is None


def test_a_broken_file_is_reported_and_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = folder(tmp_path, house=house(large=LARGE))
    (root / "v1" / "models" / "a.yaml").write_text("large: [")

    with caplog.at_level(logging.WARNING, "ai_lib"):
        assert registry(root).find("large").provider == "house"
        assert registry(root).list_models()

    assert "a.yaml" in caplog.text


def test_a_client_is_made_by_a_model_s_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_PROTOCOL_DIR", str(folder(tmp_path, house=house(large=LARGE))))

    with AiClient.create("swift", api_key="k") as client:
        assert client.model_id == "house/swift-2026-01-01"


@needs_shared
@pytest.mark.parametrize(
    ("name", "full_name", "window", "prices"),
    [
        # By hand from v1/models/claude.yaml, v2/providers/deepseek.yaml, v1/models/cohere.yaml.
        ("claude-3-5-sonnet", "anthropic/claude-3-5-sonnet-20241022", 200000,
         Prices(input=3, output=15)),
        ("command-r-08-2024", "cohere/command-r-08-2024", 131072, Prices(input=0.15, output=0.6)),
        ("gpt-5.3-codex", "openai/gpt-5.3-codex", 400000, Prices(input=1.25, output=10)),
    ],
)  # fmt: skip
def test_the_protocol_s_models_are_found(
    name: str, full_name: str, window: int, prices: Prices
) -> None:
    record = registry(SHARED).find(name)

    assert (record.full_name, record.context_window, record.prices) == (full_name, window, prices)


def test_a_file_that_is_no_tree_has_its_own_models(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house", metadata={"models": {"large": LARGE}})

    assert registry(path).find("big").provider == "house"
