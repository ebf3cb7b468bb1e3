# Generated from tests/transport/test_reader.py by codegen; do not edit.
"""Who reads a reply: the choice, and what both readers make of replies that are out of the way."""

import pytest

from ai_lib.errors.exceptions import ConnectionLost, RequestError
from ai_lib.types.wire import HttpRequest
from ai_lib_sync._runtime.httpcore import HTTPConnection
from ai_lib_sync.transport import HttpTransport, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT, ask


def speaks(transport: HttpTransport, url: str) -> int:
    """How many of two requests went out by httpcore."""
    asked = 0
    real = HTTPConnection.handle_request

    def counted(*arguments: object) -> object:
        nonlocal asked
        asked += 1
        return real(*arguments)

    counted.__module__ = real.__module__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPConnection, "handle_request", counted)
        for _ in range(2):
            with transport.send(HttpRequest(url=url), PATIENT) as reply:
                assert reply.read() == b"ok"
    return asked


@pytest.mark.parametrize(
    ("reader", "by_httpcore"), [("auto", 0), ("httptools", 0), ("httpcore", 2)]
)
def test_the_reader_is_the_one_that_was_chosen(serve: Serve, reader: str, by_httpcore: int) -> None:
    pytest.importorskip("httptools")
    server = serve(lambda exchange: exchange.reply(b"ok"))
    with HttpTransport(TransportOptions(reader=reader)) as transport:  # type: ignore[arg-type]
        assert speaks(transport, server.url) == by_httpcore
    assert server.connections == 1


def test_without_httptools_httpcore_reads_unless_it_is_insisted_on(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_lib.transport.options._has_httptools", lambda: False)
    monkeypatch.setattr("ai_lib.transport.connections.route.find_spec", lambda _: None)
    server = serve(lambda exchange: exchange.reply(b"ok"))
    with HttpTransport() as transport:
        assert speaks(transport, server.url) == 2
    with pytest.raises(RequestError, match="install httptools"):
        HttpTransport(TransportOptions(reader="httptools"))


def test_a_request_is_written_in_one_piece_as_http_wants_it(
    serve: Serve, either_reader: str
) -> None:
    server = serve(lambda exchange: exchange.reply(b"ok"))
    with HttpTransport() as transport:
        with transport.send(ask(server, "/a/b"), PATIENT) as reply:
            reply.read()
    received = server.received[0]
    assert (received.method, received.body) == ("POST", b"{}")
    assert received.target.startswith("/a/b?key=")
    assert received.headers["host"] == f"127.0.0.1:{server.port}"
    assert received.headers["content-length"] == "2"


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "GE T"},
        {"method": "GET\r\nx: y"},
        {"method": "G\xc9T"},
        {"headers": (("X Y", "z"),)},
        {"headers": (("", "z"),)},
        {"headers": (("X", "a\x0bb"),)},
        {"headers": (("Host", "a"), ("Host", "b"))},
    ],
)
def test_what_http_has_no_words_for_is_not_sent(
    serve: Serve, either_reader: str, request_: dict[str, object]
) -> None:
    server = serve(lambda exchange: exchange.reply(b"ok"))
    with HttpTransport() as transport:
        with pytest.raises(RequestError):
            transport.send(HttpRequest(url=server.url, **request_), PATIENT)  # type: ignore[arg-type]
        assert transport.stats().active == 0
    assert server.received == []


REPLIES = {
    "until the end": (b"HTTP/1.0 200 OK\r\n\r\nok", 2),
    "until the end, in 1.1": (b"HTTP/1.1 200 OK\r\n\r\nok", 2),
    "after interim ones": (
        b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 H\r\nlink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        1,
    ),
    "with trailing fields": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n",
        1,
    ),
    "with a folded line": (
        b"HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\nok",
        1,
    ),
    "with lines that lack CR": (b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok", 1),
}


@pytest.mark.parametrize("case", REPLIES)
def test_a_reply_out_of_the_way_is_read_as_any_other(
    serve: Serve, either_reader: str, case: str
) -> None:
    data, connections = REPLIES[case]

    def script(exchange: Exchange) -> None:
        exchange.send(data)
        if connections == 2:
            exchange.abort()

    server = serve(script)
    with HttpTransport() as transport:
        for _ in range(2):
            with transport.send(ask(server), PATIENT) as reply:
                assert reply.read() == b"ok"
                assert reply.status == 200
    assert server.connections == connections


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No"), ("GET", "304 Not")]
)
def test_a_reply_without_a_body_leaves_its_connection_ready(
    serve: Serve, either_reader: str, method: str, status: str
) -> None:
    announced = "" if status == "204 No" else "content-length: 10\r\n"
    server = serve(lambda exchange: exchange.send(f"HTTP/1.1 {status}\r\n{announced}\r\n".encode()))
    with HttpTransport() as transport:
        for _ in range(2):
            request = HttpRequest(method=method, url=server.url)
            with transport.send(request, PATIENT) as reply:
                assert reply.read() == b""
    assert server.connections == 1


def test_a_request_that_says_close_gets_a_connection_of_its_own(
    serve: Serve, either_reader: str
) -> None:
    server = serve(lambda exchange: exchange.reply(b"ok"))
    request = HttpRequest(url=server.url, headers=(("Connection", "close"),))
    with HttpTransport() as transport:
        for _ in range(2):
            with transport.send(request, PATIENT) as reply:
                reply.read()
    assert server.connections == 2


def test_a_switch_of_protocols_nobody_asked_for_is_a_lost_connection(
    serve: Serve, either_reader: str
) -> None:
    server = serve(
        lambda exchange: exchange.send(
            b"HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"
        )
    )
    with HttpTransport() as transport:
        with pytest.raises(ConnectionLost):
            transport.send(ask(server), PATIENT)
        assert transport.stats().active == 0
