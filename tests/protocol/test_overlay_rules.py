"""What a manifest says of its streams, replies and errors is what happens to their bytes."""

from typing import Any

import msgspec
import pytest

from ai_lib.errors.exceptions import AiLibError, RemoteError, StreamTruncated
from ai_lib.pipeline.errors import remote_error
from ai_lib.pipeline.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    PartialContentDelta,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)

NOTHING: dict[str, Any] = {
    "request": {"body": {"m": "$messages"}, "messages": {"roles": {}, "blocks": {}}}
}


def compiled(dialect: str | None = "openai_chat", **sections: Any) -> CompiledManifest:
    choice: dict[str, Any] = {"dialect": dialect} if dialect else {"wire": NOTHING}
    document = {"id": "some-one", "endpoint": {"base_url": "https://example.com"}}
    return compile_manifest(read_manifest({**document, **choice, **sections}, "some-one.yaml"))


def run(manifest: CompiledManifest, *frames: object) -> tuple[list[Event], AiLibError | None]:
    pipeline = Pipeline(manifest)
    events: list[Event] = []
    for frame in frames:
        data = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
        events += pipeline.feed(b"data: %s\n\n" % data)
    events += pipeline.close()
    return events, pipeline.failure


def texts(events: list[Event], candidate: int = 0) -> str:
    deltas = [e for e in events if isinstance(e, PartialContentDelta) and e.candidate == candidate]
    return "".join(event.content for event in deltas)


def rule(emit: str, match: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"emit": emit, "fields": fields} | ({"match": match} if match else {})


def event_map(*rules: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"event_map": list(rules), **sections}


# --- Manifest before dialect --------------------------------------------------------------------


def delta(**parts: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": parts}]}


DONE = b"[DONE]"


def test_a_rule_that_reads_elsewhere_comes_before_the_dialect() -> None:
    manifest = compiled(
        streaming=event_map(
            rule("PartialContentDelta", "exists($.output)", content="$.output"),
        )
    )
    events, failure = run(manifest, {"output": "own ", "choices": []}, delta(content="usual"), DONE)
    assert failure is None
    assert texts(events) == "own usual"


def test_where_both_find_text_in_a_frame_the_manifest_counts() -> None:
    manifest = compiled(
        streaming=event_map(rule("PartialContentDelta", content="$.choices[*].delta.final"))
    )
    events, _ = run(manifest, delta(content="draft", final="final"), DONE)
    assert texts(events) == "final"


def test_a_rule_that_narrows_a_condition_replaces_the_dialect() -> None:
    manifest = compiled(
        streaming=event_map(
            rule(
                "PartialContentDelta",
                "$.channel == 'final'",
                content="$.choices[0].delta.content",
            )
        )
    )
    first, second = delta(content="thoughts"), delta(content="answer")
    events, _ = run(
        manifest, {**first, "channel": "analysis"}, {**second, "channel": "final"}, DONE
    )
    assert texts(events) == "answer"


def test_a_place_the_manifest_reads_as_text_is_no_thinking_any_more() -> None:
    manifest = compiled(
        streaming=event_map(
            rule("PartialContentDelta", content="$.choices[*].delta.reasoning_content")
        )
    )
    events, _ = run(manifest, delta(reasoning_content="said"), DONE)
    assert texts(events) == "said"
    assert not any(isinstance(event, ThinkingDelta) for event in events)


def test_what_the_event_map_leaves_out_the_dialect_still_reads() -> None:
    manifest = compiled(
        streaming=event_map(rule("PartialContentDelta", content="$.choices[*].delta.content"))
    )
    events, failure = run(manifest, delta(reasoning_content="hm"), {"error": {"message": "broken"}})
    assert [event.thinking for event in events if isinstance(event, ThinkingDelta)] == ["hm"]
    assert isinstance(failure, RemoteError)


# --- Walking and fanning out --------------------------------------------------------------------


@pytest.mark.parametrize("fan_out", [True, False])
def test_the_first_index_serves_every_candidate_when_the_manifest_fans_out(fan_out: bool) -> None:
    manifest = compiled(
        None,
        streaming=event_map(
            rule("PartialContentDelta", "$.out[0].text", content="$.out[0].text"),
            rule("FinalCandidate", "$.out[0].why != null", finish_reason="$.out[0].why"),
            candidate={"candidate_id_path": "$.out[*].nr", "fan_out": fan_out},
        ),
    )
    first = {"nr": 1, "text": "one", "why": None}
    second = {"nr": 0, "text": "nought", "why": "stop"}
    events, failure = run(manifest, {"out": [first, second]}, {"out": [{"nr": 1, "why": "stop"}]})
    if fan_out:
        assert (texts(events, 0), texts(events, 1)) == ("nought", "one")
        assert failure is None
        finished = [e.candidate for e in events if isinstance(e, FinalCandidate)]
        assert finished == [0, 1]
    else:
        assert texts(events) == "one"


def test_paths_that_share_wildcards_are_walked_together() -> None:
    manifest = compiled(
        None,
        streaming=event_map(
            rule(
                "ToolCallStarted",
                tool_call_id="$.out[*].calls[*].key",
                tool_name="$.out[*].calls[*].tool",
            ),
            rule("PartialToolCall", arguments="$.out[*].calls[*].with"),
            rule("FinalCandidate", finish_reason="$.out[*].why", candidate_index="$.out[*].nr"),
        ),
    )
    calls = [{"key": "a", "tool": "f", "with": {"x": 1}}, {"key": "b", "tool": "g"}]
    frame = {"out": [{"nr": 2, "calls": calls, "why": "tools"}]}
    events, failure = run(manifest, frame)
    assert failure is None
    ended = [event for event in events if isinstance(event, ToolCallEnded)]
    assert [(e.candidate, e.id, e.name, e.arguments) for e in ended] == [
        (2, "a", "f", {"x": 1}),
        (2, "b", "g", {}),
    ]


def test_a_list_of_tool_calls_is_one_candidate_s() -> None:
    manifest = compiled(
        None,
        streaming=event_map(
            rule("ToolCallStarted", tool_call_id="$.calls[*].id", tool_name="$.calls[*].tool"),
            rule("StreamEnd", "$.done == true"),
        ),
    )
    frame = {"calls": [{"id": "a", "tool": "f"}, {"id": "b", "tool": "g"}], "done": True}
    events, _ = run(manifest, frame)
    started = [event for event in events if isinstance(event, ToolCallStarted)]
    assert [(event.candidate, event.index, event.name) for event in started] == [
        (0, 0, "f"),
        (0, 1, "g"),
    ]


# --- Tool calls in the manifests' words ---------------------------------------------------------


def test_a_generated_id_is_one_for_both_rules_that_read_a_call() -> None:
    manifest = compiled(
        None,
        streaming=event_map(
            rule(
                "ToolCallStarted", tool_call_id="_generate_uuid", tool_name="$.parts[*].call.name"
            ),
            rule(
                "PartialToolCall",
                tool_call_id="_generate_uuid",
                tool_name="$.parts[*].call.name",
                arguments="$.parts[*].call.args",
            ),
            rule("StreamEnd", "exists($.end)"),
        ),
    )
    parts = [{"call": {"name": "f", "args": {"n": 1}}}, {"call": {"name": "f", "args": {"n": 2}}}]
    events, failure = run(manifest, {"parts": parts}, {"end": 1})
    assert failure is None
    ended = [event for event in events if isinstance(event, ToolCallEnded)]
    assert [event.arguments for event in ended] == [{"n": 1}, {"n": 2}]
    assert len({event.id for event in ended}) == 2
    assert [e.id for e in events if isinstance(e, ToolCallStarted)] == [e.id for e in ended]


def test_partial_json_needs_no_index_when_calls_come_one_after_the_other() -> None:
    manifest = compiled(
        "anthropic_messages",
        streaming=event_map(
            rule(
                "PartialToolCall",
                "$.type == 'content_block_delta' && $.delta.type == 'input_json_delta'",
                partial_json="$.delta.partial_json",
            ),
            accumulator={
                "stateful_tool_parsing": True,
                "key_path": "$.delta.partial_json",
                "flush_on": "$.type == 'content_block_stop'",
            },
        ),
    )
    block = {"type": "tool_use", "id": "toolu_1", "name": "f"}
    pieces = ['{"a":', '"b"}']
    frames = [{"type": "content_block_start", "index": 1, "content_block": block}]
    frames += [
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": piece},
        }
        for piece in pieces
    ]
    frames += [
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
        {"type": "message_stop"},
    ]
    events, failure = run(manifest, *frames)
    assert failure is None
    (ended,) = [event for event in events if isinstance(event, ToolCallEnded)]
    assert (ended.id, ended.name, ended.arguments) == ("toolu_1", "f", {"a": "b"})


def test_the_condition_to_flush_ends_the_calls() -> None:
    manifest = compiled(
        None,
        streaming=event_map(
            rule("PartialToolCall", name="$.tool", args="$.args"),
            rule("PartialContentDelta", content="$.text"),
            rule("Done", "exists($.bye)"),
            accumulator={"flush_on": "$.kind == 'flush'"},
        ),
    )
    frames = ({"tool": "f", "args": "{}"}, {"kind": "flush"}, {"text": "after"}, {"bye": 1})
    events, _ = run(manifest, *frames)
    kinds = [type(event) for event in events]
    assert kinds.index(ToolCallEnded) < kinds.index(PartialContentDelta)


def test_a_list_of_calls_is_read_by_the_places_tooling_names() -> None:
    manifest = compiled(
        None,
        tooling={"tool_use": {"id_path": "key", "name_path": "fn.name", "input_path": "fn.input"}},
        streaming=event_map(
            rule("PartialToolCall", "exists($.calls)", tool_calls="$.calls"),
            rule("StreamEnd", "exists($.end)"),
        ),
    )
    events, _ = run(
        manifest, {"calls": [{"key": "k", "fn": {"name": "f", "input": "{}"}}]}, {"end": 1}
    )
    (ended,) = [event for event in events if isinstance(event, ToolCallEnded)]
    assert (ended.id, ended.name, ended.arguments) == ("k", "f", {})


def test_one_call_in_an_object_is_read() -> None:
    manifest = compiled(
        "gemini_generate",
        streaming=event_map(
            rule(
                "PartialToolCall",
                "$.candidates[0].content.parts[0].functionCall",
                tool_call="$.candidates[0].content.parts[0].functionCall",
            ),
            rule(
                "StreamEnd",
                "$.candidates[0].finishReason",
                finish_reason="$.candidates[0].finishReason",
            ),
            candidate={"candidate_id_path": "$.candidates[*].index", "fan_out": True},
        ),
    )
    calls = [{"functionCall": {"name": name, "args": {"of": name}}} for name in ("f", "g")]
    frame = {"candidates": [{"content": {"parts": calls}, "finishReason": "STOP"}]}
    events, failure = run(manifest, frame)
    assert failure is None
    ended = [event for event in events if isinstance(event, ToolCallEnded)]
    assert [event.arguments for event in ended] == [{"of": "f"}, {"of": "g"}]


# --- Beginning and end --------------------------------------------------------------------------


def test_frames_the_selector_does_not_hold_for_are_dropped_but_errors_never() -> None:
    manifest = compiled(streaming={"frame_selector": "$.good == true"})
    good, bad = {**delta(content="yes"), "good": True}, delta(content="no")
    events, failure = run(manifest, good, bad, {"error": {"message": "out", "code": "x"}})
    assert texts(events) == "yes"
    assert isinstance(failure, RemoteError)
    assert failure.code == "x"


def test_a_literal_reason_never_replaces_one_that_was_seen() -> None:
    rules = (
        rule("PartialContentDelta", content="$.text"),
        rule("Metadata", stop_reason="$.why", usage="$.usage"),
        rule("StreamEnd", "exists($.bye)", finish_reason="stop"),
    )
    manifest = compiled(
        None, streaming=event_map(*rules), termination={"mapping": {"full": "max_tokens"}}
    )
    events, _ = run(manifest, {"text": "a"}, {"why": "full"}, {"bye": 1})
    assert isinstance(events[-1], StreamEnd)
    assert (events[-1].finish_reason, events[-1].termination_reason) == ("full", "max_tokens")
    unseen, _ = run(manifest, {"text": "a"}, {"bye": 1})
    assert isinstance(unseen[-1], StreamEnd)
    assert unseen[-1].finish_reason == "stop"


def test_the_usage_that_follows_the_reason_still_counts() -> None:
    manifest = compiled(
        streaming=event_map(
            rule(
                "StreamEnd",
                "$.choices[0].finish_reason",
                finish_reason="$.choices[0].finish_reason",
            ),
            rule("UsageReport", "$.usage", usage="$.usage"),
        )
    )
    finish = {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 1}}
    events, failure = run(manifest, finish, usage, DONE)
    assert failure is None
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].usage is not None
    assert events[-1].usage.prompt_tokens == 7
    assert sum(isinstance(event, StreamEnd) for event in events) == 1


def test_a_stop_condition_makes_the_answer_whole() -> None:
    sections = {"streaming": event_map(rule("PartialContentDelta", content="$.text"))}
    _, failure = run(compiled(None, **sections), {"text": "a"}, {"last": True})
    assert isinstance(failure, StreamTruncated)
    sections["streaming"]["stop_condition"] = "$.last == true"
    events, failure = run(compiled(None, **sections), {"text": "a"}, {"last": True})
    assert failure is None
    assert isinstance(events[-1], StreamEnd)


def test_a_stop_condition_for_candidate_0_does_not_hide_that_another_was_cut() -> None:
    manifest = compiled(streaming={"stop_condition": "$.choices[0].finish_reason != null"})
    choices = [{"index": index, "delta": {"content": "a"}} for index in (0, 1)]
    _, failure = run(
        manifest,
        {"choices": choices},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    )
    assert isinstance(failure, StreamTruncated)


@pytest.mark.parametrize("format", ["ndjson", "json_lines", "cohere_native"])
def test_lines_of_json_are_frames(format: str) -> None:
    streaming = event_map(
        rule("PartialContentDelta", content="$.text"),
        rule("StreamEnd", "$.end == true"),
        decoder={"format": format, "delimiter": "\\n"},
    )
    pipeline = Pipeline(compiled(None, streaming=streaming))
    events = pipeline.feed(b'{"text":"a"}\n{"text":"b"}\n{"end":true}\n') + pipeline.close()
    assert texts(events) == "ab"
    assert pipeline.failure is None


@pytest.mark.parametrize("format", ["sse", "openai_sse", "anthropic_sse", "gemini_sse"])
def test_an_escaped_delimiter_and_a_done_signal_of_its_own_are_understood(format: str) -> None:
    decoder = {"format": format, "delimiter": "\\n\\n", "prefix": "data: ", "done_signal": "[BYE]"}
    manifest = compiled(streaming={"decoder": decoder})
    events, failure = run(manifest, delta(content="a"), b"[BYE]")
    assert failure is None
    assert isinstance(events[-1], StreamEnd)


def test_content_paths_alone_are_enough_to_read_a_stream() -> None:
    manifest = compiled(
        None,
        streaming={"content_path": "piece.text", "usage_path": "cost", "stop_condition": "$.end"},
    )
    events, failure = run(manifest, {"piece": {"text": "a"}}, {"end": 1, "cost": {"n": 1}})
    assert failure is None
    assert texts(events) == "a"
    assert any(isinstance(event, Metadata) and event.usage for event in events)


# --- Plain replies ------------------------------------------------------------------------------


def reply(manifest: CompiledManifest, body: object) -> Any:
    return read_response(manifest, msgspec.json.encode(body))


def test_a_plain_reply_is_read_by_its_response_paths() -> None:
    manifest = compiled(
        None,
        response_paths={
            "content": "answer.text",
            "finish_reason": "answer.why",
            "usage": "cost",
            "thinking": "answer.thoughts",
        },
        termination={"mapping": {"fin": "end_turn", "odd": "of its own"}},
        wire={**NOTHING, "usage": {"prompt_tokens": ["in"], "completion_tokens": ["out"]}},
    )
    answer = {"text": "Hello", "why": "fin", "thoughts": "hm"}
    response = reply(manifest, {"answer": answer, "cost": {"in": 3, "out": 2}})
    assert (response.content, response.thinking) == ("Hello", "hm")
    assert (response.finish_reason, response.termination_reason) == ("fin", "end_turn")
    assert (response.usage.prompt_tokens, response.usage.total_tokens) == (3, 5)
    odd = reply(manifest, {"answer": {"text": "a", "why": "odd"}})
    assert odd.termination_reason == "other"


def test_mapped_tool_calls_are_filtered_element_by_element() -> None:
    manifest = compiled(
        None,
        response_paths={"content": "content[0].text"},
        features={
            "response_mapping": {
                "tool_calls": {
                    "path": "content",
                    "filter": "type == 'call'",
                    "fields": {"id": "_generate_uuid", "name": "name", "args": "input"},
                }
            }
        },
    )
    blocks = [
        {"type": "text", "text": "Well", "name": "not a tool"},
        {"type": "call", "name": "f", "input": {"a": 1}},
        {"type": "call", "name": "f", "input": {"a": 2}},
    ]
    response = reply(manifest, {"content": blocks})
    assert response.content == "Well"
    assert [call.arguments for call in response.tool_calls] == [{"a": 1}, {"a": 2}]
    assert len({call.id for call in response.tool_calls}) == 2


def test_response_paths_that_say_what_the_dialect_says_serve_every_candidate() -> None:
    manifest = compiled(
        response_paths={
            "content": "choices[0].message.content",
            "tool_calls": "choices[0].message.tool_calls",
            "finish_reason": "choices[0].finish_reason",
        }
    )
    choices = [
        {"index": i, "message": {"content": word}, "finish_reason": "stop"}
        for i, word in enumerate(("one", "two"))
    ]
    response = reply(manifest, {"choices": choices})
    assert [candidate.content for candidate in response.candidates] == ["one", "two"]


# --- Errors -------------------------------------------------------------------------------------


def test_an_error_s_facts_are_read_where_the_manifest_says() -> None:
    paths = {"message_path": "fault.text", "code_path": "fault.nr", "request_id_path": "trace"}
    manifest = compiled(
        features={"response_mapping": {"error": paths}},
        error_classification={"by_error_code": {"77": "quota_exhausted"}},
    )
    error = remote_error(manifest, 429, {"fault": {"text": "Empty", "nr": 77}, "trace": "t-1"})
    assert (error.code, error.request_id) == ("77", "t-1")
    assert error.standard_code.code == "E2002"
    assert "Empty" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": {"status": "RESOURCE_EXHAUSTED"}}, "E2001"),
        (400, {"error": {"message": "Your BALANCE is empty"}}, "E2002"),
        (400, {"error": {"message": "context of 12000 tokens is too long"}}, "E1005"),
        (418, {"error": {"message": "no coffee"}}, "E3002"),
        (403, {"error": {"message": "no"}}, "E1003"),
    ],
)
def test_errors_are_classified_in_the_order_of_the_protocol(
    status: int, body: dict[str, Any], code: str
) -> None:
    manifest = compiled(
        features={"response_mapping": {"error": {"status_path": "error.status"}}},
        error_classification={
            "by_error_status": {"RESOURCE_EXHAUSTED": "rate_limited"},
            "by_message_contains": {"balance": "quota_exhausted"},
            "by_error_message": [
                {"pattern": r"context of \d+ tokens", "maps_to": "request_too_large"}
            ],
            "by_http_status": {"400": "invalid_request", "418": "overloaded"},
        },
    )
    assert remote_error(manifest, status, body).standard_code.code == code


def test_the_wait_is_found_in_the_message_when_no_header_says_it() -> None:
    manifest = compiled(
        error_classification={
            "retry_after_extraction": {
                "pattern": r"try again in (\d+(?:\.\d+)?)ms",
                "unit": "milliseconds",
            }
        }
    )
    body = {"error": {"message": "Slow down, try again in 1500ms."}}
    assert remote_error(manifest, 429, body).retry_after == 1.5
    assert remote_error(manifest, 429, body, {"retry-after": "3"}).retry_after == 3.0
    assert remote_error(manifest, 429, {"error": {"message": "Slow down"}}).retry_after is None
