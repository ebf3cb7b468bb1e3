"""Rules: from a frame to events (protocol.md, "Event map")."""

import pytest

from ai_lib.errors.exceptions import ProtocolError, RemoteError
from ai_lib.pipeline import Pipeline
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    PartialContentDelta,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
)
from ai_lib.types.json import JsonDict
from tests.pipeline.manifests import read, small, sse

END = {"emit": "FinalCandidate", "fields": {"finish_reason": "$.why"}}


def events(rules: list[JsonDict], *frames: str, **stream: object) -> list[Event]:
    found, failure = read(small({"rules": rules, **stream}), sse(frames))
    assert failure is None
    assert isinstance(found[-1], StreamEnd)
    return found[:-1]


def test_every_rule_that_matches_fires_in_order() -> None:
    rules = [
        {"match": "exists($.a)", "emit": "PartialContentDelta", "fields": {"content": "$.a"}},
        {"match": "exists($.no)", "emit": "PartialContentDelta", "fields": {"content": "$.a"}},
        {"emit": "ThinkingDelta", "fields": {"thinking": "$.b"}},
        {"match": "$.a == 'x'", "emit": "PartialContentDelta", "extract": {"content": "$.a"}},
        END,
    ]
    assert events(rules, '{"a": "x", "b": "y", "why": "z"}') == [
        PartialContentDelta(content="x"),
        ThinkingDelta(thinking="y"),
        PartialContentDelta(content="x"),
        FinalCandidate(finish_reason="z"),
    ]


def test_a_field_that_is_no_path_is_a_literal() -> None:
    rules = [
        {"match": "has('ping')", "emit": "PartialContentDelta", "fields": {"content": "pong"}},
        {"emit": "FinalCandidate", "match": "has('bye')", "fields": {"finish_reason": "gone"}},
    ]
    assert events(rules, '{"ping": 1}', '{"other": 1}', '{"bye": 1}') == [
        PartialContentDelta(content="pong"),
        FinalCandidate(finish_reason="gone"),
    ]


def test_empty_text_is_no_event_and_neither_is_what_is_not_text() -> None:
    rules = [{"emit": "PartialContentDelta", "fields": {"content": "$.a"}}, END]
    frames = ['{"a": ""}', '{"a": null}', '{"a": 7}', '{"a": ["x"]}', '{"why": "z"}']
    assert events(rules, *frames) == [FinalCandidate(finish_reason="z")]


def test_each_walks_the_elements_and_knows_their_candidate() -> None:
    rules = [
        {
            "each": "$.choices[*]",
            "candidate": "@.index",
            "rules": [
                {"emit": "PartialContentDelta", "fields": {"content": "@.text"}},
                {"emit": "FinalCandidate", "fields": {"finish_reason": "@.why"}},
            ],
        }
    ]
    frame = '{"choices": [{"index": 1, "text": "b", "why": "z"}, {"index": 0, "text": "a"}]}'
    last = '{"choices": [{"text": "c", "why": "y"}]}'
    assert events(rules, frame, last) == [
        PartialContentDelta(candidate=1, content="b"),
        FinalCandidate(candidate=1, finish_reason="z"),
        PartialContentDelta(content="a"),
        PartialContentDelta(content="c"),
        FinalCandidate(finish_reason="y"),
    ]


def test_elements_without_an_index_of_their_own_are_counted() -> None:
    rules = [
        {
            "each": "$.found[*]",
            "candidate": "@.index",
            "rules": [{"emit": "FinalCandidate", "fields": {"finish_reason": "@.why"}}],
        }
    ]
    frame = '{"found": [{"why": "a", "index": null}, {"why": "b"}]}'
    assert [event.candidate for event in events(rules, frame)] == [0, 1]


def test_nested_rules_see_the_element_and_the_frame() -> None:
    rules = [
        {
            "each": "$.parts[*]",
            "match": "$.on == true",
            "rules": [
                {
                    "match": "@.kind == 'text'",
                    "emit": "PartialContentDelta",
                    "fields": {"content": "@.text"},
                },
                {"emit": "PartialContentDelta", "fields": {"content": "$.tail"}},
            ],
        },
        END,
    ]
    parts = '"parts": [{"kind": "text", "text": "a"}, {"kind": "x", "text": "b"}], "tail": "-"'
    found = events(rules, f'{{"on": true, {parts}}}', f'{{"on": false, {parts}}}', '{"why": "z"}')
    assert [e.content for e in found if isinstance(e, PartialContentDelta)] == ["a", "-", "-"]


def test_usage_has_two_names() -> None:
    for name in ("Metadata", "UsageReport"):
        rules = [{"emit": name, "fields": {"usage": "$.usage"}}, END]
        found = events(rules, '{"usage": {"n": 1}, "why": "z"}')
        assert isinstance(found[0], Metadata)
        assert found[0].usage is not None
        assert found[0].usage.raw == {"n": 1}


def test_a_call_in_three_rules_is_one_call() -> None:
    rules = [
        {"emit": "ToolCallStarted", "fields": {"tool_call_id": "$.id", "tool_name": "$.name"}},
        {"emit": "PartialToolCall", "fields": {"arguments": "$.args"}},
        END,
    ]
    frames = ['{"id": "a", "name": "go", "args": "{"}', '{"args": "}"}', '{"why": "z"}']
    found = events(rules, *frames)
    assert ToolCallEnded(tool_call_id="a", tool_name="go", index=0, arguments={}) in found


def test_an_end_counts_although_it_says_nothing() -> None:
    rules = [
        {"emit": "PartialContentDelta", "fields": {"content": "$.a"}},
        {"match": "$.type == 'bye'", "emit": "StreamEnd", "fields": {"finish_reason": "$.why"}},
    ]
    assert events(rules, '{"a": "x"}', '{"type": "bye"}') == [PartialContentDelta(content="x")]


def test_an_end_may_say_why() -> None:
    rules = [{"match": "has('why')", "emit": "StreamEnd", "fields": {"finish_reason": "$.why"}}]
    assert events(rules, '{"why": "z"}') == [FinalCandidate(finish_reason="z")]


def test_an_error_counts_although_it_says_nothing() -> None:
    rules = [{"match": "$.type == 'oops'", "emit": "StreamError", "fields": {"error": "$.error"}}]
    _, failure = read(small({"rules": rules}), sse(['{"type": "oops", "message": "too bad"}']))
    assert isinstance(failure, RemoteError)
    assert "too bad" in str(failure)


def test_an_event_there_is_none_of_is_refused_with_its_name() -> None:
    with pytest.raises(ProtocolError, match="'TextDelta'"):
        Pipeline(small({"rules": [{"emit": "TextDelta"}]}))


def test_frames_that_are_not_selected_are_not_read() -> None:
    rules = [{"emit": "PartialContentDelta", "fields": {"content": "$.a"}}, END]
    found = events(
        rules,
        '{"a": "x"}',
        '{"a": "y", "skip": 1, "why": "no"}',
        '{"why": "z"}',
        select="!has('skip')",
    )
    assert found == [PartialContentDelta(content="x"), FinalCandidate(finish_reason="z")]


def test_a_repeated_reason_is_no_news_and_another_one_is() -> None:
    assert events([END], '{"why": "a"}', '{"why": "a"}', '{"why": "b"}') == [
        FinalCandidate(finish_reason="a"),
        FinalCandidate(finish_reason="b"),
    ]


def test_reasons_become_standard_ones() -> None:
    manifest = small({"rules": [END]}, termination={"done": "end_turn"})
    known, _ = read(manifest, sse(['{"why": "done"}']))
    other, _ = read(manifest, sse(['{"why": "whim"}']))
    assert known[0] == FinalCandidate(finish_reason="done", termination_reason="end_turn")
    assert known[1].as_stream_end.termination_reason == "end_turn"
    assert other[0] == FinalCandidate(finish_reason="whim", termination_reason="other")


def test_id_and_model_come_once_each() -> None:
    found = events(
        [END],
        '{"id": "", "model": null}',
        '{"id": "r1"}',
        '{"id": "r2", "model": "m"}',
        '{"id": "r3", "model": "n", "why": "z"}',
        envelope={"id": "$.id", "model": "$.model"},
    )
    assert found == [Metadata(id="r1"), Metadata(model="m"), FinalCandidate(finish_reason="z")]
