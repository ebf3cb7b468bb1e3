# Generated from tests/client/test_misuse.py by codegen; do not edit.
"""Plain misuse ends in a TypeError, a ValueError, or an error of ours: nothing else comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ai_lib_sync import AiClient, EmbeddingClient
from ai_lib_sync.errors import AiLibError, InvalidArguments
from ai_lib_sync.testing import MockProvider

JUNK: list[Any] = [
    *(None, 3, -1, 1.5, float("nan"), object(), b"x", "\ud800", "", [], {}, {"a": 1}, [3], {1: 2}),
    *(lambda: 1, [{"role": "user", "content": "Hi"}], {"role": "user", "content": "Hi"}),
]
MODELS = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-pro"]
CHAT = [
    *("system", "user", "assistant", "add_message", "messages", "temperature", "max_tokens"),
    *("top_p", "top_k", "stop", "seed", "n", "frequency_penalty", "presence_penalty", "logprobs"),
    *("tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort"),
    *("extra", "fallbacks", "metadata", "timeout"),
]
BUILDER = [
    *("api_key", "base_url", "protocol_dir", "api_family", "allow_host", "resilience"),
    *("with_retry", "with_rate_limit", "with_circuit_breaker", "max_inflight", "with_fallbacks"),
    *("intercept", "cache", "guardrails", "plugins", "metrics", "tracer", "logger", "health"),
    *("routing", "budget"),
]
OURS = (AiLibError, TypeError, ValueError)


def _tried(call: Callable[[], object]) -> Iterator[str]:
    """Give what came out of a call that is none of what may."""
    try:
        call()
    except OURS:
        return iter(())
    except Exception as error:  # noqa: BLE001 (that is what is looked for)
        return iter((repr(error),))
    return iter(())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("method", CHAT)
def test_of_a_request(model: str, method: str) -> None:
    wrong: list[object] = []
    with MockProvider() as mock, mock.client(model) as client:
        for junk in JUNK:

            def ask(junk: Any = junk) -> object:
                chat = client.chat().user("Hi").timeout(5)
                return getattr(chat, method)(junk).execute()

            wrong.extend((junk, found) for found in _tried(ask))
    assert wrong == []


@pytest.mark.parametrize("method", ["explain", "count_tokens", "invoke", "report_feedback"])
def test_of_a_client(method: str) -> None:
    wrong: list[object] = []
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        for junk in JUNK:

            def ask(junk: Any = junk) -> object:
                found = getattr(client, method)(junk)
                return found if hasattr(found, "__await__") else found

            wrong.extend((junk, found) for found in _tried(ask))
    assert wrong == []


@pytest.mark.parametrize("method", BUILDER)
def test_of_a_builder(method: str) -> None:
    wrong: list[object] = []
    for junk in JUNK:

        def ask(junk: Any = junk) -> None:
            builder = AiClient.builder().model("openai/gpt-4o").api_key("k")
            with getattr(builder, method)(junk).build():
                pass

        wrong.extend((junk, found) for found in _tried(ask))
    assert wrong == []


def test_of_texts_to_embed() -> None:
    wrong: list[object] = []
    with MockProvider() as mock:
        builder = EmbeddingClient.builder().model("openai/text-embedding-3-small").api_key("k")
        with builder.base_url(mock.base_url("openai")).build() as client:
            for junk in JUNK:
                for method in (client.embed, client.embed_batch):

                    def ask(junk: Any = junk, method: Any = method) -> object:
                        return method(junk)

                    wrong.extend((junk, found) for found in _tried(ask))
    assert wrong == []


def test_what_is_no_message_is_refused_with_what_to_give() -> None:
    turns: Any = ["Hi"]
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        with pytest.raises(TypeError, match=r"a Message is wanted, such as Message.user\("):
            client.chat().messages(turns)
        with pytest.raises(InvalidArguments, match=r"messages\[0\]: 'role' is missing"):
            client.chat().messages([{"rolle": "user", "content": "Hi"}])
        with pytest.raises(InvalidArguments, match=r"content\[0\]: 'type' is missing"):
            client.chat().user([{"txt": "Hi"}])
        with pytest.raises(InvalidArguments, match="a tool has a 'type', or a 'name'"):
            client.chat().tools([{"role": "user", "content": "Hi"}])
        with pytest.raises(TypeError, match=r"ToolDefinition.from_function\("):
            client.chat().tools(turns)
        assert mock.requests == []
