"""Through a real proxy: explicit or from the environment, plain, tunnelled, SOCKS, or down."""

import ssl
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
import trustme

from ai_lib.errors.exceptions import ConnectError, RequestError
from ai_lib.transport import HttpTransport, TransportOptions
from tests.servers.relay import Relay
from tests.servers.scripted import Exchange, ScriptedServer
from tests.transport.calls import PATIENT, ask, ask_url
from tests.transport.conftest import Serve

needs_socks = pytest.mark.skipif(not find_spec("socksio"), reason="needs ai-lib[socks]")
LOGIN = "user:canary%3Apass"


def ok(exchange: Exchange) -> None:
    exchange.reply(b"ok")


@pytest.fixture
def relay() -> Iterator[Relay]:
    started = Relay()
    yield started
    started.close()


@pytest.fixture
def socks() -> Iterator[Relay]:
    started = Relay("socks5")
    yield started
    started.close()


async def call(transport: HttpTransport, server: ScriptedServer) -> bytes:
    async with await transport.send(ask(server), PATIENT) as reply:
        return await reply.read()


def through(relay: Relay, scheme: str = "http", login: str = "") -> TransportOptions:
    return TransportOptions(proxy=f"{scheme}://{login}{relay.place}")


async def test_a_plain_request_is_forwarded(serve: Serve, relay: Relay) -> None:
    server = serve(ok)
    async with HttpTransport(through(relay)) as transport:
        assert await call(transport, server) == b"ok"
        assert await call(transport, server) == b"ok"
    assert relay.asked == [f"POST {server.url}/chat"]
    assert server.connections == 1


async def test_an_encrypted_request_is_tunnelled(
    tls_serve: Serve, relay: Relay, authority: trustme.CA, bundle: str
) -> None:
    server = tls_serve(ok)
    options = TransportOptions(proxy=f"http://{relay.place}", ca_bundle=bundle)
    async with HttpTransport(options) as transport:
        assert await call(transport, server) == b"ok"
        assert await call(transport, server) == b"ok"
    assert relay.asked == [f"CONNECT 127.0.0.1:{server.port}"]
    assert all("proxy-authorization" not in received.headers for received in server.received)


async def test_a_proxy_reached_by_tls_works_for_both(
    serve: Serve, tls_serve: Serve, server_side: ssl.SSLContext, bundle: str
) -> None:
    relay = Relay(tls=server_side)
    options = TransportOptions(proxy=f"https://{relay.place}", ca_bundle=bundle)
    async with HttpTransport(options) as transport:
        assert await call(transport, serve(ok)) == b"ok"
        assert await call(transport, tls_serve(ok)) == b"ok"
    relay.close()


@needs_socks
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_socks_relays(serve: Serve, socks: Relay, scheme: str) -> None:
    server = serve(ok)
    async with HttpTransport(through(socks, scheme)) as transport:
        assert await call(transport, server) == b"ok"
    assert socks.asked == [f"SOCKS 127.0.0.1:{server.port}"]


@needs_socks
async def test_socks_resolves_names_at_the_proxy(serve: Serve, socks: Relay) -> None:
    server = serve(ok)
    socks.upstream = ("127.0.0.1", server.port)
    async with HttpTransport(through(socks, "socks5h")) as transport:
        async with await transport.send(ask_url("http://model.invalid/chat"), PATIENT) as reply:
            assert await reply.read() == b"ok"
    assert socks.asked == ["SOCKS model.invalid:80"]


@needs_socks
@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_the_proxy_gets_its_login(serve: Serve, kind: str) -> None:
    relay = Relay(kind)
    relay.login = "user:canary:pass"
    server = serve(ok)
    async with HttpTransport(through(relay, kind, f"{LOGIN}@")) as transport:
        assert await call(transport, server) == b"ok"
        assert "canary" not in repr(transport.options)
    relay.close()


async def test_a_wrong_login_for_a_tunnel_is_a_connect_error(
    tls_serve: Serve, relay: Relay
) -> None:
    relay.login = "someone:else"
    server = tls_serve(ok)
    async with HttpTransport(through(relay, login=f"{LOGIN}@")) as transport:
        with pytest.raises(ConnectError, match="the proxy said: 407") as caught:
            await call(transport, server)
    assert relay.place in str(caught.value)
    assert "canary" not in str(caught.value)


@needs_socks
async def test_a_wrong_login_for_socks_is_a_connect_error(serve: Serve, socks: Relay) -> None:
    socks.login = "someone:else"
    async with HttpTransport(through(socks, "socks5", f"{LOGIN}@")) as transport:
        with pytest.raises(ConnectError, match="Invalid username/password"):
            await call(transport, serve(ok))
    async with HttpTransport(through(socks, "socks5")) as transport:
        with pytest.raises(ConnectError, match="Requested NO AUTHENTICATION"):
            await call(transport, serve(ok))


@needs_socks
async def test_a_refusing_proxy_is_a_connect_error(
    serve: Serve, tls_serve: Serve, relay: Relay, socks: Relay
) -> None:
    relay.refuse = socks.refuse = True
    async with HttpTransport(through(relay)) as transport:
        with pytest.raises(ConnectError, match="the proxy said: 403"):
            await call(transport, tls_serve(ok))
    async with HttpTransport(through(socks, "socks5")) as transport:
        with pytest.raises(ConnectError, match="not allowed by ruleset"):
            await call(transport, serve(ok))


async def test_a_proxy_that_is_down_is_named(serve: Serve, relay: Relay) -> None:
    relay.close()
    server = serve(ok)
    async with HttpTransport(through(relay)) as transport:
        with pytest.raises(ConnectError, match="refused") as caught:
            await call(transport, server)
    assert f"127.0.0.1:{server.port} by the proxy {relay.place}" in str(caught.value)


async def test_the_environment_names_the_proxy(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ok)  # to a proxy a plain request is one whose target is a whole address
    monkeypatch.setenv("HTTP_PROXY", server.url)
    request = ask_url("http://provider.invalid/chat")
    async with HttpTransport() as transport:
        async with await transport.send(request, PATIENT) as reply:
            assert await reply.read() == b"ok"
    assert server.received[0].target.startswith("http://provider.invalid/chat")

    monkeypatch.setenv("NO_PROXY", "invalid")
    async with HttpTransport() as transport:
        with pytest.raises(ConnectError):
            await transport.send(request, PATIENT)
    monkeypatch.delenv("NO_PROXY")
    async with HttpTransport(TransportOptions(proxy=None)) as transport:
        with pytest.raises(ConnectError):
            await transport.send(request, PATIENT)
    assert server.connections == 1


def test_a_proxy_that_is_no_url_is_refused_without_being_shown() -> None:
    for wrong in ("ftp://user:canary@host", "http://", "http://u:canary@h:no"):
        with pytest.raises(RequestError) as caught:
            HttpTransport(TransportOptions(proxy=wrong))
        assert "canary" not in str(caught.value)
