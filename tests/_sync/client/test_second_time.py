# Generated from tests/client/test_second_time.py by codegen; do not edit.
"""The same client once more, after its last call was cut short in some way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_lib_sync._runtime.backend import CancelScope, checkpoint, run_all
from ai_lib_sync.client import AiClient, CancelToken
from ai_lib_sync.errors import AiLibError, RemoteError, ResponseTooLarge
from ai_lib_sync.resilience import CircuitBreakerConfig, RetryConfig
from ai_lib_sync.transport import HttpTransport, PoolConfig, TransportOptions
from tests._sync.resilience.house import answer, builder, fail, frame, is_stream, said, write
from tests.guards import hang_guard
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


def ask(client: AiClient, question: str, streamed: bool) -> str:
    chat = client.chat().user(question)
    if not streamed:
        return (chat.execute()).content
    stream = chat.stream()
    for _ in stream:
        pass
    return stream.response().content


def client_of(folder: Path, server: ScriptedServer, transport: HttpTransport) -> AiClient:
    write(folder, "house", server.url)
    made = builder(folder).transport(transport).with_retry(RetryConfig(max_retries=0))
    circuit = CircuitBreakerConfig(failure_threshold=2)
    return made.max_inflight(1).with_circuit_breaker(circuit).build()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers as the question wants it; it is closed when the test ends."""
    made = ScriptedServer(answer_as_asked)
    yield made
    made.close()


def be_cancelled(client: AiClient, server: ScriptedServer, streamed: bool) -> None:
    count, scope = len(server.received), CancelScope()

    def send() -> None:
        with scope:
            ask(client, "silence", streamed)

    def cancel() -> None:
        while len(server.received) == count:
            checkpoint()
        scope.cancel()

    run_all([send, cancel], 2)
    assert scope.cancelled


def leave(client: AiClient, by_token: bool) -> None:
    token = CancelToken()
    with client.chat().user("silence").stream(cancel_token=token) as stream:
        for event in stream:
            if event.is_content_delta and by_token:
                token.cancel()
            elif event.is_content_delta:
                break


def be_cut_short(way: str, client: AiClient, server: ScriptedServer, streamed: bool) -> None:
    if way == "cancel":
        be_cancelled(client, server, streamed)
    elif way in ("leave", "token"):
        leave(client, way == "token")
    else:
        with pytest.raises(ERRORS[way]):
            ask(client, way, streamed)


ERRORS = {"fail": RemoteError, "too much": ResponseTooLarge, "break": AiLibError}
PLAIN = [*ERRORS, "cancel"]
STREAMED = [*PLAIN, "leave", "token"]


@pytest.mark.parametrize(
    ("way", "streamed"), [(w, False) for w in PLAIN] + [(w, True) for w in STREAMED]
)
def test_the_next_call_of_the_client_finds_nothing_left_of_the_one_before(
    way: str, streamed: bool, server: ScriptedServer, tmp_path: Path
) -> None:
    with HttpTransport(SMALL) as transport:
        client = client_of(tmp_path, server, transport)
        with hang_guard():
            for _ in range(3):
                be_cut_short(way, client, server, streamed)
                stats = transport.stats()
                assert client.current_inflight == 0
                assert (stats.active, stats.waiting) == (0, 0)
                assert ask(client, "well", streamed) == "hello"
                assert ask(client, "well", not streamed) == "hello"
                assert client.circuit_state == "closed"
        assert transport.stats().idle == 1
        assert server.wait_for_open_connections(1)
    assert server.wait_for_open_connections(0)


@pytest.mark.parametrize("streamed", [False, True])
def test_an_oversized_reply_opens_no_circuit(
    streamed: bool, server: ScriptedServer, tmp_path: Path
) -> None:
    with HttpTransport(SMALL) as transport:
        client = client_of(tmp_path, server, transport)
        for _ in range(5):
            with pytest.raises(ResponseTooLarge):
                ask(client, "too much", streamed)
        assert client.circuit_state == "closed"
        assert ask(client, "well", streamed) == "hello"
        for _ in range(2):
            with pytest.raises(RemoteError):
                ask(client, "fail", streamed)
        assert client.circuit_state == "open"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_call_that_waits_for_its_place_is_not_sent_after_the_close(
    streamed: bool, server: ScriptedServer, tmp_path: Path
) -> None:
    write(tmp_path, "house", server.url)
    client = builder(tmp_path).max_inflight(1).build()
    holder = client.chat().user("silence").stream()
    holder.__next__()
    queued: list[AiLibError] = []

    def queue() -> None:
        with pytest.raises(AiLibError) as caught:
            ask(client, "well", streamed)
        queued.append(caught.value)

    def close() -> None:
        while not client._targets.backpressure._slots.waiter_count:
            checkpoint()
        client.close()
        holder.close()

    with hang_guard():
        run_all([queue, close], 2)
    assert "closed" in str(queued[0])
    assert len(server.received) == 1
    assert client.current_inflight == 0
    assert server.wait_for_open_connections(0)
