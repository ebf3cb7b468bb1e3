"""Makes the mock provider's vectors: equal for equal texts, close for texts that share words."""

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
_DEFAULT_DIMENSIONS: Final = 256  # for models whose manifest gives no length


class ParsedEmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request for vectors asks for."""

    texts: Sequence[str]
    model: str
    dimensions: int
    encoding: str


def read_embedding_request(
    provider: MockedProvider, body: object, model: str | None
) -> ParsedEmbeddingRequest | str:
    """Return the parsed request, or what is wrong with it; `model` is given by the path."""
    shape = provider.dialect.embeddings
    if shape is None or provider.serve.embeddings is None:
        return "This provider has no embeddings."
    return _read_inputs(shape, body, model)


def write_vectors(
    provider: MockedProvider, request: ParsedEmbeddingRequest, ids: Mapping[str, str]
) -> bytes:
    """Return the body of the response; `ids` has values that every template may use."""
    shape = provider.serve.embeddings
    assert shape is not None
    items = [
        fill_template(shape.item, {"index": index, "vector": _encode_vector(text, request)})
        for index, text in enumerate(request.texts)
    ]
    values = {
        **ids,
        "items": items,
        "packed_items" if request.encoding == "base64" else "float_items": items,
        "texts": list(request.texts),
        "model": request.model,
        "prompt_tokens": sum(len(_WORD.findall(text)) for text in request.texts),
    }
    return msgspec.json.encode(fill_template(shape.body, values))


def make_vector(text: str, dimensions: int) -> list[float]:
    """Return a vector of length 1 that depends only on the words of the text."""
    words = _WORD.findall(text.lower()) or [text]
    sums = [0.0] * dimensions
    for word in words:
        sums = [a + b for a, b in zip(sums, _make_direction(word, dimensions), strict=True)]
    length = math.sqrt(sum(x * x for x in sums))
    return [x / length for x in sums]


@lru_cache(maxsize=1024)
def _make_direction(word: str, dimensions: int) -> tuple[float, ...]:
    generator = random.Random(word)
    return tuple(generator.random() - 0.5 for _ in range(dimensions))


def _encode_vector(text: str, request: ParsedEmbeddingRequest) -> JsonValue:
    vector = array("f", make_vector(text, request.dimensions))
    if request.encoding == "base64":
        return b64encode(vector.tobytes()).decode()
    return vector.tolist()


def _read_inputs(
    shape: EmbeddingShape, body: object, model: str | None
) -> ParsedEmbeddingRequest | str:
    fields = _match_members(shape.body, body)
    inputs = fields.get("inputs", [fields["input"]] if "input" in fields else None)
    if isinstance(inputs, str):
        inputs = [inputs]
    if not isinstance(inputs, list) or not inputs:
        return "The request has no input."
    texts: list[str] = []
    for item in inputs:
        item_fields = (
            _match_members(shape.item, item) if isinstance(item, Mapping) else {"text": item}
        )
        fields = {**item_fields, **fields}
        if not isinstance(item_fields.get("text"), str) or not item_fields["text"]:
            return "An input is empty or no text."
        texts.append(item_fields["text"])
    model_name = model or str(fields.get("model") or "")
    entry = shape.models.get(model_name)
    dimensions = fields.get("dimensions") or (entry and entry.dimensions) or _DEFAULT_DIMENSIONS
    return ParsedEmbeddingRequest(
        texts=texts,
        model=model_name,
        dimensions=int(dimensions),
        encoding=_read_encoding(shape, fields),
    )


def _read_encoding(shape: EmbeddingShape, fields: JsonDict) -> str:
    words = shape.words.get("encoding", {})
    sent = fields.get("encoding", MISSING)
    return next((name for name, word in words.items() if word == sent), "float")


def _match_members(template: JsonValue, body: object) -> JsonDict:
    """Match each member by itself, so that one that does not match leaves the others."""
    fields: JsonDict = {}
    if isinstance(body, Mapping) and isinstance(template, Mapping):
        for key, part in template.items():
            if key in body:
                fields.update(match_template(part, body[key]) or {})
    return fields
