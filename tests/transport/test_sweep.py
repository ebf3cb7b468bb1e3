"""A request is cancelled, or its transport closed, at each wait: encrypted, in HTTP/2, by proxies.

In both packages: at each await of the one, at each wait of the other, until a request comes to its
end undisturbed. `tests/client/test_sweep.py` does the same with whole calls in the open.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import anyio
import pytest

import ai_lib_sync.transport
from ai_lib.errors import AiLibError
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions
from ai_lib_sync._runtime.backend import CancelScope
from tests.guards import hang_guard
from tests.servers.relay import Relay
from tests.servers.scripted import Exchange, ScriptedServer
from tests.sweeping import MOST, CountedAwaits, CountedWaits
from tests.thoroughness import THOROUGH
from tests.transport.calls import PATIENT, ask_url

pytestmark = pytest.mark.async_only  # it has both packages
STEP = 1 if THOROUGH else 3
ONE = PoolConfig(max_connections=1)
WIRES = ["tls", "http2", "tunnel", "forwarded", "socks5", "https proxy"]


class Network(NamedTuple):
    """Where to send, with which options, and how many connections its server has open."""

    url: str
    options: TransportOptions
    count_open: Callable[[], int]


def answer(exchange: Exchange) -> None:
    exchange.begin()
    exchange.chunk(b"o")
    exchange.chunk(b"k")
    exchange.chunk(b"")


@pytest.fixture(params=WIRES)
def network(
    request: pytest.FixtureRequest, server_side: ssl.SSLContext, bundle: str
) -> Iterator[Network]:
    wire = str(request.param)
    options = TransportOptions(ca_bundle=bundle, pool=ONE, drain_seconds=60)
    if wire == "http2":
        second = pytest.importorskip("tests.servers.second", exc_type=ImportError)
        server = second.SecondServer(server_side)
        options = TransportOptions(ca_bundle=bundle, pool=ONE, drain_seconds=60, http2=True)
        yield Network(server.url, options, lambda: server.open_connections)
        server.close()
        return
    scripted = ScriptedServer(answer, None if wire == "forwarded" else server_side)
    relay = None
    if wire != "tls":
        if wire == "socks5":
            pytest.importorskip("socksio")
        kind = "socks5" if wire == "socks5" else "http"
        relay = Relay(kind, server_side if wire == "https proxy" else None)
        scheme = {"socks5": "socks5", "https proxy": "https"}.get(wire, "http")
        proxy = f"{scheme}://{relay.place}"
        options = TransportOptions(ca_bundle=bundle, pool=ONE, drain_seconds=60, proxy=proxy)
    yield Network(scripted.url, options, lambda: scripted.open_connections)
    if relay is not None:
        relay.close()
    scripted.close()


def check_nothing_is_held(
    transport: HttpTransport | ai_lib_sync.transport.HttpTransport, network: Network
) -> None:
    stats = transport.stats()
    assert (stats.active, stats.waiting) == (0, 0)
    assert stats.opened == stats.closed + stats.idle
    with hang_guard(30):
        while network.count_open() != stats.idle:
            pass


async def ask(transport: HttpTransport, url: str) -> bytes:
    async with await transport.send(ask_url(f"{url}/"), PATIENT) as reply:
        return await reply.read()


def close_now(transport: HttpTransport) -> None:
    """Close it between two steps of a request, as another task would."""
    with pytest.raises(StopIteration):
        transport.aclose().send(None)


@pytest.mark.parametrize("way", ["cancel", "close"])
async def test_a_request_that_ends_at_any_of_its_awaits_leaves_nothing(
    way: str, network: Network
) -> None:
    for number in range(1, MOST, STEP):
        transport = HttpTransport(network.options)

        def end(count: int, number: int = number, transport: HttpTransport = transport) -> None:
            if count == number:
                scope.cancel() if way == "cancel" else close_now(transport)

        with anyio.CancelScope() as scope:
            counted = CountedAwaits(ask(transport, network.url), end)
            try:
                assert await counted == b"ok"
            except AiLibError as error:
                assert way == "close", error  # noqa: PT017
                assert "close" in str(error)  # noqa: PT017
        await anyio.lowlevel.checkpoint()
        is_met = counted.count >= number
        check_nothing_is_held(transport, network)
        if way == "cancel" or not is_met:
            assert await ask(transport, network.url) == b"ok"
        await transport.aclose()
        check_nothing_is_held(transport, network)
        if not is_met:
            break
    assert 3 < number < MOST - 1


# `wrap_socket` leaves the socket of a peer that went before the handshake to the collector.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("way", ["cancel", "close"])
def test_a_request_that_ends_at_any_of_its_waits_leaves_nothing(
    way: str, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = CountedWaits(monkeypatch)

    def ask_blocking(transport: ai_lib_sync.transport.HttpTransport) -> bytes:
        with transport.send(ask_url(f"{network.url}/"), PATIENT) as reply:
            return reply.read()

    for number in range(1, MOST, STEP):
        transport = ai_lib_sync.transport.HttpTransport(network.options)
        scope = CancelScope()

        def end(stop: Callable[[], object], number: int, count: int) -> None:
            if count == number:
                stop()

        stop = scope.cancel if way == "cancel" else transport.close
        waits.count, waits.at_wait = 0, partial(end, stop, number)
        with hang_guard(60), scope:
            try:
                assert ask_blocking(transport) == b"ok"
            except AiLibError as error:
                assert way == "close", error  # noqa: PT017
                assert "close" in str(error)  # noqa: PT017
        waits.at_wait = lambda _: None
        is_met = waits.count >= number
        check_nothing_is_held(transport, network)
        if way == "cancel" or not is_met:
            assert ask_blocking(transport) == b"ok"
        transport.close()
        check_nothing_is_held(transport, network)
        if not is_met:
            break
    assert 3 < number < MOST - 1
