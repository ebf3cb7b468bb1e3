"""A call is cancelled, or its client closed, at each of its awaits: nothing is left behind.

The call is made again and again; the n-th time the n-th await is met, until a call comes to its end
undisturbed. `tests/client/test_blocking_sweep.py` does the same at each wait of the other package.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from ai_lib import AiClient
from ai_lib.client import Call, Interceptor
from ai_lib.errors import AiLibError
from ai_lib.resilience import CircuitBreakerConfig, RateLimiterConfig
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions
from tests.client.sweep_house import PATHS, make_server, text_of
from tests.resilience.house import QUICK, builder, write
from tests.servers.scripted import ScriptedServer
from tests.sweeping import MOST, CountedAwaits

pytestmark = pytest.mark.async_only


class Listener(Interceptor):
    """Keeps how often each call ended, and whether anything still holds it."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.calls: list[weakref.ref[Call]] = []

    async def before_request(self, call: Call) -> None:
        self.begun += 1
        self.calls.append(weakref.ref(call))

    def on_end(self, call: Call) -> None:
        self.ended += 1


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    made = make_server()
    yield made
    made.close()


async def client_of(folder: Path, listener: Listener) -> AiClient:
    made = builder(folder).with_fallbacks(["other/m"]).with_retry(QUICK).max_inflight(1)
    made = made.with_circuit_breaker(CircuitBreakerConfig(failure_threshold=1000))
    made = made.with_rate_limit(RateLimiterConfig(requests_per_minute=1e6)).intercept(listener)
    options = TransportOptions(drain_seconds=60, pool=PoolConfig(max_connections=1))
    return await made.transport(HttpTransport(options)).build()


async def ask(client: AiClient, question: str, streamed: bool) -> str:
    chat = client.chat().user(text_of(question))
    if not streamed:
        return (await chat.execute()).content
    stream = chat.stream()
    async for _ in stream:
        pass
    return stream.response().content


async def hold(client: AiClient, question: str, server: ScriptedServer) -> Callable[[], object]:
    """Hold what the call waits for in line; return how to let go of it."""
    if question == "slot":
        pressure = client._targets.backpressure
        assert pressure is not None
        assert pressure.try_acquire()
        return pressure.release
    if question == "pool":
        pools = client._transport._pools
        from ai_lib.transport.http.url import parse_target

        pool = pools._get_pool(parse_target(server.url).origin)
        assert pool.slots.try_acquire()
        return pool.slots.release
    if question == "drain":
        assert await ask(client, "drain", True) == "hello"
        return server.tail_wanted.set  # type: ignore[attr-defined, no-any-return]
    return lambda: None


async def check_nothing_is_held(client: AiClient, server: ScriptedServer) -> None:
    stats = client._transport.stats()
    assert client.current_inflight == 0
    assert (stats.active, stats.waiting) == (0, 0)
    assert stats.opened == stats.closed + stats.idle
    for guarded in client._targets.list_targets():
        preflight = guarded.executor.preflight
        assert preflight.circuit_breaker is not None
        assert preflight.circuit_breaker._trials == 0
        assert preflight.rate_limiter is not None
        assert preflight.rate_limiter.get_stats()["waiting"] == 0
    with anyio.fail_after(30):
        while server.open_connections != stats.idle:
            await anyio.lowlevel.checkpoint()


async def end_at(
    number: int, way: str, path: tuple[str, bool], client: AiClient, server: ScriptedServer
) -> bool:
    """Make a call, end it at that await; return whether it had so many."""
    question, streamed = path
    releases = [await hold(client, question, server)]

    def end(count: int) -> None:
        if count == number and way == "cancel":
            scope.cancel()
        elif count == number:
            close_now(client)
        if releases and (way, count) != ("cancel", number):  # a close ends who holds it, too
            releases.pop()()

    with anyio.CancelScope() as scope:
        counted = CountedAwaits(
            ask(client, "well" if question == "drain" else question, streamed), end
        )
        try:
            assert await counted == "hello"
        except AiLibError as error:
            assert way == "close", error  # noqa: PT017
            # Where the first target had failed before, its error may be the one that is told.
            had_failed = question == "fallback" and "503" in str(error)
            assert had_failed or "close" in str(error)  # noqa: PT017
    if releases:
        releases.pop()()
    return counted.count >= number


def close_now(client: AiClient) -> None:
    """Close the connections between two steps of the call, as another task would."""
    for coroutine in (client.close(), client._transport.aclose()):
        with pytest.raises(StopIteration):
            coroutine.send(None)


@pytest.mark.parametrize("way", ["cancel", "close"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[0] + "+stream" * path[1])
async def test_a_call_that_ends_at_any_of_its_awaits_leaves_nothing(
    way: str, path: tuple[str, bool], server: ScriptedServer, tmp_path: Path
) -> None:
    for name in ("house", "other"):
        write(tmp_path, name, server.url)
    listener = Listener()
    for number in range(1, MOST):
        client = await client_of(tmp_path, listener)
        is_met = await end_at(number, way, path, client, server)
        await check_nothing_is_held(client, server)
        if way == "cancel" or not is_met:
            assert await ask(client, "well", path[1]) == "hello"
        await client._transport.aclose()
        await check_nothing_is_held(client, server)
        assert listener.begun == listener.ended
        if not is_met:
            break
    assert 1 < number < MOST - 1
    del client
    await anyio.lowlevel.checkpoint()
    gc.collect()
    assert [call() for call in listener.calls if call() is not None] == []
