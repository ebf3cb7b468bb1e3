# Copied from ai_lib/embeddings/__init__.py by codegen; do not edit.
"""Embeddings: texts as vectors, and how near they are to each other."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.embeddings.response import (
        Embedding as Embedding,
        EmbeddingResponse as EmbeddingResponse,
        EmbeddingUsage as EmbeddingUsage,
    )
    from ai_lib.embeddings.split import (
        EmbeddingOptions as EmbeddingOptions,
        EmbeddingRequest as EmbeddingRequest,
    )
    from ai_lib.embeddings.vectors import (
        cosine_similarity as cosine_similarity,
        dot_product as dot_product,
        euclidean_distance as euclidean_distance,
        find_most_similar as find_most_similar,
        normalize_vector as normalize_vector,
    )

    from .builder import (
        EmbeddingClientBuilder as EmbeddingClientBuilder,
    )
    from .client import (
        EmbeddingClient as EmbeddingClient,
    )

_WHERE = {
    "Embedding": "ai_lib.embeddings.response",
    "EmbeddingClient": ".client",
    "EmbeddingClientBuilder": ".builder",
    "EmbeddingOptions": "ai_lib.embeddings.split",
    "EmbeddingRequest": "ai_lib.embeddings.split",
    "EmbeddingResponse": "ai_lib.embeddings.response",
    "EmbeddingUsage": "ai_lib.embeddings.response",
    "cosine_similarity": "ai_lib.embeddings.vectors",
    "dot_product": "ai_lib.embeddings.vectors",
    "euclidean_distance": "ai_lib.embeddings.vectors",
    "find_most_similar": "ai_lib.embeddings.vectors",
    "normalize_vector": "ai_lib.embeddings.vectors",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
