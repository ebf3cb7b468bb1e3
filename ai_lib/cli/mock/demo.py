"""The demo: one question in every dialect, then a tool call, over a real socket, with no key."""

from __future__ import annotations

import sys

from ai_lib.cli.launch import run
from ai_lib.cli.mock.demo_script import ANSWER, QUESTION, TOOL_QUESTION, TOOL_RESULT, WEATHER, cast
from ai_lib.cli.output import Output
from ai_lib.types.events import PartialContentDelta, ThinkingDelta
from ai_lib.types.message import Message
from ai_lib.types.response import CallStats, ChatResponse

from ...client import AiClient, ChatRequestBuilder
from ...testing import MockProvider


async def demo(screen: Output | None = None) -> int:
    """Show it; return the exit code."""
    screen = screen or Output()
    package = AiClient.__module__.partition(".")[0]
    async with MockProvider() as mock:
        screen.title(f"from {package} import AiClient")
        first = ""
        for provider, dialect in cast():
            first = first or provider
            mock.enqueue(ANSWER)
            async with await mock.client(f"{provider}/demo-model") as client:
                screen.title(f"  {provider}  ({dialect}, {mock.base_url(provider)})")
                screen.line(f"    you: {QUESTION}")
                await show(screen, client.chat().user(QUESTION))
        await show_tool_call(screen, mock, first)
        screen.note(f"    {len(mock.requests)} requests over {mock.connections} connections")
    return 0


async def show(screen: Output, question: ChatRequestBuilder) -> ChatResponse:
    """Stream the answer to the screen as it arrives, and its figures; return it."""
    said = ""
    async with question.stream() as stream:
        async for event in stream:
            if isinstance(event, ThinkingDelta | PartialContentDelta) and event.text:
                kind = "thinks" if isinstance(event, ThinkingDelta) else "answer"
                if kind != said:
                    screen.begin(f"    {kind}: ")
                    said = kind
                screen.piece(event.text)
        response, stats = stream.response(), stream.stats()
    screen.note(f"    {figures(response, stats)}")
    return response


async def show_tool_call(screen: Output, mock: MockProvider, provider: str) -> None:
    """Let the model call a tool, answer it, and show what it makes of the result."""
    async with await mock.client(f"{provider}/demo-model") as client:
        screen.title(f"  a tool call  ({provider})")
        screen.line(f"    you: {TOOL_QUESTION}")
        asked = client.chat().user(TOOL_QUESTION).tools([WEATHER])
        response = await show(screen, asked)
        asked.add_message(response.to_message())
        for call in response.tool_calls:
            given = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
            screen.line(f"    calls: {call.name}({given}) -> {TOOL_RESULT}")
            asked.add_message(Message.tool(call.id, TOOL_RESULT, name=call.name))
        await show(screen, asked)


def figures(response: ChatResponse, stats: CallStats) -> str:
    """Return usage, timing and finish reason in one line."""
    usage = response.usage
    tokens = f"{usage.prompt_tokens} tokens in, {usage.completion_tokens} out"
    if usage.reasoning_tokens:
        tokens += f" ({usage.reasoning_tokens} thinking)"
    first = stats.time_to_first_token_ms
    times = "" if first is None else f"first token {first:.0f} ms, "
    return f"[{tokens}; {times}all {stats.latency_ms:.0f} ms; finish: {response.finish_reason}]"


if __name__ == "__main__":
    sys.exit(run(demo))
