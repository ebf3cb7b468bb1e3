# Generated from tests/embeddings/test_documented.py by codegen; do not edit.
"""The README's example runs as it is written, against a provider on the loopback."""

import re
from pathlib import Path

import msgspec
import pytest

from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib_sync.embeddings import EmbeddingClient, cosine_similarity, find_most_similar
from ai_lib_sync.testing import MockProvider


def test_texts_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with MockProvider() as mock:
        stand_in(mock, tmp_path, monkeypatch)
        # Create embedding client
        client = EmbeddingClient.create("openai/text-embedding-3-small")

        # Generate embeddings
        response = client.embed("Hello, world!")
        embedding = response.first.vector
        said.append(f"Dimensions: {len(embedding)}")

        # Batch embeddings
        texts = ["Hello", "World", "Python", "AI"]
        response = client.embed_batch(texts)

        # Find most similar
        query = response.embeddings[0].vector
        candidates = [e.vector for e in response.embeddings[1:]]
        results = find_most_similar(query, candidates, top_k=2)
        for idx, score in results:
            said.append(f"Text '{texts[idx + 1]}' similarity: {score:.4f}")

        client.close()

    first, *rest = said
    assert first == "Dimensions: 1536"
    assert len(rest) == 2
    assert all(re.fullmatch(r"Text '\w+' similarity: -?0\.\d{4}", line) for line in rest)
    assert -1 <= cosine_similarity(query, candidates[0]) <= 1


def stand_in(mock: MockProvider, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the provider's manifest, and a key, lead to the mock provider."""
    document = dict(find_bundled_manifest("openai") or {})
    document["endpoint"] = {**document["endpoint"], "base_url": mock.base_url("openai")}
    providers = folder / "v1" / "providers"
    providers.mkdir(parents=True)
    (providers / "openai.yaml").write_bytes(msgspec.json.encode(document))
    monkeypatch.setenv("AI_PROTOCOL_PATH", str(folder))
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
