"""Schemas are cut to what a target takes, and refused, with the place, where they can't be."""

import json

import pytest

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.types.json import JsonDict
from ai_lib.types.request import ResponseFormat
from ai_lib.types.tool import ToolDefinition
from tests.request.asking import body, built

BOUNDED: JsonDict = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "maximum": {"type": "string", "enum": ["a"], "default": {"minimum": 1}},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}},
    },
    "required": ["age", "maximum"],
}
CHOOSING: JsonDict = {
    "type": "object",
    "properties": {"a/b": {"anyOf": [{"type": "string"}, {"not": {"type": "null"}}]}},
}


def wanted(schema: JsonDict, strict: bool | None = None) -> ResponseFormat:
    return ResponseFormat(type="json_schema", schema=schema, strict=strict)


def test_keywords_a_target_refuses_are_left_out_and_listed() -> None:
    request = built("messages", response_format=wanted(BOUNDED))
    sent = request.body["output_config"]["format"]["schema"]
    assert sent == {
        "type": "object",
        "properties": {
            "age": {"type": "integer"},
            "maximum": {"type": "string", "enum": ["a"], "default": {"minimum": 1}},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["age", "maximum"],
        "additionalProperties": False,
    }
    assert [note.partition(" of the schema")[0] for note in request.adaptations] == [
        "/properties/age/minimum",
        "/properties/age/maximum",
        "/properties/tags/items/maxLength",
    ]


def test_a_target_that_takes_them_gets_them() -> None:
    request = built("generate", response_format=wanted(BOUNDED))
    assert request.body["generationConfig"]["responseJsonSchema"] == BOUNDED
    assert request.adaptations == ()


@pytest.mark.parametrize(("dialect", "strict"), [("messages", None), ("chat", True)])
def test_what_can_not_be_expressed_is_refused_with_its_place(
    dialect: str, strict: bool | None
) -> None:
    with pytest.raises(CapabilityError, match="at /properties/a~1b/anyOf/1/not"):
        built(dialect, response_format=wanted(CHOOSING, strict))


def test_only_what_is_strict_is_held_to_it() -> None:
    loose = body("chat", response_format=wanted(CHOOSING, None))
    assert loose["response_format"]["json_schema"]["schema"] == CHOOSING
    tool = ToolDefinition(name="t", parameters=CHOOSING)
    assert body("chat", tools=[tool])["tools"][0]["function"]["parameters"] == CHOOSING
    strict = ToolDefinition(name="t", parameters=CHOOSING, strict=True)
    for dialect in ("chat", "responses", "messages"):
        with pytest.raises(CapabilityError, match="/properties"):
            built(dialect, tools=[strict])


# The first is what pydantic 2.13 wrote for a Decimal.
LOOKING = [r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$", r"a(?=b)", r"(?<=a)b", r"(?<!a)b", r"\\(?!a)"]
PLAIN = [r"^\d+$", r"\(?=a", r"(?:a|b)", r"(?P<name>a)", r"[?=]"]


@pytest.mark.parametrize("pattern", [*LOOKING, *PLAIN])
def test_a_pattern_that_looks_around_is_left_out_where_no_target_takes_it(pattern: str) -> None:
    """https://github.com/pydantic/pydantic-ai/issues/5508, existential-birds/daydream#304"""
    schema: JsonDict = {
        "type": "object",
        "properties": {"pattern": {"type": "string", "pattern": pattern}},
        "required": ["pattern"],
        "additionalProperties": False,
    }
    tool = ToolDefinition(name="t", parameters=schema, strict=True)
    for dialect in ("chat", "responses", "messages"):
        for request in (
            built(dialect, tools=[tool]),
            built(dialect, response_format=wanted(schema, strict=True)),
        ):
            is_sent = f'"pattern": {json.dumps(pattern)}' in json.dumps(request.body)
            assert is_sent == (pattern in PLAIN), dialect
            noted = [note for note in request.adaptations if "/properties/pattern/pattern" in note]
            assert bool(noted) == (pattern in LOOKING)
    request = built("generate", response_format=wanted(schema))
    assert request.body["generationConfig"]["responseJsonSchema"] == schema
