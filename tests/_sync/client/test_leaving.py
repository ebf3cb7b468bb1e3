# Generated from tests/client/test_leaving.py by codegen; do not edit.
"""Leaving a stream early, in each way there is, frees its connection at once and in silence."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator

import pytest

from ai_lib_sync._runtime.backend import CancelScope, Event, run_all
from ai_lib_sync.client import AiClient, CancelToken
from ai_lib_sync.errors import AiLibError
from ai_lib_sync.resilience import JitterStrategy, RetryConfig
from ai_lib_sync.transport import HttpTransport, PoolConfig, TransportOptions
from tests._sync.resilience.house import answer, fail, frame
from tests.guards import Stopwatch, hang_guard
from tests.servers.scripted import Exchange, ScriptedServer

# The promise is a tenth of a second; a busy machine is given some more tries to keep it.
PROMPT, TRIES = 0.1, 5


def half(exchange: Exchange) -> None:
    """Begin an answer and stall."""
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(frame("hel"))
    exchange.stall()


def endless(exchange: Exchange) -> None:
    """Answer whole, but never end the body."""
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(frame("hello"))
    exchange.chunk(frame(finish="stop") + b"data: [DONE]\n\n")
    exchange.stall()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that stalls in the middle; it is closed when the test ends."""
    made = ScriptedServer(half)
    yield made
    made.close()


def client_of(server: ScriptedServer, transport: HttpTransport, retries: int = 0) -> AiClient:
    retry = RetryConfig(max_retries=retries, min_delay_ms=1, jitter=JitterStrategy.NONE)
    made = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(server.url)
    return made.with_retry(retry).transport(transport).build()


def by_break(client: AiClient) -> Stopwatch:
    for event in client.chat().user("?").stream():
        if event.is_content_delta:
            break
    del event
    return Stopwatch()


def by_close_elsewhere(client: AiClient) -> Stopwatch:
    stream = client.chat().user("?").stream()
    reading = Event()
    moments: list[Stopwatch] = []

    def read() -> None:
        try:
            for event in stream:
                if event.is_content_delta:
                    reading.set()
        except AiLibError as error:
            assert "closed before its end" in str(error)  # noqa: PT017

    def close() -> None:
        reading.wait()
        moments.append(Stopwatch())
        stream.close()

    run_all([read, close], 2)
    return moments[0]


def by_cancelling(client: AiClient) -> Stopwatch:
    scope = CancelScope()
    moments: list[Stopwatch] = []
    with scope:
        for event in client.chat().user("?").stream():
            if event.is_content_delta:
                moments.append(Stopwatch())
                scope.cancel()
    assert scope.cancelled
    return moments[0]


def by_forgetting(client: AiClient) -> Stopwatch:
    stream = client.chat().user("?").stream()
    for event in stream:
        if event.is_content_delta:
            break
    cycle: list[object] = [stream, event]
    cycle.append(cycle)
    del stream, cycle, event
    gc.collect()  # how long that takes is not ours
    return Stopwatch()


def by_token(client: AiClient) -> Stopwatch:
    token = CancelToken()
    moments: list[Stopwatch] = []
    for event in client.chat().user("?").stream(cancel_token=token):
        if event.is_content_delta:
            moments.append(Stopwatch())
            token.cancel()
    return moments[0]


WAYS = [by_break, by_close_elsewhere, by_cancelling, by_forgetting, by_token]


@pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__)
def test_the_connection_is_free_at_once_and_nothing_is_said(
    leave: Callable[[AiClient], Stopwatch],
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with HttpTransport() as transport:
        client = client_of(server, transport)
        with hang_guard():
            leave(client)
            assert transport.stats().active == 0
            assert server.wait_for_open_connections(0)
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.slow
@pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__)
def test_the_connection_is_free_within_100_ms(
    leave: Callable[[AiClient], Stopwatch], server: ScriptedServer
) -> None:
    seconds: list[float] = []
    with HttpTransport() as transport:
        client = client_of(server, transport)
        while not seconds or (min(seconds) >= PROMPT and len(seconds) < TRIES):
            stopwatch = leave(client)
            assert transport.stats().active == 0
            assert server.wait_for_open_connections(0)
            seconds.append(stopwatch.seconds)
    assert min(seconds) < PROMPT


def test_a_body_that_never_ends_costs_a_connection_and_no_time(
    server: ScriptedServer,
) -> None:
    server.script = endless
    with HttpTransport(TransportOptions(drain_seconds=0.05)) as transport:
        client = client_of(server, transport)
        for _ in range(3):
            stream = client.chat().user("?").stream()
            with hang_guard():
                contents = [e.as_content_delta for e in stream if e.is_content_delta]
            texts = [content.text for content in contents]
            assert texts == ["hello"]
            assert transport.stats().active == 0
        assert server.connections == 3
        server.script = answer
        assert (client.chat().user("?").execute()).content == "hello"
    assert server.wait_for_open_connections(0)


def test_200_failing_streams_leave_no_slot_taken(server: ScriptedServer) -> None:
    def script(exchange: Exchange) -> None:
        kind = len(server.received) % 3
        if kind == 0:
            exchange.reset()
        fail(exchange, 429 if kind == 1 else 500)

    server.script = script
    options = TransportOptions(pool=PoolConfig(max_connections=10))
    seen: set[str] = set()
    with HttpTransport(options) as transport:
        client = client_of(server, transport)

        def call() -> None:
            try:
                for _ in client.chat().user("?").stream():
                    pass
            except AiLibError as error:
                seen.add(error.error_type)

        run_all([call] * 200, 200)
        assert seen == {"rate_limited", "server_error"}
        assert (transport.stats().active, transport.stats().waiting) == (0, 0)
        # A request whose kept connection was closed under it is sent anew once.
        assert 200 <= len(server.received) <= 400
        server.script = answer
        assert (client.chat().user("?").execute()).content == "hello"
    assert server.peak <= 10
