"""Reads vectors and token counts from a provider's response."""

import binascii
import math
import sys
from array import array
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Final, NoReturn

import msgspec

from ai_lib.embeddings.response import EmbeddingUsage
from ai_lib.errors.exceptions import DecodeError
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.errors import remote_error
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.embeddings import CompiledEmbeddings
from ai_lib.protocol.query.path import JsonPath

_FLOAT32: Final = 4


class ParsedVectors(msgspec.Struct, frozen=True, kw_only=True):
    """The vectors of one request, in the order of its texts."""

    vectors: list[list[float]]
    usage: EmbeddingUsage
    model: str | None


def read_vectors(
    compiled: CompiledManifest,
    shape: CompiledEmbeddings,
    body: bytes,
    *,
    count: int,
    dimensions: int | None,
) -> ParsedVectors:
    """Return the `count` vectors of a response, ordered by their indexes.

    Raises:
        DecodeError: the response is no JSON object, or a vector is missing, given twice, invalid,
            or of another length than requested or than the others.
        RemoteError: the response is an error although its HTTP status was not.
    """
    response = decode_json(body, f"the response of {compiled.id}")
    reader = _VectorReader(compiled.id, shape, body)
    if not isinstance(response, Mapping):
        reader.refuse(f"is {type(response).__name__}, not an object")
    matches = (path.select(response) for path in shape.each)
    elements = next(filter(None, matches), [])
    if not elements and response.get("error"):
        raise remote_error(compiled, 200, response)
    vectors = reader.order_vectors(elements, count)
    lengths = {len(vector) for vector in vectors}
    if len(lengths) != 1 or (dimensions is not None and lengths != {dimensions}):
        expected = f"{dimensions} asked for" if dimensions else "one length for all"
        actual = ", ".join(map(str, sorted(lengths)))
        reader.refuse(f"has vectors of length {actual}, in place of {expected}")
    model = shape.model.first(response) if shape.model else None
    return ParsedVectors(
        vectors=vectors,
        usage=_usage(shape, response),
        model=model if isinstance(model, str) and model else None,
    )


class _VectorReader:
    def __init__(self, provider: str, shape: CompiledEmbeddings, body: bytes) -> None:
        self._provider = provider
        self._shape = shape
        self._body = body

    def refuse(self, problem: str) -> NoReturn:
        raise DecodeError(
            f"the response of {self._provider} {problem}",
            excerpt=self._body[:200].decode("utf-8", "replace"),
            provider=self._provider,
        )

    def order_vectors(self, elements: Iterable[object], count: int) -> list[list[float]]:
        """Return the vectors by the index of each element, or in their order when it has none."""
        vectors: dict[int, list[float]] = {}
        for position, element in enumerate(elements):
            index = self._read_index(element, position)
            if not 0 <= index < count:
                self.refuse(f"has a vector for text {index}, of {count} that were sent")
            if index in vectors:
                self.refuse(f"has two vectors for text {index}")
            vectors[index] = self._read_vector(element, index)
        if missing := [index for index in range(count) if index not in vectors]:
            self.refuse(f"has no vector for text {missing[0]}; {len(vectors)} of {count} came")
        return [vectors[index] for index in range(count)]

    def _read_index(self, element: object, position: int) -> int:
        index = self._shape.index.first(element) if self._shape.index else None
        return index if isinstance(index, int) and not isinstance(index, bool) else position

    def _read_vector(self, element: object, index: int) -> list[float]:
        value = self._shape.vector.first(element)
        if isinstance(value, str):
            return self._require_finite(self._decode(value, index), index)
        try:
            vector = msgspec.convert(value, list[float])
        except msgspec.ValidationError as error:
            self.refuse(f"has no vector for text {index}: {error}")
        return vector or self.refuse(f"has an empty vector for text {index}")

    def _require_finite(self, vector: list[float], index: int) -> list[float]:
        """Return the vector; one with NaN or an infinite number can't be compared."""
        if not math.isfinite(sum(vector)) and not all(map(math.isfinite, vector)):
            self.refuse(f"has a vector for text {index} with a number that is NaN or infinite")
        return vector

    def _decode(self, text: str, index: int) -> list[float]:
        """Decode base64 of 32-bit little-endian numbers."""
        try:
            data = b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            self.refuse(f"has no vector for text {index}: {error}")
        if not data or len(data) % _FLOAT32:
            self.refuse(f"has {len(data)} bytes for the vector of text {index}")
        numbers = array("f", data)
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers.tolist()


def _usage(shape: CompiledEmbeddings, response: object) -> EmbeddingUsage:
    prompt = _count(shape.usage.get("prompt_tokens", ()), response)
    total = _count(shape.usage.get("total_tokens", ()), response)
    return EmbeddingUsage(prompt_tokens=prompt or total, total_tokens=total or prompt)


def _count(paths: Iterable[JsonPath], response: object) -> int:
    for path in paths:
        count = path.first(response)
        if isinstance(count, int | float) and not isinstance(count, bool):
            return int(count)
    return 0
