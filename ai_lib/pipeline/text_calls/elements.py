"""Reads calls that are elements: `<tool_call>`, `<invoke>`, `<function>` and tags that mean a tool.

The canonical form is a `<tool_call>` element around `{"name": ..., "arguments": {...}}`. Models
also write the name as an attribute, the arguments under other names or as elements of their own.
"""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Final, NamedTuple

from ai_lib.pipeline.text_calls.call import (
    TextCall,
    TextCallContext,
    decode_all,
    parse_object,
    parse_value,
    read_call,
    read_calls,
    read_canonical_call,
)
from ai_lib.types.json import JsonDict

# Some models put a marker of their own between bars before every name.
MARK: Final = r"(?:[|\uff5c]{1,2}\w{1,16}[|\uff5c]{1,2})?"
ELEMENT: Final = rf"<({MARK})([A-Za-z_][\w-]{{0,63}})((?:\s[^<>]{{0,500}})?)>"
ENDING: Final = re.compile(rf"</{MARK}(?:tool_calls?|function|function_calls?|invoke|bash|shell)>")
CALL_ELEMENTS: Final = frozenset({"tool_call", "function_call", "invoke", "function"})

# What a tag without elements in it holds.
_BARE_ARGUMENT: Final = "command"
_OPENING: Final = re.compile(ELEMENT)
_ATTRIBUTE: Final = re.compile(r"([A-Za-z_][\w-]*)\s*=\s*\"([^\"]*)\"")
_NAMED_FUNCTION: Final = re.compile(r"\s*<function=([\w.-]+)>")
_NAMED_PARAMETER: Final = re.compile(r"<parameter=([\w.-]+)>")
_PARAMETER_END: Final = re.compile(r"</parameter>|(?=<parameter=)")
_KEY_AND_VALUE: Final = re.compile(
    r"<arg_key>([^<]*)</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL
)
_LEADING_NAME: Final = re.compile(r"\s*([\w.-]+)\s*(?=<arg_key>|$)")


class Element(NamedTuple):
    """An element of the markup."""

    name: str
    attributes: Mapping[str, str]
    body: str


def read_attributes(text: str) -> dict[str, str]:
    """Return the attributes of an opening tag."""
    return dict(_ATTRIBUTE.findall(text))


def read_element(element: Element, context: TextCallContext) -> list[TextCall]:
    """Return the calls in an element; none when it is malformed."""
    if element.name in ("tool_call", "function_call"):
        return _read_tool_call(element, context)
    name = element.attributes.get("name")
    if element.name in ("invoke", "function"):
        return [_read_invocation(name, element.body, context)] if name else []
    return _read_dialect(element, context)


def read_named_function(name: str, body: str, context: TextCallContext) -> list[TextCall]:
    """Return the call of a `<function=name>` element: its body is JSON or has parameters."""
    call = _read_invocation(name, body, context)
    is_known = context.offered is None or context.is_offered(name)
    return [call] if call.arguments or is_known else []


def _read_tool_call(element: Element, context: TextCallContext) -> list[TextCall]:
    if not context.lenient:
        canonical = read_canonical_call(parse_object(element.body) or {})
        return [canonical] if canonical else []
    name = element.attributes.get("name")
    values = decode_all(element.body)
    if name and values:
        calls = [read_call(value, name) if isinstance(value, dict) else None for value in values]
    else:
        calls = [call for value in values for call in read_calls(value)]
    if calls:
        return [] if None in calls else [call for call in calls if call is not None]
    return _read_markup(element.body, context)


def _read_markup(body: str, context: TextCallContext) -> list[TextCall]:
    """Return the calls that are elements in a `<tool_call>`."""
    function = _NAMED_FUNCTION.match(body)
    if function:
        return read_named_function(function[1], body[function.end() :], context)
    leading = _LEADING_NAME.match(body)
    if leading and (context.is_offered(leading[1]) or "<arg_key>" in body):
        arguments = {
            key.strip(): context.convert_argument(leading[1], key.strip(), value)
            for key, value in _KEY_AND_VALUE.findall(body)
        }
        return [TextCall(leading[1], arguments)]
    inner = list(_elements(body, CALL_ELEMENTS - {"tool_call"}))
    return [call for element in inner for call in read_element(element, context)]


def _read_invocation(name: str, body: str, context: TextCallContext) -> TextCall:
    arguments = _read_parameters(name, body, context)
    return TextCall(name, arguments or parse_object(_without_markup(body)) or {})


def _without_markup(body: str) -> str:
    return body.partition("</function>")[0]


def _read_dialect(element: Element, context: TextCallContext) -> list[TextCall]:
    tool = context.dialects[element.name]
    if context.offered is not None and tool not in context.offered:
        return []
    names = {opening[2] for opening in _OPENING.finditer(element.body)}
    arguments: JsonDict = {inner.name: inner.body for inner in _elements(element.body, names)}
    if not arguments and (command := element.body.strip()):
        arguments = {_BARE_ARGUMENT: command}
    return [TextCall(tool, arguments)] if arguments else []


def _read_parameters(tool: str, body: str, context: TextCallContext) -> JsonDict:
    parameters: JsonDict = {}
    for parameter in _elements(body, {"parameter"}):
        name = parameter.attributes.get("name")
        if name and (kind := parameter.attributes.get("string")):
            is_text = kind != "false"
            parameters[name] = parameter.body if is_text else parse_value(parameter.body)
        elif name:
            parameters[name] = context.convert_argument(tool, name, parameter.body)
    for opening in _NAMED_PARAMETER.finditer(body):
        end = _PARAMETER_END.search(body, opening.end())
        text = body[opening.end() : end.start() if end else len(body)]
        text = _without_markup(text).removeprefix("\n").removesuffix("\n")
        parameters[opening[1]] = context.convert_argument(tool, opening[1], text)
    return parameters


def _elements(text: str, names: Set[str]) -> Iterator[Element]:
    """Yield the closed elements with these names, but none inside another."""
    position = 0
    unclosed: set[str] = set()
    while opening := _OPENING.search(text, position):
        position = opening.end()
        mark, name, attributes = opening.groups()
        closing = f"</{mark}{name}>"
        if name not in names or closing in unclosed:
            continue
        end = text.find(closing, position)
        if end < 0:
            unclosed.add(closing)
            continue
        yield Element(name, read_attributes(attributes), text[position:end])
        position = end + len(closing)
