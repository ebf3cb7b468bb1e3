# Generated from tests/transport/test_faults.py by codegen; do not edit.
"""Every way a server can fail ends in one of our errors and leaves no connection behind."""

import socket

import pytest

from ai_lib.errors.exceptions import (
    AiLibError,
    ConnectError,
    ConnectionLost,
    RequestError,
    TransportError,
)
from ai_lib.types.wire import HttpRequest, TimeoutOptions
from ai_lib_sync.transport import HttpTransport
from tests._sync.transport.conftest import Serve
from tests.servers.scripted import Exchange, Script
from tests.transport.calls import CANARY, PATIENT, ask, ask_url

pytestmark = pytest.mark.usefixtures("either_reader")

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"


def then_reset(data: bytes) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.pause(0.02)
        exchange.reset()

    return script


def then_close(data: bytes) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.abort()

    return script


FAULTS = {
    "reset before the head": then_reset(b""),
    "reset inside the head": then_reset(b"HTTP/1.1 200 OK\r\ncontent-"),
    "reset inside the body": then_reset(HEAD + b"half"),
    "closed before the head": then_close(b""),
    "closed inside the head": then_close(b"HTTP/1.1 200 OK\r\ncontent-"),
    "closed inside the body": then_close(HEAD + b"half"),
    "closed inside a chunk": then_close(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\nhalf"
    ),
    "closed before the last chunk": then_close(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfull\r\n"
    ),
    "a status line of garbage": then_close(b"\x16\x03\x01 what is this\r\n\r\n"),
    "a chunk size of garbage": then_close(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
    ),
    "two lengths": then_close(
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nfour"
    ),
    "an endless head": then_close(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 40_000),
    "an unknown content coding": then_close(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: rot13\r\ncontent-length: 2\r\n\r\nok"
    ),
    "gzip that is none": then_close(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok"
    ),
}


def shown(error: BaseException | None) -> str:
    """All that an error and its causes show."""
    parts = []
    while error is not None:
        parts += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_lost_connection(serve: Serve, fault: str) -> None:
    server = serve(FAULTS[fault])
    with HttpTransport() as transport:
        with pytest.raises(ConnectionLost) as caught:
            with transport.send(ask(server), PATIENT) as reply:
                reply.read()

        assert transport.stats().active == 0
        assert server.wait_for_open_connections(0)
    assert caught.value.request_sent
    assert f"127.0.0.1:{server.port}" in str(caught.value)
    assert CANARY not in shown(caught.value)


def test_what_came_before_the_break_is_given_first(serve: Serve) -> None:
    server = serve(then_close(HEAD + b"half"))
    received = b""
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            with pytest.raises(ConnectionLost, match="received 4 bytes, expected 100"):
                for data in reply:
                    received += data
    assert received == b"half"


def test_a_refused_connection_names_host_port_reason_and_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with HttpTransport() as transport:
        with pytest.raises(ConnectError) as caught:
            transport.send(ask_url(f"http://127.0.0.1:{port}/chat"), PATIENT)

        assert transport.stats().active == 0
    message = str(caught.value)
    assert f"127.0.0.1:{port}" in message
    assert "refused" in message
    assert "check the base URL" in message
    assert not caught.value.request_sent
    assert CANARY not in shown(caught.value)


def test_an_unknown_host_is_a_connect_error() -> None:
    with HttpTransport() as transport:
        with pytest.raises(ConnectError, match=r"nowhere\.invalid:80"):
            transport.send(ask_url("http://nowhere.invalid/chat"), TimeoutOptions(connect=5))


def test_an_early_answer_to_a_large_request_is_heard(serve: Serve) -> None:
    def refuse_early(exchange: Exchange) -> None:
        exchange.reply(b"too large", status=413, headers="connection: close\r\n")

    server = serve(refuse_early)
    server.max_body = 10
    with HttpTransport() as transport:
        with transport.send(ask(server, body=b"x" * 10_000_000), PATIENT) as reply:
            assert reply.status == 413
            assert reply.read() == b"too large"


@pytest.mark.parametrize(
    "url", ["ftp://host/x", "host/x", "http://", "http://h:99999/", "http://h/ö"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with HttpTransport() as transport:
        with pytest.raises(RequestError) as caught:
            transport.send(HttpRequest(url=f"{url}?key={CANARY}"), PATIENT)
    assert CANARY not in shown(caught.value)


@pytest.mark.parametrize("value", ["two\r\nlines", "nul\0", "snow ☃"])
def test_a_header_that_would_break_http_is_refused_without_its_value(
    serve: Serve, value: str
) -> None:
    server = serve(lambda exchange: exchange.reply())
    request = HttpRequest(url=server.url, headers=(("X-Api-Key", f"{CANARY}{value}"),))
    with HttpTransport() as transport:
        with pytest.raises(RequestError, match="X-Api-Key") as caught:
            transport.send(request, PATIENT)
        assert transport.stats().active == 0
    assert CANARY not in shown(caught.value)


def test_a_redirect_is_a_reply_and_not_followed(serve: Serve) -> None:
    other = serve(lambda exchange: exchange.reply(b"stolen"))
    server = serve(
        lambda exchange: exchange.reply(status=307, headers=f"location: {other.url}\r\n")
    )
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            assert reply.status == 307
            assert reply.headers["Location"] == other.url
    assert other.connections == 0


def test_every_error_is_one_of_ours(serve: Serve) -> None:
    assert issubclass(TransportError, AiLibError)
    server = serve(then_close(b"\0" * 1000))
    with HttpTransport() as transport:
        with pytest.raises(TransportError):
            transport.send(ask(server), PATIENT)
        with pytest.raises(RequestError):
            transport.send(ask_url("nonsense"), PATIENT)
    with pytest.raises(RequestError, match="closed"):
        transport.send(ask(server), PATIENT)
