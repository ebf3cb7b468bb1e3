"""Schemas as strict modes want them: every object closed, all its members required."""

from collections.abc import Mapping
from typing import Final

from ai_lib.types.json import JsonDict, JsonObject, JsonValue

_MAPS: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE: Final = ("items", "not")


class _Open(Exception):
    """A place takes any value, or members that are not named."""


def closed(schema: JsonObject) -> JsonDict | None:
    """Return the schema with every object closed, or None when it can't be: it has maps in it, or
    places that take anything.

    Defaults go, as every member is required; `oneOf` becomes `anyOf`, which strict modes take.
    """
    try:
        return _closed(schema)
    except _Open:
        return None


def _closed(node: JsonValue) -> JsonDict:
    if not isinstance(node, Mapping):
        raise _Open  # `true`, in place of a schema
    if not node.keys() - {"title", "description", "default"}:
        raise _Open
    found: JsonDict = {}
    for key, value in node.items():
        if key in _MAPS:
            found[key] = {name: _closed(each) for name, each in value.items()}
        elif key in _LISTS:
            found["anyOf" if key == "oneOf" else key] = [_closed(each) for each in value]
        elif key in _SINGLE and isinstance(value, Mapping):
            found[key] = _closed(value)
        elif key not in ("default", "discriminator"):
            found[key] = value
    if node.get("type") == "object" or "properties" in node:
        _close(node, found)
    elif node.get("type") == "array" and "items" not in node:
        raise _Open
    return found


def _close(node: JsonObject, found: JsonDict) -> None:
    if node.get("additionalProperties", False) is not False or "patternProperties" in node:
        raise _Open
    if "properties" not in node:
        raise _Open
    found["required"] = list(node["properties"])
    found["additionalProperties"] = False
