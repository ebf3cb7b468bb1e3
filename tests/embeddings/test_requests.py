"""What goes over the wire to each provider, by hand from the vendors' references."""

import json
from typing import Any

import pytest

from ai_lib.embeddings.build import EmbeddingWriter
from ai_lib.embeddings.split import EmbeddingOptions
from ai_lib.errors import CapabilityError, RequestError
from ai_lib.protocol.catalog import ManifestCatalog


def written(model: str, **options: Any) -> tuple[str, Any, tuple[str, ...]]:
    """The address, the body and what was left out, for the texts "one" and "two"."""
    compiled, name = ManifestCatalog().load_model(model)
    writer = EmbeddingWriter(compiled, name, EmbeddingOptions(**options))
    wire = writer.write(["one", "two"], credential="k", base_url="https://h")
    return wire.url, json.loads(wire.body), tuple(writer.adaptations)


@pytest.mark.parametrize(
    ("model", "options", "path", "body"),
    [
        (
            "openai/text-embedding-3-small",
            {"dimensions": 512},
            "/embeddings",
            {
                "model": "text-embedding-3-small",
                "input": ["one", "two"],
                "dimensions": 512,
                "encoding_format": "base64",
            },
        ),
        (
            "voyage/voyage-3.5",
            {"input_type": "document", "dimensions": 256, "encoding": "float", "truncate": True},
            "/embeddings",
            {
                "model": "voyage-3.5",
                "input": ["one", "two"],
                "input_type": "document",
                "output_dimension": 256,
                "truncation": True,
            },
        ),
        (
            "cohere/embed-v4.0",
            {},
            "/v2/embed",
            {
                "model": "embed-v4.0",
                "texts": ["one", "two"],
                "input_type": "search_document",
                "embedding_types": ["float"],
                "truncate": "NONE",
            },
        ),
        (
            "cohere/embed-v4.0",
            {"input_type": "clustering", "encoding": "base64", "truncate": True, "dimensions": 256},
            "/v2/embed",
            {
                "model": "embed-v4.0",
                "texts": ["one", "two"],
                "input_type": "clustering",
                "embedding_types": ["base64"],
                "output_dimension": 256,
                "truncate": "END",
            },
        ),
        (
            "gemini/gemini-embedding-001",
            {"input_type": "similarity", "dimensions": 768},
            "/models/gemini-embedding-001:batchEmbedContents",
            {
                "requests": [
                    {
                        "model": "models/gemini-embedding-001",
                        "content": {"parts": [{"text": text}]},
                        "taskType": "SEMANTIC_SIMILARITY",
                        "outputDimensionality": 768,
                    }
                    for text in ("one", "two")
                ]
            },
        ),
        (
            "mistral/codestral-embed",
            {"dimensions": 1024},
            "/embeddings",
            {"model": "codestral-embed", "input": ["one", "two"], "output_dimension": 1024},
        ),
        (
            "jina/jina-embeddings-v3",
            {"input_type": "query", "encoding": "base64"},
            "/embeddings",
            {
                "model": "jina-embeddings-v3",
                "input": ["one", "two"],
                "task": "retrieval.query",
                "embedding_type": "base64",
            },
        ),
        (
            "ollama/embeddinggemma",
            {},
            "/embeddings",
            {"model": "embeddinggemma", "input": ["one", "two"]},
        ),
        (
            "azure/my-deployment",
            {},
            "/openai/v1/embeddings",
            {"model": "my-deployment", "input": ["one", "two"]},
        ),
    ],
)
def test_a_request_as_the_vendor_documents_it(
    model: str, options: dict[str, Any], path: str, body: Any
) -> None:
    url, sent, left_out = written(model, **options)

    assert url.startswith(f"https://h{path}")
    assert sent == body
    assert left_out == ()


def test_a_word_of_the_provider_s_own_is_sent_as_it_is() -> None:
    _, body, _ = written("jina/jina-embeddings-v4", input_type="code.query")
    assert body["task"] == "code.query"


def test_further_fields_are_sent_as_they_are() -> None:
    _, body, _ = written("openai/m", extra={"user": "me"})
    assert body["user"] == "me"


def test_what_a_provider_does_not_take_is_left_out_and_told() -> None:
    _, body, left_out = written("openai/m", input_type="query", truncate=False)
    assert body == {"model": "m", "input": ["one", "two"], "encoding_format": "base64"}
    assert left_out == ("input_type left out: openai does not take it",)


def test_an_encoding_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(RequestError, match="does not send vectors as base64"):
        written("gemini/m", encoding="base64")
    assert "encoding" not in str(written("gemini/m", encoding="float"))


@pytest.mark.parametrize(("model", "length"), [("m", 1), ("text-embedding-3-small", 1536)])
def test_the_least_and_the_greatest_length_are_told(model: str, length: int) -> None:
    _, body, _ = written(f"openai/{model}", dimensions=length)
    assert body["dimensions"] == length


def test_a_length_that_can_t_be_told_is_refused() -> None:
    from ai_lib.protocol.build import build_manifest
    from ai_lib.protocol.sources.folder import ManifestDocument

    document = {
        "id": "house",
        "protocol_version": "2.0",
        "dialect": "openai_chat",
        "endpoint": {"base_url": "https://h"},
        "capabilities": {"required": ["embeddings"]},
        "wire": {"embeddings": {"body": {"dimensions": None}}},
    }
    compiled = build_manifest(
        ManifestDocument(document=document, source="house.yaml", origin="given")
    )
    with pytest.raises(CapabilityError, match="does not take a length of vectors"):
        EmbeddingWriter(compiled, "m", EmbeddingOptions(dimensions=3))
