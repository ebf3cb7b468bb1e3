"""The same client once more, after its last call was cut short in some way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_lib._runtime.backend import CancelScope, checkpoint, run_all
from ai_lib.client import AiClient, CancelToken
from ai_lib.errors import AiLibError, RemoteError, ResponseTooLarge
from ai_lib.resilience import CircuitBreakerConfig, RetryConfig
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions
from tests.guards import hang_guard
from tests.resilience.house import answer, builder, fail, frame, is_stream, said, write
from tests.servers.scripted import Exchange, ScriptedServer

# One connection and one slot: whatever is kept, the next call can't be made.
SMALL = TransportOptions(
    max_body_bytes=2000, max_frame_bytes=2000, pool=PoolConfig(max_connections=1)
)


def answer_as_asked(exchange: Exchange) -> None:
    """Answer as the question wants it."""
    question = json.loads(exchange.received.body)["messages"][-1]["content"]
    WAYS_TO_ANSWER.get(question, answer)(exchange)


def answer_too_much(exchange: Exchange) -> None:
    if not is_stream(exchange):
        exchange.reply(said("x" * 50_000), headers="content-type: application/json\r\n")
        return
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(b"data: " + b"x" * 50_000)
    exchange.stall()


def break_off(exchange: Exchange) -> None:
    if is_stream(exchange):
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
    exchange.abort()


def go_silent(exchange: Exchange) -> None:
    if is_stream(exchange):
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
    exchange.stall()


WAYS_TO_ANSWER = {
    "fail": lambda exchange: fail(exchange, 500),
    "too much": answer_too_much,
    "break": break_off,
    "silence": go_silent,
}


async def ask(client: AiClient, question: str, streamed: bool) -> str:
    chat = client.chat().user(question)
    if not streamed:
        return (await chat.execute()).content
    stream = chat.stream()
    async for _ in stream:
        pass
    return stream.response().content


async def client_of(folder: Path, server: ScriptedServer, transport: HttpTransport) -> AiClient:
    write(folder, "house", server.url)
    made = builder(folder).transport(transport).with_retry(RetryConfig(max_retries=0))
    circuit = CircuitBreakerConfig(failure_threshold=2)
    return await made.max_inflight(1).with_circuit_breaker(circuit).build()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers as the question wants it; it is closed when the test ends."""
    made = ScriptedServer(answer_as_asked)
    yield made
    made.close()


async def be_cancelled(client: AiClient, server: ScriptedServer, streamed: bool) -> None:
    count, scope = len(server.received), CancelScope()

    async def send() -> None:
        with scope:
            await ask(client, "silence", streamed)

    async def cancel() -> None:
        while len(server.received) == count:
            await checkpoint()
        scope.cancel()

    await run_all([send, cancel], 2)
    assert scope.cancelled


async def leave(client: AiClient, by_token: bool) -> None:
    token = CancelToken()
    async with client.chat().user("silence").stream(cancel_token=token) as stream:
        async for event in stream:
            if event.is_content_delta and by_token:
                token.cancel()
            elif event.is_content_delta:
                break


async def be_cut_short(way: str, client: AiClient, server: ScriptedServer, streamed: bool) -> None:
    if way == "cancel":
        await be_cancelled(client, server, streamed)
    elif way in ("leave", "token"):
        await leave(client, way == "token")
    else:
        with pytest.raises(ERRORS[way]):
            await ask(client, way, streamed)


ERRORS = {"fail": RemoteError, "too much": ResponseTooLarge, "break": AiLibError}
PLAIN = [*ERRORS, "cancel"]
STREAMED = [*PLAIN, "leave", "token"]


@pytest.mark.parametrize(
    ("way", "streamed"), [(w, False) for w in PLAIN] + [(w, True) for w in STREAMED]
)
async def test_the_next_call_of_the_client_finds_nothing_left_of_the_one_before(
    way: str, streamed: bool, server: ScriptedServer, tmp_path: Path
) -> None:
    async with HttpTransport(SMALL) as transport:
        client = await client_of(tmp_path, server, transport)
        with hang_guard():
            for _ in range(3):
                await be_cut_short(way, client, server, streamed)
                stats = transport.stats()
                assert client.current_inflight == 0
                assert (stats.active, stats.waiting) == (0, 0)
                assert await ask(client, "well", streamed) == "hello"
                assert await ask(client, "well", not streamed) == "hello"
                assert client.circuit_state == "closed"
        assert transport.stats().idle == 1
        assert server.wait_for_open_connections(1)
    assert server.wait_for_open_connections(0)


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_oversized_reply_opens_no_circuit(
    streamed: bool, server: ScriptedServer, tmp_path: Path
) -> None:
    async with HttpTransport(SMALL) as transport:
        client = await client_of(tmp_path, server, transport)
        for _ in range(5):
            with pytest.raises(ResponseTooLarge):
                await ask(client, "too much", streamed)
        assert client.circuit_state == "closed"
        assert await ask(client, "well", streamed) == "hello"
        for _ in range(2):
            with pytest.raises(RemoteError):
                await ask(client, "fail", streamed)
        assert client.circuit_state == "open"


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_call_that_waits_for_its_place_is_not_sent_after_the_close(
    streamed: bool, server: ScriptedServer, tmp_path: Path
) -> None:
    write(tmp_path, "house", server.url)
    client = await builder(tmp_path).max_inflight(1).build()
    holder = client.chat().user("silence").stream()
    await holder.__anext__()
    queued: list[AiLibError] = []

    async def queue() -> None:
        with pytest.raises(AiLibError) as caught:
            await ask(client, "well", streamed)
        queued.append(caught.value)

    async def close() -> None:
        while not client._targets.backpressure._slots.waiter_count:
            await checkpoint()
        await client.close()
        await holder.aclose()

    with hang_guard():
        await run_all([queue, close], 2)
    assert "closed" in str(queued[0])
    assert len(server.received) == 1
    assert client.current_inflight == 0
    assert server.wait_for_open_connections(0)
