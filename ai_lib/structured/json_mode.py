"""Describes how to ask a provider for JSON: by which mode and schema."""

import enum
from collections.abc import Mapping
from typing import cast

import msgspec

from ai_lib.structured.output_type import OutputShape
from ai_lib.types.json import JsonObject
from ai_lib.types.request import ResponseFormat


class JsonMode(str, enum.Enum):
    """The modes to ask for JSON.

    `AUTO` takes the strictest mode of the target. `JSON_SCHEMA` makes the provider enforce the
    schema. `JSON` asks for any JSON, with the schema in the instructions. `TOOL` asks for the
    arguments of a tool call. `OFF` only asks in words.
    """

    AUTO = "auto"
    JSON = "json"
    JSON_SCHEMA = "json_schema"
    TOOL = "tool"
    OFF = "off"


_TYPES = {
    JsonMode.AUTO: "auto",
    JsonMode.JSON: "json_object",
    JsonMode.JSON_SCHEMA: "json_schema",
    JsonMode.TOOL: "tool",
    JsonMode.OFF: "prompt",
}


class JsonModeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How to ask for JSON. Without a schema, that of the requested type is used.

    With `strict`, a provider that can must enforce the schema exactly: every object is closed and
    all its members are required. A schema that can't be written so is sent without `strict`.
    """

    mode: JsonMode = JsonMode.AUTO
    schema: JsonObject | None = None
    schema_name: str | None = None
    strict: bool = True

    @classmethod
    def json_object(cls) -> "JsonModeConfig":
        """Ask for any JSON object."""
        return cls(mode=JsonMode.JSON)

    @classmethod
    def from_schema(
        cls, schema: JsonObject, name: str = "response", *, strict: bool = True
    ) -> "JsonModeConfig":
        """Ask for JSON that fits a JSON Schema."""
        return cls(schema=schema, schema_name=name, strict=strict)

    @classmethod
    def from_type(cls, kind: object, *, strict: bool = True) -> "JsonModeConfig":
        """Ask for JSON that fits a type. Raises TypeError when the type has no schema."""
        shape = OutputShape.of(kind)
        return cls(schema=shape.schema, schema_name=shape.name, strict=strict)

    @classmethod
    def from_pydantic(cls, model: object, *, strict: bool = True) -> "JsonModeConfig":
        """Ask for JSON that fits a pydantic model, as `from_type` does."""
        return cls.from_type(model, strict=strict)

    def response_format(self, shape: "OutputShape[object] | None" = None) -> ResponseFormat:
        """Return the response format of a request, for an answer of this shape."""
        schema = self.schema or (shape.schema if shape else None)
        kind = _TYPES[JsonMode(self.mode)]
        if schema is None and kind != "prompt":
            kind = "json_object"
        return ResponseFormat(
            type=kind,
            schema=schema,
            name=self.schema_name or (shape.name if shape else "response"),
            description=shape.description if shape else None,
            strict=None if self.strict else False,
            fits=True,
        )


Mode = JsonMode | JsonModeConfig | None
"""How a typed answer is asked for; None is the strictest way that the target has."""


def to_response_format(value: object) -> ResponseFormat:
    """Return the response format for an argument of `response_format()`.

    The argument is a `ResponseFormat`, `text` or `json_object`, a `JsonModeConfig`, a JSON Schema,
    or a type. Raises TypeError when a type has no schema.
    """
    if isinstance(value, ResponseFormat):
        return value
    if isinstance(value, str):
        return ResponseFormat(type=value)
    if isinstance(value, JsonModeConfig):
        return value.response_format()
    if isinstance(value, Mapping):
        from ai_lib.types.dicts.tools import read_response_format

        read = read_response_format(cast("JsonObject", value))
        if read is not None:
            return read
    return JsonModeConfig().response_format(OutputShape.of(value))
