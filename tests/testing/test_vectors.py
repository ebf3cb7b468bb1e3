"""The mock provider embeds: the same vector for the same text, as each provider would send it."""

import math

import pytest

from ai_lib.embeddings import EmbeddingClient, cosine_similarity
from ai_lib.errors import RemoteError
from ai_lib.resilience import RetryConfig
from ai_lib.testing import MockProvider, Reply

MODELS = (
    "openai/text-embedding-3-small",
    "voyage/voyage-3.5",
    "cohere/embed-v4.0",
    "gemini/gemini-embedding-001",
    "mistral/mistral-embed",
    "jina/jina-embeddings-v3",
    "ollama/embeddinggemma",
    "azure/deployed",
)


async def client_of(mock: MockProvider, model: str) -> EmbeddingClient:
    made = EmbeddingClient.builder().model(model).api_key("k")
    made.base_url(mock.base_url(model.partition("/")[0]))
    return await made.with_retry(RetryConfig(max_retries=0)).build()


@pytest.mark.parametrize("model", MODELS)
async def test_a_text_has_one_vector_of_length_one(model: str) -> None:
    async with MockProvider() as mock:
        async with await client_of(mock, model) as client:
            first = await client.embed("The cat sat.")
            again = await client.embed_batch(["A dog.", "The cat sat."])

    assert [one.model for one in mock.requests] == [model.partition("/")[2]] * 2
    assert first.first.vector == again.vectors[1] != again.vectors[0]
    assert math.hypot(*first.first.vector) == pytest.approx(1, abs=1e-6)
    assert (first.dimensions, first.usage.prompt_tokens) == (client.dimensions or 256, 3)


async def test_texts_that_share_words_are_near() -> None:
    async with MockProvider() as mock:
        async with await client_of(mock, "openai/m") as client:
            cat, kitten, dog = (
                await client.embed_batch(["the cat sat", "a cat sat", "dogs bark"])
            ).vectors

    assert cosine_similarity(cat, kitten) > 0.5 > cosine_similarity(cat, dog)


@pytest.mark.parametrize("encoding", ["float", "base64"])
@pytest.mark.parametrize("model", ["openai/m", "cohere/m", "jina/m"])
async def test_both_encodings_hold_the_same_numbers(model: str, encoding: str) -> None:
    async with MockProvider() as mock:
        async with await client_of(mock, model) as client:
            usual = await client.embed("Hello", dimensions=8)
        made = EmbeddingClient.builder().model(model).api_key("k")
        made.base_url(mock.base_url(model.partition("/")[0])).encoding(encoding)  # type: ignore[arg-type]
        async with await made.build() as client:
            told = await client.embed("Hello", dimensions=8)

    assert told.dimensions == 8
    assert told.vectors == usual.vectors


async def test_an_error_can_be_scripted() -> None:
    async with MockProvider([Reply(status=401, error="who?")]) as mock:
        async with await client_of(mock, "voyage/m") as client:
            with pytest.raises(RemoteError, match="who") as caught:
                await client.embed("Hello")
            await client.embed("Hello")

    assert caught.value.error_type == "authentication"
    assert len(mock.requests) == 2


async def test_a_body_can_be_scripted() -> None:
    body = b'{"data": [{"embedding": [1, 2], "index": 0}]}'
    async with MockProvider([Reply(body=body)]) as mock:
        async with await client_of(mock, "openai/m") as client:
            assert (await client.embed("Hello")).vectors == [[1.0, 2.0]]


@pytest.mark.parametrize(
    "body", [{}, {"input": []}, {"input": [""]}, {"input": [1]}, {"input": {}}]
)
async def test_a_request_without_texts_is_refused(body: dict[str, object]) -> None:
    async with MockProvider() as mock:
        async with await mock.client("openai/m") as client:
            with pytest.raises(RemoteError, match="input") as caught:
                await client.invoke("embeddings", {"model": "m", **body})
    assert caught.value.status_code == 400


async def test_one_text_may_come_alone() -> None:
    async with MockProvider() as mock:
        async with await mock.client("openai/m") as client:
            answer = await client.invoke("embeddings", {"model": "m", "input": "Hello"})
    assert [one["index"] for one in answer["data"]] == [0]
