"""Output checked against types and schemas."""

import dataclasses
import datetime
from typing import Annotated, Any

import msgspec
import pydantic
import pytest

from ai_lib.errors import InvalidOutput, ValidationError
from ai_lib.structured import OutputResult, OutputValidator, SchemaGenerator


class Person(msgspec.Struct):
    name: str
    age: Annotated[int, msgspec.Meta(ge=0)] = 0
    tags: list[str] = []


@dataclasses.dataclass
class Pair:
    left: Person
    right: Person


class Event(pydantic.BaseModel):
    title: str = pydantic.Field(min_length=2)
    day: datetime.date

    @pydantic.field_validator("day")
    @classmethod
    def _not_long_ago(cls, day: datetime.date) -> datetime.date:
        if day.year < 2000:
            raise ValueError("that was long ago")
        return day


SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"const": "a"},
        "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}},
    },
    "required": ["kind"],
    "additionalProperties": False,
    "$defs": {"Row": {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"]}},
}


def test_what_fits_is_given_typed_and_as_json() -> None:
    result = OutputValidator(Person).validate('{"name": "Anna", "age": 3}')
    assert result
    assert result.value == Person(name="Anna", age=3)
    assert result.data == {"name": "Anna", "age": 3}
    assert result.errors == ()


@pytest.mark.parametrize(
    ("kind", "text", "problems"),
    [
        (Person, "{}", ["the whole: lacks 'name'"]),
        (
            Person,
            '{"name": 1, "age": -1}',
            ["/age: found -1, allowed is minimum 0", "/name: found 1, allowed is string"],
        ),
        (
            Pair,
            '{"left": {"name": "A", "tags": ["x", 2]}, "right": []}',
            [
                "/left/tags/1: found 2, allowed is string",
                "/right: found a list of 0, allowed is object",
            ],
        ),
        (list[int], '{"value": [1, "2"]}', ['/1: found "2", allowed is integer']),
        (
            SCHEMA,
            '{"kind": "b", "size": "x", "rows": [{"n": 1}, {"n": 3}], "odd": 1}',
            [
                "the whole: has 'odd', which is not allowed; the members are kind, rows, size",
                '/kind: found "b", allowed is "a"',
                "/rows/1/n: found 3, allowed is one of 1, 2",
                '/size: found "x", allowed is integer or null',
            ],
        ),
        (Person, "not json", ["the whole: there is no complete JSON value in the answer"]),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(
    kind: Any, text: str, problems: list[str]
) -> None:
    result = OutputValidator(kind).validate(text)
    assert not result
    assert list(result.errors) == problems


def test_a_pydantic_model_checks_what_a_schema_can_not_say() -> None:
    validator = OutputValidator(Event)
    good = validator.validate({"title": "Tea", "day": "2024-05-01"})
    assert good.value == Event(title="Tea", day=datetime.date(2024, 5, 1))

    bad = validator.validate({"title": "T", "day": "1999-05-01"})
    assert [(p.pointer, p.message) for p in bad.problems] == [
        ("/title", 'found "T", allowed is minLength 2'),
        ("/day", "Value error, that was long ago"),
    ]


def test_a_bad_output_raises_with_raw_text_pointer_and_what_was_allowed() -> None:
    with pytest.raises(InvalidOutput) as caught:
        OutputValidator(Person).validate_or_raise('Here: {"name": null}')

    error = caught.value
    assert isinstance(error, ValidationError)
    assert error.raw == 'Here: {"name": null}'
    assert (error.pointer, error.allowed) == ("/name", "string")
    assert error.problems == ("/name: found null, allowed is string",)


def test_parse_gives_another_type_than_the_schema() -> None:
    schema = SchemaGenerator().add_property("name", "string")
    person = OutputValidator(schema).parse('```json\n{"name": "Anna"}\n```', Person)
    assert person == Person(name="Anna")
    with pytest.raises(InvalidOutput, match="is not allowed"):
        OutputValidator(schema).parse('{"name": "Anna", "age": 1}', Person)


def test_of_several_values_the_one_that_fits_is_taken() -> None:
    text = 'First {"thought": 1}, then {"name": "Anna"}.'
    assert OutputValidator(Person).validate(text).value == Person(name="Anna")


def test_numbers_as_text_are_taken_when_it_is_not_strict() -> None:
    text = '{"name": "Anna", "age": "3"}'
    assert not OutputValidator(Person).validate(text)
    assert OutputValidator(Person, strict=False).validate(text).value.age == 3


def test_without_a_schema_any_json_is_taken_and_nothing_else() -> None:
    assert OutputValidator().validate("[1]").data == [1]
    assert not OutputValidator().validate("not json")


def test_a_schema_that_is_none_is_the_callers_mistake() -> None:
    with pytest.raises(TypeError, match="no JSON Schema"):
        OutputValidator({"type": "strnig"}).validate("1")
    with pytest.raises(TypeError, match="something outside"):
        OutputValidator({"$ref": "https://example.com/schema.json"}).validate("1")


def test_a_result_is_unchangeable_and_has_names() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        OutputResult(valid=True).valid = False  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        OutputResult(True)  # type: ignore[misc]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}},
        {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/B"}]},
                                        "B": {"not": {"$ref": "#/$defs/A"}}}},
        {"properties": {"a": {"$ref": "#/properties/a"}}},
        {"$ref": "#/$defs/a~1b~0c", "$defs": {"a/b~c": {"allOf": [{"$ref": "#"}]}}},
    ],
)  # fmt: skip
def test_a_schema_that_refers_to_itself_without_end_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="refers to itself without end"):
        OutputValidator(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"next": {"$ref": "#"}}},  # of another value
        {"$ref": "#/$defs/A", "$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}},
        {"allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}], "$defs": {"A": {}}},
    ],
)
def test_a_schema_of_a_tree_is_taken(schema: dict[str, Any]) -> None:
    assert OutputValidator(schema).validate("[]")
