"""Cases about streams: bytes on a socket in, events and a response out."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ai_lib.errors.exceptions import StreamTruncated
from ai_lib.pipeline import SseDecoder
from ai_lib.types.content import TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    PartialToolCall,
    StreamEnd,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.response import ChatResponse
from compliance.chats import check_usage, stream_chunks
from compliance.checks import Mismatch, check, check_contains
from compliance.manifests import load_case_manifest
from compliance.runtime_client import Runtime, StreamOutcome
from compliance.suite import Case, Json


def run_stream_decode(case: Case, runtime: Runtime) -> None:
    """Raw bytes become frames, and the frames a response."""
    chunks = case.input.get("raw_chunks") or [f"{event}\n\n" for event in case.input["events"]]
    manifest = load_case_manifest(case)
    config = case.input.get("decoder_config")
    if config:
        streaming = manifest.setdefault("streaming", {})
        streaming["decoder"] = {**streaming.get("decoder", {}), **config}
    outcome = stream_chunks(case, runtime, manifest, chunks)
    if outcome.response is None:
        raise Mismatch(f"the stream failed: {outcome.error}")
    expected = case.expected
    frames = _decode_frames(chunks)
    if "frame_count" in expected:
        check("frame_count", len(frames), expected["frame_count"])
    for event in expected.get("events", ()):
        check("event type", event["type"], "frame")
        check("has frames", bool(frames), True)
        if event.get("has_content"):
            check("has_content", bool(outcome.response.content), True)
    ended = isinstance(outcome.events[-1], StreamEnd)
    check("completed", ended, expected.get("completed", True))
    if "done_received" in expected:
        # Without a finish reason, only the done signal can have completed it.
        alone = outcome.response.finish_reason is None and ended
        check("done_received", alone, expected["done_received"])
    _check_response(outcome.response, expected)


def _decode_frames(chunks: Iterable[str]) -> list[bytes]:
    decoder = SseDecoder()
    frames = [frame.data for chunk in chunks for frame in decoder.feed(chunk.encode())]
    return frames + [frame.data for frame in decoder.close()]


def _check_response(response: ChatResponse, expected: Json) -> None:
    check_usage(response, expected)
    if "finish_reason" in expected:
        check("finish_reason", response.finish_reason, expected["finish_reason"])
    for tool_call, call in zip(
        response.tool_calls, expected.get("accumulated_tool_calls", ()), strict=True
    ):
        function = call["function"]
        check("tool call", (tool_call.id, tool_call.name), (call["id"], function["name"]))
        check("arguments", tool_call.arguments, json.loads(function["arguments"]))
    if "content_blocks" in expected:
        blocks = list(response.candidates[0].blocks)
        check("content blocks", len(blocks), len(expected["content_blocks"]))
        for block, expected_block in zip(blocks, expected["content_blocks"], strict=True):
            _check_block(block, expected_block)


def _check_block(block: object, expected_block: Json) -> None:
    kinds = {"thinking": ThinkingBlock, "text": TextBlock, "tool_use": ToolUseBlock}
    check("block type", type(block), kinds[expected_block["type"]])
    text = block.thinking if isinstance(block, ThinkingBlock) else getattr(block, "text", "")
    if "content" in expected_block:
        check("block", text, expected_block["content"])
    if expected_block.get("content_contains", "") not in text:
        raise Mismatch(f"{text!r} does not contain {expected_block['content_contains']!r}")


def run_event_mapping(case: Case, runtime: Runtime) -> None:
    """The manifest's own event map turns frames into events."""
    manifest = load_case_manifest(case)
    manifest["streaming"]["event_map"] = case.input["event_map"]
    chunks = [f"data: {json.dumps(frame)}\n\n" for frame in case.input["frames"]]
    outcome = stream_chunks(case, runtime, manifest, chunks)
    expected = case.expected["events"]
    ends = any(event["type"] == "StreamEnd" for event in expected)
    if outcome.error is not None and (ends or not isinstance(outcome.error, StreamTruncated)):
        raise Mismatch(f"the stream failed: {outcome.error}")
    events = list(_convert_events(outcome.events))
    check_contains("events", events, expected)
    check("event_count", len(events), case.expected.get("event_count", len(expected)))


def _convert_events(events: Iterable[Event]) -> Iterator[Json]:
    """Yield the events as the suite writes them.

    It has one event for a finish reason and the end where we have FinalCandidate and StreamEnd,
    and one with the wire's list where we have ToolCallStarted and PartialToolCall.
    """
    call: Json | None = None
    for event in events:
        if isinstance(event, ToolCallStarted):
            call = {
                "index": event.index,
                "id": event.tool_call_id,
                "type": "function",
                "function": {"name": event.tool_name, "arguments": ""},
            }
            yield {"type": "PartialToolCall", "tool_calls": [call]}
        elif isinstance(event, PartialToolCall) and call is not None:
            call["function"]["arguments"] += event.arguments
        elif not isinstance(event, FinalCandidate | Metadata | ToolCallEnded):
            yield msgspec.to_builtins(event)


def run_tool_accumulation(case: Case, runtime: Runtime) -> None:
    """Pieces of tool calls become whole calls."""
    manifest = load_case_manifest(case)
    manifest["streaming"]["accumulator"] = case.input["accumulator_config"]
    deltas: list[Json] = [{"tool_calls": [chunk]} for chunk in case.input["partial_chunks"]]
    frames: list[Any] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    chunks = [f"data: {json.dumps(frame)}\n\n" for frame in frames]
    outcome = stream_chunks(case, runtime, manifest, [*chunks, "data: [DONE]\n\n"])
    check("complete", outcome.response is not None, case.expected["complete"])
    calls = list(_collect_calls(outcome))
    check_contains("tool calls", calls, case.expected["assembled_tool_calls"])


def _collect_calls(outcome: StreamOutcome) -> Iterator[Json]:
    texts: dict[int, str] = {}
    for event in outcome.events:
        if isinstance(event, PartialToolCall):
            texts[event.index] = texts.get(event.index, "") + event.arguments
        elif isinstance(event, ToolCallEnded):
            text = texts.get(event.index, "")
            check("parsed arguments", event.arguments, json.loads(text))
            yield {
                "index": event.index,
                "id": event.tool_call_id,
                "type": "function",
                "function": {"name": event.tool_name, "arguments": text},
            }
