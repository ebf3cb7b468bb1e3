"""Each clock cuts the wait it is for, names itself, and leaves no connection behind."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ai_lib._runtime.backend import run_all
from ai_lib.errors.exceptions import TransportTimeout
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions
from ai_lib.types.wire import TimeoutOptions
from tests.guards import hang_guard
from tests.servers.scripted import PATIENCE, Exchange, Script, ScriptedServer
from tests.transport.calls import PATIENT, ask, ask_url
from tests.transport.conftest import Serve

pytestmark = pytest.mark.usefixtures("either_reader")


def stall(exchange: Exchange) -> None:
    exchange.stall()


def stall_in_head(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\ncontent-")
    exchange.stall()


def stall_after_head(exchange: Exchange) -> None:
    exchange.begin()
    exchange.stall()


def stall_in_body(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"one")
    exchange.stall()


def trickle(exchange: Exchange) -> None:
    exchange.begin()
    while not exchange.server.closing.is_set():
        exchange.chunk(b": keep-alive\n\n")
        exchange.pause(0.01)


async def time_out(server: ScriptedServer, timeouts: TimeoutOptions) -> TransportTimeout:
    async with HttpTransport() as transport:
        with hang_guard():
            with pytest.raises(TransportTimeout) as caught:
                async with await transport.send(ask(server), timeouts) as reply:
                    await reply.read()
        assert transport.stats().active == 0
    assert server.wait_for_open_connections(0)
    return caught.value


@pytest.mark.parametrize("script", [stall, stall_in_head, stall_after_head, stall_in_body])
async def test_silence_ends_with_the_idle_clock(serve: Serve, script: Script) -> None:
    error = await time_out(serve(script), TimeoutOptions(idle=0.05, total=5))

    assert (error.timeout_name, error.seconds) == ("idle", 0.05)
    assert error.request_sent
    assert isinstance(error, TimeoutError)
    assert "raise the idle timeout" in str(error)


@pytest.mark.parametrize("script", [stall, stall_in_head, stall_after_head])
async def test_content_that_does_not_begin_ends_with_the_first_token_clock(
    serve: Serve, script: Script
) -> None:
    error = await time_out(serve(script), TimeoutOptions(first_token=0.05, idle=5))

    assert (error.timeout_name, error.seconds) == ("first_token", 0.05)


async def test_once_content_came_the_first_token_clock_is_out(serve: Serve) -> None:
    error = await time_out(serve(stall_in_body), TimeoutOptions(first_token=5, idle=0.05))

    assert error.timeout_name == "idle"


async def test_the_first_token_clock_alone_bounds_the_wait_for_content(serve: Serve) -> None:
    def slow_start(exchange: Exchange) -> None:
        exchange.pause(0.15)
        exchange.reply(b"ok")

    server = serve(slow_start)
    async with HttpTransport() as transport:
        reply = await transport.send(ask(server), TimeoutOptions(first_token=5, idle=0.05))
        assert await reply.read() == b"ok"


async def test_the_total_clock_holds_over_a_stream_that_never_pauses(serve: Serve) -> None:
    error = await time_out(serve(trickle), TimeoutOptions(idle=5, total=0.15))

    assert (error.timeout_name, error.seconds) == ("total", 0.15)


async def test_the_total_clock_bounds_a_silent_server(serve: Serve) -> None:
    error = await time_out(serve(stall), TimeoutOptions(first_token=5, idle=5, total=0.05))

    assert error.timeout_name == "total"


async def test_a_peer_that_takes_no_bytes_ends_with_the_write_clock(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.pause(PATIENCE))
    server.max_body = 10
    async with HttpTransport() as transport:
        with pytest.raises(TransportTimeout) as caught:
            await transport.send(ask(server, body=b"x" * 50_000_000), TimeoutOptions(idle=0.1))
        assert transport.stats().active == 0
    assert caught.value.timeout_name == "write"


async def test_a_full_pool_ends_with_the_pool_clock(serve: Serve) -> None:
    server = serve(stall_after_head)
    options = TransportOptions(pool=PoolConfig(max_connections=1, queue_seconds=0.05))
    async with HttpTransport(options) as transport:
        async with await transport.send(ask(server), PATIENT):
            with pytest.raises(TransportTimeout) as caught:
                await transport.send(ask(server), PATIENT)
        assert transport.stats().active == 0
        assert transport.stats().waiting == 0
    assert caught.value.timeout_name == "pool"
    assert not caught.value.request_sent
    assert "max_connections" in str(caught.value)


async def test_the_total_clock_runs_while_a_call_stands_in_line(serve: Serve) -> None:
    server = serve(stall_after_head)
    options = TransportOptions(pool=PoolConfig(max_connections=1))
    async with HttpTransport(options) as transport, await transport.send(ask(server), PATIENT):
        with pytest.raises(TransportTimeout) as caught:
            await transport.send(ask(server), TimeoutOptions(total=0.05))
    assert caught.value.timeout_name == "total"


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that no other gets in."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_a_connection_that_is_never_accepted_ends_with_the_connect_clock(
    full_port: int,
) -> None:
    request = ask_url(f"http://127.0.0.1:{full_port}/")
    async with HttpTransport() as transport:
        with pytest.raises(TransportTimeout) as caught:
            await transport.send(request, TimeoutOptions(connect=0.1))
        assert transport.stats().active == 0
    assert caught.value.timeout_name == "connect"
    assert not caught.value.request_sent


async def test_clocks_of_one_call_do_not_touch_another(serve: Serve) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.pause(0.2)
        exchange.reply(b"ok")

    server = serve(slow)
    async with HttpTransport() as transport:

        async def hurried() -> str:
            with pytest.raises(TransportTimeout):
                await transport.send(ask(server), TimeoutOptions(total=0.05))
            return "late"

        async def patient() -> str:
            async with await transport.send(ask(server), PATIENT) as reply:
                return (await reply.read()).decode()

        assert await run_all([hurried, patient, hurried], 3) == ["late", "ok", "late"]
