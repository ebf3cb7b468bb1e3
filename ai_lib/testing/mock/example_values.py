"""Makes example values for a JSON Schema, with words of the question where they fit."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ai_lib.types.json import JsonDict, JsonObject, JsonValue

Schema = JsonObject

_MAX_DEPTH: Final = 8
_QUOTED: Final = re.compile(r"[\"'“]([^\"'“”]+)[\"'”]")
_PROPER: Final = re.compile(r"(?<=[\w,:;] )[A-Z][\w-]*(?: [A-Z][\w-]*)*")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


def make_example(schema: Schema, question: str) -> JsonDict:
    """Return an object for a schema of type `object`, with its required properties, or else all.

    Texts are the quoted words and proper names of the question, in order, then the property's
    name. Numbers are the numbers of the question, then 1.
    """
    value = make_answer(schema, question)
    return value if isinstance(value, dict) else {"value": value}


def make_answer(schema: Schema, question: str) -> JsonValue:
    """Return a value for a schema of any type, made as `make_example` says."""
    return _Examples(schema, question).make_value(schema, "value", 0)


class _Examples:
    def __init__(self, root: Schema, question: str) -> None:
        self.root = root
        self.texts: Iterator[str] = iter(_QUOTED.findall(question) or _PROPER.findall(question))
        self.numbers: Iterator[float] = map(float, _NUMBER.findall(question))

    def make_value(self, schema: object, name: str, depth: int) -> JsonValue:
        if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
            return None
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("enum", "examples"):
            if schema.get(key):
                return schema[key][0]
        if "$ref" in schema:
            return self.make_value(self.resolve_reference(schema["$ref"]), name, depth + 1)
        for key in ("anyOf", "oneOf", "allOf"):
            if schema.get(key):
                return self.make_value(schema[key][0], name, depth + 1)
        return self.make_typed_value(schema, name, depth)

    def resolve_reference(self, reference: str) -> object:
        node: object = self.root
        for part in reference.removeprefix("#").strip("/").split("/"):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node

    def make_typed_value(self, schema: Schema, name: str, depth: int) -> JsonValue:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = str(kind[0] if isinstance(kind, list) else kind).lower()
        if kind == "object":
            return self.make_object(schema, depth)
        if kind == "array":
            return [self.make_value(schema.get("items"), name, depth + 1)]
        if kind in ("integer", "number"):
            number = next(self.numbers, 1.0)
            return int(number) if kind == "integer" or number.is_integer() else number
        if kind == "boolean":
            return True
        return None if kind == "null" else next(self.texts, name)

    def make_object(self, schema: Schema, depth: int) -> JsonDict:
        properties = schema.get("properties") or {}
        names = schema.get("required") or list(properties)
        return {name: self.make_value(properties.get(name, {}), name, depth + 1) for name in names}
