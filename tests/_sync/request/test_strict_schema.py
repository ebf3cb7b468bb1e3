# Generated from tests/request/test_strict_schema.py by codegen; do not edit.
"""One strict form serves tools and answers; what can't be strict says where and why."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.request.strict_schema import SchemaOpen, close_schema
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import Message, ResponseFormat, ToolDefinition
from tests.request.asking import body, built

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}}
CLOSED = {**SCHEMA, "required": ["a"], "additionalProperties": False}
TEXT = {"type": "string"}


class Sail(BaseModel):
    kind: Literal["sail"]
    area: int = Field(default=12, ge=1, description="in square metres")


class Motor(BaseModel):
    kind: Literal["motor"]


class Boat(BaseModel):
    """A boat, which may tow another."""

    name: str = Field(min_length=1)
    drive: Sail | Motor = Field(discriminator="kind", description="what moves it")
    spare: Sail = Field(default=Sail(kind="sail"), description="in the locker")
    tows: Boat | None = Field(default=None, description="on the line")


class Tender(BaseModel):
    """A boat whose member is one of its own kind, with a note."""

    mother: Tender = Field(description="where it belongs")


def find(boat: Boat, port: str = "Ems", *, nights: int = 1) -> str:
    """Find a berth."""
    return port


def list_offences(node: Any, at: str = "") -> Iterator[str]:
    """Yield what a strict mode refuses, with its place."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from list_offences(item, f"{at}/{index}")
    if not isinstance(node, dict):
        return
    if node.get("type") == "object":
        if node.get("additionalProperties") is not False:
            yield f"{at} is open"
        if set(node.get("required", ())) != set(node.get("properties", ())):
            yield f"{at} has optional members"
    if "$ref" in node and len(node) > 1:
        yield f"{at} has more than a reference"
    is_map = at.endswith(("properties", "$defs"))
    if not is_map:
        refused = {"oneOf", "allOf", "default", "discriminator", "minLength"}
        yield from (f"{at}/{key}" for key in refused & node.keys())
    for key, value in node.items():
        yield from list_offences(value, f"{at}/{key}")


def read_strict_parts(dialect: str) -> Iterator[tuple[Any, Any]]:
    """Yield the strict flag and schema of a tool, then those of an answer."""
    tool = ToolDefinition.from_function(find, strict=True)
    sent = body(dialect, tools=[tool])["tools"][0]
    function = sent.get("function", sent)
    yield function["strict"], function.get("parameters") or function["input_schema"]
    wanted = ResponseFormat(type="auto", schema=Boat.model_json_schema(), fits=True)
    sent = body(dialect, response_format=wanted)
    if "output_config" in sent:
        yield True, sent["output_config"]["format"]["schema"]
    else:
        form = sent["text"]["format"] if "text" in sent else sent["response_format"]["json_schema"]
        yield form["strict"], form["schema"]


@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
def test_what_is_called_strict_is_strict(dialect: str) -> None:
    parts = list(read_strict_parts(dialect))
    assert [strict for strict, _ in parts] == [True, True]
    for _, schema in parts:
        assert list(list_offences(schema)) == []


def test_a_target_without_strict_tools_gets_the_schema_as_it_is_and_says_so() -> None:
    tool = ToolDefinition.from_function(find, strict=True)
    request = built("generate", tools=[tool])
    (declaration,) = request.body["tools"][0]["functionDeclarations"]
    assert declaration["parametersJsonSchema"] == tool.parameters
    assert request.adaptations == ("strict of find left out: gemini has no strict tools",)


def test_notes_beside_a_reference_are_kept_unless_it_names_what_encloses_it() -> None:
    boat = close_schema(Boat.model_json_schema())["properties"]
    assert boat["spare"]["description"] == "in the locker"
    assert boat["spare"]["properties"]["area"]["description"] == "in square metres"
    assert boat["drive"]["anyOf"] == [{"$ref": "#/$defs/Sail"}, {"$ref": "#/$defs/Motor"}]
    tender = close_schema(Tender.model_json_schema())
    assert list(list_offences(tender)) == []


CLOSINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (SCHEMA, CLOSED),
    ({"type": "array", "items": {**SCHEMA, "default": {}}}, {"type": "array", "items": CLOSED}),
    (
        {"oneOf": [SCHEMA, {"type": "null"}], "discriminator": {"propertyName": "t"}},
        {"anyOf": [CLOSED, {"type": "null"}]},
    ),
    ({"$ref": "#/$defs/A", "$defs": {"A": SCHEMA}}, {**CLOSED, "$defs": {"A": CLOSED}}),
    (
        {"type": "array", "items": {"$ref": "#/$defs/A"}, "$defs": {"A": SCHEMA}},
        {"type": "array", "items": {"$ref": "#/$defs/A"}, "$defs": {"A": CLOSED}},
    ),
    (
        {"$ref": "#/definitions/A", "title": "B", "definitions": {"A": SCHEMA}},
        {**CLOSED, "title": "B", "definitions": {"A": CLOSED}},
    ),
    ({"allOf": [SCHEMA], "description": "d"}, {**CLOSED, "description": "d"}),
    (
        {"type": ["object", "null"], "properties": {}},
        {**CLOSED, "type": ["object", "null"], "properties": {}, "required": []},
    ),
    ({"enum": ["x", "y"]}, {"enum": ["x", "y"], "type": "string"}),
    ({"const": 1}, {"const": 1, "type": "integer"}),
    ({"enum": ["x", None]}, {"enum": ["x", None], "type": ["string", "null"]}),
    # A member that is called like a keyword is no keyword.
    (
        {"type": "object", "properties": {"default": TEXT, "$ref": TEXT}},
        {
            "type": "object",
            "properties": {"default": TEXT, "$ref": TEXT},
            "required": ["default", "$ref"],
            "additionalProperties": False,
        },
    ),
]  # fmt: skip


def test_every_object_is_closed_and_its_members_required() -> None:
    for schema, expected in CLOSINGS:
        assert close_schema(schema) == expected
        assert close_schema(expected) == expected


OPEN: list[tuple[dict[str, Any], str]] = [
    ({"type": "object", "additionalProperties": {"type": "integer"}}, ""),
    ({"type": "object"}, ""),
    ({**SCHEMA, "additionalProperties": True}, ""),
    ({**SCHEMA, "patternProperties": {"^x": TEXT}}, ""),
    ({**SCHEMA, "properties": {"a": {}}}, "/properties/a"),
    ({**SCHEMA, "properties": {"a/b": {"description": "Anything."}}}, "/properties/a~1b"),
    ({**SCHEMA, "properties": {"a": True}}, "/properties/a"),
    ({"type": "array"}, ""),
    ({"type": "array", "items": {"anyOf": [TEXT, {}]}}, "/items/anyOf/1"),
    ({**SCHEMA, "properties": {"a": {"$ref": "other.json#/A"}}}, ""),
    ({"$ref": "#/$defs/A", "description": "d"}, ""),
    ({"$ref": "#/$defs/A", "type": "string", "$defs": {"A": {"type": "integer"}}}, ""),
]


def test_what_can_not_be_strict_says_where() -> None:
    for schema, pointer in OPEN:
        with pytest.raises(SchemaOpen) as caught:
            close_schema(schema)
        assert caught.value.pointer in (pointer, "/properties/a"), schema


def test_references_in_a_chain_do_not_grow_without_end() -> None:
    names = [f"T{number}" for number in range(40)]
    definitions = {
        name: {
            "type": "object",
            "properties": {
                side: {"$ref": f"#/$defs/{following}", "description": side}
                for side in ("left", "right")
            },
        }
        for name, following in itertools.pairwise(names)
    }
    schema = {"$ref": "#/$defs/T0", "$defs": {**definitions, names[-1]: TEXT}}
    assert len(str(close_schema(schema))) < 500_000


def test_strict_that_can_not_be_is_refused_and_strict_that_may_be_is_not_sent() -> None:
    free: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer"}}
    schema = {"type": "object", "properties": {"counts": free}}
    tool = ToolDefinition(name="count", parameters=schema, strict=True)
    for dialect in ("chat", "responses", "messages"):
        with pytest.raises(CapabilityError, match="/properties/counts allows members"):
            built(dialect, tools=[tool])
    for strict in (None, False):
        tool = ToolDefinition(name="count", parameters=schema, strict=strict)
        sent = body("chat", tools=[tool])["tools"][0]["function"]
        assert (sent.get("strict"), sent["parameters"]) == (strict, schema)
    asked = ResponseFormat(type="json_schema", schema=schema, strict=True)
    with pytest.raises(CapabilityError, match="/properties/counts allows members"):
        built("chat", response_format=asked)
    wanted = ResponseFormat(type="auto", schema=schema, fits=True)
    sent = body("chat", response_format=wanted)["response_format"]["json_schema"]
    assert (sent["strict"], sent["schema"]) == (False, schema)


def test_formats_and_bounds_that_strict_modes_refuse_are_left_out_and_listed() -> None:
    schema = {
        "type": "object",
        "properties": {
            "page": {"type": "string", "format": "uri"},
            "day": {"type": "string", "format": "date"},
            "tags": {"type": "array", "items": TEXT, "uniqueItems": True},
        },
    }
    tool = ToolDefinition(name="look", parameters=schema, strict=True)
    request = built("chat", tools=[tool])
    sent = request.body["tools"][0]["function"]["parameters"]["properties"]
    assert sent == {
        "page": TEXT,
        "day": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": TEXT},
    }
    assert [note.partition(" of")[0] for note in request.adaptations] == [
        "/properties/page/format",
        "/properties/tags/uniqueItems",
    ]


def test_a_union_at_the_root_is_wrapped_and_unwrapped() -> None:
    union: dict[str, Any] = {"oneOf": [Sail.model_json_schema(), Motor.model_json_schema()]}
    with (
        MockProvider([Reply(text='{"value": {"kind": "motor"}}')] * 2) as mock,
        mock.client("openai/gpt-4o") as client,
    ):
        for kind in ({"type": "object", **union}, union):
            answer = client.chat().messages([Message.user("?")]).execute_as(kind)
            assert answer == {"kind": "motor"}
            form = mock.requests[-1].body["response_format"]["json_schema"]
            assert form["strict"] is True
            assert form["schema"]["type"] == "object"
            assert list(form["schema"]["properties"]) == ["value"]
            assert list(list_offences(form["schema"])) == []
