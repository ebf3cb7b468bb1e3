"""How a family of APIs turns texts into vectors, as data: the `embeddings:` part of a dialect.

    embeddings:
      path: /embeddings
      body: { model: $model, input: $inputs, dimensions: $dimensions }
      vectors: { each: ["$.data[*]"], index: "@.index", vector: "@.embedding" }
      usage: { total_tokens: [$.usage.total_tokens] }
      limits: { inputs: 2048 }

Templates are those of `protocol/dialect/template.py`. Their holes are `$model`, `$inputs` (the
texts,
each written by `item`), `$input` (the only one, where an API takes one at a time: its
`limits.inputs` is 1), `$text` in `item`, and what a caller may set: `$dimensions`, `$input_type`,
`$encoding` and `$truncate`. A hole that is nowhere is something the provider does not take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from ai_lib.protocol.dialect.template import find_placeholders
from ai_lib.protocol.query.path import Path, compile_path
from ai_lib.types.json import JsonValue


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part: unknown keys are errors that name their place."""


class EmbeddingLimits(_Part, frozen=True, kw_only=True):
    """How much one request may hold: texts, tokens of all of them, tokens of one; None: any."""

    inputs: int | None = None
    tokens: int | None = None
    input_tokens: int | None = None


class EmbeddingModel(EmbeddingLimits, frozen=True, kw_only=True):
    """What holds for one model, before what holds for all: the limits, and its vectors.

    `dimensions` is the length of a vector when none is asked for, `sizes` has those that may be
    asked for, or else `largest` is the longest one.
    """

    dimensions: int | None = None
    sizes: tuple[int, ...] = ()
    largest: int | None = None


class VectorShape(_Part, frozen=True, kw_only=True):
    """Where a reply keeps its vectors.

    `each` are paths of the list's elements, of which the first that selects something counts;
    `vector` and `index` (the position of its input, else that of the element) are in an element. A
    vector is a list of numbers, or base64 of 32-bit little-endian ones.
    """

    each: tuple[str, ...]
    vector: str = "@"
    index: str | None = None


class EmbeddingShape(_Part, frozen=True, kw_only=True):
    """The whole section.

    `words` says how a standard value is spelled (`input_type`, `encoding` and `truncate` by name),
    `required` what is sent when the caller says nothing. `usage` has places of token counts,
    `model` that of the model's name.
    """

    path: str = ""
    body: dict[str, JsonValue]
    item: JsonValue = "$text"
    words: dict[Literal["input_type", "encoding", "truncate"], dict[str, JsonValue]] = {}
    required: dict[Literal["input_type", "encoding", "truncate"], str] = {}
    vectors: VectorShape
    usage: dict[Literal["prompt_tokens", "total_tokens"], tuple[str, ...]] = {}
    model: str | None = None
    limits: EmbeddingLimits = EmbeddingLimits()
    models: dict[str, EmbeddingModel] = {}


class CompiledEmbeddings(msgspec.Struct, frozen=True, kw_only=True):
    """The section with its paths compiled; `takes` has the holes its templates have."""

    shape: EmbeddingShape
    placeholders: frozenset[str]
    each: tuple[Path, ...]
    vector: Path
    index: Path | None
    usage: Mapping[str, tuple[Path, ...]]
    model: Path | None

    def find_limits(self, model: str) -> EmbeddingLimits:
        """Return the limits of requests to a model."""
        own, common = self.find_model(model), self.shape.limits
        return EmbeddingLimits(
            inputs=own.inputs or common.inputs,
            tokens=own.tokens or common.tokens,
            input_tokens=own.input_tokens or common.input_tokens,
        )

    def find_model(self, model: str) -> EmbeddingModel:
        """Return what is said of a model; an empty entry for one that is not listed."""
        return self.shape.models.get(model) or EmbeddingModel()


def compile_embeddings(shape: EmbeddingShape | None) -> CompiledEmbeddings | None:
    """Compile the section, None where a dialect has none.

    Raises ProtocolError when a path does not parse.
    """
    if shape is None:
        return None
    vectors = shape.vectors
    return CompiledEmbeddings(
        shape=shape,
        placeholders=find_placeholders(shape.body) | find_placeholders(shape.item),
        each=tuple(compile_path(text) for text in vectors.each),
        vector=compile_path(vectors.vector),
        index=compile_path(vectors.index) if vectors.index else None,
        usage={
            name: tuple(compile_path(text) for text in texts) for name, texts in shape.usage.items()
        },
        model=compile_path(shape.model) if shape.model else None,
    )
