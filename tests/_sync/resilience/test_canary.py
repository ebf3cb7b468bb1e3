# Generated from tests/resilience/test_canary.py by codegen; do not edit.
"""A key is nowhere in what goes wrong, however it goes wrong and however it is shown."""

from __future__ import annotations

import copy
import logging
import pickle
import socket
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ai_lib_sync.client import AiClient
from ai_lib_sync.embeddings import EmbeddingClient
from ai_lib_sync.errors import AiLibError
from ai_lib_sync.resilience import CircuitBreakerConfig, RateLimiterConfig
from ai_lib_sync.transport import HttpTransport, TransportOptions
from ai_lib_sync.types import TimeoutOptions
from tests._sync.resilience.conftest import Serve
from tests._sync.resilience.house import CANARY, QUICK, answer, builder, fail, frame, write
from tests.servers.scripted import Exchange

TIMEOUTS = TimeoutOptions(connect=5, first_token=0.3, idle=0.3, delta_idle=0.3, total=5)
QUICKLY = TimeoutOptions(connect=0.5, total=5)  # a server that awaits a request greets no one
QUERY = "auth: { type: query_param, param_name: key, token_env: HOUSE_API_KEY }"


def echoed(exchange: Exchange) -> str:
    """The key as the server got it."""
    sent = exchange.received.headers.get("authorization", "")
    return sent or exchange.received.target


def echo_in_error(exchange: Exchange) -> None:
    body = f'{{"error": {{"message": "wrong key {echoed(exchange)}", "code": "{CANARY}"}}}}'
    exchange.reply(body.encode(), 401, "content-type: application/json\r\n")


def echo_in_html(exchange: Exchange) -> None:
    exchange.reply(f"<html>{echoed(exchange)}".encode(), headers="content-type: text/html\r\n")


def echo_in_redirect(exchange: Exchange) -> None:
    exchange.reply(b"", 302, f"location: https://else.example/{echoed(exchange)}\r\n")


def echo_in_stream(exchange: Exchange) -> None:
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(f'data: {{"error": {{"message": "key {echoed(exchange)}"}}}}\n\n'.encode())
    exchange.chunk(b"")


def cut(exchange: Exchange) -> None:
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(frame("hel"))
    exchange.abort()


def silent_after_content(exchange: Exchange) -> None:
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(frame("hel"))
    exchange.stall()


SCRIPTS: dict[str, Callable[[Exchange], None]] = {
    "echo in an error": echo_in_error,
    "echo in html": echo_in_html,
    "echo in a redirect": echo_in_redirect,
    "echo in a stream": echo_in_stream,
    "cut": cut,
    "silent after content": silent_after_content,
    "silent": lambda exchange: exchange.stall(),
    "reset": lambda exchange: exchange.reset(),
    "garbage": lambda exchange: exchange.send(b"\0 nonsense\r\n\r\n"),
    "429": lambda exchange: fail(exchange, 429),
    "500": lambda exchange: fail(exchange, 500),
    "bad json": lambda exchange: exchange.reply(b"{", headers="content-type: application/json\r\n"),
}


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that is behind it."""
    behind = [error]
    seen: set[int] = set()
    while behind:
        one = behind.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            behind += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def shown(error: BaseException) -> Iterator[str]:
    """Everything that shows an error; of our frames with their locals, as some tools do."""
    for one in chain(error):
        yield str(one)
        yield repr(one)
        yield repr(vars(one))
        rendered = traceback.TracebackException.from_exception(one, capture_locals=True)
        for part in rendered.stack:
            # The test's own frames are not the library's.
            if "/tests/" not in part.filename:
                yield f"{part.filename}:{part.lineno} {part.locals}"
    yield repr(pickle.dumps(error))
    yield str(pickle.loads(pickle.dumps(error)))  # noqa: S301
    yield repr(vars(copy.copy(error)))


def assert_hidden(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    for text in (*shown(error), caplog.text):
        assert CANARY not in text


def failure_of(client: AiClient, streamed: bool) -> AiLibError:
    with pytest.raises(AiLibError) as caught:
        if streamed:
            for _ in client.chat().user("?").stream():
                pass
        else:
            client.chat().user("?").execute()
    return caught.value


@pytest.mark.parametrize("more", ["", QUERY], ids=["header", "query"])
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_no_answer_shows_the_key(
    name: str,
    streamed: bool,
    more: str,
    serve: Serve,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(SCRIPTS[name])
    write(tmp_path, "house", server.url, more)
    with builder(tmp_path).timeouts(TIMEOUTS).build() as client:
        error = failure_of(client, streamed)
    assert_hidden(error, caplog)
    asked = server.received[0]
    assert CANARY in asked.target + asked.headers.get("authorization", "")


@pytest.mark.parametrize("more", ["", QUERY], ids=["header", "query"])
def test_no_missing_connection_shows_the_key(
    more: str, serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plain = serve(answer)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"127.0.0.1:{listener.getsockname()[1]}"
    urls = [f"http://{closed}", plain.url.replace("http:", "https:")]
    proxies = [None, f"http://user:{CANARY}@{closed}", f"socks5://user:{CANARY}@{closed}"]
    for url in urls:
        for proxy in proxies:
            write(tmp_path, "house", url, more)
            with HttpTransport(TransportOptions(proxy=proxy)) as transport:
                made = builder(tmp_path).transport(transport).with_retry(QUICK).timeouts(QUICKLY)
                with made.build() as client:
                    assert_hidden(failure_of(client, True), caplog)


def test_no_refusal_of_ours_shows_the_key(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    write(tmp_path, "house", serve(lambda exchange: fail(exchange, 500)).url, QUERY)
    made = builder(tmp_path).with_rate_limit(RateLimiterConfig(requests_per_minute=1)).timeout(1)
    with made.build() as client:
        for _ in range(2):
            assert_hidden(failure_of(client, False), caplog)
    made = builder(tmp_path).with_circuit_breaker(CircuitBreakerConfig(failure_threshold=1))
    with made.build() as client:
        for _ in range(2):
            assert_hidden(failure_of(client, False), caplog)


def test_no_request_that_cannot_be_sent_shows_the_key(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "house", serve(answer).url)
    for key in (f"{CANARY}\nx", f"{CANARY} snow ☃"):
        with builder(tmp_path).api_key(key).build() as client:
            assert_hidden(failure_of(client, False), caplog)
    with builder(tmp_path).build() as client:
        with pytest.raises(AiLibError) as caught:
            client.chat().user("?").extra({"x": object()}).execute()
        assert_hidden(caught.value, caplog)
        with pytest.raises(AiLibError) as caught:
            client.invoke("nothing")
        assert_hidden(caught.value, caplog)
    for create in (AiClient.create, EmbeddingClient.create):
        with pytest.raises(AiLibError) as caught:
            create("nobody/m", api_key=CANARY)
        assert_hidden(caught.value, caplog)


@pytest.mark.parametrize(
    "options",
    [
        TransportOptions(ca_bundle="/nowhere/bundle.pem"),
        TransportOptions(proxy=f"gopher://user:{CANARY}@host"),
    ],
    ids=["bundle", "proxy"],
)
def test_no_option_that_cannot_be_used_shows_the_key(
    options: TransportOptions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("HOUSE_API_KEY", CANARY)
    write(tmp_path, "house", "https://127.0.0.1:1")
    with pytest.raises(AiLibError) as caught:
        with HttpTransport(options) as transport:
            made = builder(tmp_path).transport(transport)
            with made.build() as client:
                client.chat().user("?").execute()
    assert_hidden(caught.value, caplog)
