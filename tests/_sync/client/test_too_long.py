# Generated from tests/client/test_too_long.py by codegen; do not edit.
"""Requests that are too long for one model, or refused by one, go to the next where they may."""

import json

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync.client import AiClientBuilder
from ai_lib_sync.errors import AiLibError
from ai_lib_sync.routing import ModelArray, ModelEndpoint
from ai_lib_sync.testing import MockProvider, Reply
from tests.thoroughness import sample_rows

LONG = "word " * 12_000  # for 16,385 tokens, not for 8,192


def refusal(code: str, status: int = 400) -> Reply:
    body = {"error": {"message": "No.", "type": "invalid_request_error", "code": code}}
    return Reply(
        status=status, body=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )


def builder(small: MockProvider, large: MockProvider, *on: str) -> AiClientBuilder[AiClient]:
    made = AiClient.builder().model("openai/gpt-4").api_key("k").base_url(small.base_url("openai"))
    made = made.with_fallbacks(["openai/gpt-3.5-turbo"], on=on)
    made = made.api_key_for("openai/gpt-3.5-turbo", "k")
    return made.base_url_for("openai/gpt-3.5-turbo", large.base_url("openai"))


@pytest.mark.parametrize("streamed", [False, True])
def test_a_model_whose_window_is_too_small_is_passed_over(streamed: bool) -> None:
    with MockProvider() as small, MockProvider([Reply(text="large")] * 2) as large:
        with builder(small, large).build() as client:
            chat = client.chat().user(LONG)
            if streamed:
                stream = chat.stream()
                assert [event for event in stream]
                response = stream.response()
            else:
                response = chat.execute()
            assert (response.content, len(small.requests)) == ("large", 0)
            client.chat().user("short").execute()
        endpoints = [
            ModelEndpoint(model, base_url=mock.base_url("openai"), api_key="k")
            for model, mock in (("openai/gpt-4", small), ("openai/gpt-3.5-turbo", large))
        ]
        array = ModelArray(endpoints, strategy="round_robin")
        with AiClient.builder().routing(array).build() as client:
            assert (client.chat().user(LONG).execute()).content == "large"
    assert len(small.requests) == 1


def test_where_no_model_takes_it_the_first_one_says_so() -> None:
    with MockProvider([refusal("context_length_exceeded")]) as small, MockProvider() as large:
        with builder(small, large).build() as client:
            with pytest.raises(AiLibError, match="No"):
                client.chat().user(LONG * 2).execute()
    assert (len(small.requests), len(large.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("code", "name"),
    [("context_length_exceeded", "context_length"), ("content_policy_violation", "content_policy"),
     ("context_length_exceeded", "request_too_large"), ("model_not_found", "not_found")],
)  # fmt: skip
def test_named_errors_go_to_the_next_model(code: str, name: str) -> None:
    status = 404 if name == "not_found" else 400
    for on, expected_count in (((), 0), ((name,), 1)):
        small, large = MockProvider([refusal(code, status)]), MockProvider([Reply(text="other")])
        with small, large, builder(small, large, *on).build() as client:
            try:
                content = (client.chat().user("?").execute()).content
            except AiLibError:
                content = ""
            assert len(large.requests) == expected_count
        assert content == ("other" if on else "")


# Messages as the servers write them: vLLM, SGLang, llama.cpp, its Python server, Ollama, LM Studio,
# TGI, Anthropic, Gemini, Groq, Fireworks, Bedrock, xAI.
TOO_LONG = [
    ("vllm/m", "This model's maximum context length is 32768 tokens. However, you asked 33077."),
    ("vllm/m", "The decoder prompt (length 50) is longer than the maximum model length of 40."),
    ("vllm/m", "The input (33077 tokens) is longer than the model's context length (32768)."),
    ("llamacpp/m", "request (124315 tokens) exceeds the available context size (123904 tokens)"),
    ("llamacpp/m", "Requested tokens (2285) exceed context window of 2048"),
    ("ollama/m", "the input length exceeds the context length"),
    ("lmstudio/m", "However, the model is loaded with context length of only 4096 tokens"),
    ("huggingface/m", "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs`"),
    ("anthropic/claude-sonnet-5-5", "prompt is too long: 205668 tokens > 200000 maximum"),
    ("anthropic/claude-sonnet-5-5", "input length and `max_tokens` exceed context limit: 9 > 8"),
    ("gemini/gemini-3-pro", "The input token count exceeds the maximum number of tokens allowed"),
    ("groq/openai/gpt-oss-20b", "Please reduce the length of the messages or completion."),
    ("fireworks/m", "The prompt is too long: 5000, model maximum context length: 4095"),
    ("together/m", "The input (5000 tokens) is longer than the model's context length (4096)."),
    ("xai/grok-4", "This model's maximum prompt length is 131072 but the request contains 2."),
]  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_a_server_that_says_it_in_words_alone_is_understood(streamed: bool) -> None:
    """Some servers say it in a stream that began with status 200."""
    others = []
    for model, message in sample_rows(TOO_LONG) if streamed else TOO_LONG:
        provider = model.partition("/")[0]
        error = {"message": message, "type": "invalid_request_error", "code": 400}
        if provider == "gemini":
            error = {"message": message, "status": "INVALID_ARGUMENT", "code": 400}
        body, status, kind = json.dumps({"error": error}).encode(), 400, "application/json"
        if streamed:
            body, status, kind = b"data: " + body + b"\n\n", 200, "text/event-stream"
        reply = Reply(status=status, body=body, headers={"content-type": kind})
        with MockProvider([reply]) as small, MockProvider([Reply(text="large")]) as large:
            made = AiClient.builder().model(model).api_key("k").base_url(small.base_url(provider))
            made = made.with_fallbacks(["openai/gpt-3.5-turbo"], on=["context_length"])
            made = made.api_key_for("openai/gpt-3.5-turbo", "k")
            made = made.base_url_for("openai/gpt-3.5-turbo", large.base_url("openai"))
            with made.build() as client:
                chat = client.chat().user("?")
                try:
                    if streamed:
                        content = "".join([piece for piece in chat.stream().text()])
                    else:
                        content = (chat.execute()).content
                except AiLibError as caught:
                    content = str(caught)
        if content != "large":
            others.append((model, content))
    assert others == []


@pytest.mark.parametrize(
    "message",
    ["max_tokens is too large: 50000. This model supports at most 16384 completion tokens",
     "Range of max_tokens should be [1, 8192]", "The name is too long"],
)  # fmt: skip
def test_another_limit_is_no_context_window(message: str) -> None:
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()
    reply = Reply(status=400, body=body, headers={"content-type": "application/json"})
    with MockProvider([reply]) as mock, mock.client("vllm/m") as client:
        with pytest.raises(AiLibError) as caught:
            client.chat().user("?").execute()
    assert caught.value.standard_code.name == "invalid_request"


def test_errors_have_names() -> None:
    made = AiClient.builder().model("openai/gpt-4")
    with pytest.raises(ValueError, match=r"is named 'context'; those are .*content_policy"):
        made.with_fallbacks(["openai/gpt-3.5-turbo"], on=["context"])
    with pytest.raises(TypeError, match="a sequence of names"):
        made.with_fallbacks(["openai/gpt-3.5-turbo"], on="context_length")
