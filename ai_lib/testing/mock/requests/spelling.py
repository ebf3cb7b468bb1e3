"""Writes the members of a request as the dialect does, for services that take two spellings.

JSON of protocol buffers takes a member by its name in camel case or in snake case.
https://protobuf.dev/programming-guides/json/#field-names
"""

import re
from typing import Final

from ai_lib.testing.mock.serve_shape import SnakeCaseShape
from ai_lib.types.json import JsonValue

_NEXT_WORD: Final = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


def write_in_camel_case(value: JsonValue, shape: SnakeCaseShape) -> JsonValue:
    """Return `value` with the names of its members in camel case, but for the caller's own."""
    if isinstance(value, list):
        return [write_in_camel_case(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        (name := _NEXT_WORD.sub(lambda word: word[1].upper(), key)): _write_member(
            name, item, shape
        )
        for key, item in value.items()
    }


def _write_member(name: str, item: JsonValue, shape: SnakeCaseShape) -> JsonValue:
    if name in shape.kept:
        return item
    if name in shape.named and isinstance(item, dict):
        return {key: write_in_camel_case(inner, shape) for key, inner in item.items()}
    return write_in_camel_case(item, shape)
