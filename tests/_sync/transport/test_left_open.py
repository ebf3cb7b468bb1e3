# Generated from tests/transport/test_left_open.py by codegen; do not edit.
"""What nobody uses any more is closed: cancelled reuses, cut drains, connections idle too long."""

from __future__ import annotations

import pytest

from ai_lib_sync._runtime.backend import CancelScope, checkpoint, run_all
from ai_lib_sync.errors import AiLibError
from ai_lib_sync.transport import HttpTransport, PoolConfig, TransportOptions
from ai_lib_sync.transport.connections import pool
from tests._sync.transport.conftest import Serve
from tests.cache.samples import Clock
from tests.guards import hang_guard
from tests.servers.scripted import Exchange, ScriptedServer
from tests.transport.calls import PATIENT, ask

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


def call(transport: HttpTransport, server: ScriptedServer) -> bytes:
    with transport.send(ask(server), PATIENT) as reply:
        return reply.read()


def cancel_while_under_way(transport: HttpTransport, server: ScriptedServer) -> None:
    """Send a request that waits for ever, and cancel it once it has its slot."""
    scope = CancelScope()

    def send() -> None:
        with scope:
            transport.send(ask(server, "/stall"), PATIENT)

    def cancel() -> None:
        while not transport.stats().active:
            checkpoint()
        scope.cancel()

    with hang_guard():
        run_all([send, cancel], 2)
    assert scope.cancelled


def test_a_call_cancelled_in_the_drain_of_the_one_before_leaves_no_slot_and_no_socket(
    serve: Serve,
) -> None:
    server = serve(endless)
    with HttpTransport(TransportOptions(pool=ONE, drain_seconds=3600)) as transport:
        for _ in range(ROUNDS):
            with transport.send(ask(server), PATIENT) as reply:
                reply.__next__()
                reply.drain()
            cancel_while_under_way(transport, server)
            stats = transport.stats()
            assert (stats.active, stats.idle, stats.waiting) == (0, 0, 0)
            assert stats.opened == stats.closed
            assert server.wait_for_open_connections(0)
    assert len(server.received) == ROUNDS


def test_a_cancelled_reuse_keeps_no_socket(serve: Serve) -> None:
    server = serve(stall_where_asked)
    with HttpTransport(TransportOptions(pool=ONE)) as transport:
        for _ in range(ROUNDS):
            assert call(transport, server) == b"ok"
            cancel_while_under_way(transport, server)
            stats = transport.stats()
            assert (stats.active, stats.idle, stats.waiting) == (0, 0, 0)
            assert stats.opened == stats.closed
            assert server.wait_for_open_connections(0)


def test_connections_idle_for_too_long_are_closed_by_the_next_call(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(pool.now())  # connections have the real time of their making
    monkeypatch.setattr(pool, "now", clock)
    server, other = serve(ok), serve(ok)
    options = TransportOptions(pool=PoolConfig(keepalive_seconds=10.0))
    with HttpTransport(options) as transport:
        open_two(transport, server)
        clock.at += 9
        assert call(transport, server) == b"ok"
        assert transport.stats().opened == 2
        clock.at += 9  # the one that was used is young, the other is not
        assert call(transport, server) == b"ok"
        assert transport.stats().opened == 2
        assert server.wait_for_open_connections(1)
        clock.at += 10
        assert call(transport, server) == b"ok"
        assert transport.stats().opened == 3
        clock.at += 11  # a call elsewhere closes it as well: nobody may ever return here
        assert call(transport, other) == b"ok"
        assert server.wait_for_open_connections(0)
        assert transport.stats(server.url).idle == 0
        assert transport.stats(other.url).idle == 1


def open_two(transport: HttpTransport, server: ScriptedServer) -> None:
    first = transport.send(ask(server), PATIENT)
    second = transport.send(ask(server), PATIENT)
    assert first.read() == second.read() == b"ok"
    assert transport.stats().idle == 2


def test_a_call_that_waits_for_a_connection_is_not_sent_after_the_close(
    serve: Serve,
) -> None:
    server = serve(endless)
    transport = HttpTransport(TransportOptions(pool=ONE))
    holder = transport.send(ask(server), PATIENT)
    errors: list[AiLibError] = []

    def queue() -> None:
        with pytest.raises(AiLibError) as caught:
            transport.send(ask(server), PATIENT)
        errors.append(caught.value)

    def close() -> None:
        while not transport.stats().waiting:
            checkpoint()
        transport.close()
        holder.close()

    with hang_guard():
        run_all([queue, close], 2)
    assert "close" in str(errors[0])
    assert len(server.received) == 1
    stats = transport.stats()
    assert (stats.active, stats.idle, stats.waiting) == (0, 0, 0)
    assert server.wait_for_open_connections(0)
