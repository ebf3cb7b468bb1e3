"""Tokens: where they go, where they do not, and what is said when one is wanted."""

from __future__ import annotations

import json
import logging

import pytest

from ai_lib.errors import CredentialError
from ai_lib.mcp import ClientCredentials, McpAuthRequired, McpError, McpServer, bearer
from tests.mcp.peers import http_peer
from tests.servers.mcp_peer import NEW, OLD
from tests.servers.scripted import Exchange, ScriptedServer

TOKEN = "token-of-this-test-alone"


@pytest.mark.parametrize("era", [NEW, OLD])
async def test_the_challenge_of_a_server_that_wants_a_token_is_typed(era: str) -> None:
    with http_peer(era, token=TOKEN) as http:
        async with http_server(http.url) as server:
            with pytest.raises(McpAuthRequired, match="wants a token: it has ended") as caught:
                await server.tools()
        error = caught.value
        assert error.resource_metadata == f"{http.http.url}/meta"
        assert (error.scopes, error.error, error.code) == (("a", "b"), "invalid_token", 401)
        assert error.scheme == "Bearer"


def http_server(url: str, **options: object) -> Unopened:
    """Give a server that is closed at the end, but not opened."""
    return Unopened(McpServer.http(url, name="peer", **options))  # type: ignore[arg-type]


class Unopened:
    """Closes a server at the end of a block."""

    def __init__(self, server: McpServer) -> None:
        self.server = server

    async def __aenter__(self) -> McpServer:
        return self.server

    async def __aexit__(self, *_: object) -> None:
        await self.server.aclose()


@pytest.mark.parametrize("era", [NEW, OLD])
async def test_a_token_as_text_or_in_a_variable_is_sent(
    era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_peer(era, token=TOKEN) as http:
        async with McpServer.http(http.url, name="peer", auth=TOKEN) as server:
            assert await server.tools()
        async with http_server(http.url, auth=bearer("MCP_TEST_TOKEN")) as server:
            with pytest.raises(CredentialError, match="set MCP_TEST_TOKEN"):
                await server.tools()
            monkeypatch.setenv("MCP_TEST_TOKEN", TOKEN)
            assert await server.tools()


async def test_a_function_is_told_why_its_token_was_refused_and_asked_once_more() -> None:
    told: list[object] = []

    async def find_token(challenge: McpAuthRequired | None) -> str | None:
        told.append(challenge if challenge is None else challenge.error)
        return TOKEN if challenge else "an-old-token-that-ended"

    with http_peer(NEW, token=TOKEN) as http:
        async with McpServer.http(http.url, name="peer", auth=find_token) as server:
            assert await server.tools()
            assert await server.tools()
    assert told == [None, "invalid_token"]


async def test_a_token_is_in_no_error_log_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with http_peer(NEW, token="another") as http:
        async with http_server(http.url, auth=TOKEN) as server:
            with pytest.raises(McpAuthRequired) as caught:
                await server.tools()
            shown = f"{server!r} {caught.value!r} {caught.value} {caught.value.__dict__}"
    assert TOKEN not in shown + caplog.text


async def test_what_a_server_says_back_has_no_token_in_it() -> None:
    def script(exchange: Exchange) -> None:
        exchange.reply(b"bad " + exchange.received.headers["authorization"].encode(), status=500)

    http = ScriptedServer(script)
    try:
        async with http_server(http.url, auth=TOKEN) as server:
            with pytest.raises(McpError, match="status 500") as caught:
                await server.tools()
    finally:
        http.close()
    assert TOKEN not in str(caught.value)
    assert "***" in str(caught.value)


async def test_a_redirect_is_not_followed() -> None:
    with http_peer(NEW) as elsewhere, http_peer(NEW) as http:
        http.redirect = elsewhere.url
        async with http_server(http.url, auth=TOKEN) as server:
            with pytest.raises(McpError, match=r"redirects to .*, which is not followed"):
                await server.tools()
        assert elsewhere.http.received == []


async def test_client_credentials_are_fetched_once_and_again_when_refused() -> None:
    asked: list[bytes] = []

    def script(exchange: Exchange) -> None:
        asked.append(exchange.received.body)
        assert exchange.received.headers["authorization"] == "Basic bWU6c2VjcmV0LXNlY3JldA=="
        token = {"access_token": f"token-{len(asked)}", "expires_in": 3600}
        exchange.reply(json.dumps(token).encode())

    accounts = ScriptedServer(script)
    credentials = ClientCredentials(
        accounts.url, client_id="me", client_secret="secret-secret", scope="x"
    )
    try:
        with http_peer(NEW, token="token-1") as http:
            async with McpServer.http(http.url, name="peer", auth=credentials) as server:
                assert await server.tools()
                assert asked == [b"grant_type=client_credentials&scope=x"]
                http.token = "token-2"
                assert await server.tools()
                assert asked[1:] == [b"grant_type=client_credentials&scope=a+b"]
    finally:
        accounts.close()
    assert "secret" not in repr(credentials)


async def test_an_authorization_server_that_gives_no_token_is_told() -> None:
    accounts = ScriptedServer(
        lambda exchange: exchange.reply(b'{"error": "invalid_client"}', status=401)
    )
    credentials = ClientCredentials(accounts.url, client_id="me", client_secret="secret-secret")
    try:
        with http_peer(NEW) as http:
            async with http_server(http.url, auth=credentials) as server:
                with pytest.raises(CredentialError, match="status 401: invalid_client"):
                    await server.tools()
    finally:
        accounts.close()


async def test_marked_arguments_and_names_are_repeated_in_headers() -> None:
    with http_peer(NEW) as http:
        async with McpServer.http(http.url, name="peer", headers={"X-Mine": "1"}) as server:
            tools = {tool.name: tool for tool in await server.tools()}
            function = tools["mirrored"].function
            assert function is not None
            await function(region="Zürich")  # type: ignore[misc]

    message, headers = http.posts[-1]
    assert message["params"]["arguments"] == {"region": "Zürich"}
    assert headers["mcp-method"] == "tools/call"
    assert headers["mcp-name"] == "mirrored"
    assert headers["mcp-param-region"] == "=?base64?WsO8cmljaA==?="
    assert (headers["mcp-protocol-version"], headers["x-mine"]) == (NEW, "1")


async def test_many_servers_with_the_same_account_fetch_one_token() -> None:
    asked: list[bytes] = []

    def script(exchange: Exchange) -> None:
        asked.append(exchange.received.body)
        exchange.reply(json.dumps({"access_token": TOKEN, "expires_in": "3600"}).encode())

    accounts = ScriptedServer(script)
    credentials = ClientCredentials(
        accounts.url, client_id="me", client_secret="secret-secret", resource="https://mcp.example"
    )
    try:
        with http_peer(NEW, token=TOKEN) as http:
            for _ in range(3):
                async with McpServer.http(http.url, name="peer", auth=credentials) as server:
                    assert await server.tools()
    finally:
        accounts.close()
    assert asked == [b"grant_type=client_credentials&resource=https%3A%2F%2Fmcp.example"]


async def test_an_answer_without_a_token_is_told() -> None:
    accounts = ScriptedServer(lambda exchange: exchange.reply(b'{"token_type": "Bearer"}'))
    credentials = ClientCredentials(accounts.url, client_id="me", client_secret="secret-secret")
    try:
        with http_peer(NEW) as http:
            async with http_server(http.url, auth=credentials) as server:
                with pytest.raises(CredentialError, match="answered without a token"):
                    await server.tools()
    finally:
        accounts.close()
