# Generated from tests/request/test_extra_parameters.py by codegen; do not edit.
"""Parameters that a provider has of its own; names, types and ranges are checked where given."""

import json
import logging
import traceback
from decimal import Decimal
from typing import Any

import pytest

from ai_lib.client.call import prepared_request
from ai_lib.client.target.parameters import _KINDS
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib_sync.errors import InvalidArguments, RequestError
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ChatRequest, Message

# Rows of the vendors' references: what is given, and where it is in the body.
SENT: list[tuple[str, str, Any, str]] = [
    ("openai/gpt-4o", "logit_bias", {"50256": -100}, "logit_bias"),
    ("openai/gpt-4o", "user", "u-1", "user"),
    ("openai/gpt-4o", "metadata", {"a": "b"}, "metadata"),
    ("openai/gpt-4o", "store", True, "store"),
    ("openai/gpt-4o", "service_tier", "flex", "service_tier"),
    ("openai/gpt-4o", "prediction", {"type": "content", "content": "a"}, "prediction"),
    ("openai/gpt-4o", "verbosity", "low", "verbosity"),
    ("openai/gpt-4o", "prompt_cache_key", "k", "prompt_cache_key"),
    ("openai/gpt-4o", "safety_identifier", "k", "safety_identifier"),
    ("openai/gpt-4o", "web_search_options", {}, "web_search_options"),
    ("openai/gpt-4o", "max_completion_tokens", 7, "max_completion_tokens"),
    ("openai/gpt-4o", "stop", ["a"], "stop"),
    ("anthropic/claude-haiku-4-5", "metadata", {"user_id": "u"}, "metadata"),
    ("anthropic/claude-haiku-4-5", "user", "u", "metadata.user_id"),
    ("anthropic/claude-haiku-4-5", "service_tier", "auto", "service_tier"),
    ("anthropic/claude-haiku-4-5", "container", "c", "container"),
    ("anthropic/claude-haiku-4-5", "context_management", {}, "context_management"),
    ("gemini/gemini-3.5-flash-lite", "safety_settings", [], "safetySettings"),
    ("gemini/gemini-3.5-flash-lite", "cached_content", "c", "cachedContent"),
    (
        "gemini/gemini-3.5-flash-lite",
        "response_modalities",
        ["TEXT"],
        "generationConfig.responseModalities",
    ),
    (
        "gemini/gemini-3.5-flash-lite",
        "max_output_tokens",
        7,
        "generationConfig.maxOutputTokens",
    ),
    ("cohere/command-a-03-2025", "documents", [], "documents"),
    ("cohere/command-a-03-2025", "safety_mode", "OFF", "safety_mode"),
    ("mistral/mistral-small-2603", "safe_prompt", True, "safe_prompt"),
    ("groq/openai/gpt-oss-20b", "reasoning_format", "hidden", "reasoning_format"),
    ("vllm/m", "min_p", 0.1, "min_p"),
    ("vllm/m", "repetition_penalty", 1.1, "repetition_penalty"),
    ("vllm/m", "chat_template_kwargs", {"enable_thinking": False}, "chat_template_kwargs"),
    ("vllm/m", "structured_outputs", {"choice": ["a"]}, "structured_outputs"),
    ("llamacpp/m", "grammar", "root ::= 'a'", "grammar"),
    ("llamacpp/m", "mirostat", 2, "mirostat"),
    ("llamacpp/m", "cache_prompt", True, "cache_prompt"),
    ("qwen/qwen3-max", "enable_search", True, "enable_search"),
    ("xai/grok-4", "search_parameters", {"mode": "auto"}, "search_parameters"),
    ("deepseek/deepseek-chat", "thinking", {"type": "disabled"}, "thinking"),
    ("openrouter/openai/gpt-4o", "provider", {"sort": "price"}, "provider"),
    ("openrouter/openai/gpt-4o", "top_a", 0.1, "top_a"),
    ("openrouter/openai/gpt-4o", "image_config", {"aspect_ratio": "1:1"}, "image_config"),
    ("vllm/m", "repetition_detection", {"min_count": 3}, "repetition_detection"),
    ("vllm/m", "truncation_side", "left", "truncation_side"),
    ("vllm/m", "stream_interval", 8, "stream_interval"),
    ("vllm/m", "logprob_token_ids", [1], "logprob_token_ids"),
    ("llamacpp/m", "sse_ping_interval", -1, "sse_ping_interval"),
    ("llamacpp/m", "reasoning_effort", "low", "reasoning_effort"),
    ("cerebras/gpt-oss-120b", "prompt_cache_key", "k", "prompt_cache_key"),
    ("cerebras/gpt-oss-120b", "reasoning_format", "hidden", "reasoning_format"),
    ("fireworks/m", "reasoning_history", "preserved", "reasoning_history"),
    ("fireworks/m", "thinking", {"type": "enabled"}, "thinking"),
    ("mistral/mistral-small-2603", "logprobs", True, "logprobs"),
    ("zhipu/glm-5.2", "seed", 7, "seed"),
    ("deepseek/deepseek-v4-pro", "user_id", "u-1", "user_id"),
    ("qwen/qwen3.8-max", "preserve_thinking", True, "preserve_thinking"),
    ("together/m", "compliance", "hipaa", "compliance"),
]


def test_what_a_provider_has_of_its_own_is_sent() -> None:
    with MockProvider() as mock:
        for model, name, value, path in SENT:
            with mock.client(model) as client:
                body: Any = client.explain(client.chat().user("Hi").param(name, value).build()).body
            for member in path.split("."):
                assert member in body, (model, name)
                body = body[member]
            assert body == value, (model, name)


WRONG: list[tuple[str, Any, str]] = [
    ("temprature", 0.5, "'temprature' is no known parameter; did you mean 'temperature'?"),
    ("max_token", 5, "did you mean 'max_tokens'?"),
    ("frequency_penality", 1, "did you mean 'frequency_penalty'?"),
    ("Temperature", 0.5, "did you mean 'temperature'?"),
    ("zzz", 1, "sent as it is by extra({'zzz': ...})"),
    ("tools", [], "give them with tools()"),
    ("stream", True, "call stream()"),
    ("temperature", "hot", "temperature='hot' is no number"),
    ("temperature", True, "temperature=True is no number"),
    ("temperature", None, "temperature=None is no number"),
    ("temperature", -1, "temperature=-1 is out of range: it is 0 to 2"),
    ("top_p", 1.5, "top_p=1.5 is out of range: it is 0 to 1"),
    ("presence_penalty", -3, "is out of range: it is -2 to 2"),
    ("max_tokens", 0, "max_tokens=0 is no count"),
    ("max_tokens", "9", "is no count"),
    ("seed", 1.5, "seed=1.5 is no whole number"),
    ("stop_sequences", 7, "is no text or list of texts"),
    ("stop_sequences", [7], "is no text or list of texts"),
    ("logit_bias", [1], "is no dict"),
    ("user", 7, "user=7 is no text"),
    ("reasoning_effort", "hgih", "is not one of"),
    ("store", "yes", "is no true or false"),
]


def test_a_wrong_parameter_is_told_at_its_own_line() -> None:
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        for name, value, words in WRONG:
            with pytest.raises(InvalidArguments) as caught:
                client.chat().param(name, value)
            assert words in str(caught.value)
            assert isinstance(caught.value, ValueError)
        with pytest.raises(ValueError, match="temperature='hot'") as misused:
            client.chat().temperature("hot")  # type: ignore[arg-type]
        lines = [frame.line for frame in traceback.extract_tb(misused.tb)]
        assert any('temperature("hot")' in (line or "") for line in lines)
        for number in (float("nan"), float("inf"), Decimal("-Infinity")):
            with pytest.raises(RequestError, match="can't be sent: it is no finite number"):
                client.chat().temperature(number)
        client.chat().temperature(Decimal("0.5")).seed(1).n(1).param("top_k", -1)


def test_a_chat_without_messages_is_refused() -> None:
    with MockProvider() as mock:
        for model in ("openai/gpt-4o", "anthropic/claude-haiku-4-5"):
            with mock.client(model) as client:
                with pytest.raises(RequestError, match="has no messages: add one with user"):
                    client.chat().temperature(0.5).execute()
                with pytest.raises(RequestError, match="has no messages"):
                    for _ in client.chat().stream():
                        pass
        assert not mock.requests


def test_what_was_left_out_is_logged_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared_request, "_warned", set())  # as in a new process
    caplog.set_level(logging.WARNING, logger="ai_lib")
    with MockProvider([Reply(text="a")] * 4) as mock:
        with mock.client("cohere/command-a-03-2025") as client:
            for value in (11, 12):
                client.chat().user("Hi").param("min_tokens", value).execute()
            response = client.chat().user("Hi").top_p(0.5).execute()
    assert response.adaptations == ("top_p sent as p",)
    kept = [record.getMessage() for record in caplog.records if "adapted" in record.getMessage()]
    assert kept == ["cohere: a request was adapted: min_tokens left out: cohere does not take it"]


def test_every_parameter_of_the_bundled_manifests_has_a_type() -> None:
    catalog = ManifestCatalog()
    for provider in catalog.list_providers():
        shape = catalog.load(provider).dialect.request
        assert {*shape.parameters, *shape.options} <= _KINDS.keys() | {"reasoning_effort"}


def test_a_request_keeps_what_it_was_asked() -> None:
    request = ChatRequest(messages=(Message.user("Hi"),), parameters={"logit_bias": {"1": 2}})
    assert json.loads(json.dumps(request.to_dict()))["parameters"] == {"logit_bias": {"1": 2}}
