"""JSON that comes in pieces, as far as it is known."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from ai_lib.structured import PartialJson
from tests.thoroughness import count_examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ROOTS = st.lists(VALUES, max_size=4) | st.dictionaries(st.text(), VALUES, max_size=4)


def states(*pieces: str) -> list[object]:
    """Give the value after each piece, copied, as it goes on growing."""
    reader = PartialJson()
    found: list[object] = []
    for piece in pieces:
        reader.feed(piece)
        found.append(json.loads(json.dumps(reader.value)))
    return found


def test_an_object_is_there_as_far_as_it_came() -> None:
    assert states('{"na', 'me": "An', 'na", "age": 4', "2", ', "tags": ["a"', "]", "}") == [
        {},
        {"name": "An"},
        {"name": "Anna"},
        {"name": "Anna"},
        {"name": "Anna", "age": 42, "tags": ["a"]},
        {"name": "Anna", "age": 42, "tags": ["a"]},
        {"name": "Anna", "age": 42, "tags": ["a"]},
    ]


def test_a_number_or_word_is_not_told_before_it_is_whole() -> None:
    assert states('{"a": 1', "2", "}") == [{}, {}, {"a": 12}]
    assert states('{"a": tr', "ue}") == [{}, {"a": True}]
    assert states('{"a": -1.5e', "3}") == [{}, {"a": -1500.0}]


def test_an_escape_is_not_shown_before_it_is_whole() -> None:
    assert states('["a\\', 'n", "\\u00', 'e9", "\\ud83d', '\\ude00"]') == [
        ["a"],
        ["a\n", ""],
        ["a\n", "é", ""],
        ["a\n", "é", "\U0001f600"],
    ]


# A busy machine makes values slowly, the more so where lines are counted.
@settings(max_examples=count_examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(ROOTS, st.booleans(), st.data())
def test_any_cut_gives_the_same_value(root: object, ascii_only: bool, data: st.DataObject) -> None:
    text = json.dumps(root, ensure_ascii=ascii_only)
    cut = data.draw(st.integers(0, len(text)))
    whole, halves, letters = PartialJson(), PartialJson(), PartialJson()
    whole.feed(text)
    halves.feed(text[:cut])
    halves.feed(text[cut:])
    for letter in text:
        letters.feed(letter)

    for reader in (whole, halves, letters):
        assert reader.is_complete
        assert reader.value == root


def test_what_stands_before_it_is_passed_over() -> None:
    reader = PartialJson()
    reader.feed("Here {you} are [see below]: ```json\n")
    assert not reader.has_begun
    reader.feed('{"a": 1} and more {"b": 2}')
    assert reader.is_complete
    assert reader.value == {"a": 1}


@pytest.mark.parametrize(
    "text", ["{a", "[1,,", '{"a" 1', '{"a": nul!', "[01]", '["\\x"', '["\n"', "{1:", "[+1]"]
)
def test_what_is_no_json_is_let_go(text: str) -> None:
    reader = PartialJson()
    reader.feed(text)
    assert not reader.is_complete
    reader.feed(' {"ok": true}')
    assert reader.value == {"ok": True}


def test_members_are_attributes_that_are_none_until_they_come() -> None:
    reader = PartialJson()
    reader.feed('{"person": {"name": "An')
    assert reader.value.person.name == "An"
    assert reader.value.person.age is None
    assert reader.value.job is None


def test_nesting_without_end_is_let_go() -> None:
    reader = PartialJson()
    reader.feed("[" * 100_000)
    reader.feed('{"a": 1}')
    assert not reader.is_complete


def test_a_long_stream_costs_what_its_length_costs() -> None:
    # Read anew at each of 20,000 pieces it would take minutes.
    reader = PartialJson()
    reader.feed('{"items": [')
    for number in range(20_000):
        reader.feed(f'{{"n": {number}}}, ')
    reader.feed("0]}")
    assert len(reader.value["items"]) == 20_001


def test_digits_of_other_scripts_are_no_number() -> None:
    reader = PartialJson()
    reader.feed("[\u0663] [1]")
    assert reader.value == [1]


@pytest.mark.parametrize(
    ("escape", "character"),
    [
        ("\\ud800\\udc00", "\U00010000"),  # the first pair and the last
        ("\\udbff\\udfff", "\U0010ffff"),
        ("\\ud83d\\udc00", "\U0001f400"),
    ],
)
def test_two_surrogates_are_one_character(escape: str, character: str) -> None:
    reader = PartialJson()
    reader.feed(f'["{escape}"]')
    assert reader.value == [character]
