"""A plain chat, from `create` to the response, over a real socket."""

import os
from pathlib import Path

import pytest

from ai_lib import AiClient, CallStats, ContentBlock, Message
from ai_lib.errors import (
    CredentialError,
    ManifestNotFound,
    RemoteError,
    RequestError,
    ResponseTooLarge,
)
from ai_lib.testing import MockProvider, Reply
from ai_lib.transport import HttpTransport, TransportOptions
from ai_lib.types import Usage

HOUSE = """
id: house
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{ base_url: "{url}" }}
error_classification: {{ by_http_status: {{ "500": server_error }} }}
capabilities: {{ required: [text, streaming, tools], optional: [] }}
"""
PROVIDERS = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]


@pytest.mark.parametrize("model", PROVIDERS)
async def test_a_reply_says_the_same_whoever_gives_it(model: str) -> None:
    reply = Reply(
        thinking="Two and two.",
        text="4",
        usage=Usage(prompt_tokens=12, completion_tokens=7, reasoning_tokens=3),
    )
    async with MockProvider([reply]) as mock, await mock.client(model) as client:
        response = await client.chat().system("Be brief.").user("2+2?").execute()

    assert response.content == "4"
    assert response.thinking == "Two and two."
    assert response.termination_reason == "end_turn"
    assert response.usage.prompt_tokens == 12
    assert response.usage.completion_tokens == 7
    assert response.usage.total_tokens == 19
    assert not response.has_tool_calls


@pytest.mark.parametrize("model", PROVIDERS)
async def test_the_provider_receives_what_was_said(model: str) -> None:
    async with MockProvider() as mock, await mock.client(model) as client:
        chat = client.chat().system("Be brief.").user("First").assistant("Yes?").user("Second")
        await chat.temperature(0.5).max_tokens(100).execute()
        (request,) = mock.requests

    assert request.model == model.partition("/")[2]
    assert [(m.role.value, m.text) for m in request.messages] == [
        ("system", "Be brief."),
        ("user", "First"),
        ("assistant", "Yes?"),
        ("user", "Second"),
    ]


async def test_stats_count_the_call() -> None:
    reply = Reply(text="Hi", usage=Usage(prompt_tokens=5, completion_tokens=2), delay=0.05)
    async with MockProvider([reply]) as mock, await mock.client("openai/gpt-4o") as client:
        response, stats = await client.chat().user("Hello").execute_with_stats()

    assert response.content == "Hi"
    assert isinstance(stats, CallStats)
    assert (stats.prompt_tokens, stats.completion_tokens, stats.total_tokens) == (5, 2, 7)
    assert stats.latency_ms >= 50
    assert (stats.provider, stats.model) == ("openai", "gpt-4o")
    assert stats.request_id == response.request_id != ""


async def test_messages_append_and_the_callers_list_stays_as_it_was() -> None:
    mine = [Message.user("Follow-up")]
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        chat = client.chat().system("S").user("Hello!").messages(mine)
        mine.append(Message.user("too late"))
        await chat.user("Last").execute()
        (request,) = mock.requests

    assert [m.text for m in request.messages] == ["S", "Hello!", "Follow-up", "Last"]
    assert len(mine) == 2


async def test_an_image_reaches_the_provider_as_a_block() -> None:
    block = ContentBlock.image_base64("aGk=", "image/png")
    async with MockProvider() as mock, await mock.client("anthropic/claude") as client:
        await client.chat().user([ContentBlock.text("What is this?"), block]).execute()
        (request,) = mock.requests

    (message,) = request.messages
    assert list(message.blocks) == [ContentBlock.text("What is this?"), block]


async def test_several_candidates_keep_their_numbers() -> None:
    async with MockProvider([Reply(text="Yes")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            response = await client.chat().user("?").n(2).execute()

    assert [candidate.index for candidate in response.candidates] == [0, 1]
    assert [candidate.content for candidate in response.candidates] == ["Yes", "Yes (1)"]
    assert response.content == "Yes"


async def test_what_was_renamed_or_left_out_is_told() -> None:
    async with MockProvider() as mock, await mock.client("anthropic/claude") as client:
        response = await client.chat().user("?").seed(7).stop("END").execute()

    assert "seed left out: anthropic does not take it" in response.adaptations


async def test_one_client_serves_many_calls_over_one_connection() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        for _ in range(5):
            await client.chat().user("again").execute()
        assert mock.connections == 1


@pytest.mark.parametrize(
    ("status", "name", "retryable"),
    [
        (400, "invalid_request", False),
        (401, "authentication", False),
        (404, "not_found", False),
        (429, "rate_limited", True),
        (500, "server_error", True),
    ],
)
@pytest.mark.parametrize("model", PROVIDERS)
async def test_an_error_answer_is_typed(
    model: str, status: int, name: str, retryable: bool
) -> None:
    # One answer for the call and one for each time it may be sent again.
    replies = [Reply(status=status, error="No luck.", headers={"retry-after": "0"})] * 4
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        with pytest.raises(RemoteError) as caught:
            await client.chat().user("?").execute()

    error = caught.value
    assert error.status_code == status
    assert error.error_type == name
    assert error.retryable is retryable
    assert "No luck." in str(error)
    assert error.model == model.partition("/")[2]


async def test_a_redirect_is_refused_and_says_where_it_led() -> None:
    reply = Reply(status=303, headers={"location": "https://elsewhere.example/"}, body=b"")
    async with MockProvider([reply]) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(RemoteError, match=r"redirect to 'https://elsewhere.example/'"):
            await client.chat().user("?").execute()
        assert len(mock.requests) == 1


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[1]", b"null", b"", b"\xff\xfe"])
async def test_a_reply_that_is_no_object_is_a_typed_error(body: bytes) -> None:
    async with MockProvider([Reply(body=body)] * 4) as mock:
        async with await mock.client("openai/gpt-4o", max_retries=1) as client:
            with pytest.raises(Exception) as caught:
                await client.chat().user("?").execute()

    assert type(caught.value).__name__ == "DecodeError"


async def test_a_missing_key_names_the_variables_that_would_do() -> None:
    with pytest.raises(CredentialError, match="GEMINI_API_KEY or GOOGLE_API_KEY"):
        await AiClient.create("gemini/gemini-2.5-flash")


async def test_the_key_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", "sk-from-the-environment")
    async with MockProvider() as mock:
        base_url = mock.base_url("openai")
        async with await AiClient.create("openai/gpt-4o", base_url=base_url) as client:
            await client.chat().user("?").execute()
        (request,) = mock.requests

    assert request.headers["authorization"] == "Bearer sk-from-the-environment"


async def test_an_unknown_provider_lists_near_names() -> None:
    with pytest.raises(ManifestNotFound, match="did you mean openai"):
        await AiClient.create("opneai/gpt-4o", api_key="k")


async def test_a_request_that_cannot_be_json_is_refused_before_sending() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(RequestError, match="JSON"):
            await client.chat().user("?").extra({"thing": object()}).execute()
        assert mock.requests == []


async def test_the_builder_needs_a_model_first() -> None:
    with pytest.raises(ValueError, match="set the model first"):
        await AiClient.builder().build()


async def test_the_builder_reads_a_manifest_file(tmp_path: Path) -> None:
    async with MockProvider() as mock:
        path = tmp_path / "house.yaml"
        path.write_text(HOUSE.format(url=mock.base_url("openai")), "utf-8")
        builder = AiClient.builder().model("house/gpt").api_key("k").protocol_dir(path).timeout(5)
        async with await builder.build() as client:
            response = await client.chat().user("Hello").execute()

    assert client.provider_id == "house"
    assert client.model_id == "house/gpt"
    assert response.content == "You said: Hello"


async def test_the_transports_bounds_hold_for_replies_and_for_errors() -> None:
    options = TransportOptions(max_body_bytes=1000, max_error_bytes=200)
    replies = [Reply(text="x" * 2000), Reply(status=400, error="y" * 500)]
    async with MockProvider(replies) as mock, HttpTransport(options) as transport:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").transport(transport)
        async with await builder.base_url(mock.base_url("openai")).build() as client:
            for limit in (1000, 200):
                with pytest.raises(ResponseTooLarge) as caught:
                    await client.chat().user("?").execute()
                assert caught.value.limit == limit
