"""A reply, as the rules for output leave it."""

from collections.abc import Iterator

import msgspec

from ai_lib.guardrails.policy import Evaluation
from ai_lib.guardrails.request import masked_call, masked_text
from ai_lib.types.content import Block, TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.tool import ToolCall


def judged_reply(
    response: ChatResponse, verdict: Evaluation, *, thinking: bool, tools: bool
) -> ChatResponse:
    """Return the reply as the caller may see it: masked, or of a blocked one nothing that was said.

    The text of a candidate counts as one, however many blocks it is in. Where anything had to be
    masked, the provider's own body and frames are left out, as the same stands there.
    """
    candidates = tuple(_candidate(one, verdict, thinking, tools) for one in response.candidates)
    if verdict.blocking is not None:
        candidates = tuple(
            msgspec.structs.replace(one, blocks=(), tool_calls=()) for one in response.candidates
        )
    elif candidates == tuple(response.candidates):
        return response
    return msgspec.structs.replace(
        response, candidates=candidates, raw_response=None, unknown_frames=()
    )


def _candidate(candidate: Candidate, verdict: Evaluation, thinking: bool, tools: bool) -> Candidate:
    blocks = candidate.blocks
    said = iter(verdict.parts([block.text for block in blocks if isinstance(block, TextBlock)]))
    thought: Iterator[str] = iter(())
    if thinking:
        reasons = [block.thinking for block in blocks if isinstance(block, ThinkingBlock)]
        thought = iter(verdict.parts(reasons, bounded=False))
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, TextBlock):
            found.append(_cited(masked_text(block, next(said)), verdict))
        elif isinstance(block, ThinkingBlock) and thinking:
            found.append(_masked_thinking(block, next(thought)))
        elif isinstance(block, ToolUseBlock) and tools:
            found.append(masked_call(block, verdict))
        else:
            found.append(block)
    calls = candidate.tool_calls
    if tools:
        calls = tuple(_call(call, found) for call in calls)
    return msgspec.structs.replace(candidate, blocks=tuple(found), tool_calls=calls)


def _cited(block: TextBlock, verdict: Evaluation) -> TextBlock:
    if not block.citations:
        return block
    citations = tuple(verdict.value(citation) for citation in block.citations)
    return msgspec.structs.replace(block, citations=citations)


def _masked_thinking(block: ThinkingBlock, text: str) -> ThinkingBlock:
    if text == block.thinking:
        return block
    return msgspec.structs.replace(block, thinking=text, raw=(), signature=None, origin=None)


def _call(call: ToolCall, blocks: list[Block]) -> ToolCall:
    own = [block for block in blocks if isinstance(block, ToolUseBlock)]
    block = own[call.index] if call.index < len(own) else None
    if block is None or block.input == call.arguments:
        return call
    return msgspec.structs.replace(call, arguments=block.input, signature=None)
