"""JSON out of what a model wrote."""

import pytest

from ai_lib.errors import InvalidOutput
from ai_lib.structured import extract_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        (" [1, 2]\n", [1, 2]),
        ("42", 42),
        ('"only text"', "only text"),
        ('Sure! Here it is:\n```json\n{"a": 1}\n```\nAnything else?', {"a": 1}),
        ('```\n{"a": "```"}\n```', {"a": "```"}),
        ('The answer is {"a": {"b": [1]}}, as asked.', {"a": {"b": [1]}}),
        ('It\'s "quoted" {oddly}: {"a": "}"} {"b": 2}', {"a": "}"}),
        ('{{"a": 1}}', {"a": 1}),
    ],
)
def test_the_value_is_found(text: str, value: object) -> None:
    assert extract_json(text) == value


@pytest.mark.parametrize("text", ["", "no JSON here", "{", '{"a": 1', "{a: 1}", "[1, 2", "}{"])
def test_where_there_is_none_it_says_so_and_keeps_the_text(text: str) -> None:
    with pytest.raises(InvalidOutput, match="no complete JSON value") as caught:
        extract_json(text)
    assert caught.value.raw == text


def test_a_part_of_a_value_that_was_cut_off_is_not_the_value() -> None:
    with pytest.raises(InvalidOutput):
        extract_json('{"list": [1, 2], "more": {"a": 1}, "rest')


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "{" * 100_000, '["' * 100_000])
def test_hostile_text_costs_what_its_length_costs(text: str) -> None:
    # Tried anew at every bracket it would take hours.
    with pytest.raises(InvalidOutput):
        extract_json(text)
