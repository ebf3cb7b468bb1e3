"""What people reach for first, written from habit: it works in both packages."""

from collections.abc import AsyncIterator

import pytest

import ai_lib
from ai_lib import AiClient, ContentBlock, Message
from ai_lib.client import TextStream
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import ChatResponse

OTHER = "anthropic/claude-sonnet-4-5"


@pytest.fixture
async def mock() -> AsyncIterator[MockProvider]:
    """Give a provider that costs nothing."""
    async with MockProvider() as provider:
        yield provider


async def test_a_model_for_one_call(mock: MockProvider) -> None:
    builder = mock.builder("openai/gpt-4o")
    builder.api_key_for(OTHER, "another-key").base_url_for(OTHER, mock.base_url("anthropic"))
    async with builder.build() as client:
        await client.chat().user("?").execute()
        await client.chat(model="openai/gpt-4o-mini").user("?").execute()
        response: ChatResponse = await client.chat(OTHER).user("?").execute()
        stream = client.chat(OTHER).user("?").stream()
        async for _ in stream:
            pass
        assert response.attempts[0].provider == "anthropic"
        assert OTHER in repr(client.chat(OTHER))
        assert client.chat(OTHER).user("?").would_cost().currency == "USD"
    asked = [(request.provider, request.model) for request in mock.requests]
    other = ("anthropic", "claude-sonnet-4-5")
    assert asked == [("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), other, other]
    assert mock.requests[1].headers["authorization"] == "Bearer mock-key"
    assert mock.requests[2].headers["x-api-key"] == "another-key"


async def test_a_model_without_a_key_names_the_variable(mock: MockProvider) -> None:
    async with mock.client("openai/gpt-4o") as client:
        with pytest.raises(ai_lib.AiLibError, match="ANTHROPIC_API_KEY"):
            await client.chat(OTHER).user("?").execute()
        with pytest.raises(ai_lib.ProtocolError, match="nobody"):
            await client.chat("nobody/model").user("?").execute()
        with pytest.raises(TypeError):
            client.chat(5)  # type: ignore[arg-type]


async def test_models_of_single_calls_are_kept_apart_and_not_for_ever(mock: MockProvider) -> None:
    async with mock.builder("openai/gpt-4o").max_inflight(8).build() as client:
        for number in range(40):
            await client.chat(f"openai/gpt-{number}").user("?").execute()
        targets = client.get_resilience_stats()["targets"]
        assert len(targets) == 33  # the client's own, and the last 32
        assert "openai/gpt-39" in targets
        assert "openai/gpt-7" not in targets


async def test_headers_of_a_client_and_of_a_call(mock: MockProvider) -> None:
    async with mock.client("openai/gpt-4o", headers={"X-Gateway": "a", "X-Team": "b"}) as client:
        chat = client.chat().user("?").headers({"x-team": "c", "Accept": "application/json, */*"})
        response = await chat.execute()
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
    sent = mock.requests[0].headers
    assert (sent["x-gateway"], sent["x-team"]) == ("a", "c")
    assert sent["accept"] == "application/json, */*"


async def test_a_key_from_a_function(mock: MockProvider) -> None:
    async with mock.client("openai/gpt-4o", api_key=lambda: "a-rotating-key") as client:
        await client.chat().user("?").execute()
    assert mock.requests[0].headers["authorization"] == "Bearer a-rotating-key"


async def test_only_the_text_of_a_stream(mock: MockProvider) -> None:
    mock.enqueue(Reply(text="Good morning to you", thinking="A greeting."))
    async with mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream()
        text: TextStream = stream.text()
        pieces: list[str] = [piece async for piece in text]
        assert len(pieces) > 1
        assert "".join(pieces) == "Good morning to you" == stream.response().text
        async with client.chat().user("?").stream().text() as left_early:
            async for _ in left_early:
                break


async def test_print_shows_the_text_and_the_figures(mock: MockProvider) -> None:
    mock.enqueue(Reply(text="It is \x1b[31mred"), Reply(tool_calls=[("find", {"what": "red"})]))
    async with mock.client("openai/gpt-4o") as client:
        response = await client.chat().user("?").execute()
        calls = await client.chat().user("?").execute()
    text, figures = str(response).splitlines()
    assert text == "It is \\u001b[31mred"
    assert figures.startswith("[")
    assert "tokens in" in figures
    assert str(calls).splitlines()[0] == 'find({"what":"red"})'


async def test_what_is_not_sent_yet_says_so(mock: MockProvider) -> None:
    async with mock.client("openai/gpt-4o") as client:
        chat = client.chat().system("Be brief.").user("How are you?" * 100)
        shown = repr(chat)
    assert shown.startswith("<ChatRequestBuilder openai/gpt-4o: system 'Be brief.', user 'How are")
    assert shown.endswith("not sent: call .execute() or .stream()>")
    assert len(shown) < 250


def test_a_message_shows_no_file() -> None:
    image = ContentBlock.image_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30_000))
    shown = repr(Message.user([ContentBlock.text("What is this?"), image]))
    assert len(shown) < 400
    assert "characters" in shown
    assert "image/png" in shown


async def test_one_line(mock: MockProvider) -> None:
    response = await ai_lib.ask(
        "openai/gpt-4o", "Hi", system="Be brief.", api_key="k", base_url=mock.base_url("openai")
    )
    assert response.text == "You said: Hi"
    assert [message.text for message in mock.requests[0].messages] == ["Be brief.", "Hi"]


def test_a_client_is_not_made_by_its_class() -> None:
    with pytest.raises(TypeError, match=r"write AiClient\.create\('openai/gpt-4o'\)"):
        AiClient("openai/gpt-4o")  # type: ignore[arg-type]


async def test_an_error_has_its_attempts_and_what_was_received(mock: MockProvider) -> None:
    mock.enqueue(Reply(text="one two three", truncate=3, cut="end"))
    async with mock.client("openai/gpt-4o", max_retries=0) as client:
        with pytest.raises(ai_lib.AiLibError) as caught:
            async for _ in client.chat().user("?").stream():
                pass
    error = caught.value
    partial: ChatResponse | None = error.partial
    assert partial is not None
    assert partial.text.startswith("one")
    assert [attempt.provider for attempt in error.attempts] == ["openai"]
