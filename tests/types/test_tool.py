"""Tools: described by hand or by a function."""

from typing import Annotated, Literal

import msgspec
import pytest

from ai_lib.types import ToolChoice, ToolDefinition


class Place(msgspec.Struct):
    """Where."""

    city: str
    country: str = "PT"


def get_weather(
    place: Place,
    days: Annotated[int, msgspec.Meta(ge=1, le=7)] = 1,
    unit: Literal["celsius", "fahrenheit"] = "celsius",
) -> str:
    """Tell the weather
    at a place.

    More that the model need not read.
    """
    return f"{place.city} {days} {unit}"


def test_a_function_describes_itself() -> None:
    tool = ToolDefinition.from_function(get_weather)
    assert tool.name == "get_weather"
    assert tool.description == "Tell the weather at a place."
    assert tool.function is get_weather
    assert tool.parameters["required"] == ["place"]
    assert tool.parameters["properties"]["days"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 7,
        "default": 1,
    }
    assert tool.parameters["properties"]["place"] == {"$ref": "#/$defs/Place"}
    assert tool.parameters["$defs"]["Place"]["required"] == ["city"]


def test_a_tool_by_hand_keeps_its_schema_as_given() -> None:
    schema = {"type": "object", "properties": {"location": {"type": "string"}}}
    tool = ToolDefinition.from_function(name="find", description="Find it.", parameters=schema)
    assert (tool.name, tool.description, tool.parameters) == ("find", "Find it.", schema)


def test_a_tool_needs_a_name_or_a_function() -> None:
    with pytest.raises(TypeError, match="needs a function, or name="):
        ToolDefinition.from_function()  # type: ignore[call-overload]


def test_arguments_that_have_no_schema_are_refused() -> None:
    def strange(what: object, *rest: str) -> None: ...

    with pytest.raises(TypeError, match=r"\*args"):
        ToolDefinition.from_function(strange)


@pytest.mark.parametrize(
    ("given", "mode", "name"),
    [
        ("auto", "auto", None),
        ("required", "required", None),
        ("get_weather", "tool", "get_weather"),
    ],
)
def test_a_choice_is_a_word_or_the_name_of_a_tool(given: str, mode: str, name: str | None) -> None:
    choice = ToolChoice.of(given)
    assert (choice.mode, choice.name) == (mode, name)
