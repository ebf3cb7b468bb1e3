"""A reply that is there already, as the events of a stream."""

from collections.abc import Iterator

import msgspec

from ai_lib.types.content import Block, OpaqueBlock, TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.events import (
    Event,
    FinalCandidate,
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


def replayed(response: ChatResponse) -> Iterator[Event]:
    """Give the events that a stream of this reply would consist of, `StreamEnd` last."""
    yield Metadata(id=response.id, model=response.model, usage=response.usage)
    for candidate in response.candidates:
        yield from _of_candidate(candidate)
    yield StreamEnd(
        finish_reason=response.finish_reason,
        termination_reason=response.termination_reason,
        usage=response.usage,
    )


def _of_candidate(candidate: Candidate) -> Iterator[Event]:
    calls = 0
    for block in candidate.blocks:
        yield from _of_block(block, candidate.index, calls)
        calls += isinstance(block, ToolUseBlock)
    if candidate.finish_reason is not None:
        yield FinalCandidate(
            candidate=candidate.index,
            finish_reason=candidate.finish_reason,
            termination_reason=candidate.termination_reason or "other",
        )


def _of_block(block: Block, candidate: int, index: int) -> Iterator[Event]:
    match block:
        case TextBlock():
            yield PartialContentDelta(
                candidate=candidate,
                content=block.text,
                citations=block.citations,
                signature=block.signature,
                raw=block.raw,
            )
        case ThinkingBlock():
            yield ThinkingDelta(
                candidate=candidate,
                thinking=block.thinking,
                signature=block.signature,
                redacted=block.redacted,
                raw=block.raw,
            )
        case ToolUseBlock():
            yield from _of_call(block, candidate, index)
        case OpaqueBlock():
            yield OpaqueContent(candidate=candidate, raw=block.raw)
        case _:
            pass  # no reply holds what only a caller says


def _of_call(block: ToolUseBlock, candidate: int, index: int) -> Iterator[Event]:
    yield ToolCallStarted(
        candidate=candidate, tool_call_id=block.id, tool_name=block.name, index=index
    )
    yield PartialToolCall(
        candidate=candidate,
        tool_call_id=block.id,
        index=index,
        arguments=msgspec.json.encode(block.input).decode(),
    )
    yield ToolCallEnded(
        candidate=candidate,
        tool_call_id=block.id,
        tool_name=block.name,
        index=index,
        arguments=block.input,
        signature=block.signature,
        raw=block.raw,
    )
