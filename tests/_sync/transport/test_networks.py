# Generated from tests/transport/test_networks.py by codegen; do not edit.
"""In networks of companies: whom to trust, what goes by a proxy, sockets without a network."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from ai_lib_sync import AiClient
from ai_lib_sync.errors import ConnectError, DecodeError, RequestError
from ai_lib_sync.resilience import RateLimiterConfig, ResilientConfig, RetryConfig
from ai_lib_sync.testing import MockProvider
from ai_lib_sync.transport import ConnectionPool, HttpTransport, PoolConfig, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.protocol.shared import document
from tests.servers.relay import Relay
from tests.servers.scripted import Exchange, ScriptedServer
from tests.transport.calls import PATIENT, ask, ask_url

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *map(str.upper, VARIABLES)):
        monkeypatch.delenv(name, raising=False)


def ok(exchange: Exchange) -> None:
    exchange.reply(b"ok")


def call(options: TransportOptions, url: str) -> bytes:
    with HttpTransport(options) as transport:
        with transport.send(ask_url(url), PATIENT) as response:
            return response.read()


@pytest.fixture
def relay() -> Iterator[Relay]:
    started = Relay()
    yield started
    started.close()


@pytest.mark.usefixtures("either_reader")
def test_a_context_of_the_callers_is_used(tls_serve: Serve, bundle: str) -> None:
    server = tls_serve(ok)
    context = ssl.create_default_context(cafile=bundle)
    assert call(TransportOptions(ssl_context=context), server.url) == b"ok"
    with pytest.raises(ConnectError, match="certificate"):
        call(TransportOptions(ssl_context=ssl.create_default_context()), server.url)


@pytest.mark.usefixtures("either_reader")
def test_truststores_context_is_used(
    tls_serve: Serve, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    truststore = pytest.importorskip("truststore")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    server = tls_serve(ok)
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ConnectError, match="certificate"):
        call(TransportOptions(ssl_context=context), server.url)
    context.load_verify_locations(cafile=bundle)
    assert call(TransportOptions(ssl_context=context), server.url) == b"ok"
    # As `truststore.inject_into_ssl()` does, for all contexts made from then on.
    monkeypatch.setattr(ssl, "SSLContext", truststore.SSLContext)
    with pytest.raises(ConnectError, match="certificate"):
        call(TransportOptions(), server.url)
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    assert call(TransportOptions(), server.url) == b"ok"


def test_requests_variable_is_honoured_after_ssls_own(
    tls_serve: Serve, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tls_serve(ok)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    assert call(TransportOptions(), server.url) == b"ok"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(RequestError, match="REQUESTS_CA_BUNDLE"):
        call(TransportOptions(), server.url)
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    assert call(TransportOptions(), server.url) == b"ok"


def test_certificates_are_loaded_once_for_all_and_again_when_they_change(
    tls_serve: Serve, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[int] = []
    load = ssl.SSLContext.load_verify_locations

    def record(context: ssl.SSLContext, *arguments: str, **named: str) -> None:
        loads.append(threading.get_ident())
        load(context, *arguments, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", record)
    server = tls_serve(ok)
    file = tmp_path / "own.pem"
    content = authority.cert_pem.bytes()
    file.write_bytes(content)
    options = TransportOptions(ca_bundle=str(file))
    for _ in range(3):
        assert call(options, server.url) == b"ok"
    assert len(loads) == 1
    file.write_bytes(content + b"\n")
    assert call(options, server.url) == b"ok"
    assert len(loads) == 2


def test_a_certificate_that_is_not_trusted_is_not_tried_again(tls_serve: Serve) -> None:
    server = tls_serve(ok)
    builder = AiClient.builder().model("openai/m").api_key("k").base_url(f"{server.url}/v1")
    retry = RetryConfig(max_retries=3, min_delay_ms=0, max_delay_ms=0)
    with HttpTransport(TransportOptions(connect_retries=2)) as transport:
        client = builder.with_retry(retry).transport(transport).build()
        with pytest.raises(ConnectError, match="certificate") as caught:
            client.chat().user("?").execute()
    assert len(caught.value.attempts) == 1
    assert server.connections == 1
    assert not caught.value.retryable
    assert caught.value.fallbackable


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    serve: Serve, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ok)
    monkeypatch.setenv("HTTP_PROXY", f"http://{relay.place}")
    for host in ("127.0.0.1", "localhost"):
        assert call(TransportOptions(), f"http://{host}:{server.port}/") == b"ok"
    assert relay.asked == []
    explicit = TransportOptions(proxy=f"http://{relay.place}")
    assert call(explicit, server.url) == b"ok"
    assert len(relay.asked) == 1


def test_a_proxy_that_cannot_be_used_matters_only_where_it_is_needed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ok)
    monkeypatch.setenv("ALL_PROXY", "socks://user:canary@127.0.0.1:9")
    assert call(TransportOptions(), server.url) == b"ok"
    assert call(TransportOptions(proxy=None), server.url) == b"ok"
    with pytest.raises(RequestError, match="ALL_PROXY") as caught:
        call(TransportOptions(), "http://provider.example/")
    assert "canary" not in str(caught.value)
    # To a proxy a plain request is one whose target is a whole address.
    monkeypatch.setenv("http_proxy", server.url)
    assert call(TransportOptions(), "http://provider.example/x") == b"ok"
    assert server.received[-1].target.startswith("http://provider.example/x")


def test_a_407_is_the_proxys_and_lasts(serve: Serve, tls_serve: Serve, relay: Relay) -> None:
    relay.login = "someone:else"
    retry = RetryConfig(max_retries=3, min_delay_ms=0, max_delay_ms=0)
    options = TransportOptions(proxy=f"http://u:canary@{relay.place}")
    for server in (serve(ok), tls_serve(ok)):
        builder = AiClient.builder().model("openai/m").api_key("k").base_url(f"{server.url}/v1")
        with HttpTransport(options) as transport:
            client = builder.with_retry(retry).transport(transport).build()
            with pytest.raises(ConnectError, match="the proxy said: 407") as caught:
                client.chat().user("?").execute()
        assert len(caught.value.attempts) == 1
        assert not caught.value.attempts[0].in_doubt
        assert relay.place in str(caught.value)
        assert "canary" not in str(caught.value)
        assert server.connections == 0


@pytest.mark.parametrize("query", ["", "?api-version=1", "?a=1&b=%2F"])
def test_the_query_of_a_base_address_is_kept(query: str) -> None:
    with MockProvider() as mock:
        for model in ("openai/gpt-4o", "gemini/gemini-2.5-flash"):
            url = f"{mock.base_url(model.partition('/')[0])}{query}"
            with AiClient.create(model, api_key="k", base_url=url) as client:
                client.chat().user("?").execute()
                assert [event for event in client.chat().user("?").stream()]
        expected = dict(
            pair.split("=") for pair in query[1:].replace("%2F", "/").split("&") if pair
        )
        for request in mock.requests:
            assert expected.items() <= request.query.items()
            assert request.messages


class UnixServer:
    """Responds to every request on a socket in the file system."""

    def __init__(self, path: str) -> None:
        self.heads: list[str] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            while data := sock.recv(65536):
                self.heads.append(data.decode())
                sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the system has no such sockets")
@pytest.mark.usefixtures("either_reader")
def test_a_server_is_reached_by_a_socket_in_the_file_system(tmp_path: Path) -> None:
    path = os.path.join("/tmp", f"Ai-{os.getpid()}-{tmp_path.name[-8:]}.sock")
    server = UnixServer(path)
    try:
        url = f"http+unix://{path.replace('/', '%2F')}/v1"
        assert call(TransportOptions(), f"{url}/chat") == b"ok"
        with HttpTransport(TransportOptions(uds=path)) as transport:
            for _ in range(2):
                request = ask_url("http://models.example/chat")
                with transport.send(request, PATIENT) as response:
                    assert response.read() == b"ok"
            assert transport.stats().opened == 1
    finally:
        server.close()
        os.unlink(path)
    assert [head.split()[1].partition("?")[0] for head in server.heads] == [
        "/v1/chat",
        "/chat",
        "/chat",
    ]
    assert "Host: localhost\r\n" in server.heads[0]
    assert "Host: models.example\r\n" in server.heads[1]
    with pytest.raises(ConnectError, match="sock"):
        call(TransportOptions(uds=path), "http://models.example/")


def reuse(server: ScriptedServer, options: TransportOptions, count: int = 3) -> None:
    with HttpTransport(options) as transport:
        for _ in range(count):
            with transport.send(ask(server), PATIENT) as response:
                response.read()


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize(
    ("status", "connections"),
    [(200, 1), (404, 1), (429, 1), (500, 3), (502, 3), (503, 3), (504, 3)],
)
def test_a_connection_is_not_reused_after_the_servers_own_failures(
    serve: Serve, status: int, connections: int
) -> None:
    server = serve(lambda exchange: exchange.reply(b"x", status))
    reuse(server, TransportOptions())
    assert server.connections == connections


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize(
    ("header", "connections"),
    [
        ("timeout=60", 1),
        ("timeout=60, max=5", 1),
        ("max=5,timeout=1", 3),
        ("timeout=0", 3),
        ("x", 1),
    ],
)
def test_a_servers_keep_alive_is_believed(serve: Serve, header: str, connections: int) -> None:
    server = serve(lambda exchange: exchange.reply(b"x", headers=f"Keep-Alive: {header}\r\n"))
    reuse(server, TransportOptions())
    assert server.connections == connections


@pytest.mark.parametrize(("age", "connections"), [(None, 1), (600, 1), (0, 3)])
def test_a_connection_of_a_great_age_serves_no_further_call(
    serve: Serve, age: float | None, connections: int
) -> None:
    server = serve(ok)
    reuse(server, TransportOptions(pool=PoolConfig(max_age_seconds=age)))
    assert server.connections == connections


def test_idle_connections_are_probed_after_a_minute(serve: Serve) -> None:
    server = serve(ok)
    with ConnectionPool() as pool:
        client = pool.get_client("p", server.url)
        client.get("/")
        (connection,) = pool.transport._pools._open
        sock = connection._stream.get_extra_info("socket")
        assert isinstance(sock, object)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)  # type: ignore[attr-defined]
        if hasattr(socket, "TCP_KEEPIDLE"):
            idle = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)  # type: ignore[attr-defined]
            assert idle == 60


class DyingServer(ScriptedServer):
    """Responds to the first request of each connection, and breaks with the second one."""

    def __init__(self, how: str = "close") -> None:
        self.seen: dict[object, int] = {}
        self.keys: list[str] = []
        self.how = how
        super().__init__(self._answer)

    def _answer(self, exchange: Exchange) -> None:
        number = self.seen[exchange.sock] = self.seen.get(exchange.sock, 0) + 1
        self.keys.append(exchange.received.headers.get("idempotency-key", ""))
        if number > 1 or self.how == "always":
            if self.how == "partial":
                exchange.send(b"HTTP/1.1 2")
            if self.how == "reset":
                exchange.reset()
            if self.how == "stall":
                exchange.stall()
            exchange.abort()
        exchange.reply(
            b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}}]}',
            headers="content-type: application/json\r\n",
        )


@pytest.fixture
def dying() -> Iterator[DyingServer]:
    server = DyingServer()
    yield server
    server.close()


def build(server: ScriptedServer, options: TransportOptions) -> tuple[AiClient, HttpTransport]:
    transport = HttpTransport(options)
    builder = AiClient.builder().model("openai/m").api_key("k").base_url(f"{server.url}/v1")
    protection = ResilientConfig(retry=RetryConfig.no_retry(), circuit_breaker_threshold=1)
    return builder.resilience(protection).transport(transport).build(), transport


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_request_whose_kept_connection_died_is_sent_once_more(
    how: str, streamed: bool, dying: DyingServer
) -> None:
    dying.how = how
    client, transport = build(dying, TransportOptions())
    with transport:
        client.chat().user("?").execute()
        if streamed:
            stream = client.chat().user("?").stream()
            with pytest.raises(DecodeError) as caught:  # what it is sent is no stream
                assert [event for event in stream]
            attempts = caught.value.attempts
        else:
            response = client.chat().user("?").execute()
            assert response.content == "ok"
            attempts = response.attempts
        assert [attempt.in_doubt for attempt in attempts] == [True, False]
        assert attempts[0].error == "ConnectionLost"
        # The circuit, which opens at one failure, blames nobody.
        if not streamed:
            assert (client.chat().user("?").execute()).content == "ok"
    assert len(dying.keys) == (3 if streamed else 5)


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize("how", ["always", "partial", "stall"])
def test_no_other_loss_is_sent_again(how: str, dying: DyingServer) -> None:
    dying.how = how
    client, transport = build(dying, TransportOptions())
    with transport:
        if how != "always":
            client.chat().user("?").execute()
        seconds = 0.2 if how == "stall" else 10
        with pytest.raises(Exception, match=r"broke off|not done within|no content") as caught:
            client.chat().user("?").timeout(seconds).execute()
    assert len(caught.value.attempts) == 1  # type: ignore[attr-defined]
    assert len(dying.keys) == (1 if how == "always" else 2)


def test_one_argument_switches_it_off(dying: DyingServer) -> None:
    client, transport = build(dying, TransportOptions(resend_lost=False))
    with transport:
        client.chat().user("?").execute()
        with pytest.raises(Exception, match="broke off"):
            client.chat().user("?").execute()
    assert len(dying.keys) == 2


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize("header", ["Idempotency-Key", None])
def test_what_is_sent_once_more_has_the_same_key_and_keeps_its_reservation(
    dying: DyingServer, tmp_path: Path, header: str | None
) -> None:
    manifest = document(
        "house",
        endpoint={"base_url": f"{dying.url}/v1"},
        idempotency={"header": header} if header else None,
    )
    (tmp_path / "house.json").write_text(json.dumps(manifest))
    limits = RateLimiterConfig(requests_per_minute=100)
    with HttpTransport(TransportOptions()) as transport:
        builder = AiClient.builder().model("house/m").api_key("k").protocol_dir(tmp_path)
        builder.with_retry(RetryConfig.no_retry()).with_rate_limit(limits).transport(transport)
        client = builder.allow_host("127.0.0.1").build()
        client.chat().user("?").max_tokens(1000).execute()
        left = left_of(client)
        response = client.chat().user("?").max_tokens(1000).execute()
        assert [attempt.in_doubt for attempt in response.attempts] == [True, False]
        assert left - left_of(client) == 2  # what was lost counts: it may have been worked on
    first, lost, again = dying.keys
    assert lost == again
    assert (first != lost) == bool(header)
    assert bool(lost) == bool(header)


def left_of(client: AiClient) -> float:
    """Return the requests that the minute still allows."""
    limiter = client._targets.list_targets()[0].executor.preflight.rate_limiter
    assert limiter is not None
    return float(limiter.available_tokens)
