"""Leaving a stream early, in each way there is, frees its connection at once and in silence."""

from __future__ import annotations

import gc
import logging
from collections.abc import Awaitable, Callable, Iterator

import pytest

from ai_lib._runtime.backend import CancelScope, Event, now, run_all
from ai_lib.client import AiClient, CancelToken
from ai_lib.errors import AiLibError
from ai_lib.resilience import JitterStrategy, RetryConfig
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions
from tests.resilience.house import answer, fail, frame
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


async def client_of(server: ScriptedServer, transport: HttpTransport, retries: int = 0) -> AiClient:
    retry = RetryConfig(max_retries=retries, min_delay_ms=1, jitter=JitterStrategy.NONE)
    made = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(server.url)
    return await made.with_retry(retry).transport(transport).build()


async def by_break(client: AiClient) -> float:
    async for event in client.chat().user("?").stream():
        if event.is_content_delta:
            break
    del event
    return now()


async def by_close_elsewhere(client: AiClient) -> float:
    stream = client.chat().user("?").stream()
    reading = Event()
    times: list[float] = []

    async def read() -> None:
        try:
            async for event in stream:
                if event.is_content_delta:
                    reading.set()
        except AiLibError as error:
            assert "closed before its end" in str(error)  # noqa: PT017

    async def close() -> None:
        await reading.wait()
        times.append(now())
        await stream.aclose()

    await run_all([read, close], 2)
    return times[0]


async def by_cancelling(client: AiClient) -> float:
    scope = CancelScope()
    times: list[float] = []
    with scope:
        async for event in client.chat().user("?").stream():
            if event.is_content_delta:
                times.append(now())
                scope.cancel()
    assert scope.cancelled
    return times[0]


async def by_forgetting(client: AiClient) -> float:
    stream = client.chat().user("?").stream()
    async for event in stream:
        if event.is_content_delta:
            break
    cycle: list[object] = [stream, event]
    cycle.append(cycle)
    del stream, cycle, event
    gc.collect()  # how long that takes is not ours
    return now()


async def by_token(client: AiClient) -> float:
    token = CancelToken()
    times: list[float] = []
    async for event in client.chat().user("?").stream(cancel_token=token):
        if event.is_content_delta:
            times.append(now())
            token.cancel()
    return times[0]


WAYS = [by_break, by_close_elsewhere, by_cancelling, by_forgetting, by_token]


@pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__)
async def test_the_connection_is_free_within_100_ms_and_nothing_is_said(
    leave: Callable[[AiClient], Awaitable[float]],
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    took: list[float] = []
    async with HttpTransport() as transport:
        client = await client_of(server, transport)
        while not took or (min(took) >= PROMPT and len(took) < TRIES):
            at = await leave(client)
            assert transport.stats().active == 0
            assert server.wait_for_open_connections(0)
            took.append(now() - at)
    assert min(took) < PROMPT
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_body_that_never_ends_costs_a_connection_and_no_time(
    server: ScriptedServer,
) -> None:
    server.script = endless
    took: list[float] = []
    async with HttpTransport(TransportOptions(drain_seconds=0.05)) as transport:
        client = await client_of(server, transport)
        for _ in range(3):
            began = now()
            stream = client.chat().user("?").stream()
            texts = [e.as_content_delta.text async for e in stream if e.is_content_delta]
            took.append(now() - began)
            assert texts == ["hello"]
            assert transport.stats().active == 0
        assert server.connections == 3
        server.script = answer
        assert (await client.chat().user("?").execute()).content == "hello"
    assert min(took) < 5
    assert server.wait_for_open_connections(0)


async def test_200_failing_streams_leave_no_slot_taken(server: ScriptedServer) -> None:
    def script(exchange: Exchange) -> None:
        kind = len(server.received) % 3
        if kind == 0:
            exchange.reset()
        fail(exchange, 429 if kind == 1 else 500)

    server.script = script
    options = TransportOptions(pool=PoolConfig(max_connections=10))
    seen: set[str] = set()
    async with HttpTransport(options) as transport:
        client = await client_of(server, transport)

        async def call() -> None:
            try:
                async for _ in client.chat().user("?").stream():
                    pass
            except AiLibError as error:
                seen.add(error.error_type)

        await run_all([call] * 200, 200)
        assert seen == {"rate_limited", "server_error"}
        assert (transport.stats().active, transport.stats().waiting) == (0, 0)
        assert len(server.received) == 200
        server.script = answer
        assert (await client.chat().user("?").execute()).content == "hello"
    assert server.peak <= 10
