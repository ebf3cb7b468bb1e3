"""Builds a JSON Schema, member by member or from a type."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.types.json import JsonDict, JsonObject, JsonValue
from ai_lib.types.schema.schema import make_schema

_TYPE_NAMES: Final = frozenset(
    ("string", "integer", "number", "boolean", "array", "object", "null")
)
_KEYWORDS: Final = {
    "minimum": "minimum",
    "maximum": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_NO_DEFAULT: Final = object()


class SchemaGenerator:
    """Builds the JSON Schema of an object step by step; each method returns the generator.

        >>> SchemaGenerator("Person").add_property("name", "string").build()["required"]
        ['name']

    Other members are forbidden unless `allow_additional_properties` allows them.
    """

    def __init__(self, title: str | None = None, description: str | None = None) -> None:
        self._title = title
        self._description = description
        self._properties: JsonDict = {}
        self._required: list[str] = []
        self._additional: JsonValue = False
        self._defs: JsonDict = {}

    def add_property(
        self,
        name: str,
        type: object,
        *,
        description: str | None = None,
        required: bool = True,
        default: object = _NO_DEFAULT,
        enum: Sequence[JsonValue] | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        pattern: str | None = None,
    ) -> "SchemaGenerator":
        """Add a member; `type` is a type of JSON Schema such as `string`, or a Python type.

        Raises:
            TypeError: the type has no schema, or the name is no type of JSON Schema.
        """
        constraints = {
            "minimum": minimum,
            "maximum": maximum,
            "min_length": min_length,
            "max_length": max_length,
            "pattern": pattern,
        }
        schema = self._schema(type)
        schema.update(
            {_KEYWORDS[key]: value for key, value in constraints.items() if value is not None}
        )
        if enum is not None:
            schema["enum"] = list(enum)
        if default is not _NO_DEFAULT:
            schema["default"] = default
        return self._add(name, schema, description, required)

    def add_object_property(
        self,
        name: str,
        schema: "SchemaGenerator | JsonObject",
        *,
        description: str | None = None,
        required: bool = True,
    ) -> "SchemaGenerator":
        """Add a member that is an object with this schema."""
        return self._add(name, self._schema(schema), description, required)

    def add_array_property(
        self,
        name: str,
        items: object,
        *,
        description: str | None = None,
        required: bool = True,
        min_items: int | None = None,
        max_items: int | None = None,
    ) -> "SchemaGenerator":
        """Add a member that is a list; `items` is a type, a type name, or a schema."""
        schema: JsonDict = {"type": "array", "items": self._schema(items)}
        bounds = {"minItems": min_items, "maxItems": max_items}
        schema.update({key: value for key, value in bounds.items() if value is not None})
        return self._add(name, schema, description, required)

    def allow_additional_properties(self, allowed: object = True) -> "SchemaGenerator":
        """Allow other members: any, none, or those of a type."""
        self._additional = allowed if isinstance(allowed, bool) else self._schema(allowed)
        return self

    def build(self) -> JsonDict:
        """Return the schema."""
        head = {"title": self._title, "description": self._description}
        return {
            **{key: value for key, value in head.items() if value is not None},
            "type": "object",
            "properties": dict(self._properties),
            "required": list(self._required),
            "additionalProperties": self._additional,
            **({"$defs": dict(self._defs)} if self._defs else {}),
        }

    def to_json(self) -> str:
        """Return the schema as JSON text."""
        return msgspec.json.encode(self.build()).decode()

    @staticmethod
    def from_model(kind: object) -> JsonDict:
        """Return the schema of a struct, dataclass, TypedDict, enum, pydantic or plain type.

        Raises:
            TypeError: the type has no schema.
        """
        return make_schema(kind)

    @staticmethod
    def from_pydantic(model: object) -> JsonDict:
        """Return the schema of a pydantic model, as `from_model` does."""
        return make_schema(model)

    def _add(
        self, name: str, schema: JsonDict, description: str | None, required: bool
    ) -> "SchemaGenerator":
        if description is not None:
            schema = {**schema, "description": description}
        self._properties[name] = schema
        if name in self._required:
            self._required.remove(name)
        if required:
            self._required.append(name)
        return self

    def _schema(self, kind: object) -> JsonDict:
        if isinstance(kind, SchemaGenerator):
            schema = kind.build()
        elif isinstance(kind, dict):
            schema = dict(kind)
        elif isinstance(kind, str):
            if kind not in _TYPE_NAMES:
                raise TypeError(
                    f"{kind!r} is no type of JSON Schema: {', '.join(sorted(_TYPE_NAMES))}"
                )
            return {"type": kind}
        else:
            schema = make_schema(kind)
        self._defs.update(schema.pop("$defs", {}))
        return schema
