"""Requests that are too long for one model, or refused by one, go to the next where they may."""

import json

import pytest

from ai_lib import AiClient
from ai_lib.client import AiClientBuilder
from ai_lib.errors import AiLibError
from ai_lib.routing import ModelArray, ModelEndpoint
from ai_lib.testing import MockProvider, Reply

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
async def test_a_model_whose_window_is_too_small_is_passed_over(streamed: bool) -> None:
    async with MockProvider() as small, MockProvider([Reply(text="large")] * 2) as large:
        async with await builder(small, large).build() as client:
            chat = client.chat().user(LONG)
            if streamed:
                stream = chat.stream()
                assert [event async for event in stream]
                response = stream.response()
            else:
                response = await chat.execute()
            assert (response.content, len(small.requests)) == ("large", 0)
            await client.chat().user("short").execute()
        endpoints = [
            ModelEndpoint(model, base_url=mock.base_url("openai"), api_key="k")
            for model, mock in (("openai/gpt-4", small), ("openai/gpt-3.5-turbo", large))
        ]
        array = ModelArray(endpoints, strategy="round_robin")
        async with await AiClient.builder().routing(array).build() as client:
            assert (await client.chat().user(LONG).execute()).content == "large"
    assert len(small.requests) == 1


async def test_where_no_model_takes_it_the_first_one_says_so() -> None:
    async with MockProvider([refusal("context_length_exceeded")]) as small, MockProvider() as large:
        async with await builder(small, large).build() as client:
            with pytest.raises(AiLibError, match="No"):
                await client.chat().user(LONG * 2).execute()
    assert (len(small.requests), len(large.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("code", "name"),
    [("context_length_exceeded", "context_length"), ("content_policy_violation", "content_policy"),
     ("context_length_exceeded", "request_too_large"), ("model_not_found", "not_found")],
)  # fmt: skip
async def test_named_errors_go_to_the_next_model(code: str, name: str) -> None:
    status = 404 if name == "not_found" else 400
    for on, expected_count in (((), 0), ((name,), 1)):
        small, large = MockProvider([refusal(code, status)]), MockProvider([Reply(text="other")])
        async with small, large, await builder(small, large, *on).build() as client:
            try:
                content = (await client.chat().user("?").execute()).content
            except AiLibError:
                content = ""
            assert len(large.requests) == expected_count
        assert content == ("other" if on else "")


def test_errors_have_names() -> None:
    made = AiClient.builder().model("openai/gpt-4")
    with pytest.raises(ValueError, match=r"is named 'context'; those are .*content_policy"):
        made.with_fallbacks(["openai/gpt-3.5-turbo"], on=["context"])
    with pytest.raises(TypeError, match="a sequence of names"):
        made.with_fallbacks(["openai/gpt-3.5-turbo"], on="context_length")
