"""Cases about streams: bytes on a socket in, events and a reply out."""

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
from compliance.chats import check_usage, stream_of
from compliance.checks import Mismatch, check, check_contains
from compliance.door import Runtime, Streamed
from compliance.manifests import own_manifest
from compliance.suite import Case, Json


def stream_decode(case: Case, runtime: Runtime) -> None:
    """Raw bytes become frames, and the frames a reply."""
    chunks = case.input.get("raw_chunks") or [f"{one}\n\n" for one in case.input["events"]]
    manifest = own_manifest(case)
    config = case.input.get("decoder_config")
    if config:
        streaming = manifest.setdefault("streaming", {})
        streaming["decoder"] = {**streaming.get("decoder", {}), **config}
    found = stream_of(case, runtime, manifest, chunks)
    if found.response is None:
        raise Mismatch(f"the stream failed: {found.error}")
    expected = case.expected
    frames = _frames(chunks)
    if "frame_count" in expected:
        check("frame_count", len(frames), expected["frame_count"])
    for one in expected.get("events", ()):
        check("event type", one["type"], "frame")
        check("has frames", bool(frames), True)
        if one.get("has_content"):
            check("has_content", bool(found.response.content), True)
    ended = isinstance(found.events[-1], StreamEnd)
    check("completed", ended, expected.get("completed", True))
    if "done_received" in expected:
        # Without a finish reason, only the done signal can have completed it.
        alone = found.response.finish_reason is None and ended
        check("done_received", alone, expected["done_received"])
    _check_reply(found.response, expected)


def _frames(chunks: Iterable[str]) -> list[bytes]:
    decoder = SseDecoder()
    frames = [frame.data for chunk in chunks for frame in decoder.feed(chunk.encode())]
    return frames + [frame.data for frame in decoder.close()]


def _check_reply(response: ChatResponse, expected: Json) -> None:
    check_usage(response, expected)
    if "finish_reason" in expected:
        check("finish_reason", response.finish_reason, expected["finish_reason"])
    for found, call in zip(
        response.tool_calls, expected.get("accumulated_tool_calls", ()), strict=True
    ):
        function = call["function"]
        check("tool call", (found.id, found.name), (call["id"], function["name"]))
        check("arguments", found.arguments, json.loads(function["arguments"]))
    if "content_blocks" in expected:
        blocks = list(response.candidates[0].blocks)
        check("content blocks", len(blocks), len(expected["content_blocks"]))
        for block, wanted in zip(blocks, expected["content_blocks"], strict=True):
            _check_block(block, wanted)


def _check_block(block: object, wanted: Json) -> None:
    kinds = {"thinking": ThinkingBlock, "text": TextBlock, "tool_use": ToolUseBlock}
    check("block type", type(block), kinds[wanted["type"]])
    text = block.thinking if isinstance(block, ThinkingBlock) else getattr(block, "text", "")
    if "content" in wanted:
        check("block", text, wanted["content"])
    if wanted.get("content_contains", "") not in text:
        raise Mismatch(f"{text!r} does not contain {wanted['content_contains']!r}")


def event_mapping(case: Case, runtime: Runtime) -> None:
    """The manifest's own event map turns frames into events."""
    manifest = own_manifest(case)
    manifest["streaming"]["event_map"] = case.input["event_map"]
    chunks = [f"data: {json.dumps(frame)}\n\n" for frame in case.input["frames"]]
    found = stream_of(case, runtime, manifest, chunks)
    expected = case.expected["events"]
    ends = any(one["type"] == "StreamEnd" for one in expected)
    if found.error is not None and (ends or not isinstance(found.error, StreamTruncated)):
        raise Mismatch(f"the stream failed: {found.error}")
    events = list(_in_the_suite_s_words(found.events))
    check_contains("events", events, expected)
    check("event_count", len(events), case.expected.get("event_count", len(expected)))


def _in_the_suite_s_words(events: Iterable[Event]) -> Iterator[Json]:
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


def tool_accumulation(case: Case, runtime: Runtime) -> None:
    """Pieces of tool calls become whole calls."""
    manifest = own_manifest(case)
    manifest["streaming"]["accumulator"] = case.input["accumulator_config"]
    deltas: list[Json] = [{"tool_calls": [chunk]} for chunk in case.input["partial_chunks"]]
    frames: list[Any] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    chunks = [f"data: {json.dumps(frame)}\n\n" for frame in frames]
    found = stream_of(case, runtime, manifest, [*chunks, "data: [DONE]\n\n"])
    check("complete", found.response is not None, case.expected["complete"])
    calls = list(_calls(found))
    check_contains("tool calls", calls, case.expected["assembled_tool_calls"])


def _calls(found: Streamed) -> Iterator[Json]:
    texts: dict[int, str] = {}
    for event in found.events:
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
