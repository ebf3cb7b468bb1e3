"""Sets of models, made from the one registry: their abilities, prices and uses."""

import pytest

from ai_lib.errors import ManifestNotFound
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.routing import (
    ModelCapabilities,
    ModelInfo,
    ModelManager,
    PricingInfo,
    create_anthropic_models,
    create_models,
    create_openai_models,
)
from ai_lib.tokens import get_model_pricing

HOUSE = {
    "id": "house",
    "protocol_version": "2.0",
    "dialect": "openai_chat",
    "endpoint": {"base_url": "https://house.example/v1"},
    "capabilities": {"required": ["text", "tools"], "optional": ["vision", "reasoning"]},
    "metadata": {
        "models": {
            "small": {
                "context_window": 1000,
                "pricing": {"input_per_1m": 1, "output_per_1m": 2},
                "quality": 1.5,
            },
            "large": {
                "context_window": 9000,
                "modalities": {"input": ["text", "image"]},
                "model_capabilities": {"reasoning": True},
                "pricing": {"input_per_1m": 10, "output_per_1m": 20},
                "quality": 4,
            },
            "old": {"status": "deprecated", "pricing": {"input_per_1m": 0, "output_per_1m": 0}},
            "vectors": {"model_capabilities": {"text": False, "embeddings": True}},
        }
    },
}


@pytest.fixture
def house() -> ModelManager:
    catalog = ManifestCatalog()
    catalog.register(HOUSE)
    return create_models("house", catalog)


def test_prices_are_those_of_the_registry_in_one_unit() -> None:
    """There were two tables, a thousand times apart."""
    listed = create_openai_models().get_model("gpt-4o")
    pricing = get_model_pricing("gpt-4o")
    assert listed is not None
    assert pricing is not None
    assert listed.pricing.input_cost_per_1k == pricing.input_price_per_1k == 0.0025
    assert listed.pricing.calculate_cost(1000, 500) == pytest.approx(0.0075)
    assert listed.context_window == 128000


def test_the_sets_of_two_makers_are_joined() -> None:
    manager = create_openai_models()
    alone = len(manager)
    others = create_anthropic_models()
    assert len(manager.merge(others)) == alone + len(others)
    assert {one.provider for one in manager} == {"openai", "anthropic"}
    assert "openai/gpt-4o" in manager
    assert "claude-sonnet-4-6" in manager
    assert "text-embedding-3-small" not in manager


def test_a_capability_is_what_the_model_or_all_of_its_maker_declare(house: ModelManager) -> None:
    able = {word: [one.name for one in house.filter_by_capability(word)] for word in (
        *("tools", "function_calling", "vision", "reasoning", "code_generation", "embeddings"),
        "levitation",
    )}  # fmt: skip
    everyone = ["large", "old", "small"]
    assert able == {
        "tools": everyone,
        "function_calling": everyone,
        "vision": ["large"],
        "reasoning": ["large"],
        "code_generation": everyone,
        "embeddings": [],
        "levitation": [],
    }


def test_filters_leave_out_what_is_unknown(house: ModelManager) -> None:
    house.add_model(ModelInfo(name="unknown", provider="house"))
    assert [one.name for one in house.filter_by_cost(0.001)] == ["old", "small"]
    assert [one.name for one in house.filter_by_cost(1.0, 0.002)] == ["old", "small"]
    assert house.filter_by_cost(1.0, currency="CNY") == []
    assert [one.name for one in house.filter_by_context_window(1000)] == ["large", "small"]
    assert [one.name for one in house.filter_by_context_window(1001)] == ["large"]


def test_a_use_has_its_model(house: ModelManager) -> None:
    found = {use: house.recommend_for(use) for use in ("chat", "code", "vision", "audio")}
    named = {use: one.name if one else None for use, one in found.items()}
    assert named == {"chat": "small", "code": "large", "vision": "large", "audio": None}
    largest = house.recommend_for("long_context")
    assert largest is not None
    assert largest.name == "large"
    assert house.recommend_for("code-generation") is house.recommend_for("Coding")
    assert house.recommend_for("function calling") is house.recommend_for("tools")
    with pytest.raises(ValueError, match="no use 'poetry'; there are chat"):
        house.recommend_for("poetry")


def test_the_quality_a_manifest_states_is_read(house: ModelManager) -> None:
    best = house.with_strategy("quality_based").select_model()
    assert best is not None
    assert {one.name: one.quality for one in house} == {"small": 1.5, "large": 4, "old": None}


def test_models_are_added_and_taken_out() -> None:
    manager = ModelManager([ModelInfo(name="a", provider="x")])
    manager.register(ModelInfo(name="a", provider="y"))
    assert len(manager) == 2
    assert manager.remove_model("y/a")
    assert not manager.remove_model("y/a")
    assert [one.full_id for one in manager] == ["x/a"]


def test_a_set_is_saved_and_read_again(house: ModelManager) -> None:
    text = house.save_to_config()
    assert ModelManager().load_from_config(text).list_models() == house.list_models()
    for wrong in ("no json", '{"model": []}', '[{"provider": "x"}]', '[{"name": 3}]'):
        with pytest.raises(ValueError, match="no list of models"):
            ModelManager().load_from_config(wrong)


def test_named_models_may_be_of_any_maker() -> None:
    manager = ModelManager.from_names(["gpt-4o", "anthropic/claude-sonnet-4-6", "openai/unlisted"])
    assert [one.full_id for one in manager] == [
        "openai/gpt-4o",
        "anthropic/claude-sonnet-4-6",
        "openai/unlisted",
    ]
    unlisted = manager.list_models()[2]
    assert unlisted.supports("tools")
    assert not unlisted.pricing.is_known


def test_misuse_is_told() -> None:
    with pytest.raises(ManifestNotFound):
        create_models("nobody-knows")
    with pytest.raises(ManifestNotFound):
        ModelManager.from_names(["nobody-knows"])
    with pytest.raises(TypeError, match="no ModelInfo"):
        ModelManager(["gpt-4o"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="no strategy"):
        ModelManager(strategy="best")


def test_an_unknown_price_is_not_nothing() -> None:
    assert PricingInfo().calculate_cost(1000, 1000) is None
    assert PricingInfo(input_cost_per_1k=0, output_cost_per_1k=0).calculate_cost(1, 1) == 0
    assert ModelCapabilities(declared={"text": True, "vision": False}).names == ("text",)


def test_a_price_is_known_when_both_are() -> None:
    assert PricingInfo(input_cost_per_1k=0.0, output_cost_per_1k=0.0).is_known
    assert not PricingInfo(input_cost_per_1k=1.0).is_known
    assert not PricingInfo(output_cost_per_1k=1.0).is_known


def test_a_long_list_is_shown_in_part() -> None:
    models = ModelManager([ModelInfo(name=f"m{number}", provider="house") for number in range(51)])
    assert "1 more are not shown" in models.filter_by_context_window(0)._repr_html_()
    models.remove_model("house/m50")
    assert "more are not shown" not in models.filter_by_context_window(0)._repr_html_()
    pricing = PricingInfo(input_cost_per_1k=0.0025)
    models.add_model(ModelInfo(name="priced", provider="house", pricing=pricing))
    shown = models.filter_by_cost(1.0)._repr_html_()
    assert ("2.5 USD" in shown, "None" in shown) == (True, False)
