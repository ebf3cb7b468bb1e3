"""The `embeddings:` part of a dialect: how an API family turns texts into vectors.

It may also stand among the `operations:`, as the operation `embeddings` with the same members.

    embeddings:
      path: /embeddings
      body: { model: $model, input: $inputs, dimensions: $dimensions }
      vectors: { each: ["$.data[*]"], index: "@.index", vector: "@.embedding" }
      usage: { total_tokens: [$.usage.total_tokens] }
      limits: { inputs: 2048 }

Templates are those of `protocol/dialect/template.py`. Their placeholders are `$model`, `$inputs`
(the texts, each written by `item`), `$input` (the only text, where `limits.inputs` is 1), `$text`
in `item`, and the caller's options `$dimensions`, `$input_type`, `$encoding` and `$truncate`. The
provider does not take an option that has no placeholder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from ai_lib.protocol.dialect.template import find_placeholders
from ai_lib.protocol.query.path import JsonPath, compile_path
from ai_lib.types.json import JsonValue


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part: an unknown key is an error that names its path."""


class EmbeddingLimits(_Part, frozen=True, kw_only=True):
    """The limits of one request: texts, tokens of all texts, tokens of one; None is no limit."""

    inputs: int | None = None
    tokens: int | None = None
    input_tokens: int | None = None


class EmbeddingModel(EmbeddingLimits, frozen=True, kw_only=True):
    """The limits and vector sizes of one model; its limits come before those of all models.

    `dimensions` is the default length of a vector. `sizes` are the lengths that may be requested;
    without `sizes`, `largest` is the longest of them.
    """

    dimensions: int | None = None
    sizes: tuple[int, ...] = ()
    largest: int | None = None


class VectorShape(_Part, frozen=True, kw_only=True):
    """The paths of the vectors in a response.

    `each` are paths of the elements; the first that selects something counts. `vector` and `index`
    are relative to an element; without `index`, the element's own position counts. A vector is a
    list of numbers, or base64 of 32-bit little-endian numbers.
    """

    each: tuple[str, ...]
    vector: str = "@"
    index: str | None = None


class EmbeddingShape(_Part, frozen=True, kw_only=True):
    """The whole section.

    `words` maps the standard values of `input_type`, `encoding` and `truncate` to the provider's.
    `required` are the values that are sent when the caller sets none. `usage` has the paths of
    token counts, `model` is the path of the model's name.
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
    """The section with its paths compiled; `placeholders` are those of its templates."""

    shape: EmbeddingShape
    placeholders: frozenset[str]
    each: tuple[JsonPath, ...]
    vector: JsonPath
    index: JsonPath | None
    usage: Mapping[str, tuple[JsonPath, ...]]
    model: JsonPath | None

    def find_limits(self, model_limits: EmbeddingModel) -> EmbeddingLimits:
        """Return the limits of one request to a model."""
        common_limits = self.shape.limits
        return EmbeddingLimits(
            inputs=model_limits.inputs or common_limits.inputs,
            tokens=model_limits.tokens or common_limits.tokens,
            input_tokens=model_limits.input_tokens or common_limits.input_tokens,
        )


def compile_embeddings(shape: EmbeddingShape | None) -> CompiledEmbeddings | None:
    """Return the compiled section, or None when the dialect has none.

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
