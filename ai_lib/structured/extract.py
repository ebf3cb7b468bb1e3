"""JSON out of what a model wrote: alone, in a code fence, or somewhere in prose."""

from collections.abc import Iterator

import msgspec

from ai_lib.errors.exceptions import InvalidOutput
from ai_lib.structured.partial_json import json_values
from ai_lib.types.json import JsonValue

_MISSING = object()


def extract_json(text: str) -> JsonValue:
    """Return the JSON value in `text`.

    That is, in order: the text as a whole; the first code fence that holds nothing but JSON; the
    first object or array in the prose. Cost is linear in the text's length.

    Raises:
        InvalidOutput: there is no whole JSON value in it.
    """
    for value in found_json(text):
        return value
    raise InvalidOutput(
        f"there is no whole JSON value in the text, which begins {text[:80]!r}",
        raw=text,
        allowed="a JSON value",
        problems=["the whole: there is no JSON value"],
    )


def found_json(text: str) -> Iterator[JsonValue]:
    """Yield the values that `extract_json` chooses from, the likeliest first."""
    whole = _decoded(text)
    if whole is not _MISSING:
        yield whole
        return
    fences = text.split("```")[1::2]
    for fence in fences:
        value = _decoded(fence.partition("\n")[2])
        if value is not _MISSING:
            yield value
    yield from json_values(text)


def _decoded(text: str) -> JsonValue:
    try:
        return msgspec.json.decode(text.strip())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _MISSING
