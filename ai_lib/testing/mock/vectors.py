"""The mock provider's vectors: the same for the same text, and near for texts that share words."""

import math
import random
import re
from array import array
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from ai_lib.protocol.dialect.embeddings import EmbeddingShape
from ai_lib.protocol.dialect.template import fill_template, match_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.providers import MockedProvider
from ai_lib.types.json import JsonDict, JsonValue

_WORD: Final = re.compile(r"\w+")
_USUAL_LENGTH: Final = 256  # of a model the manifest says nothing about


class ParsedEmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request for vectors asks."""

    texts: Sequence[str]
    model: str
    dimensions: int
    encoding: str


def asked_vectors(
    provider: MockedProvider, body: object, model: str | None
) -> ParsedEmbeddingRequest | str:
    """Return what a request asks, or what is wrong with it; `model` is what its path says."""
    shape = provider.dialect.embeddings
    if shape is None or provider.serve.embeddings is None:
        return "This provider has no embeddings."
    return _asked(shape, body, model)


def vectors_body(
    provider: MockedProvider, asked: ParsedEmbeddingRequest, ids: Mapping[str, str]
) -> bytes:
    """Return the answer; `ids` are the holes that any template may have."""
    answer = provider.serve.embeddings
    assert answer is not None
    items = [
        fill_template(answer.item, {"index": index, "vector": _written(text, asked)})
        for index, text in enumerate(asked.texts)
    ]
    values = {
        **ids,
        "items": items,
        "packed_items" if asked.encoding == "base64" else "float_items": items,
        "texts": list(asked.texts),
        "model": asked.model,
        "prompt_tokens": sum(len(_WORD.findall(text)) for text in asked.texts),
    }
    return msgspec.json.encode(fill_template(answer.body, values))


def vector_of(text: str, dimensions: int) -> list[float]:
    """Return a vector of length 1 that depends on nothing but the words of the text."""
    words = _WORD.findall(text.lower()) or [text]
    total = [0.0] * dimensions
    for word in words:
        total = [a + b for a, b in zip(total, _direction(word, dimensions), strict=True)]
    length = math.sqrt(sum(x * x for x in total))
    return [x / length for x in total]


@lru_cache(maxsize=1024)
def _direction(word: str, dimensions: int) -> tuple[float, ...]:
    numbers = random.Random(word)
    return tuple(numbers.random() - 0.5 for _ in range(dimensions))


def _written(text: str, asked: ParsedEmbeddingRequest) -> JsonValue:
    vector = array("f", vector_of(text, asked.dimensions))
    if asked.encoding == "base64":
        return b64encode(vector.tobytes()).decode()
    return vector.tolist()


def _asked(shape: EmbeddingShape, body: object, model: str | None) -> ParsedEmbeddingRequest | str:
    found = _parts(shape.body, body)
    written = found.get("inputs", [found["input"]] if "input" in found else None)
    if isinstance(written, str):
        written = [written]
    if not isinstance(written, list) or not written:
        return "The request has no input."
    texts: list[str] = []
    for item in written:
        read = _parts(shape.item, item) if isinstance(item, Mapping) else {"text": item}
        found = {**read, **found}
        if not isinstance(read.get("text"), str) or not read["text"]:
            return "An input is empty or no text."
        texts.append(read["text"])
    name = model or str(found.get("model") or "")
    entry = shape.models.get(name)
    length = found.get("dimensions") or (entry and entry.dimensions) or _USUAL_LENGTH
    return ParsedEmbeddingRequest(
        texts=texts, model=name, dimensions=int(length), encoding=_encoding(shape, found)
    )


def _encoding(shape: EmbeddingShape, found: JsonDict) -> str:
    words = shape.words.get("encoding", {})
    sent = found.get("encoding", MISSING)
    return next((name for name, word in words.items() if word == sent), "float")


def _parts(template: JsonValue, body: object) -> JsonDict:
    """Match every member by itself, so that one odd member does not hide the others."""
    found: JsonDict = {}
    if isinstance(body, Mapping) and isinstance(template, Mapping):
        for key, part in template.items():
            if key in body:
                found.update(match_template(part, body[key]) or {})
    return found
