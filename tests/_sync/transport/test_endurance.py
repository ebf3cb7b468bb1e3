# Generated from tests/transport/test_endurance.py by codegen; do not edit.
"""Thousands of streams, ended in every way at once, leave no memory, descriptor or slot behind."""

import gc
import os
import random
import sys
import tracemalloc
from functools import partial

import pytest

from ai_lib.errors.exceptions import TransportError
from ai_lib.types.wire import TimeoutOptions
from ai_lib_sync._runtime.backend import CancelScope, fail_after, run_all
from ai_lib_sync.transport import HttpTransport, PoolConfig, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT, ask

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("either_reader")]

# The full form: ENDURANCE=10000 pytest -s -m slow tests/transport/test_endurance.py
STREAMS = int(os.environ.get("ENDURANCE", "1000"))


def stream(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"data: one\n\n")
    exchange.chunk(b"data: [DONE]\n\n")
    exchange.chunk(b"")


def moody(exchange: Exchange) -> None:
    mood = int(exchange.received.target.split("?")[0][1:])
    if mood == 0:
        exchange.reset()
    exchange.begin()
    exchange.chunk(b"data: one\n\n")
    if mood == 1:
        exchange.abort()
    if mood == 2:
        exchange.stall()
    exchange.pause(0.001)
    exchange.chunk(b"")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_thousands_of_streams_keep_memory_and_descriptors_flat(serve: Serve) -> None:
    server = serve(stream)
    with HttpTransport() as transport:

        def streams(count: int) -> None:
            for number in range(count):
                reply = transport.send(ask(server), PATIENT)
                for _ in reply:
                    if number % 2:
                        break
                reply.drain()
                server.received.clear()

        streams(200)
        gc.collect()
        files = descriptors()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        streams(STREAMS)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        slope = (after - before) / STREAMS
        said = f"{STREAMS} streams: {slope:.1f} bytes each, {files} then {descriptors()} files"
        sys.stderr.write(f"{said}\n")
        assert slope < 100
        assert descriptors() <= files
        assert server.connections == 1


def one_call(transport: HttpTransport, server: object, seed: int) -> None:
    """One call, ended in one of the ways a call can end."""
    chance = random.Random(seed)
    request = ask(server, f"/{chance.randrange(5)}")  # type: ignore[arg-type]
    ending = chance.randrange(5)
    scope = CancelScope()
    if ending == 0:
        scope.cancel()
    try:
        with scope, fail_after(0.05 if ending == 1 else None):
            reply = transport.send(request, TimeoutOptions(idle=0.1))
            if ending == 2:
                reply.close()
            elif ending == 3:
                cycle = [reply]
                cycle.append(cycle)  # type: ignore[arg-type]
            else:
                reply.read()
    except (TransportError, TimeoutError):
        pass


@pytest.mark.parametrize("limit", [3, 50])
def test_calls_that_end_in_every_way_leave_every_slot_free(serve: Serve, limit: int) -> None:
    server = serve(moody)
    options = TransportOptions(pool=PoolConfig(max_connections=limit))
    thresholds = gc.get_threshold()
    gc.set_threshold(50)  # finalizers run in the middle of everything
    try:
        with HttpTransport(options) as transport:
            calls = [partial(one_call, transport, server, seed) for seed in range(300)]
            run_all(calls, 30)
            gc.collect()
            stats = transport.stats()
            assert (stats.active, stats.waiting) == (0, 0)
            assert stats.opened == stats.idle + stats.closed
            assert server.wait_for_open_connections(stats.idle)
    finally:
        gc.set_threshold(*thresholds)
