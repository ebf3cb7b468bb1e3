"""Lists the capabilities that a chat request needs."""

from collections.abc import Iterator
from typing import Final

from ai_lib.types.content import AudioBlock, Block, DocumentBlock, ImageBlock, ToolResultBlock
from ai_lib.types.request import ChatRequest

MEDIA: Final = frozenset({"vision", "audio", "document"})
"""The capabilities of which a request with images, audio or documents needs one."""


def list_needed_capabilities(request: ChatRequest) -> list[str]:
    """Return the capabilities that the request needs, each once."""
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
                for need in _list_block_needs(block):
                    if need not in needs:
                        needs.append(need)
    return needs


def _list_block_needs(block: Block) -> Iterator[str]:
    if isinstance(block, ImageBlock):
        yield "vision"
    elif isinstance(block, AudioBlock):
        yield "audio"
    elif isinstance(block, DocumentBlock):
        yield "document"
    elif isinstance(block, ToolResultBlock) and not isinstance(block.content, str):
        for inner in block.content:
            yield from _list_block_needs(inner)
