"""Applies the rules for output to a response."""

from collections.abc import Iterator

import msgspec

from ai_lib.guardrails.policy import Evaluation
from ai_lib.guardrails.request import mask_call, replace_text
from ai_lib.types.content import AudioBlock, Block, TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.tool import ToolCall


def filter_response(
    response: ChatResponse, evaluation: Evaluation, *, thinking: bool, tools: bool
) -> ChatResponse:
    """Return the response with matches masked, or without any content if a rule blocks it.

    All text blocks of a candidate are one text. When anything is masked, the provider's own body
    and frames are removed, as they hold the same text.
    """
    candidates = tuple(
        _filter_candidate(candidate, evaluation, thinking, tools)
        for candidate in response.candidates
    )
    if evaluation.blocking is not None:
        candidates = tuple(
            msgspec.structs.replace(candidate, blocks=(), tool_calls=(), logprobs=())
            for candidate in response.candidates
        )
    elif candidates == tuple(response.candidates):
        return response
    return msgspec.structs.replace(
        response, candidates=candidates, raw_response=None, unknown_frames=(), unmapped={}
    )


def _filter_candidate(
    candidate: Candidate, evaluation: Evaluation, thinking: bool, tools: bool
) -> Candidate:
    blocks = candidate.blocks
    texts = iter(
        evaluation.filter_parts([block.text for block in blocks if isinstance(block, TextBlock)])
    )
    thoughts: Iterator[str] = iter(())
    if thinking:
        parts = [block.thinking for block in blocks if isinstance(block, ThinkingBlock)]
        thoughts = iter(evaluation.filter_parts(parts, has_length_limit=False))
    filtered_blocks: list[Block] = []
    for block in blocks:
        if isinstance(block, AudioBlock):
            filtered_blocks.append(_filter_audio(block, evaluation))
        elif isinstance(block, TextBlock):
            filtered_blocks.append(_filter_citations(replace_text(block, next(texts)), evaluation))
        elif isinstance(block, ThinkingBlock) and thinking:
            filtered_blocks.append(_replace_thinking(block, next(thoughts)))
        elif isinstance(block, ToolUseBlock) and tools:
            filtered_blocks.append(mask_call(block, evaluation))
        else:
            filtered_blocks.append(block)
    calls = candidate.tool_calls
    if tools:
        calls = tuple(_update_call(call, filtered_blocks) for call in calls)
    # The tokens are the text once more.
    logprobs = () if evaluation.has_masks else candidate.logprobs
    return msgspec.structs.replace(
        candidate, blocks=tuple(filtered_blocks), tool_calls=calls, logprobs=logprobs
    )


def _filter_audio(block: AudioBlock, evaluation: Evaluation) -> AudioBlock:
    """Return the sound, without it where a rule masks what is said in it."""
    transcript = evaluation.filter_text(block.transcript or "", has_length_limit=False)
    if transcript == (block.transcript or ""):
        return block
    return msgspec.structs.replace(block, transcript=transcript, data=None, id=None)


def _filter_citations(block: TextBlock, evaluation: Evaluation) -> TextBlock:
    if not block.citations:
        return block
    return msgspec.structs.replace(block, citations=evaluation.filter_citations(block.citations))


def _replace_thinking(block: ThinkingBlock, text: str) -> ThinkingBlock:
    if text == block.thinking:
        return block
    return msgspec.structs.replace(
        block, thinking=text, raw=(), signature=None, extra=None, origin=None
    )


def _update_call(call: ToolCall, blocks: list[Block]) -> ToolCall:
    call_blocks = [block for block in blocks if isinstance(block, ToolUseBlock)]
    block = call_blocks[call.index] if call.index < len(call_blocks) else None
    if block is None or block.input == call.arguments:
        return call
    return msgspec.structs.replace(
        call, arguments=block.input, exact_json=block.exact_json, signature=None
    )
