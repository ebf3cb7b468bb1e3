"""Reads vectors and token counts from a provider's answer."""

import binascii
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
    """What one request gave, in the order of its texts."""

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
    """Return the `count` vectors in an answer, each put where its index says.

    Raises:
        DecodeError: the answer is no JSON object, a vector is missing, given twice, none at all, or
            of another length than asked for or than the others.
        RemoteError: the answer is an error although its HTTP status was not.
    """
    reply = decode_json(body, f"the answer of {compiled.id}")
    reader = _Reader(compiled.id, shape, body)
    if not isinstance(reply, Mapping):
        reader.refuse(f"is {type(reply).__name__}, not an object")
    elements = next((found for path in shape.each if (found := path.select(reply))), [])
    if not elements and reply.get("error"):
        raise remote_error(compiled, 200, reply)
    vectors = reader.in_order(elements, count)
    lengths = {len(vector) for vector in vectors}
    if len(lengths) != 1 or (dimensions is not None and lengths != {dimensions}):
        asked = f"{dimensions} asked for" if dimensions else "one length for all"
        came = ", ".join(map(str, sorted(lengths)))
        reader.refuse(f"has vectors of length {came}, in place of {asked}")
    model = shape.model.first(reply) if shape.model else None
    return ParsedVectors(
        vectors=vectors,
        usage=_usage(shape, reply),
        model=model if isinstance(model, str) and model else None,
    )


class _Reader:
    def __init__(self, provider: str, shape: CompiledEmbeddings, body: bytes) -> None:
        self._provider = provider
        self._shape = shape
        self._body = body

    def refuse(self, problem: str) -> NoReturn:
        raise DecodeError(
            f"the answer of {self._provider} {problem}",
            excerpt=self._body[:200].decode("utf-8", "replace"),
            provider=self._provider,
        )

    def in_order(self, elements: Iterable[object], count: int) -> list[list[float]]:
        """Return the vectors by their index, where elements have one, else as they stand."""
        found: dict[int, list[float]] = {}
        for position, element in enumerate(elements):
            index = self._index(element, position)
            if not 0 <= index < count:
                self.refuse(f"has a vector for text {index}, of {count} that were sent")
            if index in found:
                self.refuse(f"has two vectors for text {index}")
            found[index] = self._vector(element, index)
        if missing := [index for index in range(count) if index not in found]:
            self.refuse(f"has no vector for text {missing[0]}; {len(found)} of {count} came")
        return [found[index] for index in range(count)]

    def _index(self, element: object, position: int) -> int:
        told = self._shape.index.first(element) if self._shape.index else None
        return told if isinstance(told, int) and not isinstance(told, bool) else position

    def _vector(self, element: object, index: int) -> list[float]:
        value = self._shape.vector.first(element)
        if isinstance(value, str):
            return self._decoded(value, index)
        try:
            vector = msgspec.convert(value, list[float])
        except msgspec.ValidationError as error:
            self.refuse(f"has no vector for text {index}: {error}")
        return vector or self.refuse(f"has an empty vector for text {index}")

    def _decoded(self, text: str, index: int) -> list[float]:
        """Read base64 of 32-bit little-endian numbers."""
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


def _usage(shape: CompiledEmbeddings, reply: object) -> EmbeddingUsage:
    prompt = _count(shape.usage.get("prompt_tokens", ()), reply)
    total = _count(shape.usage.get("total_tokens", ()), reply)
    return EmbeddingUsage(prompt_tokens=prompt or total, total_tokens=total or prompt)


def _count(places: Iterable[JsonPath], reply: object) -> int:
    for place in places:
        found = place.first(reply)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return int(found)
    return 0
