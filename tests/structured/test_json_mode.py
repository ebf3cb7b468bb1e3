"""How JSON is asked for, as a request says it."""

import msgspec
import pytest

from ai_lib.structured import JsonMode, JsonModeConfig
from ai_lib.structured.json_mode import to_response_format
from ai_lib.types import ResponseFormat


class Person(msgspec.Struct):
    """Somebody."""

    name: str


SCHEMA = {
    "title": "Person",
    "description": "Somebody.",
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("wanted", "kind", "name"),
    [
        ("text", "text", "response"),
        ("json_object", "json_object", "response"),
        (Person, "auto", "Person"),
        (SCHEMA, "auto", "Person"),
        (list[int], "auto", "response"),
        (JsonModeConfig.json_object(), "json_object", "response"),
        (JsonModeConfig.from_schema(SCHEMA, "somebody"), "auto", "somebody"),
        (JsonModeConfig.from_pydantic(Person), "auto", "Person"),
        (JsonModeConfig(mode=JsonMode.TOOL, schema=SCHEMA), "tool", "response"),
        (JsonModeConfig(mode=JsonMode.OFF), "prompt", "response"),
        (JsonModeConfig(), "json_object", "response"),
    ],
)
def test_everything_becomes_a_response_format(wanted: object, kind: str, name: str) -> None:
    made = to_response_format(wanted)
    assert (made.type, made.name) == (kind, name)


def test_a_response_format_stays_as_it_is() -> None:
    given = ResponseFormat(type="json_schema", schema=SCHEMA)
    assert to_response_format(given) is given


def test_a_type_brings_its_schema_and_description() -> None:
    made = to_response_format(Person)
    assert (made.schema, made.description) == (SCHEMA, "Somebody.")


def test_names_are_such_as_providers_take() -> None:
    assert (
        to_response_format({"type": "object", "title": "A person (new)!"}).name == "A_person_new_"
    )
