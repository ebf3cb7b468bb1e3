"""Over real TLS: whom we trust, as whom we come, and what a failure says."""

import ssl
from pathlib import Path

import pytest
import trustme

from ai_lib.errors.exceptions import ConnectError, RequestError, TransportError
from ai_lib.transport import HttpTransport, TransportOptions
from tests.servers.scripted import Exchange, ScriptedServer
from tests.transport.calls import CANARY, PATIENT, ask, ask_url
from tests.transport.conftest import Serve

pytestmark = pytest.mark.usefixtures("either_reader")


def ok(exchange: Exchange) -> None:
    exchange.reply(b"ok")


async def call(options: TransportOptions, server: ScriptedServer) -> bytes:
    async with HttpTransport(options) as transport:
        async with await transport.send(ask(server), PATIENT) as reply:
            return await reply.read()


async def test_a_bundle_is_trusted(tls_serve: Serve, bundle: str) -> None:
    assert await call(TransportOptions(ca_bundle=bundle), tls_serve(ok)) == b"ok"


async def test_an_encrypted_connection_is_reused(tls_serve: Serve, bundle: str) -> None:
    server = tls_serve(lambda exchange: exchange.reply(b"x" * 300_000))
    async with HttpTransport(TransportOptions(ca_bundle=bundle)) as transport:
        for _ in range(5):
            request = ask(server, body=b"y" * 700_000)
            async with await transport.send(request, PATIENT) as reply:
                assert len(await reply.read()) == 300_000
    assert server.connections == 1
    assert len(server.received[4].body) == 700_000


async def test_the_environment_names_whom_to_trust(
    tls_serve: Serve, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", bundle)
    assert await call(TransportOptions(), tls_serve(ok)) == b"ok"


async def test_the_environment_names_a_directory(
    tls_serve: Serve, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / f"{subject_hash(authority)}.0"))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert await call(TransportOptions(), tls_serve(ok)) == b"ok"
    monkeypatch.delenv("SSL_CERT_DIR")
    assert await call(TransportOptions(ca_bundle=str(tmp_path)), tls_serve(ok)) == b"ok"


def subject_hash(authority: trustme.CA) -> str:
    """The name OpenSSL looks a certificate up by in a directory."""
    import subprocess

    found = subprocess.run(
        ["openssl", "x509", "-hash", "-noout"],
        input=authority.cert_pem.bytes(),
        capture_output=True,
        check=True,
    )
    return found.stdout.decode().strip()


@pytest.mark.parametrize("trust", ["auto", "system", "certifi"])
async def test_a_stranger_is_not_trusted(tls_serve: Serve, trust: str) -> None:
    server = tls_serve(ok)
    with pytest.raises(ConnectError) as caught:
        await call(TransportOptions(trust=trust), server)  # type: ignore[arg-type]

    message = str(caught.value)
    assert f"127.0.0.1:{server.port}" in message
    assert "TLS failed" in message
    assert "certificate" in message
    assert "ca_bundle" in message
    assert not caught.value.request_sent
    assert server.received == []
    assert CANARY not in message


async def test_a_wrong_host_name_is_not_trusted(tls_serve: Serve, bundle: str) -> None:
    server = tls_serve(ok)
    async with HttpTransport(TransportOptions(ca_bundle=bundle)) as transport:
        with pytest.raises(ConnectError, match=r"TLS failed.*localhost"):
            await transport.send(ask_url(f"https://localhost:{server.port}/chat"), PATIENT)


async def test_verification_can_be_switched_off(tls_serve: Serve) -> None:
    assert await call(TransportOptions(verify=False), tls_serve(ok)) == b"ok"


async def test_a_client_certificate_is_shown(
    tls_serve: Serve,
    server_side: ssl.SSLContext,
    authority: trustme.CA,
    bundle: str,
    tmp_path: Path,
) -> None:
    server_side.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(server_side)
    identity = authority.issue_cert("client@example.com")
    identity.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    options = TransportOptions(ca_bundle=bundle, client_cert=str(tmp_path / "client.pem"))

    assert await call(options, tls_serve(ok)) == b"ok"
    with pytest.raises(TransportError):
        await call(TransportOptions(ca_bundle=bundle), tls_serve(ok))


@pytest.mark.parametrize("option", ["ca_bundle", "client_cert"])
async def test_a_file_that_is_not_there_is_named(tls_serve: Serve, option: str) -> None:
    with pytest.raises(RequestError, match=r"can't be used"):
        await call(TransportOptions(**{option: "/nowhere/at/all.pem"}), tls_serve(ok))  # type: ignore[arg-type]


async def test_a_server_without_tls_is_a_connect_error(serve: Serve) -> None:
    server = serve(ok)
    server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    async with HttpTransport() as transport:
        with pytest.raises(ConnectError, match="TLS failed"):
            await transport.send(ask_url(f"https://127.0.0.1:{server.port}/"), PATIENT)
