"""`ai-lib demo`: one question in every dialect, then a tool call, over a real socket, no key."""

from __future__ import annotations

import sys

from ai_lib.cli.launch import run
from ai_lib.cli.mock.demo_script import (
    ANSWER,
    QUESTION,
    TOOL_QUESTION,
    TOOL_RESULT,
    WEATHER,
    list_demo_dialects,
)
from ai_lib.cli.output import Output
from ai_lib.types.events import PartialContentDelta, ThinkingDelta
from ai_lib.types.message import Message
from ai_lib.types.response import CallStats, ChatResponse

from ...client import AiClient, ChatRequestBuilder
from ...testing import MockProvider


async def run_demo(output: Output | None = None) -> int:
    """Run the demo; return the exit code."""
    output = output or Output()
    package = AiClient.__module__.partition(".")[0]
    async with MockProvider() as mock:
        output.write_title(f"from {package} import AiClient")
        first_provider = ""
        for provider, dialect in list_demo_dialects():
            first_provider = first_provider or provider
            mock.enqueue(ANSWER)
            async with mock.client(f"{provider}/demo-model") as client:
                output.write_title(f"  {provider}  ({dialect}, {mock.base_url(provider)})")
                output.write_line(f"    you: {QUESTION}")
                await stream_response(output, client.chat().user(QUESTION))
        await stream_tool_call(output, mock, first_provider)
        output.write_note(f"    {len(mock.requests)} requests over {mock.connections} connections")
    return 0


async def stream_response(output: Output, request: ChatRequestBuilder) -> ChatResponse:
    """Write the response as it arrives, then its usage and timing; return it."""
    shown_kind = ""
    async with request.stream() as stream:
        async for event in stream:
            if isinstance(event, ThinkingDelta | PartialContentDelta) and event.text:
                kind = "thinks" if isinstance(event, ThinkingDelta) else "answer"
                if kind != shown_kind:
                    output.begin_paragraph(f"    {kind}: ")
                    shown_kind = kind
                output.write_piece(event.text)
        response, stats = stream.response(), stream.stats()
    output.write_note(f"    {format_stats(response, stats)}")
    return response


async def stream_tool_call(output: Output, mock: MockProvider, provider: str) -> None:
    """Let the model call a tool, send the result, and show the response to it."""
    async with mock.client(f"{provider}/demo-model") as client:
        output.write_title(f"  a tool call  ({provider})")
        output.write_line(f"    you: {TOOL_QUESTION}")
        request = client.chat().user(TOOL_QUESTION).tools([WEATHER])
        response = await stream_response(output, request)
        request.add_message(response.to_message())
        for call in response.tool_calls:
            arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
            output.write_line(f"    calls: {call.name}({arguments}) -> {TOOL_RESULT}")
            request.add_message(Message.tool(call.id, TOOL_RESULT, name=call.name))
        await stream_response(output, request)


def format_stats(response: ChatResponse, stats: CallStats) -> str:
    """Return usage, timing and finish reason in one line."""
    usage = response.usage
    tokens = f"{usage.prompt_tokens} tokens in, {usage.completion_tokens} out"
    if usage.reasoning_tokens:
        tokens += f" ({usage.reasoning_tokens} thinking)"
    first = stats.time_to_first_token_ms
    times = "" if first is None else f"first token {first:.0f} ms, "
    return f"[{tokens}; {times}all {stats.latency_ms:.0f} ms; finish: {response.finish_reason}]"


if __name__ == "__main__":
    sys.exit(run(run_demo))
