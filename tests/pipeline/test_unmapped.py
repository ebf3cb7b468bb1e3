"""What a provider says and no rule reads is kept, by its path, plain and streamed."""

import json
from typing import Any

import pytest

from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.pipeline.unmapped import MOST_BYTES, MOST_PATHS
from ai_lib.types.json import JsonDict
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled, small, sse


def plain(provider: str, body: JsonDict, family: str | None = None) -> ChatResponse:
    return read_response(bundled(provider, family), json.dumps(body).encode())


def stream(provider: str, frames: list[JsonDict], family: str | None = None) -> ChatResponse:
    pipeline = Pipeline(bundled(provider, family))
    pipeline.feed(sse([json.dumps(frame) for frame in frames]))
    pipeline.close()
    assert pipeline.failure is None
    return pipeline.response()


def body(message: JsonDict | None = None, **more: Any) -> JsonDict:
    choice = {"index": 0, "message": {"role": "assistant", "content": "x", **(message or {})}}
    return {
        "id": "c",
        "object": "o",
        "created": 1,
        "choices": [{**choice, "finish_reason": "stop"}],
        **more,
    }


def test_an_ordinary_answer_has_nothing_unmapped() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    usage = {"prompt_tokens": 1, "new_tokens": 2}
    response = plain(
        "openai", body({"refusal": None, "annotations": [], "tool_calls": [call]}, usage=usage)
    )
    assert (response.unmapped, response.unmapped_count) == ({}, 0)


def test_members_at_every_level_are_kept() -> None:
    call = {
        "id": "1",
        "function": {"name": "f", "arguments": "{}", "how": "now"},
        "extra_content": {"a": 1},
    }
    part = {"type": "text", "text": "y", "mood": "glad"}
    odd = {"type": "riddle", "riddle_ids": [1, 2]}
    said = body(
        {"content": [part, odd], "tool_calls": [call], "images": [{"url": "u"}]}, tier="gold"
    )
    assert plain("openai", said).unmapped == {
        "$.choices[0].message.content[0].mood": "glad",
        "$.choices[0].message.content[1].riddle_ids": [1, 2],
        "$.choices[0].message.tool_calls[0].function.how": "now",
        "$.choices[0].message.tool_calls[0].extra_content": {"a": 1},
        "$.choices[0].message.images[0].url": "u",
        "$.tier": "gold",
    }


def test_an_object_where_a_text_was_due_is_kept() -> None:
    said = body({"content": {"parts": ["low"]}})
    assert plain("openai", said).unmapped == {"$.choices[0].message.content.parts": ["low"]}


def test_what_is_null_or_empty_says_nothing() -> None:
    said = body({"audio": None, "images": [], "note": "", "deep": {"er": [{"est": None}]}})
    assert plain("openai", said).unmapped == {}


@pytest.mark.parametrize(
    ("provider", "family", "said", "unmapped"),
    [
        ("anthropic", None,
         {"type": "message", "role": "assistant", "stop_reason": "end_turn",
          "container": {"id": "c"}, "mood": 1, "content": [
          {"type": "text", "text": "x", "tone": "dry"}, {"type": "novel", "a": 1}]},
         {"$.mood": 1, "$.content[0].tone": "dry"}),
        ("gemini", None,
         {"candidates": [{"index": 0, "finishReason": "STOP", "avgLogprobs": -0.5,
          "content": {"role": "model", "parts": [{"text": "x", "tone": "dry"}, {"novel": {}}]}}]},
         {"$.candidates[0].avgLogprobs": -0.5, "$.candidates[0].content.parts[0].tone": "dry"}),
        ("cohere", None,
         {"id": "c", "finish_reason": "COMPLETE", "mood": [1], "message": {
          "role": "assistant", "content": [{"type": "text", "text": "x", "tone": "dry"}]}},
         {"$.mood": [1], "$.message.content[0].tone": "dry"}),
        ("openai", "responses",
         {"id": "r", "status": "completed", "temperature": 1, "tools": [{"a": 1}],
          "moderation": {"a": 1}, "output": [
          {"type": "message", "content": [{"type": "output_text", "text": "x", "b": 1}]}]},
         {"$.moderation": {"a": 1}}),  # a whole item goes back as it came
    ],
)  # fmt: skip
def test_every_dialect_accounts(
    provider: str, family: str | None, said: JsonDict, unmapped: JsonDict
) -> None:
    assert plain(provider, said, family).unmapped == unmapped


def chunk(delta: JsonDict, finish: str | None = None, **more: Any) -> JsonDict:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def test_pieces_are_joined_and_others_replaced() -> None:
    frames = [
        chunk(
            {"content": str(number), "aside": "ha", "steps": [number]},
            tier=number,
            sources=["a", "b"],
        )
        for number in range(9)
    ]
    response = stream("openai", [*frames, chunk({}, "stop", sources=["b", "c"])])
    assert response.content == "012345678"
    assert response.unmapped == {
        "$.choices[0].delta.aside": "ha" * 9,
        "$.choices[0].delta.steps": list(range(9)),
        "$.tier": 8,
        "$.sources": ["a", "b", "c"],
    }
    assert response.unmapped_count == 4


def test_candidates_are_told_apart() -> None:
    choices = [{"index": 1, "delta": {"aside": "b"}}, {"index": 0, "delta": {"aside": "a"}}]
    ends = [
        {"index": index, "delta": {"content": "x"}, "finish_reason": "stop"} for index in (0, 1)
    ]
    response = stream("openai", [{"choices": choices}, {"choices": choices}, {"choices": ends}])
    assert response.unmapped == {
        "$.choices[0].delta.aside": "aa",
        "$.choices[1].delta.aside": "bb",
    }


def test_a_text_that_changes_in_frames_alike_is_not_lost() -> None:
    frames = [chunk({"content": "x"}, mark=f"m{number}") for number in range(9)]
    assert stream("openai", [*frames, chunk({}, "stop")]).unmapped == {"$.mark": "m8"}


def test_members_of_a_frame_that_nobody_knows_are_kept_too() -> None:
    frame = {"type": "response.novel.delta", "sequence_number": 3, "delta": "no"}
    said = {"id": "r", "status": "completed", "output": []}
    end = {"type": "response.completed", "response": said}
    response = stream("openai", [frame, frame, end], "responses")
    assert response.unmapped == {"$.delta": "nono"}
    assert (response.unknown_events, response.unknown_frames) == (2, (frame, frame))


def test_progress_that_the_end_repeats_is_not_kept() -> None:
    item = {"type": "code_interpreter_call", "id": "ci", "code": "1"}
    frames: list[JsonDict] = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "code": ""}},
        {"type": "response.code_interpreter_call_code.delta", "output_index": 0, "delta": "1"},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {
            "type": "response.completed",
            "response": {"id": "r", "status": "completed", "output": [item]},
        },
    ]
    assert stream("openai", frames, "responses").unmapped == {}


def test_what_is_kept_has_bounds() -> None:
    many = {f"m{number}": number for number in range(MOST_PATHS + 7)}
    response = plain("openai", body(**many))
    assert (len(response.unmapped), response.unmapped_count) == (MOST_PATHS, MOST_PATHS + 7)
    large = plain("openai", body(small=1, large="x" * MOST_BYTES, last=2))
    assert (dict(large.unmapped), large.unmapped_count) == ({"$.small": 1, "$.last": 2}, 3)


def test_a_dialect_of_ones_own_accounts_by_its_rules() -> None:
    text = {"each": "$.a[*]", "match": "@.kind == 'text'", "rules": [
        {"emit": "PartialContentDelta", "fields": {"content": "@.body.text"}}]}  # fmt: skip
    done = {"match": "$.end == true", "emit": "StreamEnd"}
    pipeline = Pipeline(small({"rules": [text, done], "ignored": ["$.noise"]}))
    frame = {
        "noise": 1,
        "a": [{"kind": "text", "body": {"text": "x", "b": 1}}, {"kind": "c", "d": 2}],
    }
    pipeline.feed(sse([json.dumps(frame), '{"end": true}']))
    assert pipeline.response().unmapped == {"$.a[0].body.b": 1, "$.a[1].d": 2}


def test_a_member_that_a_rule_reads_for_another_kind_alone_is_unread() -> None:
    blocks = [{"type": "text", "text": "x"}, {"type": "thinking", "thinking": "y", "text": "odd"}]
    said = {"type": "message", "stop_reason": "end_turn", "content": blocks}
    assert plain("anthropic", said).unmapped == {"$.content[1].text": "odd"}
