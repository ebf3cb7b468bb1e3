"""Closes schemas for strict modes, and fits schemas to the subset that a dialect declares."""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.protocol.dialect.model import SchemaShape
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

_MAPS: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE: Final = ("items", "not")


class _SchemaOpen(Exception):
    """A part of the schema allows any value, or members without a name."""


def close_schema(schema: JsonObject) -> JsonDict | None:
    """Return the schema with every object closed and all its members required.

    It is None for a schema with maps, or with parts that allow anything. Defaults are dropped, as
    every member is required. `oneOf` becomes `anyOf`, which strict modes accept.
    """
    try:
        return _close_node(schema)
    except _SchemaOpen:
        return None


def _close_node(node: JsonValue) -> JsonDict:
    if not isinstance(node, Mapping):
        raise _SchemaOpen  # `true`, in place of a schema
    if not node.keys() - {"title", "description", "default"}:
        raise _SchemaOpen
    result: JsonDict = {}
    for key, value in node.items():
        if key in _MAPS:
            result[key] = {name: _close_node(member) for name, member in value.items()}
        elif key in _LISTS:
            result["anyOf" if key == "oneOf" else key] = [_close_node(item) for item in value]
        elif key in _SINGLE and isinstance(value, Mapping):
            result[key] = _close_node(value)
        elif key not in ("default", "discriminator"):
            result[key] = value
    if node.get("type") == "object" or "properties" in node:
        _close_object(node, result)
    elif node.get("type") == "array" and "items" not in node:
        raise _SchemaOpen
    return result


def _close_object(node: JsonObject, result: JsonDict) -> None:
    if node.get("additionalProperties", False) is not False or "patternProperties" in node:
        raise _SchemaOpen
    if "properties" not in node:
        raise _SchemaOpen
    result["required"] = list(node["properties"])
    result["additionalProperties"] = False


# Keywords whose values are maps from names of the author's to schemas.
_MAPS_OF_SCHEMAS: Final = frozenset(
    ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
)
# Keywords whose values are no schemas.
_VALUES: Final = frozenset(
    ("enum", "const", "default", "examples", "required", "dependentRequired")
)


class SchemaWriter:
    """Fits schemas to the subset that a dialect declares. `adaptations` lists what was left out."""

    def __init__(self, shape: SchemaShape, target: str) -> None:
        self._shape = shape
        self._target = target
        self.adaptations: list[str] = []

    def write(self, schema: JsonObject, *, strict: bool | None) -> JsonObject:
        """Return the schema as the target accepts it.

        Raises:
            CapabilityError: it has a keyword that the target can't express. The message has the
                JSON pointer (RFC 6901).
        """
        if self._shape.only_strict and not strict:
            return schema
        fitted: JsonObject = self._fit(schema, "")
        return fitted

    def _fit(self, node: JsonValue, pointer: str) -> JsonValue:
        if isinstance(node, list):
            return [self._fit(item, f"{pointer}/{index}") for index, item in enumerate(node)]
        if not isinstance(node, Mapping):
            return node
        fitted: dict[str, JsonValue] = {}
        for key, value in node.items():
            position = f"{pointer}/{_escape(key)}"
            if key in self._shape.refused:
                raise CapabilityError(
                    f"{self._target} can't express {key!r}, which the schema has at {position}",
                    capability="structured_output",
                    provider=self._target,
                )
            if key in self._shape.left_out:
                self.adaptations.append(
                    f"{position} of the schema left out: {self._target} refuses it"
                )
            elif key in _MAPS_OF_SCHEMAS and isinstance(value, Mapping):
                fitted[key] = {
                    name: self._fit(member, f"{position}/{_escape(name)}")
                    for name, member in value.items()
                }
            else:
                fitted[key] = value if key in _VALUES else self._fit(value, position)
        return fitted


def _escape(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the names in a JSON Schema are texts, not {name!r}")
    return name.replace("~", "~0").replace("/", "~1")
