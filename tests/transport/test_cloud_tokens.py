"""Tokens of clouds against a loopback: one for many calls, renewed once, never past a deadline."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.lowlevel
import pytest

from ai_lib.errors.exceptions import TransportTimeout
from ai_lib.testing import MockProvider, Reply
from ai_lib.transport import CredentialCache
from ai_lib.transport.credentials.entra import EntraTokenSource
from tests.servers.tokens import TokenServer, Wall

pytestmark = pytest.mark.async_only


def set_all(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


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


@pytest.fixture
def assertion(tmp_path: Path) -> Path:
    """Give the file with the assertion of a workload."""
    path = tmp_path / "assertion"
    path.write_text("assertion-of-nobody\n")
    return path


SOURCES = ("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "managed identity")


@pytest.fixture(params=SOURCES)
def source(
    request: pytest.FixtureRequest,
    tokens: TokenServer,
    assertion: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> EntraTokenSource:
    """Give a source that asks the token server."""
    set_all(monkeypatch, application(tokens))
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(assertion))
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", tokens.url)
    return EntraTokenSource(request.param, SCOPE)


async def test_a_hundred_calls_at_once_fetch_one_token(
    tokens: TokenServer, source: EntraTokenSource
) -> None:
    async with MockProvider() as mock:
        builder = mock.builder("azure/my-deployment").api_key(CredentialCache(source))
        async with await builder.build() as client:
            async with anyio.create_task_group() as group:
                for _ in range(100):
                    group.start_soon(client.chat().user("Hi").execute)
        sent = {request.headers["authorization"] for request in mock.requests}
    assert (len(mock.requests), sent) == (100, {"Bearer token-1"})
    assert len(tokens.asked) == 1


async def test_a_token_that_ends_in_between_is_fetched_once_more(
    tokens: TokenServer, source: EntraTokenSource
) -> None:
    wall = Wall()
    async with MockProvider() as mock:
        builder = mock.builder("azure/my-deployment")
        builder.api_key(CredentialCache(source, clock=wall.read))
        async with await builder.build() as client:
            for seconds in (0, 3200, 3400):  # it is renewed five minutes before its end
                wall.passed = seconds
                await client.chat().user("Hi").execute()
        sent = [request.headers["authorization"] for request in mock.requests]
    assert sent == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_a_client_secret_is_sent_as_the_vendor_says(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, application(tokens))
    EntraTokenSource("AZURE_CLIENT_SECRET", SCOPE).issue()
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
    """Meanwhile others go on: the wait is not in their way."""
    set_all(monkeypatch, application(tokens))
    tokens.hold.clear()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await anyio.lowlevel.checkpoint()

    async with MockProvider() as mock:
        builder = mock.builder("openai/gpt-4.1").timeout(0.2)
        builder.api_key(CredentialCache(EntraTokenSource("AZURE_CLIENT_SECRET", SCOPE)))
        async with await builder.build() as client, anyio.create_task_group() as group:
            group.start_soon(tick)
            with pytest.raises(TransportTimeout, match="AZURE_CLIENT_SECRET gave no key"):
                await client.chat().user("Hi").execute()
            group.cancel_scope.cancel()
        tokens.hold.set()
        assert mock.requests == []
    assert ticks > 10
