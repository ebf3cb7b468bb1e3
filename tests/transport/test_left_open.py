"""What nobody uses any more is closed: cancelled reuses, cut drains, connections idle too long."""

from __future__ import annotations

import pytest

from ai_lib._runtime.backend import CancelScope, checkpoint, run_all
from ai_lib.errors import AiLibError
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions
from ai_lib.transport.connections import pool
from tests.cache.samples import Clock
from tests.guards import hang_guard
from tests.servers.scripted import Exchange, ScriptedServer
from tests.transport.calls import PATIENT, ask
from tests.transport.conftest import Serve

pytestmark = pytest.mark.usefixtures("either_reader")

ONE = PoolConfig(max_connections=1)
ROUNDS = 3


def ok(exchange: Exchange) -> None:
    exchange.reply(b"ok")


def endless(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"data: [DONE]\n\n")
    exchange.stall()


def stall_where_asked(exchange: Exchange) -> None:
    if exchange.received.target.startswith("/stall"):
        exchange.stall()
    else:
        exchange.reply(b"ok")


async def call(transport: HttpTransport, server: ScriptedServer) -> bytes:
    async with await transport.send(ask(server), PATIENT) as reply:
        return await reply.read()


async def cancel_while_under_way(transport: HttpTransport, server: ScriptedServer) -> None:
    """Send a request that waits for ever, and cancel it once it has its slot."""
    scope = CancelScope()

    async def send() -> None:
        with scope:
            await transport.send(ask(server, "/stall"), PATIENT)

    async def cancel() -> None:
        while not transport.stats().active:
            await checkpoint()
        scope.cancel()

    with hang_guard():
        await run_all([send, cancel], 2)
    assert scope.cancelled


async def test_a_call_cancelled_in_the_drain_of_the_one_before_leaves_no_slot_and_no_socket(
    serve: Serve,
) -> None:
    server = serve(endless)
    async with HttpTransport(TransportOptions(pool=ONE, drain_seconds=3600)) as transport:
        for _ in range(ROUNDS):
            async with await transport.send(ask(server), PATIENT) as reply:
                await reply.__anext__()
                await reply.drain()
            await cancel_while_under_way(transport, server)
            stats = transport.stats()
            assert (stats.active, stats.idle, stats.waiting) == (0, 0, 0)
            assert stats.opened == stats.closed
            assert server.wait_for_open_connections(0)
    assert len(server.received) == ROUNDS


async def test_a_cancelled_reuse_keeps_no_socket(serve: Serve) -> None:
    server = serve(stall_where_asked)
    async with HttpTransport(TransportOptions(pool=ONE)) as transport:
        for _ in range(ROUNDS):
            assert await call(transport, server) == b"ok"
            await cancel_while_under_way(transport, server)
            stats = transport.stats()
            assert (stats.active, stats.idle, stats.waiting) == (0, 0, 0)
            assert stats.opened == stats.closed
            assert server.wait_for_open_connections(0)


async def test_connections_idle_for_too_long_are_closed_by_the_next_call(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(pool.now())  # connections have the real time of their making
    monkeypatch.setattr(pool, "now", clock)
    server, other = serve(ok), serve(ok)
    options = TransportOptions(pool=PoolConfig(keepalive_seconds=10.0))
    async with HttpTransport(options) as transport:
        await open_two(transport, server)
        clock.at += 9
        assert await call(transport, server) == b"ok"
        assert transport.stats().opened == 2
        clock.at += 9  # the one that was used is young, the other is not
        assert await call(transport, server) == b"ok"
        assert transport.stats().opened == 2
        assert server.wait_for_open_connections(1)
        clock.at += 10
        assert await call(transport, server) == b"ok"
        assert transport.stats().opened == 3
        clock.at += 11  # a call elsewhere closes it as well: nobody may ever return here
        assert await call(transport, other) == b"ok"
        assert server.wait_for_open_connections(0)
        assert transport.stats(server.url).idle == 0
        assert transport.stats(other.url).idle == 1


async def open_two(transport: HttpTransport, server: ScriptedServer) -> None:
    first = await transport.send(ask(server), PATIENT)
    second = await transport.send(ask(server), PATIENT)
    assert await first.read() == await second.read() == b"ok"
    assert transport.stats().idle == 2


async def test_a_call_that_waits_for_a_connection_is_not_sent_after_the_close(
    serve: Serve,
) -> None:
    server = serve(endless)
    transport = HttpTransport(TransportOptions(pool=ONE))
    holder = await transport.send(ask(server), PATIENT)
    errors: list[AiLibError] = []

    async def queue() -> None:
        with pytest.raises(AiLibError) as caught:
            await transport.send(ask(server), PATIENT)
        errors.append(caught.value)

    async def close() -> None:
        while not transport.stats().waiting:
            await checkpoint()
        await transport.aclose()
        await holder.aclose()

    with hang_guard():
        await run_all([queue, close], 2)
    assert "close" in str(errors[0])
    assert len(server.received) == 1
    stats = transport.stats()
    assert (stats.active, stats.idle, stats.waiting) == (0, 0, 0)
    assert server.wait_for_open_connections(0)
