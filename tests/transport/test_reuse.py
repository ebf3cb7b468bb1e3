"""Connections outlive their calls: what is kept, what is closed, and what the numbers say."""

from collections.abc import Callable

import pytest

from ai_lib.errors.exceptions import ConnectionLost
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions
from ai_lib.transport.connections.connection import Connection
from tests.servers.scripted import Exchange, ScriptedServer
from tests.transport.calls import PATIENT, ask
from tests.transport.conftest import Serve

pytestmark = pytest.mark.usefixtures("either_reader")


def stream(exchange: Exchange) -> None:
    exchange.begin()
    for number in range(3):
        exchange.chunk(b"data: %d\n\n" % number)
    exchange.chunk(b"data: [DONE]\n\n")
    exchange.chunk(b"")


def late_end(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"data: [DONE]\n\n")
    exchange.pause(0.02)
    exchange.chunk(b"")


def no_end(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"data: [DONE]\n\n")
    exchange.stall()


def long_tail(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"data: [DONE]\n\n")
    for _ in range(200):
        exchange.chunk(b"x" * 4096)
    exchange.chunk(b"")


async def read_until_done(transport: HttpTransport, server: ScriptedServer) -> None:
    async with await transport.send(ask(server), PATIENT) as reply:
        async for data in reply:
            if b"[DONE]" in data:
                break
        await reply.drain()


async def test_five_streams_use_one_connection(serve: Serve) -> None:
    server = serve(stream)
    async with HttpTransport() as transport:
        for _ in range(5):
            await read_until_done(transport, server)

        stats = transport.stats()
    assert server.connections == 1
    assert (stats.opened, stats.reused, stats.active, stats.idle) == (1, 4, 0, 1)


async def test_a_body_that_ends_after_its_content_still_gives_the_connection_back(
    serve: Serve,
) -> None:
    server = serve(late_end)
    async with HttpTransport() as transport:
        for _ in range(5):
            await read_until_done(transport, server)
    assert server.connections == 1


async def test_a_body_that_never_ends_costs_a_connection_and_no_slot(serve: Serve) -> None:
    server = serve(no_end)
    async with HttpTransport(TransportOptions(drain_seconds=0.05)) as transport:
        for _ in range(3):
            await read_until_done(transport, server)
            assert transport.stats().active == 0
        assert server.connections == 3
        assert transport.stats().closed == 2
    assert server.wait_for_open_connections(0)


async def test_a_tail_over_the_bound_is_not_read(serve: Serve) -> None:
    server = serve(long_tail)
    async with HttpTransport() as transport:
        await read_until_done(transport, server)
        await read_until_done(transport, server)
        assert transport.stats().active == 0
    assert server.connections == 2


async def test_a_reply_closed_halfway_closes_its_connection(serve: Serve) -> None:
    server = serve(no_end)
    async with HttpTransport() as transport:
        async with await transport.send(ask(server), PATIENT) as reply:
            async for _ in reply:
                break
        assert transport.stats().active == 0
        assert server.wait_for_open_connections(0)


async def test_a_reply_that_is_forgotten_halfway_frees_its_connection(serve: Serve) -> None:
    server = serve(no_end)
    options = TransportOptions(pool=PoolConfig(max_connections=1))
    async with HttpTransport(options) as transport:
        for _ in range(3):
            reply = await transport.send(ask(server), PATIENT)
            async for _ in reply:
                break
            del reply
        assert transport.stats().active == 0
        assert server.wait_for_open_connections(0)


async def test_a_connection_the_server_closed_while_idle_is_replaced(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"ok"))
    async with HttpTransport() as transport:
        for _ in range(2):
            async with await transport.send(ask(server), PATIENT) as reply:
                assert await reply.read() == b"ok"
            server.close_connections()
            assert server.wait_for_open_connections(0)
    assert len(server.received) == 2


async def test_a_request_that_crosses_the_servers_goodbye_is_sent_anew(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the server's goodbye were still under way when we look.
    monkeypatch.setattr(Connection, "has_expired", lambda _: False)
    server = serve(lambda exchange: exchange.reply(b"ok"))
    async with HttpTransport() as transport:
        for _ in range(3):
            async with await transport.send(ask(server), PATIENT) as reply:
                assert await reply.read() == b"ok"
            server.close_connections()
            assert server.wait_for_open_connections(0)
        assert transport.stats().active == 0
    assert len(server.received) == 3
    assert server.connections == 3


@pytest.mark.parametrize("end", [Exchange.abort, Exchange.reset])
async def test_a_request_the_server_took_is_never_sent_anew(
    serve: Serve, end: Callable[[Exchange], None]
) -> None:
    def script(exchange: Exchange) -> None:
        if len(exchange.server.received) == 2:
            end(exchange)
        exchange.reply(b"ok")

    server = serve(script)
    async with HttpTransport() as transport:
        async with await transport.send(ask(server), PATIENT) as reply:
            await reply.read()
        with pytest.raises(ConnectionLost) as caught:
            await transport.send(ask(server), PATIENT)
        assert transport.stats().active == 0
    assert caught.value.request_sent
    assert (len(server.received), server.connections) == (2, 1)


async def test_a_fresh_connection_that_dies_is_not_replaced(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.abort())
    async with HttpTransport() as transport:
        with pytest.raises(ConnectionLost) as caught:
            await transport.send(ask(server), PATIENT)
        assert transport.stats().active == 0
    assert caught.value.request_sent
    assert len(server.received) == 1


async def test_a_connection_is_not_kept_longer_than_asked(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"ok"))
    options = TransportOptions(pool=PoolConfig(keepalive_seconds=0.0))
    async with HttpTransport(options) as transport:
        for _ in range(2):
            async with await transport.send(ask(server), PATIENT) as reply:
                await reply.read()
    assert server.connections == 2


async def test_a_server_that_says_close_is_believed(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"ok", headers="connection: close\r\n"))
    async with HttpTransport() as transport:
        async with await transport.send(ask(server), PATIENT) as reply:
            await reply.read()
        assert transport.stats().idle == 0
        assert transport.stats().closed == 1


async def test_bytes_after_the_reply_spoil_the_connection(serve: Serve) -> None:
    server = serve(
        lambda exchange: exchange.send(
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
            b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"
        )
    )
    async with HttpTransport() as transport:
        for _ in range(2):
            async with await transport.send(ask(server), PATIENT) as reply:
                assert await reply.read() == b"ok"
    assert server.connections == 2


async def test_closing_the_transport_closes_its_connections(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"ok"))
    transport = HttpTransport()
    async with await transport.send(ask(server), PATIENT) as reply:
        await reply.read()
    await transport.aclose()

    assert server.wait_for_open_connections(0)
    assert transport.stats().idle == 0
