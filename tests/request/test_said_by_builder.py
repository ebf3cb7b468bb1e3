"""What the recorded requests ask for can be said with the builder's own methods."""

import msgspec
import pytest

from ai_lib import AiClient
from ai_lib.client.chat import ChatRequestBuilder
from ai_lib.errors import InvalidArguments
from ai_lib.types.request import ChatRequest
from tests.request.said_again import CannotSay, said_again
from tests.wire.corpus import ROWS

# Parameters that have a method of their own; the others are said with `param`.
METHODS = {
    "temperature",
    "max_tokens",
    "top_p",
    "top_k",
    "seed",
    "n",
    "frequency_penalty",
    "presence_penalty",
    "parallel_tool_calls",
    "reasoning_effort",
}


def told(builder: ChatRequestBuilder, request: ChatRequest) -> ChatRequest:
    """Say `request` step by step."""
    builder.messages(request.messages).extra(request.extra)
    for name, value in request.parameters.items():
        if name in METHODS:
            getattr(builder, name)(value)
        else:
            builder.param(name, value)
    if request.tools:
        builder.tools(request.tools)
    if request.tool_choice is not None:
        builder.tool_choice(request.tool_choice)
    if request.response_format is not None:
        builder.response_format(request.response_format)
    return builder.build()


@pytest.mark.skipif(not ROWS, reason="there are no recordings")
async def test_what_was_recorded_can_be_said_with_the_builder() -> None:
    count = 0
    async with await AiClient.builder().model("openai/m").api_key("nobody's").build() as client:
        for recording in ROWS:
            if not recording.row["request"]["body"]:
                continue
            try:
                wanted = said_again(recording)
            except CannotSay:
                continue
            try:
                built = told(client.chat(), wanted)
            except InvalidArguments:  # it was sent to be refused
                assert recording.row["response"]["status"] == 400, recording.id
                continue
            said = msgspec.structs.replace(built, stream=wanted.stream)
            as_tuples = {"messages": tuple(wanted.messages), "tools": tuple(wanted.tools)}
            assert said == msgspec.structs.replace(wanted, **as_tuples), recording.id
            count += 1
    assert count > 450
