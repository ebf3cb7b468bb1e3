"""Answers the page's questions with a client and sends its events to the page."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Iterator, Sequence

from ai_lib.cli.launch import run
from ai_lib.cli.mock.commands import serve_mock
from ai_lib.cli.mock.page import Page, Question, SendLine, run_in_background
from ai_lib.client.tools.conversation import ToolRun
from ai_lib.client.tools.display import run_summary, tool_results
from ai_lib.client.tools.functions import Function
from ai_lib.errors.exceptions import AiLibError
from ai_lib.testing.mock.service import Service
from ai_lib.types.content import join_text
from ai_lib.types.events import (
    Event,
    PartialContentDelta,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
)
from ai_lib.types.json import JsonObject
from ai_lib.types.message import Message

from ...client import AiClient, CancelToken, ToolStream

_KEY = "mock-key"


def serve_page(parsed: argparse.Namespace) -> int:
    """Serve the mock provider with the page until interrupted."""
    return serve_mock(parsed, make_page)


def make_page(service: Service) -> Page:
    """Return the page in front of a mock provider."""
    return Page(service.respond, service.providers.names, start_call)


def start_call(
    question: Question, address: str, send_line: SendLine, on_end: Callable[[], None]
) -> Callable[[], object]:
    """Start a call in the background; return the function that cancels it."""
    token = CancelToken()
    program = functools.partial(run_call, question, address, send_line, token)

    def run_to_end() -> None:
        try:
            run(program)
        finally:
            on_end()

    run_in_background(run_to_end)
    return token.cancel


async def run_call(
    question: Question, address: str, send_line: SendLine, token: CancelToken
) -> int:
    """Call the mock provider and send a line for each event, also for an error."""
    provider = question.model.partition("/")[0]
    try:
        async with AiClient.create(
            question.model, api_key=_KEY, base_url=f"{address}/{provider}"
        ) as client:
            request = client.chat().messages(_make_messages(question))
            if question.thinking:
                request.reasoning_effort("medium")
            tools: tuple[Function, ...] = (get_weather, add)
            offered_tools = tools if question.tools else ()
            async with request.stream_tools(offered_tools, cancel_token=token) as stream:
                await _send_events(stream, send_line)
                if not token.is_cancelled:
                    send_line(_make_end_line(stream.result()))
    except AiLibError as error:
        send_line({"kind": "error", "text": str(error)})
    return 0


async def _send_events(stream: ToolStream, send_line: SendLine) -> None:
    sent_call_ids: set[str] = set()
    async for event in stream:
        for line in (*_list_new_results(stream.messages, sent_call_ids), *_list_event_lines(event)):
            send_line(line)


def _list_new_results(messages: Sequence[Message], sent_call_ids: set[str]) -> Iterator[JsonObject]:
    for call_id, block in tool_results(messages).items():
        if call_id not in sent_call_ids:
            sent_call_ids.add(call_id)
            text = join_text(block.content)
            yield {"kind": "result", "id": call_id, "text": text, "failed": block.is_error}


def _list_event_lines(event: Event) -> Iterator[JsonObject]:
    if isinstance(event, PartialContentDelta) and event.content:
        yield {"kind": "text", "text": event.content}
    elif isinstance(event, ThinkingDelta) and event.thinking:
        yield {"kind": "thinking", "text": event.thinking}
    elif isinstance(event, ToolCallEnded):
        yield {
            "kind": "call",
            "id": event.id,
            "name": event.name,
            "arguments": event.arguments,
        }
    elif isinstance(event, StreamEnd):
        yield {"kind": "round"}


def _make_end_line(tool_run: ToolRun) -> JsonObject:
    response = tool_run.response
    return {
        "kind": "end",
        "figures": run_summary(tool_run.responses),
        "finish": response.termination_reason or "",
        "adaptations": list(response.adaptations),
    }


def _make_messages(question: Question) -> list[Message]:
    return [
        Message.user(turn.text) if turn.role == "user" else Message.assistant(turn.text)
        for turn in question.turns
    ]


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"21 degrees and sunny in {city}"


def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b
