"""Extracts JSON from the text of a model: alone, in a code fence, or in prose."""

import re
from collections.abc import Iterator

import msgspec

from ai_lib.errors.exceptions import InvalidOutput
from ai_lib.structured.partial_json import find_objects_and_arrays
from ai_lib.types.json import JsonValue
from ai_lib.types.schema.reading import decode_exactly, to_floats

_MISSING = object()
_THINKING = re.compile(r"\s*<(think|thinking|thought|reasoning)>")


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
    for candidate in (text, answer := drop_thinking(text)):
        value = _decode(candidate)
        if value is not _MISSING:
            yield value
            return
    fences = answer.split("```")[1::2]
    for fence in fences:
        value = _decode(fence.partition("\n")[2])
        if value is not _MISSING:
            yield value
    yield from find_objects_and_arrays(answer)


def drop_thinking(text: str) -> str:
    """Return a text without the thinking that it begins with, which may hold drafts of the answer.

    Thinking is what stands between tags at the beginning; the opening one may be missing, as some
    servers put it into the prompt. Thinking without an end is the whole text.
    """
    opening = _THINKING.match(text)
    if opening is None:
        before, closing, after = text.partition("</think>")
        return after if closing and "<think>" not in before else text
    return text[opening.end() :].partition(f"</{opening[1]}>")[2]


def _decode(text: str) -> JsonValue:
    try:
        return decode_exactly(text.strip())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _MISSING
