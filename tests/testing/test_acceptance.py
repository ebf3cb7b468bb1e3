"""What a real provider refuses is refused by its double, in the provider's words."""

import json
from typing import Any

import pytest

from ai_lib.testing import MockProvider, Reply
from tests.testing.wire import CREDENTIALS, MockServer

USER = {"role": "user", "content": "Hi"}
PATHS = {
    "openai": "/openai/v1/chat/completions",
    "responses": "/openai/v1/responses",
    "anthropic": "/anthropic/v1/messages",
    "gemini": "/gemini/v1beta/models/gemini-2.5-flash:generateContent",
    "cohere": "/cohere/v2/chat",
    "bedrock": "/bedrock/model/some-model/converse",
}

# What is asked, and a word of the refusal.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("anthropic", {"messages": [USER]}, "max_tokens: Field required"),
    ("anthropic", {"max_tokens": 9, "messages": []}, "at least one message"),
    ("anthropic", {"max_tokens": 9, "messages": [{"role": "tool", "content": "x"}]}, "'user'"),
    ("anthropic", {"max_tokens": 9, "messages": [{"content": "x"}]}, "'user'"),
    (
        "anthropic",
        {"max_tokens": 9, "messages": [USER], "tool_choice": {"type": "any"}},
        "a choice of tools needs tools",
    ),
    ("openai", {"messages": []}, "empty array"),
    ("openai", {}, "empty array"),
    ("openai", {"messages": [{"role": "model", "content": "x"}]}, "Supported values"),
    ("openai", {"messages": [{"role": {}, "content": "x"}]}, "Supported values"),
    ("openai", {"messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}, "preceding"),
    ("openai", {"messages": [USER, {"role": "tool", "tool_call_id": "a"}]}, "preceding"),
    ("responses", {"input": []}, "must be provided"),
    ("responses", {"input": ""}, "must be provided"),
    ("responses", {"input": [{"role": "model", "content": "x"}]}, "Supported values"),
    ("gemini", {"contents": []}, "contents is not specified"),
    ("gemini", {"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "valid role"),
    ("cohere", {"messages": []}, "must not be empty"),
    ("cohere", {"messages": [{"role": "model", "content": "x"}]}, "role must be"),
    ("bedrock", {"messages": []}, "start with a user message"),
    ("bedrock", {"messages": [{"role": "assistant", "content": []}]}, "start with a user message"),
    ("bedrock", {"messages": [USER, USER]}, "must alternate"),
]

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("anthropic", {"max_tokens": 9, "messages": [USER, USER]}),
    ("anthropic", {"max_tokens": 9, "messages": [USER, {"role": "system", "content": "x"}]}),
    (
        "openai",
        {"messages": [USER, {"role": "assistant"}, *[{"role": "tool", "tool_call_id": "a"}] * 2]},
    ),
    ("openai", {"messages": [{"role": "developer", "content": "x"}]}),
    ("responses", {"input": [], "previous_response_id": "resp_1"}),
    ("responses", {"input": [{"type": "function_call_output", "call_id": "a", "output": "x"}]}),
    ("gemini", {"contents": [{"parts": [{"text": "x"}]}]}),
]


def ask(mock_server: MockServer, kind: str, body: dict[str, Any]) -> tuple[int, str]:
    credentials = CREDENTIALS.get(kind, {"authorization": "Bearer sk-canary"})
    if kind == "bedrock":
        credentials = {"authorization": "Bearer sk-canary", "x-amz-date": "20260101T000000Z"}
    path = PATHS[kind]
    response = mock_server.post(path, json.dumps({"model": "some", **body}).encode(), credentials)
    return response.status, response.body.decode()


def test_what_providers_refuse_is_refused(mock_server: MockServer) -> None:
    answers = [(*row, *ask(mock_server, row[0], row[1])) for row in REFUSED]

    assert [row for row in answers if row[3] != 400 or row[2] not in row[4]] == []


def test_what_providers_accept_is_accepted(mock_server: MockServer) -> None:
    answers = [(*row, *ask(mock_server, *row)) for row in ACCEPTED]

    assert [row for row in answers if row[2] != 200] == []


def test_a_refusal_has_the_shape_of_the_providers_errors(mock_server: MockServer) -> None:
    anthropic = json.loads(ask(mock_server, "anthropic", {"messages": [USER]})[1])
    gemini = json.loads(ask(mock_server, "gemini", {"contents": []})[1])
    openai = json.loads(ask(mock_server, "openai", {"messages": []})[1])

    assert anthropic["type"] == "error"
    assert anthropic["error"]["type"] == "invalid_request_error"
    assert (gemini["error"]["code"], gemini["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert openai["error"]["type"] == "invalid_request_error"
    assert openai["error"]["code"] == "empty_array"


def test_a_refused_request_takes_no_reply_from_the_script(mock_server: MockServer) -> None:
    mock_server.service.enqueue([Reply(text="scripted")])

    ask(mock_server, "openai", {"messages": []})

    assert "scripted" in ask(mock_server, "openai", {"messages": [USER]})[1]


@pytest.mark.parametrize("wrong", [[Reply(text="x")], "x", None])
def test_only_replies_may_be_scripted(wrong: Any) -> None:
    mock = MockProvider()

    with pytest.raises(TypeError, match=r"reply 1 is of the type \w+: give `Reply` values"):
        mock.enqueue(Reply(), wrong)
    with pytest.raises(TypeError, match=r"reply 0 is of the type \w+"):
        MockProvider([wrong])
