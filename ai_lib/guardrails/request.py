"""The texts of a request, as the rules for input leave them."""

from collections.abc import Sequence

import msgspec

from ai_lib.guardrails.policy import Evaluation
from ai_lib.types.content import Block, TextBlock, ToolResultBlock, ToolUseBlock
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest


def judged_request(request: ChatRequest, verdict: Evaluation, *, tools: bool) -> ChatRequest:
    """Return the request with the texts of its messages masked, what tools answered included.

    Instructions (the system's messages) are the application's own, and pass. With `tools`, the
    arguments of earlier tool calls count too.
    """
    messages = tuple(_message(message, verdict, tools) for message in request.messages)
    return msgspec.structs.replace(request, messages=messages) if verdict.masks else request


def _message(message: Message, verdict: Evaluation, tools: bool) -> Message:
    if message.role is MessageRole.SYSTEM:
        return message
    if isinstance(message.content, str):
        content: str | Sequence[Block] = verdict.text(message.content)
    else:
        content = _blocks(message.content, verdict, tools)
    return msgspec.structs.replace(message, content=content)


def _blocks(blocks: Sequence[Block], verdict: Evaluation, tools: bool) -> Sequence[Block]:
    texts = [block.text for block in blocks if isinstance(block, TextBlock)]
    said = iter(verdict.parts(texts) if texts else ())
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, TextBlock):
            found.append(masked_text(block, next(said)))
        elif isinstance(block, ToolResultBlock):
            found.append(_result(block, verdict))
        elif isinstance(block, ToolUseBlock) and tools:
            found.append(masked_call(block, verdict))
        else:
            found.append(block)
    return tuple(found)


def _result(block: ToolResultBlock, verdict: Evaluation) -> ToolResultBlock:
    if isinstance(block.content, str):
        return msgspec.structs.replace(block, content=verdict.text(block.content))
    texts = [inner.text for inner in block.content if isinstance(inner, TextBlock)]
    said = iter(verdict.parts(texts) if texts else ())
    content = tuple(
        masked_text(inner, next(said)) if isinstance(inner, TextBlock) else inner
        for inner in block.content
    )
    return msgspec.structs.replace(block, content=content)


def masked_text(block: TextBlock, text: str) -> TextBlock:
    """Return the block with another text; the provider's own form of it has the old one."""
    if text == block.text:
        return block
    return msgspec.structs.replace(block, text=text, raw=(), signature=None, origin=None)


def masked_call(block: ToolUseBlock, verdict: Evaluation) -> ToolUseBlock:
    """Return the call with the texts in its arguments masked."""
    arguments = verdict.value(block.input)
    if arguments == block.input:
        return block
    return msgspec.structs.replace(block, input=arguments, raw=(), signature=None, origin=None)
