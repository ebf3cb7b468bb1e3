"""EmbeddingResponse: vectors in the order of the texts, tokens and cost."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate


class Embedding(msgspec.Struct, frozen=True, kw_only=True):
    """The vector of one text; `index` is the position of the text in the call."""

    index: int
    vector: list[float]

    @property
    def dimensions(self) -> int:
        """The length of the vector."""
        return len(self.vector)


class EmbeddingUsage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The input tokens of all requests; 0 where the provider does not say."""

    prompt_tokens: int = 0
    total_tokens: int = 0


class EmbeddingResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The vectors of one call, in the order of its texts.

    `model` is the provider's name for it, or else the requested one. `attempts` lists every attempt
    of every request; `cost` is the cost of all of them at the listed prices. `adaptations` lists
    the options that were left out because the provider does not take them.
    """

    embeddings: list[Embedding]
    model: str
    provider: str = ""
    usage: EmbeddingUsage = EmbeddingUsage()
    attempts: Sequence[Attempt] = ()
    cost: CostEstimate | None = None
    adaptations: Sequence[str] = ()

    @property
    def first(self) -> Embedding:
        """The first text's embedding."""
        return self.embeddings[0]

    @property
    def vectors(self) -> list[list[float]]:
        """The vectors alone."""
        return [embedding.vector for embedding in self.embeddings]

    @property
    def dimensions(self) -> int:
        """The length of the vectors."""
        return self.first.dimensions

    def __len__(self) -> int:
        return len(self.embeddings)

    def _repr_html_(self) -> str:
        from ai_lib.types.display import format_duration, sum_durations
        from ai_lib.types.markup.html import render_note, render_table

        rows = [
            (
                embedding.index,
                embedding.dimensions,
                ", ".join(f"{value:.4g}" for value in embedding.vector[:4]) + ", …",
            )
            for embedding in self.embeddings[:_MAX_ROWS]
        ]
        hidden_count = len(self) - len(rows)
        parts = [
            f"{self.provider}/{self.model}" if self.provider else self.model,
            f"{len(self):,} vectors" + (f" ({hidden_count:,} not shown)" if hidden_count else ""),
            f"{self.usage.total_tokens:,} tokens" if self.usage.total_tokens else "",
            format_duration(sum_durations(self.attempts)) if self.attempts else "",
        ]
        vectors = render_table(("text", "dimensions", "vector"), rows)
        return vectors + render_note(" · ".join(part for part in parts if part))


_MAX_ROWS: Final = 10
