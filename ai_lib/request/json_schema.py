"""Fits schemas to the subset that a dialect declares."""

import re
from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.protocol.dialect.model import SchemaShape
from ai_lib.request.strict_schema import SchemaOpen, close_schema, escape_name
from ai_lib.types.json import JsonObject, JsonValue

# Keywords whose values are maps from names of the author's to schemas.
_MAPS_OF_SCHEMAS: Final = frozenset(
    ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
)
# Keywords whose values are no schemas.
_VALUES: Final = frozenset(
    ("enum", "const", "default", "examples", "required", "dependentRequired")
)


# Not after a backslash, which itself may be after one.
_LOOKAROUND: Final = re.compile(r"(?<!\\)(?:\\\\)*\(\?<?[=!]")


class SchemaWriter:
    """Fits schemas to the subset that a dialect declares. `adaptations` lists what was left out."""

    def __init__(self, shape: SchemaShape, target: str) -> None:
        self._shape = shape
        self._target = target
        self.adaptations: list[str] = []

    def write(
        self, schema: JsonObject, *, strict: bool | None, is_answer: bool = False
    ) -> JsonObject:
        """Return the schema as the target accepts it; with `strict`, in its strict form.

        Raises:
            CapabilityError: it has a keyword that the target can't express, or it can't be strict
                although that was asked for. The message has the JSON pointer (RFC 6901).
        """
        if strict or (is_answer and self._shape.closed):
            schema = self._close(schema, require_all=bool(strict))
        if self._shape.only_strict and not strict:
            return schema
        fitted: JsonObject = self._fit(schema, "")
        return fitted

    def _close(self, schema: JsonObject, *, require_all: bool) -> JsonObject:
        try:
            return close_schema(schema, require_all=require_all)
        except SchemaOpen as error:
            kind, remedy = ("strict", " and ask without strict") if require_all else ("closed", "")
            raise CapabilityError(
                f"{self._target} takes only {kind} schemas here, and this one is not: "
                f"{error.pointer or 'the whole'} {error.reason}; name every member and type, or "
                f"take another form{remedy}",
                capability="structured_output",
                provider=self._target,
            ) from error

    def _fit(self, node: JsonValue, pointer: str) -> JsonValue:
        if isinstance(node, list):
            return [self._fit(item, f"{pointer}/{index}") for index, item in enumerate(node)]
        if not isinstance(node, Mapping):
            return node
        fitted: dict[str, JsonValue] = {}
        for key, value in node.items():
            position = f"{pointer}/{escape_name(key)}"
            if key in self._shape.refused:
                raise CapabilityError(
                    f"{self._target} can't express {key!r}, which the schema has at {position}",
                    capability="structured_output",
                    provider=self._target,
                )
            if key in self._shape.left_out or _is_refused(self._shape, key, value):
                self.adaptations.append(
                    f"{position} of the schema left out: {self._target} refuses it"
                )
            elif key in _MAPS_OF_SCHEMAS and isinstance(value, Mapping):
                fitted[key] = {
                    name: self._fit(member, f"{position}/{escape_name(name)}")
                    for name, member in value.items()
                }
            else:
                fitted[key] = value if key in _VALUES else self._fit(value, position)
        return fitted


def _is_refused(shape: SchemaShape, key: str, value: JsonValue) -> bool:
    if not isinstance(value, str):
        return False
    if key == "format":
        return bool(shape.formats) and value not in shape.formats
    return key == "pattern" and not shape.lookaround and bool(_LOOKAROUND.search(value))
