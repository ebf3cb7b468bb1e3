# Generated from tests/examples/test_habits_messages.py by codegen; do not edit.
"""What people write from habit: messages and tools as dicts, and conversations kept as JSON."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync.batch import batch_execute
from ai_lib_sync.errors import AiLibError, InvalidArguments, ProtocolError
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import Conversation, Message, ToolCall

MODELS = (
    "openai/gpt-5.4-mini",
    "anthropic/claude-haiku-5-5",
    "gemini/gemini-3.5-flash-lite",
    "cohere/command-a-03-2025",
)
PICTURE = "data:image/png;base64,iVBORw0KGgo="
MESSAGES: list[dict[str, Any]] = [
    {"role": "developer", "content": "Be brief."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "Weather?"}],
    },
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Rome"}'},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
]
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Tells the weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


@pytest.mark.parametrize("model", MODELS)
def test_messages_and_tools_of_another_library_are_taken(model: str) -> None:
    with MockProvider([Reply(text="Sunny."), Reply(text="Sunny.")]) as mock:
        with mock.client(model) as client:
            chat = client.chat().messages(MESSAGES).tools(TOOLS)
            response = chat.tool_choice({"type": "auto"}).execute()
            stream = chat.stream()
            for _ in stream:
                pass
        assert response.content == stream.response().content == "Sunny."
        for sent in mock.requests:
            texts = [message.text for message in sent.messages]
            assert "Be brief." in " ".join(texts)
            assert "Weather?" in texts
            assert [tool.name for tool in sent.tools] == ["weather"]


def test_a_conversation_is_saved_loaded_and_gone_on_with() -> None:
    with (
        MockProvider([Reply(text="Hello Ann."), Reply(text="Ann.")]) as mock,
        mock.client("openai/gpt-5.4-mini") as client,
    ):
        talk = Conversation().add({"role": "user", "content": "I am Ann."})
        response = client.chat().messages(talk).execute()
        saved = json.dumps(talk.add(response.to_message()).to_dict())
        talk = Conversation.from_dict(json.loads(saved)).add(Message.user("Who am I?"))
        assert (client.chat().messages(talk).execute()).content == "Ann."
        assert [message.text for message in mock.requests[-1].messages] == [
            "I am Ann.",
            "Hello Ann.",
            "Who am I?",
        ]


def test_dicts_are_taken_wherever_messages_are() -> None:
    with (
        MockProvider([Reply(text=str(number)) for number in range(9)]) as mock,
        mock.client("openai/gpt-5.4-mini") as client,
    ):
        client.chat().user([{"type": "image_url", "image_url": {"url": PICTURE}}]).execute()
        client.chat().add_message({"role": "user", "content": "Hi"}).execute()
        result = batch_execute([[{"role": "user", "content": "Hi"}]], client)
        assert result.all_successful
        assert client.count_tokens([{"role": "user", "content": "Hi"}]).tokens > 0
        assert mock.requests[0].messages[0].blocks[0].to_dict()["type"] == "image"


def test_tools_as_dicts_are_refused_where_a_function_has_to_run() -> None:
    call = ToolCall(id="c", name="weather", arguments={})
    with (
        MockProvider([Reply(tool_calls=[call])]) as mock,
        mock.client("openai/gpt-5.4-mini") as client,
    ):
        with pytest.raises(TypeError, match="tool 'weather' has no function"):
            client.chat().user("Hi").run_tools(TOOLS)
        assert not mock.requests


def test_a_malformed_message_is_told_before_anything_is_sent() -> None:
    with (
        MockProvider([Reply(text="never")]) as mock,
        mock.client("openai/gpt-5.4-mini") as client,
    ):
        with pytest.raises(InvalidArguments, match=r"messages\[1\]\.content\[0\]\.image"):
            client.chat().messages(
                [
                    {"role": "system", "content": "Hi"},
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"ulr": "x"}}]},
                ]
            )
        assert not mock.requests


def test_a_misspelt_parameter_is_told() -> None:
    with MockProvider() as mock, mock.client("openai/gpt-5.4-mini") as client:
        with pytest.raises(ValueError, match="did you mean 'temperature'"):
            client.chat().param("temprature", 0.5)


# What is written from habit, and what the error says to write in its place.
ELSEWHERE: list[tuple[Callable[[Any, Any], object], str]] = [
    (lambda client, _: client.messages, r"client\.chat\(\)\.user"),
    (lambda client, _: client.responses, r"api_family\('responses'\)"),
    (lambda client, _: client.embeddings, "EmbeddingClient"),
    (lambda client, _: client.chat("How are you?"), r"goes to user\(\)"),
    (lambda client, _: client.chat([{"role": "user"}]), "such as 'provider/model'"),
    (lambda client, _: client.chat().send, r"\.execute\(\)"),
    (lambda client, _: client.chat().unheard_of, "has no attribute 'unheard_of'"),
    (lambda client, _: client.chat().user(None), "a text, or a sequence of blocks"),
    (lambda client, _: client.chat().user({"type": "text"}), "not {'type': 'text'}"),
    (lambda _, response: response.choices, r"response\.text"),
    (lambda _, response: response.output_text, r"response\.text"),
    (lambda _, response: response.model_dump, r"response\.to_dict\(\)"),
]


def test_the_names_of_other_clients_say_what_to_write() -> None:
    with MockProvider() as mock, mock.client("openai/gpt-5.4-mini") as client:
        response = client.chat().user("Hi").execute()
        for use, advice in ELSEWHERE:
            with pytest.raises((AttributeError, TypeError, ValueError), match=advice):
                use(client, response)
        stream = client.chat().user("Hi").stream()
        assert "not at its end" in repr(stream)
        stream.close()
    assert not hasattr(response, "choices")


def test_names_of_models_as_others_write_them() -> None:
    for name, meant in {"OpenAI/gpt-4o": "'openai'", "openai:gpt-4o": "openai/gpt-4o"}.items():
        with pytest.raises(ProtocolError, match=f"did you mean {meant}"):
            AiClient.create(name, api_key="k")


# A status for each standard code, and what helps.
REMEDIES = {
    400: ("invalid_request", "client.explain"),
    401: ("authentication", "the key came from the given api_key"),
    402: ("quota_exhausted", "quota or credit"),
    403: ("permission_denied", "ask for access"),
    404: ("not_found", "ai-lib models --provider openai"),
    408: ("timeout", "timeout()"),
    409: ("conflict", "send it again"),
    413: ("request_too_large", "count_tokens"),
    429: ("rate_limited", "with_rate_limit()"),
    499: ("cancelled", "send it again if that was not meant"),
    500: ("server_error", "with_fallbacks"),
}


def test_an_error_of_each_kind_says_what_helps() -> None:
    for status, (name, helps) in REMEDIES.items():
        with (
            MockProvider([Reply(status=status, error="no")]) as mock,
            mock.client("openai/gpt-5.4-mini", max_retries=0) as client,
        ):
            with pytest.raises(AiLibError) as caught:
                client.chat().user("Hi").execute()
        assert caught.value.error_class == name
        assert helps in caught.value.remedy
        assert caught.value.remedy in str(caught.value)
