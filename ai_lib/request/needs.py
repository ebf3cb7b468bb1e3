"""What a chat request needs the provider and the model to be able to do."""

from collections.abc import Iterator

from ai_lib.types.content import AudioBlock, ImageBlock
from ai_lib.types.request import ChatRequest


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
        for block in message.blocks:
            if isinstance(block, ImageBlock):
                yield "vision"
            elif isinstance(block, AudioBlock):
                yield "audio"
