"""Schemas as strict modes want them: every object closed, all its members required."""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.protocol.dialect.model import SchemaShape
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


# Whose keys are names of the author's, and whose values are no schemas.
_NAMED: Final = frozenset(
    ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
)
_VALUES: Final = frozenset(
    ("enum", "const", "default", "examples", "required", "dependentRequired")
)


class SchemaWriter:
    """Fits schemas to the subset a dialect declares; `adaptations` lists what was left out."""

    def __init__(self, shape: SchemaShape, target: str) -> None:
        self._shape = shape
        self._target = target
        self.adaptations: list[str] = []

    def write(self, schema: JsonObject, *, strict: bool | None) -> JsonObject:
        """Return the schema as the target takes it.

        Raises:
            CapabilityError: it holds what the target can't express; the message has the JSON
                pointer (RFC 6901). Nothing was sent.
        """
        if self._shape.only_strict and not strict:
            return schema
        fitted: JsonObject = self._fit(schema, "")
        return fitted

    def _fit(self, node: JsonValue, place: str) -> JsonValue:
        if isinstance(node, list):
            return [self._fit(item, f"{place}/{index}") for index, item in enumerate(node)]
        if not isinstance(node, Mapping):
            return node
        found: dict[str, JsonValue] = {}
        for key, value in node.items():
            here = f"{place}/{_escaped(key)}"
            if key in self._shape.refused:
                raise CapabilityError(
                    f"{self._target} can't express {key!r}, which the schema has at {here}",
                    capability="structured_output",
                    provider=self._target,
                )
            if key in self._shape.left_out:
                self.adaptations.append(f"{here} of the schema left out: {self._target} refuses it")
            elif key in _NAMED and isinstance(value, Mapping):
                found[key] = {n: self._fit(v, f"{here}/{_escaped(n)}") for n, v in value.items()}
            else:
                found[key] = value if key in _VALUES else self._fit(value, here)
        return found


def _escaped(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the names in a JSON Schema are texts, not {name!r}")
    return name.replace("~", "~0").replace("/", "~1")
