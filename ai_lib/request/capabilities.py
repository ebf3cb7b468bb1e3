"""What a chat request needs the provider and the model to be able to do."""

from collections.abc import Iterator
from typing import Final

from ai_lib.types.content import AudioBlock, Block, DocumentBlock, ImageBlock, ToolResultBlock
from ai_lib.types.request import ChatRequest

MEDIA: Final = frozenset({"vision", "audio", "document"})
"""What a request with images, audio or documents needs."""


def capabilities_needed(request: ChatRequest) -> list[str]:
    """Return the capabilities that the request can't do without, each once."""
    needs = ["text"]
    if request.stream:
        needs.append("streaming")
    if request.tools:
        needs.append("tools")
    if request.parameters:
        if request.parameters.get("parallel_tool_calls") is True:
            needs.append("parallel_tools")
        if request.parameters.get("reasoning_effort") is not None:
            needs.append("reasoning")
    if request.response_format is not None and request.response_format.type != "text":
        needs.append("structured_output")
    for message in request.messages:
        if not isinstance(message.content, str):
            for block in message.content:
                for need in _of(block):
                    if need not in needs:
                        needs.append(need)
    return needs


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
