"""Finds tool calls that a model wrote into its text (AI-Protocol, tool-calling, text fallback).

The canonical form is a `<tool_call>` element around `{"name": ..., "arguments": {...}}`. Lenient
parsing also takes a name that is an attribute, arguments under other names, calls inside a
wrapper, `<invoke>` elements with `<parameter>`s, and tags that a manifest maps to a tool.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.protocol.manifest.model import TextTools
from ai_lib.types.content import Block, TextBlock, ToolUseBlock
from ai_lib.types.json import JSON_ENCODER, JsonDict, JsonObject
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.tool import ToolCall

DIALECTS: Final[Mapping[str, str]] = {"shell": "shell", "bash": "shell"}
"""Tags that models invent, and the tools they mean."""

# What a tag without elements in it holds.
_BARE_ARGUMENT: Final = "command"

_ARGUMENTS: Final = ("arguments", "parameters", "params", "args", "input")
# Some models put a marker of their own between bars before every name.
_MARK: Final = r"(?:[|\uff5c]{1,2}\w{1,16}[|\uff5c]{1,2})?"
_OPENING: Final = re.compile(rf"<({_MARK})([A-Za-z_][\w-]{{0,63}})((?:\s[^<>]{{0,500}})?)>")
_WRAPPER: Final = re.compile(rf"</?{_MARK}tool_calls>")
_ENDING: Final = re.compile(rf"</{_MARK}(?:tool_calls?|function|function_call|invoke|bash|shell)>")
_ATTRIBUTE: Final = re.compile(r"([A-Za-z_][\w-]*)\s*=\s*\"([^\"]*)\"")


class TextToolCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The tool calls in a text, and the text without them."""

    text: str
    calls: Sequence[ToolCall]


class _Element(msgspec.Struct, frozen=True):
    """An element of the markup: `start` and `end` are offsets in the text."""

    name: str
    attributes: Mapping[str, str]
    body: str
    start: int
    end: int


def parse_text_tool_calls(
    text: str, *, lenient: bool = True, dialects: Mapping[str, str] = DIALECTS
) -> TextToolCalls:
    """Return the tool calls in a text. Malformed calls are left in the text.

    Without `lenient`, only the canonical form is a call. `dialects` maps tags to tools.
    """
    kept_texts: list[str] = []
    calls: list[ToolCall] = []
    position = 0
    names = {"tool_call"} | ({"invoke", "function", *dialects} if lenient else set())
    for element in _elements(text, names, lenient=lenient):
        parsed_calls = _parse_calls(element, lenient, dialects)
        for name, arguments in parsed_calls:
            calls.append(_make_call(name, arguments, len(calls)))
        if not parsed_calls:
            continue
        kept_texts.append(text[position : element.start])
        position = element.end
    kept_texts.append(text[position:])
    remaining = "".join(kept_texts)
    if calls:
        remaining = (_WRAPPER.sub("", remaining) if lenient else remaining).strip()
    return TextToolCalls(text=remaining, calls=tuple(calls))


def parse_hybrid_tool_calls(
    text: str,
    native: Sequence[ToolCall],
    *,
    lenient: bool = True,
    dialects: Mapping[str, str] = DIALECTS,
) -> TextToolCalls:
    """Return the native calls and the whole text; without native calls, those in the text."""
    if native:
        return TextToolCalls(text=text, calls=tuple(native))
    return parse_text_tool_calls(text, lenient=lenient, dialects=dialects)


def with_text_tools(response: ChatResponse, text_tools: TextTools | None) -> ChatResponse:
    """Return the response with the calls in its texts made tool calls.

    Without `text_tools`, the manifest's section, it is returned unchanged.
    """
    if text_tools is None:
        return response
    dialects = {**DIALECTS, **text_tools.dialects}
    candidates = tuple(_parse_candidate(candidate, dialects) for candidate in response.candidates)
    return msgspec.structs.replace(response, candidates=candidates)


def _parse_candidate(candidate: Candidate, dialects: Mapping[str, str]) -> Candidate:
    if candidate.tool_calls:
        return candidate
    blocks: list[Block] = []
    calls: list[ToolCall] = []
    for block in candidate.blocks:
        if not isinstance(block, TextBlock):
            blocks.append(block)
            continue
        parsed = parse_text_tool_calls(block.text, dialects=dialects)
        if parsed.text or not parsed.calls:
            blocks.append(TextBlock(text=parsed.text) if parsed.calls else block)
        for call in parsed.calls:
            calls.append(msgspec.structs.replace(call, index=len(calls)))
            blocks.append(_make_block(call))
    if not calls:
        return candidate
    is_normal_end = candidate.termination_reason in (None, "end_turn", "stop_sequence")
    return msgspec.structs.replace(
        candidate,
        blocks=tuple(blocks),
        tool_calls=tuple(calls),
        termination_reason="tool_use" if is_normal_end else candidate.termination_reason,
    )


def _elements(text: str, names: set[str], *, lenient: bool = False) -> Iterator[_Element]:
    """Yield the closed elements with these names, but none inside another.

    With `lenient`, an element may be closed by the end of another kind of call.
    """
    position = 0
    unclosed: set[str] = set()
    while opening := _OPENING.search(text, position):
        position = opening.end()
        mark, name, attributes = opening.groups()
        closing = f"</{mark}{name}>"
        if name not in names or closing in unclosed:
            continue
        end = text.find(closing, position)
        if end < 0 and lenient and (other := _ENDING.search(text, position)):
            end, closing = other.start(), other[0]
        if end < 0:
            unclosed.add(closing)
            continue
        yield _Element(
            name,
            dict(_ATTRIBUTE.findall(attributes)),
            text[position:end],
            opening.start(),
            end + len(closing),
        )
        position = end + len(closing)


def _make_call(name: str, arguments: JsonObject, index: int) -> ToolCall:
    from ai_lib.types.schema.reading import holds_decimal, to_floats

    exact_json = JSON_ENCODER.encode(arguments).decode() if holds_decimal(arguments) else ""
    return ToolCall(
        id=f"call_{os.urandom(8).hex()}",
        name=name,
        arguments=to_floats(arguments),
        index=index,
        exact_json=exact_json,
    )


def _make_block(call: ToolCall) -> ToolUseBlock:
    return ToolUseBlock(
        id=call.id, name=call.name, input=call.arguments, exact_json=call.exact_json
    )


def _parse_calls(
    element: _Element, lenient: bool, dialects: Mapping[str, str]
) -> list[tuple[str, JsonObject]]:
    """Return the calls in an element, each a name and its arguments; none when it is malformed."""
    if element.name == "tool_call":
        bodies = _parse_bodies(element.body, lenient)
        parsed = [_parse_json_call(element.attributes, body, lenient) for body in bodies]
        return [call for call in parsed if call is not None]
    name = element.attributes.get("name")
    if element.name in ("invoke", "function"):
        arguments = _parse_parameters(element.body) or _parse_object(element.body) or {}
        return [(name, arguments)] if name else []
    arguments = {
        inner.name: inner.body for inner in _elements(element.body, _names_in(element.body))
    }
    if not arguments and (command := element.body.strip()):
        arguments = {_BARE_ARGUMENT: command}
    return [(dialects[element.name], arguments)] if arguments else []


def _parse_bodies(text: str, lenient: bool) -> list[JsonObject]:
    """Return the objects in a `tool_call`: one, or several in a list or on lines of their own."""
    value = _parse_value(text)
    if isinstance(value, dict):
        return [value]
    if not lenient:
        return []
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    bodies = [_parse_object(line) for line in text.split("\n") if line.strip()]
    return [] if None in bodies else [body for body in bodies if body is not None]


def _parse_json_call(
    attributes: Mapping[str, str], body: JsonObject, lenient: bool
) -> tuple[str, JsonObject] | None:
    if not lenient:
        name, arguments = body.get("name"), body.get("arguments")
        if isinstance(name, str) and isinstance(arguments, dict) and len(body) == 2:
            return name, arguments
        return None
    attribute = attributes.get("name")
    name = attribute or body.get("name")
    if not isinstance(name, str) or not name:
        return None
    for key in _ARGUMENTS:
        arguments = body.get(key)
        if isinstance(arguments, str):
            arguments = _parse_object(arguments)
        if isinstance(arguments, dict):
            return name, arguments
    return (name, body) if attribute else (name, {})


def _parse_parameters(body: str) -> JsonDict:
    parameters: JsonDict = {}
    for parameter in _elements(body, {"parameter"}):
        name = parameter.attributes.get("name")
        if name:
            is_text = parameter.attributes.get("string") != "false"
            parameters[name] = parameter.body if is_text else _parse_value(parameter.body)
    return parameters


def _names_in(body: str) -> set[str]:
    return {opening[2] for opening in _OPENING.finditer(body)}


def _parse_object(text: str) -> JsonDict | None:
    value = _parse_value(text)
    return value if isinstance(value, dict) else None


def _parse_value(text: str) -> object:
    from ai_lib.types.schema.reading import decode_exactly, find_beyond_float

    try:
        value: object = decode_exactly(text.strip())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
    return value if find_beyond_float(value) is None else text
