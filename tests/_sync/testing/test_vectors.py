# Generated from tests/testing/test_vectors.py by codegen; do not edit.
"""The mock provider embeds: the same vector for the same text, as each provider would send it."""

import math

import pytest

from ai_lib_sync.embeddings import EmbeddingClient, cosine_similarity
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.testing import MockProvider, Reply

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


def client_of(mock: MockProvider, model: str) -> EmbeddingClient:
    made = EmbeddingClient.builder().model(model).api_key("k")
    made.base_url(mock.base_url(model.partition("/")[0]))
    return made.with_retry(RetryConfig(max_retries=0)).build()


@pytest.mark.parametrize("model", MODELS)
def test_a_text_has_one_vector_of_length_one(model: str) -> None:
    with MockProvider() as mock:
        with client_of(mock, model) as client:
            first = client.embed("The cat sat.")
            again = client.embed_batch(["A dog.", "The cat sat."])

    assert [one.model for one in mock.requests] == [model.partition("/")[2]] * 2
    assert first.first.vector == again.vectors[1] != again.vectors[0]
    assert math.hypot(*first.first.vector) == pytest.approx(1, abs=1e-6)
    assert (first.dimensions, first.usage.prompt_tokens) == (client.dimensions or 256, 3)


def test_texts_that_share_words_are_near() -> None:
    with MockProvider() as mock:
        with client_of(mock, "openai/m") as client:
            cat, kitten, dog = (
                client.embed_batch(["the cat sat", "a cat sat", "dogs bark"])
            ).vectors

    assert cosine_similarity(cat, kitten) > 0.5 > cosine_similarity(cat, dog)


@pytest.mark.parametrize("encoding", ["float", "base64"])
@pytest.mark.parametrize("model", ["openai/m", "cohere/m", "jina/m"])
def test_both_encodings_hold_the_same_numbers(model: str, encoding: str) -> None:
    with MockProvider() as mock:
        with client_of(mock, model) as client:
            usual = client.embed("Hello", dimensions=8)
        made = EmbeddingClient.builder().model(model).api_key("k")
        made.base_url(mock.base_url(model.partition("/")[0])).encoding(encoding)  # type: ignore[arg-type]
        with made.build() as client:
            told = client.embed("Hello", dimensions=8)

    assert told.dimensions == 8
    assert told.vectors == usual.vectors


def test_an_error_can_be_scripted() -> None:
    with MockProvider([Reply(status=401, error="who?")]) as mock:
        with client_of(mock, "voyage/m") as client:
            with pytest.raises(RemoteError, match="who") as caught:
                client.embed("Hello")
            client.embed("Hello")

    assert caught.value.error_type == "authentication"
    assert len(mock.requests) == 2


def test_a_body_can_be_scripted() -> None:
    body = b'{"data": [{"embedding": [1, 2], "index": 0}]}'
    with MockProvider([Reply(body=body)]) as mock:
        with client_of(mock, "openai/m") as client:
            assert (client.embed("Hello")).vectors == [[1.0, 2.0]]


@pytest.mark.parametrize(
    "body", [{}, {"input": []}, {"input": [""]}, {"input": [1]}, {"input": {}}]
)
def test_a_request_without_texts_is_refused(body: dict[str, object]) -> None:
    with MockProvider() as mock:
        with mock.client("openai/m") as client:
            with pytest.raises(RemoteError, match="input") as caught:
                client.invoke("embeddings", {"model": "m", **body})
    assert caught.value.status_code == 400


def test_one_text_may_come_alone() -> None:
    with MockProvider() as mock:
        with mock.client("openai/m") as client:
            answer = client.invoke("embeddings", {"model": "m", "input": "Hello"})
    assert [one["index"] for one in answer["data"]] == [0]
