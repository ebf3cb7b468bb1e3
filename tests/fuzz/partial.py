"""Fuzzers of JSON read while it comes."""

import copy
import json
from itertools import pairwise
from random import Random
from typing import Any

from ai_lib.errors.exceptions import InvalidOutput
from ai_lib.structured.extract import extract_json
from ai_lib.structured.partial_json import PartialJson, find_objects_and_arrays
from tests.fuzz.mutation import bent

LEAVES: tuple[Any, ...] = (
    None, True, False, 0, -0.0, 1, -17, 10**40, 1.5, 1e-9, 1e300, "", "x", 'a"b\\', "\u2028\x7f",
    "\U0001f600\ud83d", "\ude00", "\x00\n\t", "tru", "}", "[", "é" * 20,
)  # fmt: skip

ENDS = (b'{"a": [1, tru', b'"\\u12', b"-", b"[0", "[\u0663]".encode())


def document(chance: Random, depth: int = 0) -> Any:
    """A JSON object or array, or below one, any value."""
    kind = chance.randrange(4) if depth else chance.randrange(2)
    if kind > 1 or depth > 4:
        return chance.choice(LEAVES)
    count = chance.randrange(4)
    if kind:
        return [document(chance, depth + 1) for _ in range(count)]
    keys = ("a", "b", "items", "", "é", 'q"', "\ud83d\ude00")
    return {chance.choice(keys): document(chance, depth + 1) for _ in range(count)}


def written(value: Any, chance: Random) -> str:
    """The document as text, in one of the ways it may be written."""
    indent, separators = chance.choice((None, 1)), chance.choice((None, (",", ":"), (" , ", " : ")))
    ascii_only = chance.random() < 0.5
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=ascii_only)


def _cut(text: str, chance: Random) -> list[str]:
    count = chance.choice((1, 3, 40))
    places = sorted(chance.randrange(len(text) + 1) for _ in range(count))
    return [text[start:end] for start, end in pairwise([0, *places, len(text)])]


def is_beginning(part: Any, whole: Any) -> bool:
    """Whether `part` is what is known of `whole` when less of it has come."""
    if isinstance(whole, str):
        return isinstance(part, str) and whole.startswith(part)
    if isinstance(whole, dict):
        # Of a key that is written twice the last value counts, so an earlier one may be other.
        return (
            isinstance(part, dict)
            and set(part) <= set(whole)
            and all(is_beginning(part[key], whole[key]) for key in part)
        )
    if isinstance(whole, list):
        return (
            isinstance(part, list)
            and len(part) <= len(whole)
            and all(is_beginning(one, other) for one, other in zip(part, whole, strict=False))
        )
    return repr(part) == repr(whole)


def partial(chance: Random) -> None:
    """What is known of a document grows, is a beginning of it all along, and is it at the end."""
    value = document(chance)
    text = written(value, chance)
    value = json.loads(text)
    reader = PartialJson()
    before: Any = None
    for piece in _cut(chance.choice(("", "Here: ", "```json\n", '"')) + text, chance):
        reader.feed(piece)
        if reader.has_begun:
            now = copy.deepcopy(reader.value)
            assert is_beginning(now, value), (text, now)
            assert before is None or is_beginning(before, now), (text, before, now)
            before = now
    assert reader.is_complete, text
    assert repr(_plain(reader.value)) == repr(value), text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def torn(chance: Random) -> None:
    """Text that may be no JSON gives the same however it is cut; what is complete is JSON."""
    good = written(document(chance), chance)
    raw = bent(good.encode("utf-8", "replace"), chance, ENDS)
    text = raw.decode("utf-8", "replace")
    whole, cut = PartialJson(), PartialJson()
    whole.feed(text)
    for piece in _cut(text, chance) if chance.random() < 0.7 else list(text):
        cut.feed(piece)
    assert whole.is_complete == cut.is_complete, text
    if whole.is_complete:
        assert repr(whole.value) == repr(cut.value), text
        end = whole.end
        assert any(
            _loads(text[at:end]) == [repr(_plain(whole.value))]
            for at, mark in enumerate(text[:end])
            if mark in "{["
        ), text
    list(find_objects_and_arrays(text))
    try:
        extract_json(text)
    except InvalidOutput:
        return


def _loads(text: str) -> list[str]:
    try:
        return [repr(json.loads(text))]
    except (ValueError, RecursionError):
        return []
