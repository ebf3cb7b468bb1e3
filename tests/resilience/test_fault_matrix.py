"""Everything that can go wrong on the wire, with all protection on.

Each call ends right, at the target it fell back to, or with a typed error; a server that counts
sees no more attempts than allowed; nothing stays taken.
"""

import logging
import pickle
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_lib.client import AiClient
from ai_lib.errors import AiLibError
from ai_lib.resilience import CircuitBreakerConfig, RateLimiterConfig
from ai_lib.transport import HttpTransport, TransportOptions
from ai_lib.types import TimeoutOptions
from tests.resilience.conftest import Serve
from tests.resilience.house import CANARY, QUICK, answer, builder, fail, is_stream, write
from tests.servers.scripted import Exchange

# Short enough for the silent servers, long enough for the others on a busy machine.
TIMEOUTS = TimeoutOptions(connect=5, first_token=0.5, idle=0.5, total=20)
ALLOWED = 3


def status(code: int, headers: str = "") -> Callable[[Exchange], None]:
    def script(exchange: Exchange) -> None:
        fail(exchange, code, headers)

    return script


def reset_before(exchange: Exchange) -> None:
    exchange.reset()


def reset_inside_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-")
    exchange.reset()


def reset_after_headers(exchange: Exchange) -> None:
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.abort()


def slow_headers(exchange: Exchange) -> None:
    exchange.stall()


def slow_body(exchange: Exchange) -> None:
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.stall()


def wrong_length(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{}")
    exchange.abort()


def garbage(exchange: Exchange) -> None:
    exchange.send(b"\x00\xff not HTTP at all\r\n\r\n")
    exchange.abort()


def html(exchange: Exchange) -> None:
    exchange.reply(b"<html>Bad gateway</html>", headers="content-type: text/html\r\n")


def redirect(exchange: Exchange) -> None:
    exchange.reply(b"", 303, "location: https://elsewhere.example/\r\n")


def in_place_of_a_stream(exchange: Exchange) -> None:
    if is_stream(exchange):
        fail(exchange, 200)
    else:
        fail(exchange, 503)


PAST = "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n"
# What the server does; how many requests it may see for a plain call and for a stream; who answers
# in the end, or the class of the error.
MATRIX: list[tuple[str, Callable[[Exchange], None], int, int, str]] = [
    # In doubt: sent once, answered elsewhere.
    ("reset before", reset_before, 1, 1, "other"),
    ("reset inside headers", reset_inside_headers, 1, 1, "other"),
    ("slow headers", slow_headers, 1, 1, "other"),
    ("slow body", slow_body, 1, 1, "other"),
    ("garbage", garbage, 1, 1, "other"),
    # A stream that had begun to answer and broke before its first event may be asked for again.
    ("reset after headers", reset_after_headers, 1, 3, "other"),
    ("wrong length", wrong_length, 1, 3, "other"),
    ("429", status(429), 3, 3, "other"),
    ("429, seconds", status(429, "retry-after: 0.01\r\n"), 3, 3, "other"),
    ("429, zero", status(429, "retry-after: 0\r\n"), 3, 3, "other"),
    ("429, ms", status(429, "retry-after-ms: 10\r\n"), 3, 3, "other"),
    ("429, date", status(429, PAST), 3, 3, "other"),
    ("429, nonsense", status(429, "retry-after: soon\r\n"), 3, 3, "other"),
    ("429, an hour", status(429, "retry-after: 3600\r\n"), 1, 1, "other"),
    ("500", status(500), 3, 3, "other"),
    ("502", status(502), 3, 3, "other"),
    ("503", status(503), 3, 3, "other"),
    ("504", status(504), 3, 3, "other"),
    ("529", status(529), 3, 3, "other"),
    ("500, told not to", status(500, "x-should-retry: false\r\n"), 1, 1, "other"),
    ("400, told to", status(400, "x-should-retry: true\r\n"), 3, 3, "RemoteError"),
    ("no stream", in_place_of_a_stream, 3, 3, "other"),
    ("html", html, 3, 3, "other"),
    ("401", status(401), 1, 1, "other"),
    ("400", status(400), 1, 1, "RemoteError"),
    ("404", status(404), 1, 1, "RemoteError"),
    ("redirect", redirect, 1, 1, "RemoteError"),
]


def quiet(client: AiClient, transport: HttpTransport) -> bool:
    """Whether nothing stays taken."""
    quotas = [
        place.executor.preflight.rate_limiter.quota  # type: ignore[union-attr]
        for place in client._targets.list_targets()
    ]
    outstanding = [(q._requests.outstanding, q._tokens.outstanding) for q in quotas]
    stats = transport.stats()
    return (
        client.current_inflight == 0
        and (stats.active, stats.waiting) == (0, 0)
        and outstanding == [(0, 0)] * len(quotas)
    )


async def protected(folder: Path, transport: HttpTransport) -> AiClient:
    made = builder(folder).transport(transport).timeouts(TIMEOUTS).with_retry(QUICK).max_inflight(2)
    made.with_rate_limit(RateLimiterConfig(requests_per_minute=1000, tokens_per_minute=10**6))
    made.with_circuit_breaker(CircuitBreakerConfig(failure_threshold=50))
    return await made.with_fallbacks(["other/m"]).build()


async def ask(client: AiClient, streamed: bool) -> str:
    chat = client.chat().user("?")
    if not streamed:
        response = await chat.execute()
    else:
        stream = chat.stream()
        async for _ in stream:
            pass
        response = stream.response()
    names = [attempt.provider for attempt in response.attempts]
    assert names[-1] == "other"
    assert response.attempts[-1].ended == "answered"
    return response.content


def leaks(error: AiLibError, caplog: pytest.LogCaptureFixture) -> bool:
    shown = [str(error), repr(error), repr(vars(error)), repr(pickle.dumps(error)), caplog.text]
    return any(CANARY in text for text in shown)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("script", "plain", "stream", "outcome"),
    [row[1:] for row in MATRIX],
    ids=[row[0] for row in MATRIX],
)
async def test_every_fault_ends_right_or_typed(
    script: Callable[[Exchange], None],
    plain: int,
    stream: int,
    outcome: str,
    streamed: bool,
    serve: Serve,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server, other = serve(script), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url)
    async with HttpTransport() as transport:
        client = await protected(tmp_path, transport)
        if outcome == "other":
            assert await ask(client, streamed) == "hello"
        else:
            with pytest.raises(AiLibError) as caught:
                await ask(client, streamed)
            assert type(caught.value).__name__ == outcome
            assert len(caught.value.attempts) == len(server.received)
            assert caught.value.provider == "house"
            assert not leaks(caught.value, caplog)
        assert quiet(client, transport)

    assert len(server.received) == (stream if streamed else plain) <= ALLOWED
    assert len(other.received) == (1 if outcome == "other" else 0)
    keys = {request.headers["authorization"] for request in other.received}
    assert keys <= {"Bearer the-other-key"}
    assert CANARY not in caplog.text


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_a_closed_port_and_a_server_without_tls(
    streamed: bool, serve: Serve, tmp_path: Path
) -> None:
    plain, other = serve(answer), serve(answer)
    plain.greeting = b"220 this is no TLS\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    write(tmp_path, "other", other.url)
    async with HttpTransport() as transport:
        for url in (closed, plain.url.replace("http:", "https:")):
            write(tmp_path, "house", url)
            client = await protected(tmp_path, transport)
            assert await ask(client, streamed) == "hello"
            assert quiet(client, transport)
    assert [request for request in plain.received if request.method == "POST"] == []
    assert len(other.received) == 2


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_a_proxy_that_is_down_ends_typed_after_all_attempts(
    streamed: bool, serve: Serve, tmp_path: Path
) -> None:
    server = serve(answer)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
    write(tmp_path, "house", "http://house.example")
    write(tmp_path, "other", "http://other.example")
    async with HttpTransport(TransportOptions(proxy=proxy)) as transport:
        client = await protected(tmp_path, transport)
        with pytest.raises(AiLibError) as caught:
            await ask(client, streamed)
        assert quiet(client, transport)
    tried = [(a.provider, a.error) for a in caught.value.attempts]  # type: ignore[attr-defined]
    assert tried == [("house", "ConnectError")] * 3 + [("other", "ConnectError")] * 3
    assert server.received == []
