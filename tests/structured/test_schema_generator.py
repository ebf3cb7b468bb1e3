"""JSON Schemas, built and told from types."""

import dataclasses
import enum
import json
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest

from ai_lib.structured import SchemaGenerator


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Node(msgspec.Struct):
    """A node."""

    value: int
    next: "Node | None" = None


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Address(pydantic.BaseModel):
    city: str


class Customer(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=1, description="As written.")
    address: Address


class Options(TypedDict, total=False):
    deep: bool


def test_it_is_built_member_by_member() -> None:
    schema = (
        SchemaGenerator("Person", "Somebody.")
        .add_property("name", "string", description="Full name.", min_length=1)
        .add_property("age", int, minimum=0, maximum=150, required=False)
        .add_property("role", "string", enum=["user", "admin"], default="user")
        .add_object_property("home", SchemaGenerator().add_property("city", str))
        .add_array_property("tags", str, max_items=3)
        .build()
    )

    assert schema == {
        "title": "Person",
        "description": "Somebody.",
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "description": "Full name."},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "role": {"type": "string", "enum": ["user", "admin"], "default": "user"},
            "home": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "additionalProperties": False,
            },
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        },
        "required": ["name", "role", "home", "tags"],
        "additionalProperties": False,
    }


def test_other_members_are_allowed_when_it_says_so() -> None:
    generator = SchemaGenerator().add_property("id", "string")
    assert generator.allow_additional_properties().build()["additionalProperties"] is True
    generator.allow_additional_properties(int)
    assert json.loads(generator.to_json())["additionalProperties"] == {"type": "integer"}


def test_types_inside_are_defined_at_the_root() -> None:
    schema = SchemaGenerator().add_property("node", Node).build()
    assert schema["properties"]["node"]["properties"]["value"] == {"type": "integer"}
    assert set(schema["$defs"]) == {"Node"}


def test_a_word_that_is_no_type_is_refused() -> None:
    with pytest.raises(TypeError, match="'text' is no type of JSON Schema"):
        SchemaGenerator().add_property("name", "text")


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (int, {"type": "integer"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (Literal["a", "b"], {"enum": ["a", "b"], "type": "string"}),
        (Colour, {"title": "Colour", "enum": ["blue", "red"], "type": "string"}),
        (Annotated[int, msgspec.Meta(ge=1)], {"type": "integer", "minimum": 1}),
        (
            Point,
            {
                "title": "Point",
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number", "default": 0.0}},
                "required": ["x"],
            },
        ),
        (
            Options,
            {
                "title": "Options",
                "type": "object",
                "properties": {"deep": {"type": "boolean"}},
                "required": [],
            },
        ),
    ],
)
def test_a_type_tells_its_schema(kind: object, schema: dict[str, Any]) -> None:
    assert SchemaGenerator.from_model(kind) == schema


def test_a_type_that_holds_itself_stands_at_the_root_and_under_defs() -> None:
    schema = SchemaGenerator.from_model(Node)
    assert schema["type"] == "object"
    assert schema["description"] == "A node."
    choices = schema["$defs"]["Node"]["properties"]["next"]["anyOf"]
    assert sorted(map(str, choices)) == ["{'$ref': '#/$defs/Node'}", "{'type': 'null'}"]


@pytest.mark.parametrize("kind", [Customer, list[Customer], dict[str, Customer]])
def test_pydantic_models_are_read_wherever_they_stand(kind: object) -> None:
    schema = SchemaGenerator.from_pydantic(kind)
    assert schema["$defs"]["Address"]["properties"]["city"]["type"] == "string"
    text = json.dumps(schema)
    assert '"minLength": 1' in text
    assert text.count('$defs":') == 1


def test_a_type_without_a_schema_is_refused() -> None:
    with pytest.raises(TypeError, match="has no JSON Schema"):
        SchemaGenerator.from_model(object())


def test_two_types_of_one_name_have_two_names() -> None:
    other = pydantic.create_model("Address", street=(str, ...))
    holder = pydantic.create_model("Holder", address=(other, ...))
    schema = SchemaGenerator.from_model(tuple[Customer, holder])  # type: ignore[valid-type]
    definitions = schema["$defs"]
    assert definitions["Address"]["required"] == ["city"]
    assert definitions["Address_2"]["required"] == ["street"]
    properties = definitions["Holder"]["properties"]
    assert properties["address"]["$ref"] == "#/$defs/Address_2"
