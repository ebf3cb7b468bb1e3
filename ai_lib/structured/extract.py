"""Extracts JSON from the text of a model: alone, in a code fence, or in prose."""

from collections.abc import Iterator

import msgspec

from ai_lib.errors.exceptions import InvalidOutput
from ai_lib.structured.partial_json import find_objects_and_arrays
from ai_lib.types.json import JsonValue
from ai_lib.types.schema.reading import decode_exactly, to_floats

_MISSING = object()


def extract_json(text: str) -> JsonValue:
    """Return the JSON value in `text`.

    The value is, in this order: the whole text; the first code fence that holds nothing but JSON;
    the first object or array in the prose. Cost is linear in the text's length.

    Raises:
        InvalidOutput: the text holds no complete JSON value.
    """
    for value in find_json_values(text):
        return to_floats(value)
    raise InvalidOutput(
        f"there is no complete JSON value in the text, which begins {text[:80]!r}",
        raw=text,
        allowed="a JSON value",
        problems=["the whole: there is no JSON value"],
    )


def find_json_values(text: str) -> Iterator[JsonValue]:
    """Yield the values that `extract_json` chooses from, the likeliest first.

    A number that no float holds to its last digit is a `Decimal`.
    """
    value = _decode(text)
    if value is not _MISSING:
        yield value
        return
    fences = text.split("```")[1::2]
    for fence in fences:
        value = _decode(fence.partition("\n")[2])
        if value is not _MISSING:
            yield value
    yield from find_objects_and_arrays(text)


def _decode(text: str) -> JsonValue:
    try:
        return decode_exactly(text.strip())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _MISSING
