"""Replays a complete response as the events of a stream."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ai_lib.types.content import (
    AudioBlock,
    Block,
    HostedToolBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
)
from ai_lib.types.events import (
    AudioDelta,
    Event,
    FinalCandidate,
    HostedToolEnded,
    HostedToolStarted,
    ImageContent,
    LogprobsDelta,
    Metadata,
    OpaqueContent,
    PartialContentDelta,
    PartialToolCall,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.response import Candidate, ChatResponse


def replay_events(response: ChatResponse) -> Iterator[Event]:
    """Yield the events that a stream of this response would have, `StreamEnd` last."""
    yield Metadata(id=response.id, model=response.model, usage=response.usage)
    for candidate in response.candidates:
        yield from _candidate_events(candidate)
    yield StreamEnd(
        finish_reason=response.finish_reason,
        termination_reason=response.termination_reason,
        usage=response.usage,
    )


def _candidate_events(candidate: Candidate) -> Iterator[Event]:
    calls = 0
    for block in candidate.blocks:
        yield from _block_events(block, candidate.index, calls)
        calls += isinstance(block, ToolUseBlock)
    if candidate.logprobs:
        yield LogprobsDelta(candidate=candidate.index, logprobs=candidate.logprobs)
    if candidate.finish_reason is not None:
        yield FinalCandidate(
            candidate=candidate.index,
            finish_reason=candidate.finish_reason,
            termination_reason=candidate.termination_reason or "other",
        )


def _block_events(block: Block, candidate: int, index: int) -> Iterator[Event]:
    match block:
        case TextBlock():
            yield PartialContentDelta(
                candidate=candidate,
                content=block.text,
                citations=block.citations,
                is_refusal=block.is_refusal,
                phase=block.phase,
                signature=block.signature,
                raw=block.raw,
                extra=block.extra,
            )
        case ThinkingBlock():
            yield ThinkingDelta(
                candidate=candidate,
                thinking=block.thinking,
                phase=block.phase,
                signature=block.signature,
                redacted=block.redacted,
                raw=block.raw,
                extra=block.extra,
            )
        case ToolUseBlock():
            yield from _call_events(block, candidate, index)
        case OpaqueBlock():
            yield OpaqueContent(candidate=candidate, raw=block.raw, body=block.body)
        case HostedToolBlock():
            yield from _hosted_tool_events(block, candidate)
        case ImageBlock():
            yield _image_event(block, candidate)
        case AudioBlock():
            yield _audio_event(block, candidate)
        case _:
            pass  # a response has no blocks that only callers write


def _hosted_tool_events(block: HostedToolBlock, candidate: int) -> Iterator[Event]:
    facts: dict[str, Any] = {
        name: getattr(block, name) for name in ("id", "kind", "name", "input", "server")
    }
    if block.status == "in_progress":
        yield HostedToolStarted(candidate=candidate, raw=block.raw, **facts)
        return
    if block.input:
        yield HostedToolStarted(candidate=candidate, **facts)
    yield HostedToolEnded(
        candidate=candidate,
        output=block.output,
        status=block.status,
        error=block.error,
        raw=block.raw,
        **facts,
    )


def _image_event(block: ImageBlock, candidate: int) -> ImageContent:
    return ImageContent(
        candidate=candidate,
        data=block.data,
        url=block.url,
        media_type=block.media_type,
        id=block.id,
        signature=block.signature,
        raw=block.raw,
        extra=block.extra,
    )


def _audio_event(block: AudioBlock, candidate: int) -> AudioDelta:
    return AudioDelta(
        candidate=candidate,
        data=block.data or "",
        transcript=block.transcript or "",
        media_type=block.media_type,
        id=block.id,
        expires_at=block.expires_at,
        signature=block.signature,
        extra=block.extra,
    )


def _call_events(block: ToolUseBlock, candidate: int, index: int) -> Iterator[Event]:
    yield ToolCallStarted(
        candidate=candidate,
        tool_call_id=block.id,
        tool_name=block.name,
        index=index,
        is_custom=block.is_custom,
        kind=block.kind,
        server=block.server,
    )
    arguments = block.input.get("input") if block.is_custom else None
    yield PartialToolCall(
        candidate=candidate,
        tool_call_id=block.id,
        index=index,
        arguments=(
            arguments
            if isinstance(arguments, str)
            else block.exact_json or msgspec.json.encode(block.input).decode()
        ),
    )
    yield ToolCallEnded(
        candidate=candidate,
        tool_call_id=block.id,
        tool_name=block.name,
        index=index,
        arguments=block.input,
        is_custom=block.is_custom,
        exact_json=block.exact_json,
        kind=block.kind,
        server=block.server,
        signature=block.signature,
        raw=block.raw,
        extra=block.extra,
    )
