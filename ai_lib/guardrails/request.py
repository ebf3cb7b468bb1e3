"""Applies the rules for input to the texts of a request."""

from collections.abc import Sequence

import msgspec

from ai_lib.guardrails.policy import Evaluation
from ai_lib.types.content import Block, TextBlock, ToolResultBlock, ToolUseBlock
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest


def filter_request(
    request: ChatRequest, evaluation: Evaluation, results: Evaluation, *, tools: bool
) -> ChatRequest:
    """Return the request with the texts of its messages masked, and with `results` those of tools.

    Instructions (the system's messages) are not filtered, as they are the application's own. With
    `tools`, the arguments of earlier tool calls are filtered too.
    """
    messages = tuple(
        _filter_message(message, evaluation, results, tools) for message in request.messages
    )
    has_masks = evaluation.has_masks or results.has_masks
    return msgspec.structs.replace(request, messages=messages) if has_masks else request


def _filter_message(
    message: Message, evaluation: Evaluation, results: Evaluation, tools: bool
) -> Message:
    if message.role is MessageRole.SYSTEM:
        return message
    if isinstance(message.content, str):
        content: str | Sequence[Block] = evaluation.filter_text(message.content)
    else:
        content = _filter_blocks(message.content, evaluation, results, tools)
    return msgspec.structs.replace(message, content=content)


def _filter_blocks(
    blocks: Sequence[Block], evaluation: Evaluation, results: Evaluation, tools: bool
) -> Sequence[Block]:
    texts = [block.text for block in blocks if isinstance(block, TextBlock)]
    filtered = iter(evaluation.filter_parts(texts) if texts else ())
    filtered_blocks: list[Block] = []
    for block in blocks:
        if isinstance(block, TextBlock):
            filtered_blocks.append(replace_text(block, next(filtered)))
        elif isinstance(block, ToolResultBlock):
            filtered_blocks.append(_filter_result(block, results))
        elif isinstance(block, ToolUseBlock) and tools:
            filtered_blocks.append(mask_call(block, evaluation))
        else:
            filtered_blocks.append(block)
    return tuple(filtered_blocks)


def _filter_result(block: ToolResultBlock, evaluation: Evaluation) -> ToolResultBlock:
    if isinstance(block.content, str):
        return msgspec.structs.replace(block, content=evaluation.filter_text(block.content))
    texts = [inner.text for inner in block.content if isinstance(inner, TextBlock)]
    filtered = iter(evaluation.filter_parts(texts) if texts else ())
    content = tuple(
        replace_text(inner, next(filtered)) if isinstance(inner, TextBlock) else inner
        for inner in block.content
    )
    return msgspec.structs.replace(block, content=content)


def replace_text(block: TextBlock, text: str) -> TextBlock:
    """Return the block with another text, without the provider's own form of the old one."""
    if text == block.text:
        return block
    return msgspec.structs.replace(
        block, text=text, raw=(), signature=None, extra=None, origin=None
    )


def mask_call(block: ToolUseBlock, evaluation: Evaluation) -> ToolUseBlock:
    """Return the call with the texts in its arguments masked."""
    arguments = evaluation.filter_json(block.input)
    if arguments == block.input:
        return block
    return msgspec.structs.replace(
        block, input=arguments, exact_json="", raw=(), signature=None, extra=None, origin=None
    )
