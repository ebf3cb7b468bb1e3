"""The texts in a value, and the value with other texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ai_lib.types.json import JsonValue


def collect_texts(value: JsonValue) -> list[str]:
    """Return the texts in a value, in their order; the names of members are none."""
    return list(_iterate_texts(value))


def _iterate_texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _iterate_texts(member)
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _iterate_texts(element)


def replace_texts(value: JsonValue, texts: Iterator[str]) -> JsonValue:
    """Return the value with its texts replaced, in the order of `collect_texts`."""
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, Mapping):
        return {name: replace_texts(member, texts) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [replace_texts(element, texts) for element in value]
    return value
