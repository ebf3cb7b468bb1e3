"""One tool call in a text, and what is known of the tools when texts are searched for calls."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, NoReturn

import msgspec

from ai_lib.types.json import JSON_ENCODER, JsonDict, JsonObject, JsonValue
from ai_lib.types.schema.reading import decode_exactly, find_beyond_float, read_fraction

DIALECTS: Final[Mapping[str, str]] = MappingProxyType({"shell": "shell", "bash": "shell"})
"""Tags that models invent, and the tools they mean."""

NAME_KEYS: Final = ("name", "tool_name", "tool", "function_name", "function", "action")
ARGUMENT_KEYS: Final = (
    "arguments", "parameters", "params", "args", "input", "tool_input", "action_input",
)  # fmt: skip
WRAPPING_KEYS: Final = ("tool_call", "function_call", "function", "tool_calls", "function_calls")
_OTHER_KEYS: Final = ("id", "type", "index", "thought")
CALL_KEYS: Final = frozenset((*NAME_KEYS, *ARGUMENT_KEYS, *WRAPPING_KEYS, *_OTHER_KEYS))
"""The members that an object may have which is a call, or holds some."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_DECODER: Final = json.JSONDecoder(parse_float=read_fraction, parse_constant=_refuse_constant)
_MOST_LEVELS: Final = 3  # of objects around a call


class TextCall(NamedTuple):
    """The name and the arguments of a call."""

    name: str
    arguments: JsonObject


class TextCallContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a text is read: tags with a meaning, and the tools of the request.

    `offered` has the schema of each tool's arguments by the tool's name. None stands for tools that
    nobody knows: then calls without a marker of their own are not looked for. Without `lenient`,
    only the canonical form is a call.
    """

    dialects: Mapping[str, str] = msgspec.field(default_factory=lambda: DIALECTS)
    offered: Mapping[str, JsonObject] | None = None
    lenient: bool = True

    def is_offered(self, name: str) -> bool:
        """Whether a tool of the request has this name."""
        return self.offered is not None and name in self.offered

    def properties_of(self, name: str) -> Mapping[str, JsonValue]:
        """Return the schemas of a tool's arguments; none where the tool is not known."""
        properties = (self.offered or {}).get(name, {}).get("properties")
        return properties if isinstance(properties, dict) else {}

    def convert_argument(self, tool: str, name: str, text: str) -> JsonValue:
        """Return an argument that was written as text in the type that the tool's schema has."""
        schema = self.properties_of(tool).get(name)
        kind = schema.get("type") if isinstance(schema, dict) else "string"
        return text if kind == "string" else parse_value(text)


def parse_value(text: str) -> JsonValue:
    """Return the value of a JSON text, with all digits of its numbers; the text when it is none."""
    try:
        value = decode_exactly(text.strip())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
    return value if find_beyond_float(value) is None else text


def parse_object(text: str) -> JsonDict | None:
    """Return the object of a JSON text, or None."""
    value = parse_value(text)
    return value if isinstance(value, dict) else None


def decode_first(text: str, position: int) -> tuple[JsonValue, int]:
    """Return the JSON value that begins at a position, and where it ends.

    Raises ValueError when none begins there.
    """
    try:
        value, end = _DECODER.raw_decode(text, position)
        JSON_ENCODER.encode(value)
    except RecursionError as error:
        raise ValueError("the value is nested too deeply") from error
    if find_beyond_float(value) is not None:
        raise ValueError("a number is out of range")
    return value, end


def decode_all(text: str) -> list[JsonValue]:
    """Return the JSON values that stand behind each other in a text; none when one is malformed."""
    values: list[JsonValue] = []
    position = _skip_separators(text, 0)
    while position < len(text):
        try:
            value, position = decode_first(text, position)
        except ValueError:
            return []
        values.append(value)
        position = _skip_separators(text, position)
    return values


def _skip_separators(text: str, position: int) -> int:
    while position < len(text) and (text[position].isspace() or text[position] in ";,"):
        position += 1
    return position


def read_canonical_call(body: JsonObject) -> TextCall | None:
    """Return the call in an object of a name and arguments and nothing else."""
    name, arguments = body.get("name"), body.get("arguments")
    if isinstance(name, str) and isinstance(arguments, dict) and len(body) == 2:
        return TextCall(name, arguments)
    return None


def read_calls(value: JsonValue, levels: int = _MOST_LEVELS) -> Iterator[TextCall | None]:
    """Yield the calls in a value: an object, a list of such, or one that wraps them.

    None stands for an object that is no call.
    """
    if isinstance(value, list):
        for item in value if levels else ():
            yield from read_calls(item, levels - 1)
    elif isinstance(value, dict):
        inner = next((value[key] for key in WRAPPING_KEYS if _is_nested(value.get(key))), None)
        if inner is not None and levels:
            yield from read_calls(inner, levels - 1)
        else:
            yield read_call(value)
    else:
        yield None


def _is_nested(value: JsonValue) -> bool:
    return isinstance(value, (dict, list)) and bool(value)


def read_call(body: JsonObject, name: str | None = None) -> TextCall | None:
    """Return the call in an object, under any of the usual names of its members.

    With a `name` from outside, an object without a member for arguments is the arguments.
    """
    names = (body[key] for key in NAME_KEYS if isinstance(body.get(key), str))
    found_name = name or next(names, None)
    if not isinstance(found_name, str) or not found_name:
        return None
    for key in ARGUMENT_KEYS:
        arguments = body.get(key)
        if isinstance(arguments, str):
            arguments = parse_object(arguments)
        if isinstance(arguments, dict):
            return TextCall(found_name, arguments)
    return TextCall(found_name, body if name else {})
