"""HTTP/2 where it is wanted: one call at a time on a connection, and none suffers from another."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from ai_lib.transport import HttpTransport, TransportOptions
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT, ask, ask_url
from tests.transport.conftest import Serve

second = pytest.importorskip("tests.servers.second", reason="needs h2", exc_type=ImportError)


@pytest.fixture
def server(server_side: ssl.SSLContext) -> Iterator[second.SecondServer]:
    started = second.SecondServer(server_side)
    yield started
    started.close()


@pytest.fixture
def options(bundle: str) -> TransportOptions:
    return TransportOptions(ca_bundle=bundle, http2=True)


async def test_calls_one_after_the_other_use_one_connection(
    server: second.SecondServer, options: TransportOptions
) -> None:
    async with HttpTransport(options) as transport:
        for number in range(5):
            async with await transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                assert (reply.status, reply.http_version) == (200, "2")
                assert reply.headers["x-number"] == str(2 * number + 1)
                assert await reply.read() == b"ok"
        assert transport.stats().opened == 1
    assert (server.connections, server.streams) == (1, 5)


async def test_more_calls_than_a_connection_has_streams_may_be_given_up(
    server: second.SecondServer, options: TransportOptions
) -> None:
    server.respond = second.begin
    async with HttpTransport(options) as transport:
        for _ in range(110):  # a connection has 100
            async with await transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
                assert await reply.__anext__() == b"one"
        assert transport.stats().active == 0
        server.respond = second.answer
        async with await transport.send(ask_url(f"{server.url}/"), PATIENT) as reply:
            assert await reply.read() == b"ok"


async def test_a_server_that_knows_only_the_first_version_is_understood(
    tls_serve: Serve, options: TransportOptions
) -> None:
    def ok(exchange: Exchange) -> None:
        exchange.reply(b"ok")

    async with HttpTransport(options) as transport:
        async with await transport.send(ask(tls_serve(ok)), PATIENT) as reply:
            assert (await reply.read(), reply.http_version) == (b"ok", "1.1")
