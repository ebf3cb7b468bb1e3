"""How tokens are counted is data of dialects and manifests, and checked like the rest of them."""

import pytest

from ai_lib.errors import ProtocolError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.dialect.token_rules import ImageShape, TokenShape
from ai_lib.tokens import TokenCounter
from ai_lib.types import Message
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
