# Generated from tests/torture/conversation.py by codegen; do not edit.
"""Asks a server that answers with the bytes it is given, and takes what comes."""

from collections.abc import Callable

from ai_lib.errors.exceptions import AiLibError
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse
from ai_lib_sync import AiClient
from tests.servers.scripted import Exchange
from tests.torture.speech import CALLS, TEXT, Speech

Script = Callable[[Exchange], None]
STREAM = "content-type: text/event-stream\r\n"


def sends(*chunks: bytes, headers: str = STREAM) -> Script:
    """Give the script that sends these chunks and ends the body well."""

    def script(exchange: Exchange) -> None:
        exchange.begin(headers)
        exchange.send(b"".join(b"%x\r\n%s\r\n" % (len(data), data) for data in chunks if data))
        exchange.chunk(b"")

    return script


def sends_then_resets(*chunks: bytes) -> Script:
    """Give the script that sends these chunks and breaks the connection."""

    def script(exchange: Exchange) -> None:
        exchange.begin(STREAM)
        exchange.send(b"".join(b"%x\r\n%s\r\n" % (len(data), data) for data in chunks if data))
        exchange.abort()

    return script


class Outcome:
    """The events of a stream, the error it ended in, the reply that was collected."""

    def __init__(
        self, events: list[Event], error: AiLibError | None, reply: ChatResponse | None
    ) -> None:
        self.events = events
        self.error = error
        self.reply = reply


def listen(speech: Speech, url: str) -> Outcome:
    """Stream one answer from `url` in the dialect of `speech`."""
    builder = AiClient.builder().model(f"{speech.provider}/m").api_key("nobody's").base_url(url)
    builder.with_retry(RetryConfig(max_retries=0))  # what is sent once is heard once
    if speech.family is not None:
        builder.api_family(speech.family)
    events: list[Event] = []
    with builder.build() as client:
        stream = client.chat().user("Well?").stream()
        try:
            for event in stream:
                events.append(event)  # noqa: PERF401
        except AiLibError as error:
            partial = error.partial if isinstance(error.partial, ChatResponse) else None
            return Outcome(events, error, partial)
        return Outcome(events, None, stream.response())


def assert_whole(outcome: Outcome, speech: Speech) -> None:
    """Whether everything in `speech` came, once, and the stream ended well."""
    assert outcome.error is None
    assert outcome.reply is not None
    assert sum(event.is_stream_end for event in outcome.events) == 1
    assert outcome.events[-1].is_stream_end
    assert outcome.reply.content == TEXT
    assert outcome.reply.thinking == speech.thinking
    assert [(call.name, call.arguments) for call in outcome.reply.tool_calls] == CALLS
    assert outcome.reply.finish_reason == speech.finish_reason
    assert outcome.reply.termination_reason == speech.termination_reason
    assert outcome.reply.unknown_events == 0
    usage = outcome.reply.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == speech.usage
