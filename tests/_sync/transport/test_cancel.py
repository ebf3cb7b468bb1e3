# Generated from tests/transport/test_cancel.py by codegen; do not edit.
"""Whoever stops waiting, in whichever way, frees the connection at once and silently."""

import threading
from collections.abc import Callable

import pytest

from ai_lib.errors.exceptions import ConnectionLost
from ai_lib_sync._runtime.backend import CancelScope, Event, fail_after, run_all
from ai_lib_sync.transport import HttpTransport, PoolConfig, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.guards import hang_guard
from tests.servers.scripted import Exchange, Script
from tests.transport.calls import PATIENT, ask

pytestmark = pytest.mark.usefixtures("either_reader")


def stall(exchange: Exchange) -> None:
    exchange.stall()


def stall_in_body(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"one")
    exchange.stall()


def in_a_thread(function: Callable[[], None]) -> None:
    """Call it from another thread, a little later."""
    timer = threading.Timer(0.05, function)
    timer.daemon = True
    timer.start()


@pytest.mark.parametrize("script", [stall, stall_in_body])
def test_another_thread_cancels_a_stalled_call(serve: Serve, script: Script) -> None:
    server = serve(script)
    scope = CancelScope()
    with HttpTransport() as transport:
        in_a_thread(scope.cancel)
        with hang_guard():
            with scope:
                with transport.send(ask(server), PATIENT) as reply:
                    reply.read()
        assert scope.cancelled
        assert transport.stats().active == 0
        assert server.wait_for_open_connections(0)


def test_a_deadline_around_a_stalled_read_frees_the_connection(serve: Serve) -> None:
    server = serve(stall_in_body)
    with HttpTransport() as transport:
        reply = transport.send(ask(server), PATIENT)
        assert reply.__next__() == b"one"
        with pytest.raises(TimeoutError), fail_after(0.05):
            reply.__next__()
        assert transport.stats().active == 0
        assert server.wait_for_open_connections(0)


def test_closing_a_reply_elsewhere_ends_its_pending_read(serve: Serve) -> None:
    server = serve(stall_in_body)
    with HttpTransport() as transport:
        reply = transport.send(ask(server), PATIENT)
        reading = Event()

        def read() -> None:
            assert reply.__next__() == b"one"
            reading.set()
            with pytest.raises(ConnectionLost, match="closed before its end"):
                reply.__next__()

        def close() -> None:
            reading.wait()
            reply.close()
            assert transport.stats().active == 0

        with hang_guard():
            run_all([read, close], 2)
        assert server.wait_for_open_connections(0)


def test_closing_twice_and_reading_on_are_harmless(serve: Serve) -> None:
    server = serve(stall_in_body)
    with HttpTransport() as transport:
        reply = transport.send(ask(server), PATIENT)
        reply.close()
        reply.close()
        reply.drain()
        with pytest.raises(ConnectionLost):
            reply.read()
        assert transport.stats().active == 0


def test_closing_the_transport_ends_the_reads_of_its_replies(serve: Serve) -> None:
    server = serve(stall_in_body)
    transport = HttpTransport()
    reply = transport.send(ask(server), PATIENT)
    in_a_thread(lambda: transport._pools.close_all())
    with pytest.raises(ConnectionLost):
        reply.read()
    assert transport.stats().active == 0
    assert server.wait_for_open_connections(0)


def test_a_cancelled_wait_for_a_connection_gives_its_place_back(serve: Serve) -> None:
    server = serve(stall_in_body)
    options = TransportOptions(pool=PoolConfig(max_connections=1))
    with HttpTransport(options) as transport:
        holder = transport.send(ask(server), PATIENT)
        scope = CancelScope()
        in_a_thread(scope.cancel)
        with scope:
            transport.send(ask(server), PATIENT)
        assert scope.cancelled
        assert transport.stats().waiting == 0
        holder.close()
        with transport.send(ask(server), PATIENT) as reply:
            assert reply.__next__() == b"one"
        assert transport.stats().active == 0


def test_two_hundred_calls_cancelled_at_once_leave_nothing(serve: Serve) -> None:
    server = serve(stall_in_body)
    options = TransportOptions(pool=PoolConfig(max_connections=10))
    with HttpTransport(options) as transport:

        def call() -> None:
            with pytest.raises(TimeoutError), fail_after(0.2):
                with transport.send(ask(server), PATIENT) as reply:
                    reply.read()

        run_all([call] * 200, 200)
        stats = transport.stats()
        assert (stats.active, stats.waiting, stats.idle) == (0, 0, 0)
        assert server.wait_for_open_connections(0)
