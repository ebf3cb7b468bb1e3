"""Which of several JSON values is the answer, and what is said of those that do not fit."""

from typing import Any

import msgspec
import pytest

from ai_lib.structured import OutputValidator, PartialJson, PartialObject
from ai_lib.structured.choices import ChoiceFinder
from ai_lib.structured.mending import find_mended_json, mend_json
from ai_lib.structured.output_type import OutputShape
from ai_lib.structured.validator import summarize_problems
from ai_lib.types.schema.reading import MISFIT

FORM, WRONG = '{"name": "...", "age": 0}', '{"name": "No", "age": 1}'
ADA = '{"name": "Ada", "age": 36}'


class Person(msgspec.Struct):
    name: str
    age: int


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"{WRONG} No, wait: {ADA}", "Ada"),
        (f"Draft:\n```json\n{WRONG}\n```\nCorrected:\n```json\n{ADA}\n```", "Ada"),
        (f"The answer is {ADA}. It is in the form {FORM}.", "Ada"),
        (f"{ADA} (for example {WRONG})", "Ada"),
        (f"<think>{WRONG}</think>{ADA}<example>{WRONG}</example>", "Ada"),
        (f"```json\n{ADA}\n```\nIt was {WRONG} before.", "Ada"),
        (f"{ADA} and once more {ADA}", "Ada"),
        (f'{ADA} {{"city": "Rome"}}', "Ada"),
        (f"An example: {ADA}", "Ada"),
        (f"{WRONG} or {ADA}", None),
        (f"My draft: {WRONG}", None),
        (f"Use the form {FORM}, not {WRONG}", None),
    ],
)
def test_the_last_that_fits_and_is_no_draft_is_the_answer(text: str, name: str | None) -> None:
    result = OutputValidator(Person).validate(text)
    assert (result.value.name if result else None) == name, result.errors


def test_problems_are_told_within_bounds() -> None:
    summary = summarize_problems([f"/items/{index}: found 'x'" for index in range(2000)])
    assert len(summary) < 2000
    assert summary.endswith("and 1980 more")
    assert len(summarize_problems(["x" * 5000] * 3)) < 2000


def test_a_choice_is_shown_once_it_is_made() -> None:
    schema = {
        "type": "object",
        "properties": {
            "status": {"anyOf": [{"$ref": "#/$defs/S"}, {"type": "null"}]},
            "marks": {"type": "array", "items": {"enum": ["a", "ab"]}},
            "note": {"type": "string"},
            "level": {"anyOf": [{"enum": ["low"]}, {"type": "string"}]},
        },
        "$defs": {"S": {"enum": ["approve", "approve_not"]}},
    }
    partial = PartialJson("{", shows_text=ChoiceFinder(schema).is_free_text)
    seen: list[Any] = []
    text = '{"status": "approve_not", "marks": ["a", "ab"], "note": "so", "level": "lower"}'
    for letter in text:
        partial.feed(letter)
        if partial.has_begun:
            seen.append(dict(partial.value) | {"marks": list(partial.value.get("marks", []))})
    assert {value.get("status") for value in seen} == {None, "approve_not"}
    assert all(mark in ("a", "ab") for value in seen for mark in value["marks"])
    assert [value["marks"] for value in seen].count(["a", "a"]) == 0
    assert {value.get("note") for value in seen} == {None, "", "s", "so"}
    assert "lo" in {value.get("level") for value in seen}


def test_a_partial_object_says_which_members_are_finished() -> None:
    partial = PartialJson("{")
    partial.feed('{"a": 1, "b": {"c": "x"}, "d": [1], "e": "hal')
    value = partial.value
    assert isinstance(value, PartialObject)
    assert value.finished_members == {"a", "b", "d"}
    assert value.b.finished_members == {"c"}
    partial.feed('f", "g": 12')
    assert "e" in value.finished_members
    assert "g" not in value.finished_members


def test_the_shape_of_a_type_knows_its_choices() -> None:
    shape = OutputShape.of(list[bool])
    assert not ChoiceFinder(shape.schema).is_free_text(["value", 0])


class Snippet(msgspec.Struct):
    code: str


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"code": "use `print` here"}', "use `print` here"),
        ('Here is `the` result: {"code": "a"}', "a"),
        ('```json\n{"code": "```py\\nprint()\\n```"}\n```', "```py\nprint()\n```"),
        ('Sure:\n```json\n{"code": "a ```json fence"}\n```\nbye', "a ```json fence"),
        ('Outer\n```\nInner\n```json\n{"code": "in"}\n```\nends\n```\nOuter ends', "in"),
    ],
)
def test_backticks_in_a_value_are_no_fence(text: str, code: str) -> None:
    """https://github.com/langgenius/dify/issues/41958, 567-labs/instructor#1837"""
    assert OutputValidator(Snippet).validate(text).value == Snippet(code)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'u': 'https://a.b/c#d', 'w': \"x // y\",}", {"u": "https://a.b/c#d", "w": "x // y"}),
        ('{"u": "https://a.b/c", "v": "#1",} // end', {"u": "https://a.b/c", "v": "#1"}),
        ("{'name': 'Jack O'Sullivan', 'id': '3'}", {"name": "Jack O'Sullivan", "id": "3"}),
        ('{"notes": "Sent to the "boss", waiting"}', None),  # whose end nobody can know
    ],
)
def test_what_looks_like_a_comment_in_a_text_is_text(text: str, value: object) -> None:
    """https://github.com/DeytaHQ/khora/pull/1566, mangiucugna/json_repair#49 and 56"""
    assert next(find_mended_json(text), None) == value


@pytest.mark.parametrize("text", ['{"a": "b\\', "{'a", '"', "[1 2", "{'a': 'b\\"])
def test_a_text_that_breaks_off_is_not_mended(text: str) -> None:
    assert mend_json(text) is MISFIT
