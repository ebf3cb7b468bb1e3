# Generated from tests/transport/test_body.py by codegen; do not edit.
"""Bodies: framed in every way, compressed or not, cut anywhere, and bounded."""

import gzip
import zlib
from collections.abc import Callable

import pytest

from ai_lib.errors.exceptions import ConnectionLost, ResponseTooLarge
from ai_lib.types.wire import HttpRequest
from ai_lib_sync.transport import HttpTransport, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT, ask

pytestmark = pytest.mark.usefixtures("either_reader")

TEXT = "".join(f'data: {{"n": {n}, "t": "héllo"}}\n\n' for n in range(500)).encode()


def deflate_without_header(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def gzip_in_two_members(data: bytes) -> bytes:
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:])


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip_in_two_members,
    "deflate": zlib.compress,
    "Deflate": deflate_without_header,
    "deflate, gzip": lambda data: gzip.compress(zlib.compress(data)),
}


def whole(body: bytes, coding: str) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.reply(body, headers=f"content-encoding: {coding}\r\n")


def bytewise(body: bytes, coding: str) -> Callable[[Exchange], None]:
    def script(exchange: Exchange) -> None:
        exchange.begin(f"content-encoding: {coding}\r\n")
        for value in body:
            exchange.chunk(bytes((value,)))
        exchange.chunk(b"")

    return script


@pytest.mark.parametrize("framing", [whole, bytewise])
@pytest.mark.parametrize("coding", CODINGS)
def test_content_is_the_same_however_it_travels(
    serve: Serve, coding: str, framing: Callable[[bytes, str], Callable[[Exchange], None]]
) -> None:
    text = TEXT[:2000]
    server = serve(framing(CODINGS[coding](text), coding))
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            pieces = [piece for piece in reply]
        assert transport.stats().idle == 1
    assert b"".join(pieces) == text
    assert all(pieces)


def test_compressed_content_is_given_as_it_arrives(serve: Serve) -> None:
    def in_two_steps(exchange: Exchange) -> None:
        packer = zlib.compressobj()
        exchange.begin("content-encoding: deflate\r\n")
        exchange.chunk(packer.compress(b"one") + packer.flush(zlib.Z_SYNC_FLUSH))
        exchange.stall()

    server = serve(in_two_steps)
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            assert reply.__next__() == b"one"


def test_a_body_that_lasts_until_the_connection_ends_is_read(serve: Serve) -> None:
    def unframed(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        exchange.abort()

    server = serve(unframed)
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            assert reply.read() == b"all of it"
            assert reply.http_version == "1.0"
        assert transport.stats().idle == 0


def test_interim_replies_are_skipped(serve: Serve) -> None:
    def hint_first(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
        exchange.reply(b"ok")

    server = serve(hint_first)
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            assert (reply.status, reply.read()) == (200, b"ok")


@pytest.mark.parametrize("status", [204, 304])
def test_a_reply_without_a_body_ends_at_once(serve: Serve, status: int) -> None:
    server = serve(lambda exchange: exchange.send(f"HTTP/1.1 {status} No\r\n\r\n".encode()))
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            assert reply.read() == b""
        assert transport.stats().idle == 1


def test_a_body_over_the_limit_is_refused_and_its_connection_closed(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"x" * 1001))
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            with pytest.raises(ResponseTooLarge) as caught:
                reply.read(1000)
        assert transport.stats().active == 0
        with transport.send(ask(server), PATIENT) as reply:
            assert len(reply.read(1001)) == 1001
    assert caught.value.limit == 1000


@pytest.mark.parametrize("size", [20_000_000, pytest.param(200_000_000, marks=pytest.mark.slow)])
def test_a_decompression_bomb_is_stopped_at_the_bound(serve: Serve, size: int) -> None:
    bomb = gzip.compress(gzip.compress(bytes(size)))
    server = serve(whole(bomb, "gzip, gzip"))
    largest = 0
    with HttpTransport(TransportOptions(max_body_bytes=1_000_000)) as transport:
        with transport.send(ask(server), PATIENT) as reply:
            with pytest.raises(ResponseTooLarge):
                reply.read()
        with transport.send(ask(server), PATIENT) as reply:
            for piece in reply:
                largest = max(largest, len(piece))
                if largest > 100_000:
                    break
        assert transport.stats().active == 0
    assert largest <= 256 * 1024


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_content_that_is_cut_off_is_an_error(serve: Serve, coding: str) -> None:
    server = serve(whole(CODINGS[coding](TEXT)[:-20], coding))
    with HttpTransport() as transport:
        with transport.send(ask(server), PATIENT) as reply:
            with pytest.raises(ConnectionLost, match="ended too early"):
                reply.read()


def test_the_request_arrives_as_given_with_what_http_needs(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply())
    with HttpTransport() as transport:
        with transport.send(ask(server, "/v1/chat", b"{...}"), PATIENT) as reply:
            reply.read()
    received = server.received[0]
    assert (received.method, received.body) == ("POST", b"{...}")
    assert received.target.startswith("/v1/chat?key=")
    assert received.headers["host"] == f"127.0.0.1:{server.port}"
    assert received.headers["content-length"] == "5"
    assert received.headers["accept-encoding"].startswith("gzip, deflate")
    assert received.headers["content-type"] == "application/json"


def test_the_callers_headers_win(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply())
    headers = (("accept-encoding", "identity"), ("User-Agent", "mine"), ("HOST", "elsewhere"))
    request = HttpRequest(method="GET", url=server.url, headers=headers)
    with HttpTransport() as transport, transport.send(request, PATIENT) as reply:
        reply.read()
    received = server.received[0]
    assert received.target == "/"
    assert received.headers["accept-encoding"] == "identity"
    assert received.headers["user-agent"] == "mine"
    assert received.headers["host"] == "elsewhere"
    assert "content-length" not in received.headers


def test_a_large_body_goes_out_whole(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(exchange.received.body[-3:]))
    with HttpTransport() as transport:
        with transport.send(ask(server, body=b"x" * 9_999_997 + b"end"), PATIENT) as r:
            assert r.read() == b"end"
    assert len(server.received[0].body) == 10_000_000
