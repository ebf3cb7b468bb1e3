"""How tokens are counted is data of dialects and manifests, and checked like the rest of them."""

from typing import Any

import pytest

import ai_lib_sync
from ai_lib.errors import ProtocolError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.dialect.token_rules import ImageShape, TokenShape, WeightShape
from ai_lib.tokens import TokenCounter
from ai_lib.types import Message, ResponseFormat, ToolDefinition
from ai_lib.types.content import ImageBlock, OpaqueBlock, TextBlock
from ai_lib.types.request import ChatRequest
from tests.routing.test_model_manager import HOUSE


def test_the_longest_pattern_counts() -> None:
    shape = TokenShape(
        encodings={"*": "any", "a*": "short", "a-b*": "long"},
        images={"*": ImageShape(base=1), "a?": ImageShape(base=2)},
    )
    assert [shape.find_encoding(name) for name in ("a-b-c", "a-c", "z")] == ["long", "short", "any"]
    assert [shape.find_image_shape(name).base for name in ("az", "azz")] == [2, 1]
    assert TokenShape().find_encoding("a") is None


def test_a_manifest_says_how_its_models_count_over_its_dialect() -> None:
    catalog = ManifestCatalog()
    section = {"message": 100, "encodings": {"small": "cl100k_base"}}
    shape = catalog.register({**HOUSE, "tokens": section}).dialect.tokens
    counter = TokenCounter.from_shape(shape, "small")
    assert counter.encoding == "cl100k_base"
    assert counter.count_messages([Message.user("")]) == 100 + 3  # what opens the answer
    assert shape.find_image_shape("small").each == 170  # its dialect's


@pytest.mark.parametrize(
    "section",
    [
        "many",
        {"message": "four"},
        {"per_message": 4},
        {"encodings": ["o200k_base"]},
        {"images": {"*": {"rule": "guess"}}},
    ],
)
def test_a_section_of_another_shape_is_refused(section: object) -> None:
    with pytest.raises(ProtocolError, match="tokens"):
        ManifestCatalog().register({**HOUSE, "tokens": section})


TREE: dict[str, Any] = {"$defs": {"leaf": {"type": "object", "description": "a leaf of a tree"}}}
TWO_LEAVES = {**TREE, "properties": {"a": {"$ref": "#/$defs/leaf"}, "b": {"$ref": "#/$defs/leaf"}}}


def count(weights: WeightShape, **parts: Any) -> tuple[int, int]:
    """Return the estimate and the bound of a request with these parts for a model so weighed."""
    shape = TokenShape(weights={"*": WeightShape(tool=0), "heavy*": weights})
    request = ChatRequest(**{"messages": [Message.user("What is it?")], **parts})
    found = TokenCounter.from_shape(shape, "heavy-1").count_request(request)
    return found.tokens, found.at_most


@pytest.mark.parametrize(
    ("heavier", "parts", "added"),
    [
        ({"request": 100}, {}, (100, 200)),
        ({"tools": 100}, {"tools": [ToolDefinition(name="f")]}, (100, 200)),
        (
            {"tool": 100},
            {"tools": [ToolDefinition(name="f"), ToolDefinition(name="g")]},
            (200, 400),
        ),
        ({"thinking": 100}, {"parameters": {"reasoning_effort": "low"}}, (100, 200)),
        ({"thinking": 100}, {"parameters": {"reasoning_budget": 1024}}, (100, 200)),
        ({"thinking": 100}, {"parameters": {"reasoning_effort": "off"}}, (0, 0)),
        ({"thinking": 100}, {}, (0, 0)),
        (
            {"schema": 100},
            {"response_format": ResponseFormat(type="json_schema", name="x", schema=TREE)},
            (100, 200),
        ),
        (
            {"signature": 0.5},
            {"messages": [Message.assistant([TextBlock(text="Hi", signature="s" * 200)])]},
            (100, 200),
        ),
    ],
)
def test_what_a_part_weighs_is_added_once_and_bounded_twice(
    heavier: dict[str, Any], parts: dict[str, Any], added: tuple[int, int]
) -> None:
    light = count(WeightShape(tool=0), **parts)
    heavy = count(WeightShape(**{"tool": 0, **heavier}), **parts)
    assert (heavy[0] - light[0], heavy[1] - light[1]) == added


@pytest.mark.parametrize(
    ("share", "parts"),
    [
        ("definition", {"tools": [ToolDefinition(name="f", parameters=TREE)]}),
        ("answer", {"response_format": ResponseFormat(type="json_schema", name="x", schema=TREE)}),
        ("opaque", {"messages": [Message.user([OpaqueBlock(raw=[TREE])])]}),
    ],
)
def test_a_share_lowers_the_estimate_and_not_the_bound(share: str, parts: dict[str, Any]) -> None:
    whole, part = count(WeightShape(), **parts), count(WeightShape(**{share: 0.5}), **parts)
    assert part[0] < whole[0]
    assert part[1] == whole[1]


def test_another_vocabulary_raises_both() -> None:
    plain, wide = count(WeightShape()), count(WeightShape(text=2.0))
    assert wide[0] > plain[0]
    assert wide[1] > plain[1]


def test_a_definition_is_bounded_wherever_it_is_referred_to() -> None:
    once = count(WeightShape(), tools=[ToolDefinition(name="f", parameters=TREE)])
    each = count(WeightShape(), tools=[ToolDefinition(name="f", parameters=TWO_LEAVES)])
    assert each[1] - once[1] > 2 * (each[0] - once[0])


def test_what_a_tool_says_in_the_words_of_its_provider_is_counted() -> None:
    bare = count(WeightShape(), tools=[ToolDefinition(name="f")])
    extra = {"examples": [{"city": "Rome, which is in Italy"}]}
    whole = count(WeightShape(), tools=[ToolDefinition(name="f", extra=extra)])
    assert whole[0] > bare[0] + 8
    assert whole[1] > bare[1] + 8


def test_an_image_whose_size_is_unknown_may_be_twice_as_large() -> None:
    shape = TokenShape(images={"*": ImageShape(rule="area", assumed=1000)}, message=0, reply=0)
    request = ChatRequest(messages=[Message.user([ImageBlock(url="https://example.com/a.png")])])
    found = TokenCounter.from_shape(shape, "any").count_request(request)
    assert (found.tokens, found.at_most) == (1000, 2000)


def test_what_hosted_tools_bring_is_in_the_bound() -> None:
    with ai_lib_sync.AiClient.create("anthropic/claude-sonnet-4-5", api_key="k") as client:
        search = {"type": "web_search_20250305", "name": "web_search"}

        def most(**limits: int) -> int:
            tool = ToolDefinition.of_provider({**search, **limits})
            return client.chat().user("Who won?").tools([tool]).count_tokens().at_most

        assert 20_000 < most(max_uses=1) < most(max_uses=3) < most()


def test_a_budget_of_thinking_has_the_name_that_vendors_give_it() -> None:
    with ai_lib_sync.AiClient.create("anthropic/claude-sonnet-4-5", api_key="k") as client:
        plain = client.chat().user("How do I cross the street?")
        thinking = client.chat().user("How do I cross the street?").param("thinking_budget", 2000)
        body = client.explain(thinking.build()).body
        assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
        assert thinking.count_tokens().tokens > plain.count_tokens().tokens
