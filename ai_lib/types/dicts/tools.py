"""Reads tools and choices of tools that were given as dicts, and dicts of response formats."""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import InvalidArguments
from ai_lib.types.json import JsonObject
from ai_lib.types.records.members import DictReader, as_mapping
from ai_lib.types.records.structs import read_struct
from ai_lib.types.request import ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition

_SCHEMAS: Final = ("parameters", "input_schema", "inputSchema")
_OWN_MEMBERS: Final = ("adaptations", "cache", "extra", "is_of_provider", "server")
_MODES: Final[Mapping[str, str]] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
    "any": "required",
}


def read_tool(tool: Mapping[str, object], path: str = "tool") -> ToolDefinition:
    """Return the definition of a tool: a function's, or one in its provider's own words.

    Raises:
        InvalidArguments: it is malformed.
    """
    members = as_mapping(tool, path)
    is_own = "type" not in members and not members.keys().isdisjoint(_OWN_MEMBERS)
    if is_own or "version" in members:
        return read_struct(ToolDefinition, members, path)
    kind = members.get("type")
    if isinstance(members.get("function"), Mapping) and kind in (None, "function"):
        outer = DictReader(members, path)
        outer.ignore("type")
        definition = _read_function(outer.open("function"), outer)
        outer.finish()
        return definition
    has_schema = any(name in members for name in _SCHEMAS)
    if kind in ("function", "custom") and not isinstance(members.get("custom"), Mapping):
        if kind == "custom" and not has_schema:
            return ToolDefinition.of_provider(dict(members))
        function = DictReader(members, path)
        function.ignore("type")
        return _read_function(function, function)
    if kind is None and (has_schema or "name" in members):
        function = DictReader(members, path)
        return _read_function(function, function)
    # A provider's own tool has a type, or is named by its one member: {"google_search": {}}.
    is_named = bool(members) and all(isinstance(value, Mapping) for value in members.values())
    if not (isinstance(kind, str) or (kind is None and is_named)):
        raise InvalidArguments(
            f"{path}: a tool has a 'type', or a 'name' and 'parameters', not {tool!r:.100}",
            path=path,
        )
    return ToolDefinition.of_provider(dict(members))


def _read_function(function: DictReader, outer: DictReader) -> ToolDefinition:
    name = function.require_text("name")
    if not name:
        raise function.make_error("name", "the name is empty")
    description = function.take_text("description")
    schema_name = next((name for name in _SCHEMAS if function.has(name)), "parameters")
    schema = function.take_object(schema_name)
    strict = function.take_flag("strict")
    control = outer.take_object("cache_control")
    function.ignore("title", "annotations")
    function.finish()
    return ToolDefinition(
        name=name,
        description=description,
        parameters={"type": "object", "properties": {}} if schema is None else schema,
        strict=strict,
        cache=None if control is None else str(control.get("ttl") or "auto"),
    )


def read_tool_choice(choice: Mapping[str, object]) -> ToolChoice:
    """Return a choice of tools.

    Raises:
        InvalidArguments: it is malformed.
    """
    members = DictReader(choice, "tool_choice")
    if members.has("mode") or members.has("version"):
        return read_struct(ToolChoice, choice, "tool_choice")
    kind = members.take_text("type")
    mode = _MODES.get(kind or "")
    if mode is not None:
        members.finish()
        return ToolChoice.of(mode)
    if kind not in ("function", "tool", "custom"):
        words = ", ".join((*_MODES, "function", "tool", "custom"))
        raise members.make_error("type", f"{kind!r:.60} is no choice; known are {words}")
    path = "custom" if kind == "custom" else "function"
    inner = members.open(path) if members.has(path) else members
    name = inner.require_text("name")
    inner.finish()
    members.finish()
    return ToolChoice(mode="tool", name=name)


def read_response_format(value: JsonObject) -> ResponseFormat | None:
    """Return the response format of a dict; None where it is no such dict but a JSON Schema.

    Raises:
        InvalidArguments: it is malformed.
    """
    kind = value.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        return None
    members = DictReader(value, "response_format")
    members.ignore("type")
    if kind != "json_schema":
        members.finish()
        return ResponseFormat(type=kind)
    inner = members.open("json_schema") if members.has("json_schema") else members
    schema = inner.take_object("schema")
    if schema is None:
        raise InvalidArguments(f"{inner.path}: 'schema' is missing", path=inner.path)
    read = ResponseFormat(
        type=kind,
        schema=schema,
        name=inner.take_text("name") or "response",
        description=inner.take_text("description"),
        strict=inner.take_flag("strict"),
    )
    inner.finish()
    members.finish()
    return read
