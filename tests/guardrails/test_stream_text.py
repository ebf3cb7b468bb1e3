"""A text in pieces is masked as it would be whole, and is released meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings, strategies as st

from ai_lib.errors import GuardrailError
from ai_lib.guardrails import (
    EmailFilter,
    Guardrail,
    KeywordFilter,
    LengthFilter,
    PiiDetector,
    RegexFilter,
    UrlFilter,
)
from ai_lib.guardrails.guardrail import find_matches
from ai_lib.guardrails.masking import mask_text
from ai_lib.guardrails.policy import Evaluation, Policy
from ai_lib.guardrails.stream_text import StreamText
from tests.guardrails.sentences import ORDINARY, PERSONAL
from tests.thoroughness import count_examples

RULES = [
    PiiDetector(),
    UrlFilter(action="redact"),
    KeywordFilter("k", ["secret", "top secret", "ss", "机密"], action="redact"),
    RegexFilter("r", r"\b[A-Z]{2,5}-\d{1,6}\b", window=20, action="redact"),
]
FACTS = [
    *(fact for _, fact in PERSONAL),
    *("https://a.example/b?c=d", "www.example.com.", "secret", "Top Secret", "机密", "AB-123"),
]
TEXTS = st.lists(
    st.sampled_from([*FACTS, *ORDINARY[::7]])
    | st.text("a1 @.-:/+(4\n,机", max_size=12)
    | st.sampled_from([" ", ", ", "\n", "", "x", "5", "-"]),
    max_size=8,
).map("".join)


def whole(text: str, rules: list[Guardrail]) -> str:
    return Policy(rules, "output").evaluate().filter_text(text)


def stream(text: str, rules: list[Guardrail], sizes: list[int]) -> tuple[str, list[int]]:
    evaluation = Policy(rules, "output").evaluate()
    stream_text: StreamText[None] = StreamText(evaluation, has_length_limit=True)
    out: list[str] = []
    held: list[int] = []
    at = 0
    while at < len(text):
        size = sizes[len(held) % len(sizes)]
        out += [released for released, _ in stream_text.feed(text[at : at + size], None)]
        held.append(stream_text.held_length)
        at += size
    out += [released for released, _ in stream_text.end()]
    return "".join(out), held


@settings(max_examples=count_examples(300), deadline=None)
@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=4))
@example("x" * 2000 + " john.doe@example.com", [1])
@example("4111 1111 1111 1111 and 4111 1111 1111 1111", [3])
def test_a_text_in_pieces_is_masked_as_it_would_be_whole(text: str, sizes: list[int]) -> None:
    assert stream(text, RULES, sizes)[0] == whole(text, RULES)


@pytest.mark.parametrize(("kind", "fact"), PERSONAL)
def test_a_fact_split_anywhere_is_masked(kind: str, fact: str) -> None:
    text = f"It is {fact}, see?"
    expected = f"It is [{kind.upper()}], see?"
    for place in range(len(text)):
        evaluation = Policy([PiiDetector()], "output").evaluate()
        stream_text: StreamText[int] = StreamText(evaluation, has_length_limit=True)
        pieces = [
            *stream_text.feed(text[:place], 0),
            *stream_text.feed(text[place:], 1),
            *stream_text.end(),
        ]
        assert "".join(released for released, _ in pieces) == expected
    assert stream(text, [PiiDetector()], [1])[0] == expected


def test_a_word_split_anywhere_is_masked() -> None:
    rule = KeywordFilter("k", ["secret", "secret of state", "机密"], action="redact")
    for text in ("a secret, see?", "是机密 ok", "a secret", "a secret of state"):
        for place in range(1, len(text)):
            released, _ = stream(text, [rule], [place, len(text)])
            assert released == whole(text, [rule])
            assert "[REDACTED]" in released


def test_a_text_that_is_too_long_is_told_once() -> None:
    rule = LengthFilter(max_length=3, action="warn")
    evaluation = Policy([rule], "output").evaluate()
    stream_text: StreamText[None] = StreamText(evaluation, has_length_limit=True)
    released = [stream_text.feed(piece, None) for piece in ("ab", "cd", "ef")]
    assert [pieces[0][0] for pieces in released] == ["ab", "cd", "ef"]
    assert [violation.rule_id for violation in evaluation.violations] == [rule.rule_id]


def test_ordinary_text_flows() -> None:
    """Usually a word is held back, and never more than the longest match."""
    for rules, most in (
        ([PiiDetector()], 70),
        ([UrlFilter(), EmailFilter()], 65),
        (RULES[2:3], 10),
    ):
        for text in ORDINARY:
            released, held = stream(text, rules, [3])
            assert released == text
            assert max(held) <= most, (text, held)
            assert sum(held) / len(held) <= most / 3, (text, held)


def test_a_pattern_of_ones_own_holds_back_its_window() -> None:
    released, held = stream("abc " * 100, [RegexFilter("r", "zzz", window=30)], [4])
    assert released == "abc " * 100
    assert max(held) == 30


def test_a_block_is_known_before_the_match_is_out() -> None:
    evaluation = Policy([KeywordFilter("k", ["secret"])], "output").evaluate()
    stream_text: StreamText[None] = StreamText(evaluation, has_length_limit=True)
    released = "".join(
        piece for part in ("no se", "cre", "t") for piece, _ in stream_text.feed(part, None)
    )
    assert released == "no "
    assert evaluation.blocking is None
    assert "".join(piece for piece, _ in stream_text.feed("ive ", None)) == "secretive "
    assert stream_text.feed("secret", None) == []
    stream_text.feed(".", None)
    assert isinstance(evaluation.blocking, GuardrailError)


@settings(max_examples=count_examples(200), deadline=None)
@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=4))
@example("see AB-123 and a secret@example.com", [60])
def test_what_comes_before_a_block_comes_out_however_it_is_split(
    text: str, sizes: list[int]
) -> None:
    rules: list[Guardrail] = [
        *RULES[3:],
        UrlFilter(action="redact"),
        EmailFilter(action="block"),
        KeywordFilter("k", ["secret", "top secret"], action="block"),
    ]

    def until_blocked(sizes: list[int]) -> str:
        evaluation = Policy(rules, "output").evaluate()
        stream_text: StreamText[None] = StreamText(evaluation, has_length_limit=True)
        out, at = "", 0
        while at < len(text) and evaluation.blocking is None:
            size = sizes[at % len(sizes)]
            out += "".join(released for released, _ in stream_text.feed(text[at : at + size], None))
            at += size
        if evaluation.blocking is None:
            out += "".join(released for released, _ in stream_text.end())
        return out

    matches = find_matches(text, rules)
    place = min((one.start for one in matches if one.rule.action == "block"), default=len(text))
    expected = mask_text(text[:place], [one for one in matches if one.rule.action == "redact"])
    assert until_blocked([len(text) + 1]) == expected
    assert until_blocked(sizes) == expected


def test_what_is_not_too_long_yet_comes_out_before_the_block() -> None:
    evaluation = Policy([LengthFilter(max_length=2, count_mode="words")], "output").evaluate()
    stream_text: StreamText[None] = StreamText(evaluation, has_length_limit=True)
    assert stream_text.feed("one two three", None) == [("one two ", None)]
    assert isinstance(evaluation.blocking, GuardrailError)


@given(st.text("ab \n", max_size=30), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_what_is_too_long_is_cut_off_at_the_same_place(text: str, sizes: list[int]) -> None:
    for mode in ("chars", "words"):
        rules: list[Guardrail] = [
            LengthFilter(max_length=6, count_mode=mode, action="redact"),  # type: ignore[arg-type]
            KeywordFilter("k", ["ab"], action="redact"),
        ]
        assert stream(text, rules, sizes)[0] == whole(text, rules)


def test_pieces_come_out_with_their_marks() -> None:
    evaluation = Policy([KeywordFilter("k", ["top secret"], action="redact")], "output").evaluate()
    stream_text: StreamText[str] = StreamText(evaluation, has_length_limit=True)
    out = [
        *stream_text.feed("a to", "1"),
        *stream_text.feed("p sec", "2"),
        *stream_text.feed("ret b", "3"),
    ]
    out += stream_text.end()
    assert out == [("a ", "1"), ("[REDACTED]", "1"), (" b", "3")]


def test_an_incomplete_text_does_not_show_the_beginning_of_a_match() -> None:
    def partly(text: str) -> str:
        return Evaluation(RULES[:3], "output", complete=False).filter_text(text)

    assert partly("Mail to john.doe@exam") == "Mail to "
    assert partly("It is 4111 1111 1111 11") == "It is "
    assert partly("It is top sec") == "It is "
    assert partly("Mail john@example.com now, al") == "Mail [EMAIL] now, "
