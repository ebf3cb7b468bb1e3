"""Tokens of clouds against a loopback: one for many calls, renewed once, never past a deadline."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from ai_lib.errors.exceptions import TransportTimeout
from ai_lib.testing import MockProvider, Reply
from ai_lib.transport import CredentialCache
from ai_lib.transport.credentials.entra import EntraTokenSource

pytestmark = pytest.mark.async_only


def set_all(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


class TokenServer:
    """Gives tokens as the vendor's address does; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]], str | None]] = []
        self.hold = threading.Event()
        self.hold.set()
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                served.asked.append((self.path, parse_qs(body), self.headers.get("Metadata")))
                served.hold.wait(30)
                reply = {"access_token": f"token-{len(served.asked)}", "expires_in": 3600}
                data = json.dumps(reply).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer()
    yield server
    server.close()


def application(tokens: TokenServer) -> dict[str, str]:
    return {
        "AZURE_AUTHORITY_HOST": tokens.url,
        "AZURE_TENANT_ID": "tenant",
        "AZURE_CLIENT_ID": "client",
        "AZURE_CLIENT_SECRET": "secret-of-nobody",
    }


SCOPE = "https://cognitiveservices.azure.com/.default"


async def test_a_hundred_calls_at_once_fetch_one_token(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, application(tokens))
    async with MockProvider() as mock:
        builder = mock.builder("openai/gpt-4.1")
        builder.api_key(CredentialCache(EntraTokenSource("AZURE_CLIENT_SECRET", SCOPE)))
        async with await builder.build() as client:
            async with anyio.create_task_group() as group:
                for _ in range(100):
                    group.start_soon(client.chat().user("Hi").execute)
        sent = {request.headers["authorization"] for request in mock.requests}
    assert (len(mock.requests), sent) == (100, {"Bearer token-1"})
    [(path, form, _)] = tokens.asked
    assert path == "/tenant/oauth2/v2.0/token"
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["client"],
        "client_secret": ["secret-of-nobody"],
        "scope": [SCOPE],
    }


async def test_a_refused_token_is_fetched_anew_once(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, application(tokens))
    async with MockProvider([Reply(status=401), Reply(text="Hello")]) as mock:
        builder = mock.builder("openai/gpt-4.1")
        builder.api_key(CredentialCache(EntraTokenSource("AZURE_CLIENT_SECRET", SCOPE)))
        async with await builder.build() as client:
            assert (await client.chat().user("Hi").execute()).content == "Hello"
        sent = [request.headers["authorization"] for request in mock.requests]
    assert sent == ["Bearer token-1", "Bearer token-2"]


async def test_a_workload_and_a_managed_identity_ask_as_the_vendor_says(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assertion = tmp_path / "assertion"
    assertion.write_text("assertion-of-nobody\n")
    variables = {**application(tokens), "AZURE_FEDERATED_TOKEN_FILE": str(assertion)}
    set_all(monkeypatch, {**variables, "AZURE_POD_IDENTITY_AUTHORITY_HOST": tokens.url})
    assert EntraTokenSource("AZURE_FEDERATED_TOKEN_FILE", SCOPE).issue().value == "token-1"
    assert EntraTokenSource("managed identity", SCOPE).issue().value == "token-2"
    workload, identity = tokens.asked
    assert workload[1]["client_assertion"] == ["assertion-of-nobody"]
    assert identity[2] == "true"
    query = parse_qs(urlsplit(identity[0]).query)
    assert query["resource"] == ["https://cognitiveservices.azure.com"]


async def test_a_source_that_hangs_ends_at_the_deadline_of_the_call(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, application(tokens))
    tokens.hold.clear()
    async with MockProvider() as mock:
        builder = mock.builder("openai/gpt-4.1").timeout(0.2)
        builder.api_key(CredentialCache(EntraTokenSource("AZURE_CLIENT_SECRET", SCOPE)))
        async with await builder.build() as client:
            with pytest.raises(TransportTimeout, match="AZURE_CLIENT_SECRET gave no key"):
                await client.chat().user("Hi").execute()
        tokens.hold.set()
        assert mock.requests == []
