"""One transport serves event loops that come and go, in any thread, and leaves nothing behind."""

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Awaitable, Callable

import anyio
import anyio.lowlevel
import pytest
import trio

from ai_lib.transport import HttpTransport
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT, ask
from tests.transport.conftest import Serve

pytestmark = [pytest.mark.async_only, pytest.mark.usefixtures("either_reader")]


def ok(exchange: Exchange) -> None:
    exchange.reply(b"ok")


def stall_in_body(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"one")
    exchange.stall()


def caller(transport: HttpTransport, serve: Serve) -> Callable[[], Awaitable[None]]:
    server = serve(ok)

    async def call() -> None:
        for _ in range(5):
            async with await transport.send(ask(server), PATIENT) as reply:
                assert await reply.read() == b"ok"

    return call


def test_loops_one_after_the_other_reuse_their_own_connections(serve: Serve) -> None:
    transport = HttpTransport()
    call = caller(transport, serve)

    asyncio.run(call())  # type: ignore[arg-type]
    trio.run(call)
    asyncio.run(call())  # type: ignore[arg-type]

    stats = transport.stats()
    assert (stats.opened, stats.reused, stats.closed) == (3, 12, 2)


def test_a_loop_that_pauses_keeps_its_connection(serve: Serve) -> None:
    transport = HttpTransport()
    call = caller(transport, serve)
    loop = asyncio.new_event_loop()
    for _ in range(3):
        loop.run_until_complete(call())
        trio.run(call)
    assert transport.stats().opened == 4
    assert transport.stats().closed == 2
    loop.close()


def test_loops_in_several_threads_share_one_transport(serve: Serve) -> None:
    transport = HttpTransport()
    call = caller(transport, serve)
    done: list[str] = []

    def run(backend: str) -> None:
        anyio.run(call, backend=backend)
        done.append(backend)

    threads = [threading.Thread(target=run, args=(name,)) for name in ["asyncio", "trio"] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 8
    assert transport.stats().active == 0


def test_a_loop_that_dies_with_a_reply_open_leaves_nothing(serve: Serve) -> None:
    server = serve(stall_in_body)
    transport = HttpTransport()

    async def abandon() -> None:
        reply = await transport.send(ask(server), PATIENT)
        assert await reply.__anext__() == b"one"

    for backend in ("asyncio", "trio"):
        anyio.run(abandon, backend=backend)
        gc.collect()
        assert transport.stats().active == 0
    assert server.wait_for_open_connections(0)


def test_a_transport_that_is_forgotten_closes_its_sockets_silently(serve: Serve) -> None:
    server = serve(ok)

    async def use_and_forget() -> None:
        transport = HttpTransport()
        async with await transport.send(ask(server), PATIENT) as reply:
            await reply.read()
        transport.itself = transport  # type: ignore[attr-defined]

    asyncio.run(use_and_forget())
    gc.collect()
    assert server.wait_for_open_connections(0)


def test_a_transport_lets_go_of_a_dead_loop_when_it_is_used_again(serve: Serve) -> None:
    transport = HttpTransport()
    call = caller(transport, serve)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(call())
    loop.close()
    gone = weakref.ref(loop)
    del loop
    trio.run(call)
    gc.collect()

    assert gone() is None


def test_hundreds_of_short_loops_keep_descriptors_and_memory_constant(serve: Serve) -> None:
    server = serve(ok)
    transport = HttpTransport()

    async def call() -> None:
        async with await transport.send(ask(server), PATIENT) as reply:
            await reply.read()

    def loops(count: int) -> None:
        for number in range(count):
            anyio.run(call, backend="trio" if number % 2 else "asyncio")

    loops(4)
    before = len(os.listdir("/proc/self/fd"))
    loops(300)
    assert len(os.listdir("/proc/self/fd")) <= before + 1
    stats = transport.stats()
    assert (stats.active, stats.idle, stats.opened) == (0, 1, 304)
    assert server.wait_for_open_connections(1)


async def test_a_cancelled_task_frees_its_connection(serve: Serve) -> None:
    server = serve(stall_in_body)
    async with HttpTransport() as transport:
        reading = anyio.Event()

        async def read() -> None:
            reply = await transport.send(ask(server), PATIENT)
            assert await reply.__anext__() == b"one"
            reading.set()
            await reply.read()

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await reading.wait()
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert transport.stats().active == 0
        assert server.wait_for_open_connections(0)


async def test_two_tasks_read_their_replies_side_by_side(serve: Serve) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.begin()
        for _ in range(5):
            exchange.pause(0.02)
            exchange.chunk(exchange.received.body)
        exchange.chunk(b"")

    server = serve(slow)
    async with HttpTransport() as transport:

        async def read(body: bytes) -> None:
            async with await transport.send(ask(server, body=body), PATIENT) as reply:
                assert await reply.read() == body * 5

        with anyio.fail_after(0.5):
            async with anyio.create_task_group() as group:
                for number in range(20):
                    group.start_soon(read, b"%d" % number)
