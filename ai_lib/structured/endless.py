"""Finds schemas that refer to themselves without end."""

from collections.abc import Iterator, Mapping
from typing import Final

from ai_lib.types.json import JsonObject

# What these hold applies to the same value; all other keywords go on to a part of it.
_SAME_VALUE: Final = ("not", "if", "then", "else")
_SAME_VALUE_LISTS: Final = ("allOf", "anyOf", "oneOf")


def check_ends(schema: JsonObject) -> None:
    """Raise TypeError for a schema whose references lead back to it on one and the same value."""
    try:
        finished = set[int]()
        for subschema in _list_objects(schema):
            _follow(subschema, schema, (), finished)
    except RecursionError as error:
        raise TypeError("the schema is nested too deeply") from error


def _list_objects(value: object) -> Iterator[JsonObject]:
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            yield part
            pending += part.values()
        elif isinstance(part, list):
            pending += part


def _follow(
    subschema: object, root: JsonObject, above: tuple[int, ...], finished: set[int]
) -> None:
    if not isinstance(subschema, Mapping) or id(subschema) in finished:
        return
    if id(subschema) in above:
        reference = subschema.get("$ref", "#")
        raise TypeError(f"the schema refers to itself without end, at {reference!r}")
    above = (*above, id(subschema))
    for inner in _list_same_value(subschema, root):
        _follow(inner, root, above, finished)
    finished.add(id(subschema))


def _list_same_value(subschema: JsonObject, root: JsonObject) -> Iterator[object]:
    reference = subschema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        yield _resolve(reference, root)
    for name in _SAME_VALUE:
        yield subschema.get(name)
    for name in _SAME_VALUE_LISTS:
        branches = subschema.get(name)
        if isinstance(branches, list):
            yield from branches


def _resolve(reference: str, root: JsonObject) -> object:
    """Return what a pointer leads to, None where there is nothing."""
    part: object = root
    for name in reference.lstrip("#").split("/")[1:]:
        if not isinstance(part, Mapping):
            return None
        part = part.get(name.replace("~1", "/").replace("~0", "~"))
    return part
