"""A whole request read back: what the caller asked for, in standard terms."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ai_lib.protocol.dialect.model import Dialect, RequestShape, Template
from ai_lib.protocol.dialect.template import match_template
from ai_lib.testing.mock.message_reader import read_text, read_turns
from ai_lib.testing.mock.serve_shape import ServeShape
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.message import Message
from ai_lib.types.tool import ToolChoice, ToolDefinition

Body = JsonObject


class ParsedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for. `schema` is that of the answer; `json_object` wants any object."""

    model: str
    streamed: bool
    usage_asked: bool
    messages: Sequence[Message]
    tools: Sequence[ToolDefinition] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel: bool = True
    candidates: int = 1
    thinking: bool = False
    schema: JsonObject | None = None
    json_object: bool = False


def read_request(
    dialect: Dialect, serve: ServeShape, body: Body, *, model: str | None, streamed: bool
) -> ParsedRequest:
    """Read a request's body; `model` and `streamed` are what its path says."""
    shape = dialect.request
    found = _parts(shape.body, body)
    system = read_text(shape.messages, found.get("system"))
    messages = read_turns(shape.messages, serve, found.get("messages") or [])
    formats = shape.response_format
    return ParsedRequest(
        model=model or str(found.get("model") or ""),
        streamed=streamed or _holds(shape.stream, body),
        usage_asked=_holds(shape.stream_usage, body),
        messages=([Message.system(system)] if system else []) + messages,
        tools=_tools((shape.tool, *serve.tools), found.get("tools")),
        tool_choice=_tool_choice(shape, body),
        parallel=_parallel(shape, body),
        candidates=_candidates(shape, body),
        thinking=_parameter(shape, body, "reasoning_effort") is not None,
        schema=_parts(formats.get("json_schema", {}), body).get("schema"),
        json_object=_holds(formats.get("json_object", {}), body),
    )


def _parts(templates: Mapping[str, Template], body: Body) -> JsonDict:
    """Match every member by itself, so that one odd member does not hide the others."""
    found: JsonDict = {}
    for key, template in templates.items():
        if key in body:
            found.update(match_template(template, body[key]) or {})
    return found


def _holds(fragment: Mapping[str, Template], body: Body) -> bool:
    return bool(fragment) and match_template(fragment, body) is not None


def _tools(forms: Sequence[Template], wire: object) -> list[ToolDefinition]:
    read = (_tool(forms, tool) for tool in (wire if isinstance(wire, list) else ()))
    return [tool for tool in read if tool is not None]


def _tool(forms: Sequence[Template], wire: object) -> ToolDefinition | None:
    facts: JsonDict = {}
    for form in forms:
        facts.update(match_template(form, wire) or {})
    known = {name: value for name, value in facts.items() if value is not None}
    return ToolDefinition(**known) if isinstance(known.get("name"), str) else None


def _tool_choice(shape: RequestShape, body: Body) -> ToolChoice:
    # The form that names a tool is the narrowest, so it is tried first.
    for mode in ("tool", "required", "none", "auto"):
        fragment = shape.tool_choice.get(mode)
        found = match_template(fragment, body) if fragment else None
        if found is not None and (mode != "tool" or "name" in found):
            return (
                ToolChoice(mode="tool", name=str(found["name"])) if found else ToolChoice.of(mode)
            )
    return ToolChoice()


def _parallel(shape: RequestShape, body: Body) -> bool:
    if _parameter(shape, body, "parallel_tool_calls") is False:
        return False
    fragment = shape.options.get("parallel_tool_calls", {}).get("false", {})
    # Of the whole fragment the last leaf is the one that speaks of it.
    leaves = list(_leaves(fragment))
    return not leaves or _at(body, leaves[-1][0]) != leaves[-1][1]


def _leaves(
    fragment: JsonObject, way: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, item in fragment.items():
        if isinstance(item, Mapping):
            yield from _leaves(item, (*way, key))
        else:
            yield (*way, key), item


def _candidates(shape: RequestShape, body: Body) -> int:
    asked = _parameter(shape, body, "n")
    return asked if isinstance(asked, int) and asked > 0 else 1


def _parameter(shape: RequestShape, body: Body, name: str) -> object:
    place = shape.parameters.get(name)
    return _at(body, place.split(".")) if place else None


def _at(body: Body, place: Sequence[str]) -> object:
    node: object = body
    for name in place:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node
