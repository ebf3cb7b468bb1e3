"""Headers, proxy, certificates and retries are set for a client, in any of its doors."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from ai_lib import AiClient
from ai_lib.embeddings import EmbeddingClient
from ai_lib.errors import ConnectError, RemoteError, RequestError
from ai_lib.operations import ModerationClient
from ai_lib.testing import MockProvider, Reply
from ai_lib.transport import HttpTransport, TransportOptions

GROQ = "groq/llama-3.3-70b-versatile"
BUSY = Reply(status=503, error="busy")


async def test_a_credential_goes_to_no_other_host() -> None:
    async with MockProvider([Reply(status=401, error="no")]) as mock, MockProvider() as other:
        headers = {"Helicone-Auth": "Bearer canary-gateway", "X-Team": "search"}
        builder = mock.builder("openai/gpt-4o").headers(headers).with_fallbacks([GROQ])
        builder.api_key_for(GROQ, "key-of-groq").base_url_for(GROQ, other.base_url("groq"))
        async with builder.build() as client:
            chat = client.chat().user("?").headers({"X-Trace": "1", "Cookie": "canary-cookie"})
            response = await chat.execute()
            await client.chat(GROQ).user("?").headers({"Cookie": "for groq"}).execute()
            explanation = client.explain()
    first, second, third = mock.requests[0], *other.requests
    assert first.headers["helicone-auth"] == "Bearer canary-gateway"
    assert first.headers["cookie"] == "canary-cookie"
    assert (second.headers["x-team"], second.headers["x-trace"]) == ("search", "1")
    assert not {"helicone-auth", "cookie"} & set(second.headers)
    assert second.headers["authorization"] == "Bearer key-of-groq"
    assert "helicone-auth" not in third.headers
    assert third.headers["cookie"] == "for groq"  # the call named the model that it is for
    notes = [note for note in response.adaptations if "not sent to groq" in note]
    assert [note.split()[1] for note in notes] == ["Helicone-Auth", "Cookie"]
    assert "canary" not in f"{explanation}{response.adaptations}"
    assert "X-Team: search" in explanation.curl


async def test_operations_and_embeddings_have_the_headers() -> None:
    async with MockProvider() as mock:
        headers = {"X-Team": "search"}
        async with mock.client("openai/gpt-4o", headers=headers) as client:
            await client.invoke("list_models")
        model, url = "openai/text-embedding-3-small", mock.base_url("openai")
        async with EmbeddingClient.create(model, "k", url, headers=headers) as embedder:
            await embedder.embed("?")
        assert [request.headers["x-team"] for request in mock.requests] == ["search"] * 2


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Content-Length": "5"}, ValueError),
        ({"host": "elsewhere"}, ValueError),
        ({"X-A": "a\r\nX-B: b"}, ValueError),
        ({"X A": "a"}, ValueError),
        ({"": "a"}, ValueError),
        ({"X-A": "\u2603"}, ValueError),
        ({"X-A": 5}, TypeError),
        ({b"X-A": "a"}, TypeError),
        ([("X-A", "a")], TypeError),
        ("X-A: a", TypeError),
    ],
)
async def test_what_is_no_header_is_refused_where_it_is_given(
    headers: Any, error: type[Exception]
) -> None:
    async with MockProvider() as mock:
        with pytest.raises(error, match="header"):
            mock.builder("openai/gpt-4o").headers(headers)
        with pytest.raises(error, match="header"):
            await mock.client("openai/gpt-4o", headers=headers)
        async with mock.client("openai/gpt-4o") as client:
            with pytest.raises(error, match="header"):
                client.chat().headers(headers)


async def test_a_manifest_may_refuse_headers(tmp_path: Path) -> None:
    manifest = tmp_path / "house.yaml"
    manifest.write_text(
        "id: house\nprotocol_version: '2.0'\ndialect: openai_chat\n"
        "endpoint: {base_url: 'http://127.0.0.1:9/v1', auth: {type: none}}\n"
        "metadata: {refused_headers: [X-Internal]}\n"
    )
    builder = AiClient.builder().protocol_dir(manifest).model("house/m").headers({"x-internal": ""})
    async with builder.build() as client:
        with pytest.raises(RequestError, match="house takes no header 'x-internal' of a caller"):
            await client.chat().user("?").execute()
        with pytest.raises(RequestError, match="takes no header"):
            client.chat().user("?").stream()


@pytest.mark.parametrize(("count", "sent"), [(0, 1), (1, 2), (4, 5)])
async def test_the_number_of_retries(count: int, sent: int) -> None:
    replies = [Reply(status=503, error="busy", headers={"retry-after": "0"})] * 5
    async with MockProvider(replies) as mock:
        async with mock.client("openai/gpt-4o", max_retries=count) as client:
            with pytest.raises(RemoteError):
                await client.chat().user("?").execute()
        assert len(mock.requests) == sent
        with pytest.raises(ValueError, match="max_retries is 0 or more"):
            mock.builder("openai/gpt-4o").max_retries(-1)
        with pytest.raises(TypeError, match="max_retries is a whole number"):
            await mock.client("openai/gpt-4o", max_retries=1.5)


async def test_proxy_and_certificates_reach_the_transport() -> None:
    context = ssl.create_default_context()
    options = TransportOptions(proxy="http://127.0.0.1:1", user_agent="house")
    async with MockProvider() as mock:
        async with mock.client("openai/gpt-4o", http=options, max_retries=0) as client:
            with pytest.raises(ConnectError, match="proxy"):
                await client.chat().user("?").execute()
        async with mock.client("openai/gpt-4o", http=options, proxy=None) as client:
            await client.chat().user("?").execute()
        assert mock.requests[0].headers["user-agent"] == "house"
        both = mock.builder("openai/gpt-4o").ssl_context(context).proxy("http://127.0.0.1:1")
        async with both.http(TransportOptions()).max_retries(0).build() as client:
            with pytest.raises(ConnectError, match="proxy"):
                await client.chat().user("?").execute()
        with pytest.raises(TypeError, match="TransportOptions"):
            await mock.client("openai/gpt-4o", http={"proxy": None})
        async with HttpTransport() as transport:
            with pytest.raises(ValueError, match="transport"):
                await mock.builder("openai/gpt-4o").transport(transport).proxy(None).build()


async def test_the_headers_of_the_last_attempt() -> None:
    replies = [
        Reply(status=503, error="busy", headers={"retry-after": "0"}),
        Reply(headers={"x-ratelimit-remaining-requests": "7", "set-cookie": "canary=1"}),
    ]
    async with MockProvider([*replies, *replies]) as mock:
        async with mock.client("openai/gpt-4o") as client:
            plain = await client.chat().user("?").execute()
            stream = client.chat().user("?").stream()
            async for _ in stream:
                pass
        for response in (plain, stream.response()):
            assert response.status_code == 200
            assert response.headers["x-ratelimit-remaining-requests"] == "7"
            assert "set-cookie" not in response.headers
            assert len(response.attempts) == 2


async def test_typed_operations_have_headers_and_keys_of_functions() -> None:
    async with MockProvider() as mock, MockProvider() as other:
        url = mock.base_url("openai")
        builder = ModerationClient.builder().model("openai/judge").base_url(url)
        builder.api_key(lambda: "a-rotating-key").headers({"X-Team": "search"})
        async with builder.build() as judge:
            await judge.moderate(["a fine day"])
        headers = {"Helicone-Auth": "Bearer canary", "X-Team": "search"}
        chats = mock.builder("openai/gpt-4o").headers(headers).proxy(None)
        chats.base_url_for("mistral/judge", other.base_url("mistral"))
        chats.api_key_for("mistral/judge", "key-of-mistral")
        async with chats.build() as client:
            await ModerationClient.beside(client, "openai/judge").moderate(["a fine day"])
            await ModerationClient.beside(client, "mistral/judge").moderate(["a fine day"])
    first, second = mock.requests
    assert first.headers["authorization"] == "Bearer a-rotating-key"
    assert first.headers["x-team"] == "search"
    assert second.headers["helicone-auth"] == "Bearer canary"
    assert other.requests[0].headers["x-team"] == "search"
    assert "helicone-auth" not in other.requests[0].headers
    assert other.requests[0].headers["authorization"] == "Bearer key-of-mistral"
