# Generated from tests/types/test_reported_types.py by codegen; do not edit.
"""Types and functions that people reported of other clients: each is read and described whole."""

from __future__ import annotations

import datetime
import enum
import sys
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, Union

import annotated_types
import msgspec
import pydantic
import pytest
from typing_extensions import NotRequired, Required, TypedDict

from ai_lib.types.message import MessageRole
from ai_lib.types.schema.schema import JsonMismatch, from_json, make_schema
from ai_lib.types.schema.signature import Signature
from ai_lib_sync import ToolDefinition
from ai_lib_sync.errors import ValidationError
from ai_lib_sync.structured import OutputValidator
from ai_lib_sync.testing import MockProvider, Reply

T = TypeVar("T")
# It holds itself by name, as type checkers take it. https://github.com/msgspec/msgspec/issues/676
Json = Union[dict[str, "Json"], list["Json"], str, int, float, bool, None]  # noqa: UP007


class Document(msgspec.Struct):
    body: Json


class Code(enum.IntEnum):
    PONG = 1
    MESSAGE = 4


class Pong(msgspec.Struct):
    type: Literal[Code.PONG]


class Message(msgspec.Struct):
    type: Literal[Code.MESSAGE]
    data: str


class Good(msgspec.Struct):
    success: Literal[True]
    data: int


class Bad(msgspec.Struct):
    success: Literal[False]
    reason: str


class Loose(TypedDict, total=False):
    a: Required[int]
    b: Annotated[str, "the b"]


class Tight(TypedDict):
    a: NotRequired[Annotated[int, annotated_types.Ge(1)]]
    b: str


class Pages(TypedDict, Generic[T]):
    first: NotRequired[T]
    others: list[T]


class Ranges(msgspec.Struct):
    number: Annotated[int, msgspec.Meta(le=-1)] | Annotated[int, msgspec.Meta(ge=1)]


def find_people(
    age: int = pydantic.Field(..., gt=0, description="how old"),
    limit: int = pydantic.Field(5, le=9),
    tags: list[str] = pydantic.Field(default_factory=list, max_length=2),  # noqa: B008
    name: Optional[str] = pydantic.Field(None, min_length=2),  # noqa: UP045
) -> str:
    """Find people."""
    return f"{age} {limit} {tags} {name}"


def test_a_default_that_is_a_field_says_bounds_and_default() -> None:
    """https://github.com/openai/openai-agents-python/issues/1123"""
    schema: Any = ToolDefinition.from_function(find_people).parameters
    assert schema["required"] == ["age"]
    age, limit, tags, name = schema["properties"].values()
    assert (age["exclusiveMinimum"], age["description"]) == (0, "how old")
    assert (limit["maximum"], limit["default"]) == (9, 5)
    assert (tags["maxItems"], tags["default"]) == (2, [])
    assert name["anyOf"] == [{"type": "string", "minLength": 2}, {"type": "null"}]
    signature = Signature(find_people)
    _, named = signature.bind({"age": 3})
    assert named == {"age": 3, "limit": 5, "tags": [], "name": None}
    assert named["tags"] is not signature.bind({"age": 3})[1]["tags"]
    for wrong in ({}, {"age": 0}, {"age": 1, "limit": 10}, {"age": 1, "name": "x"}):
        with pytest.raises(ValidationError):
            signature.bind(wrong)


def test_a_function_with_fields_is_called_with_their_defaults() -> None:
    calls = [("find_people", '{"age": 0}'), ("find_people", '{"age": 3}')]
    replies = [*(Reply(tool_calls=[call]) for call in calls), Reply(text="done")]
    with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
        run = client.chat().user("?").run_tools([find_people])
    told = [str(message.blocks) for message in run.messages if message.role == MessageRole.TOOL]
    assert "greater than 0" in told[0]
    assert "3 5 [] None" in told[1]


def test_an_alias_that_holds_itself_is_read_to_its_depth() -> None:
    value: Any = {"a": [1, {"b": None}], "c": 1.5}
    assert from_json({"body": value}, Document) == Document(value)
    assert make_schema(Document)["$defs"]["Json"]["anyOf"][1]["items"] == {"$ref": "#/$defs/Json"}

    def keep(data: Json) -> None:
        """Keep."""

    properties = ToolDefinition.from_function(keep).parameters["properties"]
    assert {"type": "null"} in properties["data"]["anyOf"]
    assert Signature(keep).bind({"data": value}) == ((), {"data": value})
    with pytest.raises(TypeError, match=r"'Json' in a text can't be resolved: .*TypeAliasType"):
        make_schema(Json)


def test_members_that_may_be_left_out_are_those_that_say_so() -> None:
    """https://github.com/langchain-ai/langchain/pull/39336, pydantic/pydantic#7931"""
    assert make_schema(Loose)["required"] == ["a"]
    assert make_schema(Tight)["required"] == ["b"]
    assert make_schema(Tight)["properties"]["a"] == {"type": "integer", "minimum": 1}
    assert make_schema(Pages[int])["properties"]["first"] == {"type": "integer"}
    assert from_json({"others": [1]}, Pages[int]) == {"others": [1]}
    if sys.version_info >= (3, 11):  # before, an older class of types does not say what it holds
        with pytest.raises(JsonMismatch, match="/others/0"):
            from_json({"others": ["x"]}, Pages[int])


def test_literals_of_members_and_truths_tell_unions_apart() -> None:
    """https://github.com/msgspec/msgspec/issues/487 and 859"""
    union: Any = Pong | Message | Good | Bad
    assert from_json({"type": 1}, union) == Pong(Code.PONG)
    assert from_json({"type": 4, "data": "x"}, union) == Message(Code.MESSAGE, "x")
    assert from_json({"success": False, "reason": "x"}, union) == Bad(False, "x")
    with pytest.raises(JsonMismatch):
        from_json({"success": 1, "data": 1}, union)
    assert make_schema(Good)["properties"]["success"] == {"enum": [True], "type": "boolean"}


def test_several_types_that_are_texts_stand_in_one_union() -> None:
    """https://github.com/msgspec/msgspec/issues/325"""
    kind: Any = int | datetime.datetime | datetime.date | None
    moment = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    given = [5, "2030-01-02", "2030-01-02T03:04:05Z", None]
    expected = [5, datetime.date(2030, 1, 2), moment, None]
    assert [from_json(value, kind) for value in given] == expected


def test_two_ranges_of_one_type_are_both_told() -> None:
    """https://github.com/msgspec/msgspec/issues/582"""
    assert [from_json({"number": n}, Ranges).number for n in (-1, 5)] == [-1, 5]
    with pytest.raises(JsonMismatch, match="int <= -1; or Expected int >= 1"):
        from_json({"number": 0}, Ranges)
    (problem,) = OutputValidator(Ranges).validate('{"number": 0}').problems
    assert problem.message == "found 0, allowed is integer (maximum -1) or integer (minimum 1)"


def search(query: str, count: int = 1) -> None:
    """Search for facts.

    Use this to look something up.

    Raises:
        ValueError: the query is bad.

    Args:
      query (str, optional): What to look for. A good one: clear.
      count (Optional[int]): How many (1-10).
          Goes on: here.

    Returns:
      A list.
    """


def test_sections_of_a_docstring_stay_apart() -> None:
    """https://github.com/langchain-ai/langchain/issues/38654, 28628 and 26430"""
    tool = ToolDefinition.from_function(search)
    assert tool.description == "Search for facts."
    texts = {name: node["description"] for name, node in tool.parameters["properties"].items()}
    assert texts == {
        "query": "What to look for. A good one: clear.",
        "count": "How many (1-10). Goes on: here.",
    }


class Query(pydantic.BaseModel):
    """Search the shop."""

    text: str = pydantic.Field(alias="query", description="what to look for", min_length=2)
    limit: int = pydantic.Field(3, ge=1)


class Place(msgspec.Struct):
    """A place."""

    town: str
    area: float = 1.0


class Finder:
    """Finds things."""

    def __call__(self, query: str) -> str:
        """Find one thing.

        Args:
            query: What to look for.
        """
        return query


def test_a_class_and_an_object_that_is_called_are_tools() -> None:
    """A model as a tool: https://github.com/openai/openai-python/issues/2557"""
    tool = ToolDefinition.from_function(Query)
    assert (tool.name, tool.description) == ("Query", "Search the shop.")
    assert tool.parameters["properties"] == {
        "query": {"type": "string", "minLength": 2, "description": "what to look for"},
        "limit": {"type": "integer", "minimum": 1, "default": 3},
    }
    _, named = Signature(Query).bind({"query": "ab"})
    assert Query.model_validate(named) == Query(query="ab", limit=3)
    with pytest.raises(ValidationError, match="/query"):
        Signature(Query).bind({"query": "a"})
    assert ToolDefinition.from_function(Place).parameters["properties"] == {
        "town": {"type": "string"},
        "area": {"type": "number", "default": 1.0},
    }
    called = ToolDefinition.from_function(Finder())
    assert (called.name, called.description) == ("Finder", "Find one thing.")
    assert called.parameters["properties"]["query"]["description"] == "What to look for."
