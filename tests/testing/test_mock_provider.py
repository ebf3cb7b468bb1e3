"""The mock provider and this library's client, end to end."""

import pytest

from ai_lib.errors import ManifestNotFound, RemoteError, StreamTruncated
from ai_lib.resilience import RetryConfig
from ai_lib.testing import MockProvider, RecordedRequest, Reply
from ai_lib.types import ContentBlock, Message, MessageRole, ToolDefinition, ToolUseBlock

PROVIDERS = ("openai", "anthropic", "gemini")
PIXEL = "iVBORw0KGgo="
WEATHER = ToolDefinition.from_function(
    name="get_weather",
    description="Tell the weather.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_plain_chat(provider: str) -> None:
    async with MockProvider([Reply(text="Hello!", thinking="Hm.")]) as mock:
        async with await mock.client(f"{provider}/some-model") as client:
            response = await client.chat().system("Be brief.").user("Hi").execute()

    assert (response.content, response.thinking) == ("Hello!", "Hm.")
    request = mock.requests[0]
    assert (request.provider, request.model, request.streamed) == (provider, "some-model", False)
    assert request.messages == [Message.system("Be brief."), Message.user("Hi")]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_streamed_chat(provider: str) -> None:
    async with MockProvider([Reply(text=["Hel", "lo", "!"])]) as mock:
        async with await mock.client(f"{provider}/some-model") as client:
            async with client.chat().user("Hi").stream() as stream:
                pieces = [e.text async for e in stream if e.is_content_delta]
            response = stream.response()

    assert pieces == ["Hel", "lo", "!"]
    assert response.usage.completion_tokens == 1
    assert mock.requests[0].streamed
    assert mock.connections == 1


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_round(provider: str) -> None:
    async with MockProvider() as mock:
        async with await mock.client(f"{provider}/some-model") as client:
            chat = client.chat().user("get_weather in Paris").tools([WEATHER])
            first = await chat.execute()
            chat.add_message(first.to_message())
            for call in first.tool_calls:
                chat.add_message(Message.tool(call.id, "21 degrees", name=call.name))
            second = await chat.execute()

    assert [call.arguments for call in first.tool_calls] == [{"city": "Paris"}]
    assert second.content == "The tool answered: 21 degrees"
    asked = mock.requests[1]
    assert [tool.name for tool in asked.tools] == ["get_weather"]
    roles = [message.role for message in asked.messages]
    assert roles == [MessageRole.USER, MessageRole.ASSISTANT, MessageRole.TOOL]
    (sent,), (call,) = asked.messages[1].blocks, first.tool_calls
    assert isinstance(sent, ToolUseBlock)
    assert (sent.id, sent.name, sent.input) == (call.id, call.name, call.arguments)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_images_and_thinking_are_read_back(provider: str) -> None:
    image = ContentBlock.image_base64(PIXEL, "image/png")
    async with MockProvider([Reply(text="A dot.", thinking="Small.")]) as mock:
        async with await mock.client(f"{provider}/some-model") as client:
            chat = client.chat().user([ContentBlock.text("What is it?"), image])
            chat.add_message((await chat.execute()).to_message()).user("Sure?")
            await chat.execute()

    first, reply, last = mock.requests[1].messages
    assert first.text == "What is it?"
    image_sent = first.blocks[1]
    assert PIXEL in repr(image_sent)
    assert reply.text == "A dot."
    assert last == Message.user("Sure?")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_errors_by_status(provider: str) -> None:
    script = Reply(
        status=429, error="Slow down.", headers={"retry-after": "7", "x-should-retry": "false"}
    )
    async with MockProvider([script] * 9) as mock:
        async with await mock.client(f"{provider}/some-model") as client:
            with pytest.raises(RemoteError, match=r"Slow down\.") as caught:
                await client.chat().user("Hi").execute()

    assert (caught.value.status_code, caught.value.retry_after) == (429, 7.0)
    assert caught.value.error_type == "rate_limited"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_cut_stream(provider: str) -> None:
    script = Reply(text="one two three four five", truncate=4)
    async with MockProvider([script] * 9) as mock:
        async with await mock.client(f"{provider}/some-model") as client:
            with pytest.raises(StreamTruncated):
                async with client.chat().user("Hi").stream() as stream:
                    assert all([event async for event in stream])


async def test_a_function_may_answer() -> None:
    def answer(request: RecordedRequest) -> Reply | None:
        return Reply(text=f"for {request.model}") if request.text == "Hi" else None

    async with MockProvider(choose_reply=answer) as mock:
        async with await mock.client("openai/some-model") as client:
            first = await client.chat().user("Hi").execute()
            second = await client.chat().user("Ho").execute()

    assert (first.content, second.content) == ("for some-model", "You said: Ho")


async def test_replies_are_given_in_order() -> None:
    async with MockProvider([Reply(text="1")]) as mock:
        mock.enqueue(Reply(text="2"), Reply(text="3"))
        async with await mock.client("openai/some-model") as client:
            texts = [(await client.chat().user("Hi").execute()).content for _ in range(4)]

    assert texts == ["1", "2", "3", "You said: Hi"]


async def test_it_can_be_looked_at() -> None:
    async with MockProvider([Reply()]) as mock:
        assert "requests=0, scripted=1" in repr(mock)
        assert mock.base_url("google").endswith("/gemini")
        with pytest.raises(ManifestNotFound, match="gemini"):
            mock.base_url("gemmini")
        async with await mock.client("openai/some-model", api_key="sk-canary") as client:
            await client.chat().user("Hi").execute()
    assert "sk-canary" in mock.requests[0].headers["authorization"]
    assert "sk-canary" not in repr(mock.requests[0])
    assert "stopped" in repr(mock)


async def test_it_has_no_address_unless_it_runs() -> None:
    mock = MockProvider()
    with pytest.raises(RuntimeError, match="not running"):
        mock.base_url("openai")
    async with mock:
        pass
    with pytest.raises(RuntimeError, match="make a new one"):
        await mock.__aenter__()


async def test_a_builder_leads_to_the_mock_with_settings_of_its_own() -> None:
    async with MockProvider([Reply(status=500, error="no"), Reply(text="Yes")]) as mock:
        retry = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
        async with (
            await mock.builder("anthropic/claude-sonnet-4-5").with_retry(retry).build() as it
        ):
            assert (await it.chat().user("?").execute()).content == "Yes"
    assert len(mock.requests) == 2
