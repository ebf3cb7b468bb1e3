# Generated from tests/transport/test_http2.py by codegen; do not edit.
"""HTTP/2 where it is wanted: one call at a time on a connection, and none suffers from another."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from ai_lib.errors.exceptions import ConnectionLost
from ai_lib.transport.connections.going_away import GoAwayFilter
from ai_lib_sync.transport import HttpTransport, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT, ask, ask_url

second = pytest.importorskip("tests.servers.second", reason="needs h2", exc_type=ImportError)


@pytest.fixture
def server(server_side: ssl.SSLContext) -> Iterator[second.SecondServer]:
    started = second.SecondServer(server_side)
    yield started
    started.close()


@pytest.fixture
def options(bundle: str) -> TransportOptions:
    return TransportOptions(ca_bundle=bundle, http2=True)


def test_calls_one_after_the_other_use_one_connection(
    server: second.SecondServer, options: TransportOptions
) -> None:
    with HttpTransport(options) as transport:
        for number in range(5):
            with transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                assert (reply.status, reply.http_version) == (200, "2")
                assert reply.headers["x-number"] == str(2 * number + 1)
                assert reply.read() == b"ok"
        assert transport.stats().opened == 1
    assert (server.connections, server.streams) == (1, 5)


def test_more_calls_than_a_connection_has_streams_may_be_given_up(
    server: second.SecondServer, options: TransportOptions
) -> None:
    server.respond = second.begin
    with HttpTransport(options) as transport:
        for _ in range(110):  # a connection has 100
            with transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                assert reply.__next__() == b"one"
        assert transport.stats().active == 0
        server.respond = second.answer
        with transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
            assert reply.read() == b"ok"


def test_a_server_that_knows_only_the_first_version_is_understood(
    tls_serve: Serve, options: TransportOptions
) -> None:
    def ok(exchange: Exchange) -> None:
        exchange.reply(b"ok")

    with HttpTransport(options) as transport:
        with transport.send(ask(tls_serve(ok)), PATIENT) as reply:
            assert (reply.read(), reply.http_version) == (b"ok", "1.1")


def go_away(state: second.h2.connection.H2Connection, last_stream: int, code: int = 0) -> None:
    """Send a GOAWAY, and stay able to respond, which h2's own does not allow."""
    payload = last_stream.to_bytes(4, "big") + code.to_bytes(4, "big")
    state._data_to_send += b"\0\0\x08\x07\0\0\0\0\0" + payload


def test_a_server_that_goes_away_in_order_costs_a_connection_and_no_error(
    server: second.SecondServer, options: TransportOptions
) -> None:
    def respond(state: second.h2.connection.H2Connection, stream: int) -> None:
        if stream == 5:
            go_away(state, stream)
        second.answer(state, stream)

    server.respond = respond
    with HttpTransport(options) as transport:
        for _ in range(7):
            with transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                assert reply.read() == b"ok"
    assert (server.connections, server.streams) == (3, 7)


def test_a_request_above_the_last_stream_is_sent_anew(
    server: second.SecondServer, options: TransportOptions
) -> None:
    def respond(state: second.h2.connection.H2Connection, stream: int) -> None:
        if stream == 3:
            go_away(state, 1)
        else:
            second.answer(state, stream)

    server.respond = respond
    with HttpTransport(options) as transport:
        for _ in range(2):
            with transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                assert reply.read() == b"ok"
    assert (server.connections, server.streams) == (2, 3)


def test_a_request_that_a_failing_server_took_is_in_doubt_and_nobodys_fault(
    server: second.SecondServer, options: TransportOptions
) -> None:
    server.respond = lambda state, stream: go_away(state, stream, 2)
    with HttpTransport(options) as transport:
        with pytest.raises(ConnectionLost) as caught:
            transport.send(ask_url(f"{server.url}/"), PATIENT)
    assert caught.value.request_sent
    assert server.streams == 1


@pytest.mark.parametrize("refused", [1, 3], ids=["the first", "a later one"])
def test_a_refused_stream_is_sent_anew(
    server: second.SecondServer, options: TransportOptions, refused: int
) -> None:
    refusals: list[int] = []

    def respond(state: second.h2.connection.H2Connection, stream: int) -> None:
        if stream == refused and not refusals:
            refusals.append(stream)
            state.reset_stream(stream, 7)  # REFUSED_STREAM
        else:
            second.answer(state, stream)

    server.respond = respond
    with HttpTransport(options) as transport:
        for _ in range(3):
            with transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                assert reply.read() == b"ok"
    assert refusals == [refused]
    assert server.streams == 4


def test_a_stream_that_was_reset_otherwise_is_not_sent_anew(
    server: second.SecondServer, options: TransportOptions
) -> None:
    server.respond = lambda state, stream: state.reset_stream(stream, 2)  # INTERNAL_ERROR
    with HttpTransport(options) as transport:
        with pytest.raises(ConnectionLost) as caught:
            transport.send(ask_url(f"{server.url}/"), PATIENT)
    assert caught.value.request_sent
    assert server.streams == 1


@pytest.mark.parametrize("size", [1, 2, 7, 9, 10, 1000])
def test_the_frame_is_taken_out_however_the_bytes_are_cut(size: int) -> None:
    frame = b"\0\0\x03\0\0\0\0\0\x01abc"
    bye = b"\0\0\x0a\x07\0\0\0\0\0" + (1).to_bytes(4, "big") + bytes(4) + b"by"
    data = frame + bye + frame
    going_away = GoAwayFilter()
    going_away.begin_stream()
    passed = b"".join(going_away.feed(data[at : at + size]) for at in range(0, len(data), size))
    assert passed == frame * 2
    assert going_away.has_come
    assert not going_away.refuses
