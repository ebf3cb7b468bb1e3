"""Wires that say all so far in each frame give what is new, once."""

import json

import pytest

from ai_lib.errors.exceptions import DecodeError
from ai_lib.types.json import JsonDict
from tests.pipeline.manifests import read, small, sse

STREAM: JsonDict = {
    "end": "$.done == true",
    "rules": [
        {"emit": "ThinkingDelta", "fields": {"total": "$.thought"}},
        {
            "each": "$.answers[*]",
            "candidate": "@.index",
            "rules": [{"emit": "PartialContentDelta", "fields": {"total": "@.text"}}],
        },
        {
            "each": "$.calls[*]",
            "rules": [
                {
                    "emit": "ToolCall",
                    "fields": {"tool_call_id": "@.id", "tool_name": "@.name", "total": "@.given"},
                }
            ],
        },
    ],
}


def streamed(*frames: JsonDict) -> list[tuple[str, object]]:
    data = sse(json.dumps(frame) for frame in [*frames, {"done": True}])
    events, failure = read(small(STREAM), data)
    if failure is not None:
        raise failure
    found: list[tuple[str, object]] = []
    for event in events:
        if event.is_content_delta:
            found.append((f"text {event.candidate}", event.as_content_delta.text))
        elif event.is_thinking_delta:
            found.append(("thinking", event.as_thinking_delta.thinking))
        elif event.is_tool_call_ended:
            found.append(("call", event.as_tool_call_ended.arguments))
    return found


def answers(*texts: str) -> JsonDict:
    return {"answers": [{"index": index, "text": text} for index, text in enumerate(texts)]}


def test_only_what_is_new_is_said() -> None:
    assert streamed(
        {"thought": "Hm"},
        {"thought": "Hm, so"},
        answers("O"),
        answers("On"),
        answers("On"),
        answers("On Tüesday"),
    ) == [
        ("thinking", "Hm"),
        ("thinking", ", so"),
        ("text 0", "O"),
        ("text 0", "n"),
        ("text 0", " Tüesday"),
    ]


def test_candidates_are_kept_apart() -> None:
    found = streamed(answers("a", "x"), answers("ab", "xy"))
    assert found == [("text 0", "a"), ("text 1", "x"), ("text 0", "b"), ("text 1", "y")]


def test_a_shorter_beginning_adds_nothing() -> None:
    assert streamed(answers("abc"), answers("ab"), answers("abcd")) == [
        ("text 0", "abc"),
        ("text 0", "d"),
    ]


def test_calls_are_said_so_too() -> None:
    calls = [{"calls": [{"id": "a", "name": "go", "given": text}]} for text in ('{"x"', '{"x": 1}')]
    assert streamed(*calls) == [("call", {"x": 1})]


def test_what_was_said_can_not_be_changed() -> None:
    with pytest.raises(DecodeError, match="changed its earlier text"):
        streamed(answers("abc"), answers("abd"))
