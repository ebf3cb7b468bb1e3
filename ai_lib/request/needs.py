"""What a chat request needs the provider and the model to be able to do."""

from collections.abc import Iterator
from typing import Final

from ai_lib.types.content import AudioBlock, Block, DocumentBlock, ImageBlock, ToolResultBlock
from ai_lib.types.request import ChatRequest

MEDIA: Final = frozenset({"vision", "audio", "document"})
"""What a request with images, audio or documents needs."""


def capabilities_needed(request: ChatRequest) -> Iterator[str]:
    """Yield the capabilities that the request can't do without, each maybe more than once."""
    yield "text"
    if request.stream:
        yield "streaming"
    if request.tools:
        yield "tools"
    if request.parameters.get("parallel_tool_calls") is True:
        yield "parallel_tools"
    if request.parameters.get("reasoning_effort") is not None:
        yield "reasoning"
    if request.response_format is not None and request.response_format.type != "text":
        yield "structured_output"
    for message in request.messages:
        if not isinstance(message.content, str):
            for block in message.content:
                yield from _of(block)


def _of(block: Block) -> Iterator[str]:
    if isinstance(block, ImageBlock):
        yield "vision"
    elif isinstance(block, AudioBlock):
        yield "audio"
    elif isinstance(block, DocumentBlock):
        yield "document"
    elif isinstance(block, ToolResultBlock) and not isinstance(block.content, str):
        for inner in block.content:
            yield from _of(inner)
