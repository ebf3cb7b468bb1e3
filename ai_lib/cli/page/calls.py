"""Answers the page's questions with a client, whose events and frames are sent to the page."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import msgspec

from ai_lib.cli.launch import run
from ai_lib.cli.mock.commands import serve_mock
from ai_lib.cli.page.question import Question, make_messages, write_program
from ai_lib.cli.page.recordings import RecordedExchange, read_recordings
from ai_lib.cli.page.server import Page, SendLine, run_in_background
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

from ...client import AiClient, CancelToken, ChatRequestBuilder, ToolStream
from ...testing import ReplayTransport
from ...transport import HttpTransport
from .watched_transport import WatchedTransport

_KEY = "mock-key"


def serve_page(parsed: argparse.Namespace) -> int:
    """Serve the page, and the mock provider with it, until interrupted.

    Raises:
        RequestError: the port or the cassette can't be used.
    """
    is_mock = parsed.command == "mock"
    replay = None if is_mock else parsed.replay
    recordings = () if replay is None else read_recordings(replay)
    return serve_mock(
        parsed, functools.partial(make_page, has_real=not is_mock, recordings=recordings)
    )


def make_page(
    service: Service, *, has_real: bool = False, recordings: tuple[RecordedExchange, ...] = ()
) -> Page:
    """Return the page in front of a mock provider."""
    start = functools.partial(start_call, recordings=recordings)
    names = service.providers.names
    return Page(service.respond, names, start, has_real=has_real, recordings=recordings)


def start_call(
    question: Question,
    address: str,
    send_line: SendLine,
    on_end: Callable[[], None],
    recordings: Sequence[RecordedExchange] = (),
) -> Callable[[], object]:
    """Start a call in the background; return the function that cancels it."""
    token = CancelToken()
    program = functools.partial(run_call, question, address, send_line, token, recordings)

    def run_to_end() -> None:
        try:
            run(program)
        finally:
            on_end()

    run_in_background(run_to_end)
    return token.cancel


async def run_call(
    question: Question,
    address: str,
    send_line: SendLine,
    token: CancelToken,
    recordings: Sequence[RecordedExchange] = (),
) -> int:
    """Make the call and send a line for each event, also for an error."""
    try:
        recording = _find_recording(question, recordings)
        transport = WatchedTransport(send_line, _make_replay(recording))
        async with (
            transport,
            await _build_client(question, address, recording, transport) as client,
        ):
            request = _make_request(client, question)
            send_line(_describe_code(client, request, question, address))
            tools: tuple[Function, ...] = (get_weather, add) if question.tools else ()
            async with request.stream_tools(tools, cancel_token=token) as stream:
                await _send_events(stream, send_line)
                if not token.is_cancelled:
                    send_line(_make_end_line(stream.result(), transport))
    except (AiLibError, ValueError) as error:
        send_line({"kind": "error", "text": str(error)})
    return 0


def _find_recording(
    question: Question, recordings: Sequence[RecordedExchange]
) -> RecordedExchange | None:
    if question.source != "recording":
        return None
    if not 0 <= question.recording < len(recordings):
        raise ValueError("there is no such recording")
    return recordings[question.recording]


def _make_replay(recording: RecordedExchange | None) -> HttpTransport | None:
    if recording is None:
        return None
    return ReplayTransport([recording.exchange], speed=1, matching="order", repeat=True)


async def _build_client(
    question: Question, address: str, recording: RecordedExchange | None, transport: HttpTransport
) -> AiClient:
    builder = AiClient.builder().transport(transport)
    if recording is not None:
        builder.model(recording.model).api_key(_KEY)
        return await (builder.api_family(recording.family) if recording.family else builder).build()
    builder.model(question.model)
    if question.source == "mock":
        provider = question.model.partition("/")[0]
        builder.api_key(_KEY).base_url(f"{address}/{provider}")
    return await builder.build()


def _make_request(client: AiClient, question: Question) -> ChatRequestBuilder:
    request = client.chat().messages(make_messages(question))
    if question.thinking:
        request.reasoning(question.thinking)
    if question.temperature is not None:
        request.temperature(question.temperature)
    if question.max_tokens is not None:
        request.max_tokens(question.max_tokens)
    return request


def _describe_code(
    client: AiClient, request: ChatRequestBuilder, question: Question, address: str
) -> JsonObject:
    """Return the line with the same call as programs and as curl."""
    curl = ""
    with suppress(AiLibError, ValueError):
        curl = client.explain(msgspec.structs.replace(request.build(), stream=True)).curl
    return {
        "kind": "code",
        "async": write_program(question, "ai_lib", address),
        "blocking": write_program(question, "ai_lib_sync", address),
        "curl": curl,
    }


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


def _make_end_line(tool_run: ToolRun, transport: WatchedTransport) -> JsonObject:
    response = tool_run.response
    first = transport.first_bytes_ms
    timing = "" if first is None else f" · first bytes {first:.0f} ms"
    return {
        "kind": "end",
        "figures": f"{run_summary(tool_run.responses)}{timing}",
        "finish": response.termination_reason or "",
        "adaptations": list(response.adaptations),
    }


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"21 degrees and sunny in {city}"


def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b
