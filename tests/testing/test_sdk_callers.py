"""The vendors' own clients call the mock provider and judge it (`nox -s doubles`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib.testing import Reply
from ai_lib_sync.testing import MockProvider

# The packages leave sockets and deprecated names to the collector and to others.
pytestmark = pytest.mark.filterwarnings("ignore")

QUESTION = "Please get_weather in Rome"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def mock() -> Iterator[MockProvider]:
    with MockProvider() as started:
        yield started


@pytest.fixture
def openai_client(mock: MockProvider) -> Iterator[Any]:
    openai = pytest.importorskip("openai", reason="openai is not installed")
    url = f"{mock.base_url('openai')}/v1"
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(mock: MockProvider) -> Iterator[Any]:
    anthropic = pytest.importorskip("anthropic", reason="anthropic is not installed")
    url = mock.base_url("anthropic")
    with anthropic.Anthropic(base_url=url, api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture
def gemini_client(mock: MockProvider) -> Iterator[Any]:
    genai = pytest.importorskip("google.genai", reason="google-genai is not installed")
    client = genai.Client(api_key="any", http_options={"base_url": mock.base_url("gemini")})
    yield client
    client.close()


def ask_user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_openai_chats(openai_client: Any) -> None:
    chats = openai_client.chat.completions
    messages = [ask_user("Hello there")]

    plain = chats.create(model="gpt-5.4", messages=messages)
    chunks = list(chats.create(model="gpt-5.4", messages=messages, stream=True))

    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert plain.choices[0].message.content == "You said: Hello there"
    assert plain.choices[0].finish_reason == "stop"
    assert "".join(texts) == "You said: Hello there"


def test_openai_calls_tools_and_reads_their_results(openai_client: Any) -> None:
    chats = openai_client.chat.completions
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]
    messages: list[Any] = [ask_user(QUESTION)]

    message = chats.create(model="gpt-4.1", messages=messages, tools=tools).choices[0].message
    [call] = message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    answer = chats.create(model="gpt-4.1", messages=[*messages, message, result], tools=tools)

    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Rome"}')
    assert answer.choices[0].message.content == "The tool answered: sunny"


def test_openai_parses_typed_answers(openai_client: Any) -> None:
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
    city = pydantic.create_model("City", city=(str, ...))
    chats, responses = openai_client.chat.completions, openai_client.responses

    chat = chats.parse(model="gpt-4.1", messages=[ask_user("It is Rome")], response_format=city)
    response = responses.parse(model="gpt-4.1", input="It is Rome", text_format=city)

    assert chat.choices[0].message.parsed.city == "Rome"
    assert response.output_parsed.city == "Rome"


def test_openai_responds(openai_client: Any) -> None:
    plain = openai_client.responses.create(model="gpt-5.4", input="Hello there")
    with openai_client.responses.stream(model="gpt-5.4", input="Hello there") as stream:
        texts = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()

    assert plain.output_text == "You said: Hello there"
    assert "".join(texts) == final.output_text == "You said: Hello there"


def test_openai_lists_models_and_embeds(openai_client: Any) -> None:
    embeddings = openai_client.embeddings.create(
        model="text-embedding-3-small", input=["one", "two"]
    )

    assert len(list(openai_client.models.list())) > 3
    assert [len(item.embedding) for item in embeddings.data] == [1536, 1536]


def test_openai_raises_its_own_errors(openai_client: Any, mock: MockProvider) -> None:
    openai = pytest.importorskip("openai")
    mock.enqueue(Reply(status=429, headers={"retry-after": "7"}))

    with pytest.raises(openai.RateLimitError) as limited:
        openai_client.chat.completions.create(model="gpt-5.4", messages=[ask_user("Hi")])
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.chat.completions.create(model="gpt-5.4", messages=[])

    assert limited.value.response.headers["retry-after"] == "7"
    assert refused.value.code == "empty_array"


def test_anthropic_chats(anthropic_client: Any) -> None:
    fields = {"model": "claude-sonnet-5-5", "max_tokens": 99, "messages": [ask_user("Hello")]}

    plain = anthropic_client.messages.create(**fields)
    with anthropic_client.messages.stream(**fields) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()

    assert [block.text for block in plain.content] == ["You said: Hello"]
    assert text == final.content[0].text == "You said: Hello"
    assert final.stop_reason == "end_turn"


def test_anthropic_calls_tools_and_reads_their_results(anthropic_client: Any) -> None:
    tools = [{"name": "get_weather", "input_schema": SCHEMA}]
    fields: dict[str, Any] = {"model": "claude-sonnet-5-5", "max_tokens": 99, "tools": tools}
    messages: list[Any] = [ask_user(QUESTION)]

    reply = anthropic_client.messages.create(messages=messages, **fields)
    call = reply.content[-1]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    messages += [
        {"role": "assistant", "content": reply.content},
        {"role": "user", "content": [result]},
    ]
    answer = anthropic_client.messages.create(messages=messages, **fields)

    assert (call.name, call.input, reply.stop_reason) == (
        "get_weather",
        {"city": "Rome"},
        "tool_use",
    )
    assert answer.content[0].text == "The tool answered: sunny"


def test_anthropic_thinks_and_counts(anthropic_client: Any) -> None:
    fields = {"model": "claude-haiku-4-5", "messages": [ask_user("Hello")]}

    reply = anthropic_client.messages.create(
        max_tokens=4000, thinking={"type": "enabled", "budget_tokens": 2000}, **fields
    )

    assert [block.type for block in reply.content] == ["thinking", "text"]
    assert anthropic_client.messages.count_tokens(**fields).input_tokens > 0
    assert len(list(anthropic_client.models.list())) > 3


def test_anthropic_raises_its_own_errors(anthropic_client: Any, mock: MockProvider) -> None:
    anthropic = pytest.importorskip("anthropic")
    fields = {"model": "claude-sonnet-5-5", "max_tokens": 99}
    mock.enqueue(Reply(status=429, headers={"retry-after": "7"}))

    with pytest.raises(anthropic.RateLimitError) as limited:
        anthropic_client.messages.create(messages=[ask_user("Hi")], **fields)
    with pytest.raises(anthropic.BadRequestError, match="at least one message"):
        anthropic_client.messages.create(messages=[], **fields)

    assert limited.value.response.headers["retry-after"] == "7"


def test_gemini_chats(gemini_client: Any) -> None:
    models = gemini_client.models
    fields = {"model": "gemini-2.5-flash", "contents": "Hello there"}

    plain = models.generate_content(**fields)
    chunks = list(models.generate_content_stream(**fields))

    assert plain.text == "You said: Hello there"
    assert "".join(chunk.text or "" for chunk in chunks) == "You said: Hello there"


def test_gemini_calls_functions_itself(gemini_client: Any, mock: MockProvider) -> None:
    def get_weather(city: str) -> str:
        """Get the weather."""
        return f"sunny in {city}"

    config = {"tools": [get_weather]}
    chat = gemini_client.chats.create(model="gemini-2.5-flash", config=config)

    answer = chat.send_message(QUESTION)

    assert answer.text == 'The tool answered: {"result":"sunny in Rome"}'
    assert len(mock.requests) == 2


def test_gemini_parses_typed_answers(gemini_client: Any) -> None:
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
    city = pydantic.create_model("City", city=(str, ...))
    models = gemini_client.models
    config = {"response_mime_type": "application/json"}
    fields = {"model": "gemini-2.5-flash", "contents": "It is Rome"}

    one = models.generate_content(config={**config, "response_schema": city}, **fields)
    many = models.generate_content(config={**config, "response_schema": list[city]}, **fields)

    assert one.parsed.city == "Rome"
    assert [item.city for item in many.parsed] == ["Rome"]


def test_gemini_thinks_where_it_is_told_to(gemini_client: Any) -> None:
    fields = {"model": "gemini-2.5-flash", "contents": "Hello"}
    wanted = {"thinking_config": {"include_thoughts": True, "thinking_budget": 512}}
    off = {"thinking_config": {"include_thoughts": True, "thinking_budget": 0}}

    replies = [gemini_client.models.generate_content(config=c, **fields) for c in (wanted, off)]

    parts = [reply.candidates[0].content.parts for reply in replies]
    assert [[bool(part.thought) for part in group] for group in parts] == [[True, False], [False]]


def test_gemini_counts_embeds_and_raises_its_own_errors(
    gemini_client: Any, mock: MockProvider
) -> None:
    errors = pytest.importorskip("google.genai.errors")
    models = gemini_client.models
    content = {"role": "assistant", "parts": [{"text": "Hi"}]}

    vectors = models.embed_content(model="gemini-embedding-001", contents=["a", "b"]).embeddings
    count = models.count_tokens(model="gemini-2.5-flash", contents="Hi").total_tokens
    with pytest.raises(errors.ClientError, match="valid role") as refused:
        models.generate_content(model="gemini-2.5-flash", contents=[content])
    mock.enqueue(Reply(status=429))
    with pytest.raises(errors.ClientError) as limited:
        models.generate_content(model="gemini-2.5-flash", contents="Hi")

    assert (len(vectors), count > 0) == (2, True)
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert (limited.value.code, limited.value.status) == (429, "RESOURCE_EXHAUSTED")
