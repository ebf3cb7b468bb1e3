"""Reads a whole request: what the caller asks for, in standard terms."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ai_lib.protocol.dialect.model import Dialect, RequestShape, Template
from ai_lib.protocol.dialect.reasoning import ReasoningShape, find_reasoning
from ai_lib.protocol.dialect.template import find_placeholders, match_template
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.testing.mock.message_reader import read_messages, read_text
from ai_lib.testing.mock.serve_shape import ServeSection
from ai_lib.types.json import JsonDict, JsonObject, JsonValue, find_member
from ai_lib.types.message import Message
from ai_lib.types.tool import ToolChoice, ToolDefinition

Body = JsonObject


class ParsedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for, read from its body.

    `constraint` has what the answer must fit: a `regex`, `choices`, a `grammar`, or choices in one
    of the other two notations (`choice_regex`, `choice_grammar`).
    """

    model: str
    streamed: bool
    wants_usage: bool
    messages: Sequence[Message]
    tools: Sequence[ToolDefinition] = ()
    tool_choice: ToolChoice = ToolChoice()
    allows_parallel_calls: bool = True
    candidate_count: int = 1
    wants_thinking: bool = False
    response_schema: JsonObject | None = None
    wants_json_object: bool = False
    constraint: JsonObject = {}


def read_request(
    dialect: Dialect,
    serve: ServeSection,
    body: Body,
    *,
    model: str | None,
    streamed: bool,
    reasoning: Mapping[str, ReasoningShape] = {},
) -> ParsedRequest:
    """Read a request's body; `model` and `streamed` are given by its path.

    `reasoning` has what the models take to be told how much to think.
    """
    shape = dialect.request
    fields = _match_members(shape.body, body)
    system = read_text(shape.messages, fields.get("system"))
    messages = read_messages(shape.messages, serve, fields.get("messages") or [])
    return ParsedRequest(
        model=model or str(fields.get("model") or ""),
        streamed=streamed or _matches(shape.stream, body),
        wants_usage=_matches(shape.stream_usage, body),
        messages=([Message.system(system)] if system else []) + messages,
        tools=_read_tools((shape.tool, *serve.tools), fields.get("tools")),
        tool_choice=_read_tool_choice(shape, body),
        allows_parallel_calls=_allows_parallel_calls(shape, body),
        candidate_count=_read_candidate_count(shape, body),
        wants_thinking=_wants_thinking(
            dialect, serve, body, find_reasoning(reasoning, model or str(fields.get("model") or ""))
        ),
        response_schema=_read_schema(shape, serve, body),
        wants_json_object=_matches(shape.response_format.get("json_object", {}), body),
        constraint=_read_constraint(shape, serve, body),
    )


def _match_members(templates: Mapping[str, Template], body: Body) -> JsonDict:
    """Match each member by itself, so that one that does not match leaves the others."""
    fields: JsonDict = {}
    for key, template in templates.items():
        if key in body:
            fields.update(_match_each(template, body[key]))
    return fields


def _match_each(template: Template, wire: object) -> JsonDict:
    """Match a list with a template of one item by each of its items, and join what they give."""
    if isinstance(template, dict) and len(template) == 1 and isinstance(wire, dict):
        [(key, inner)] = template.items()
        return _match_each(inner, wire[key]) if key in wire else {}
    if not (isinstance(template, list) and len(template) == 1 and isinstance(wire, list)):
        return match_template(template, wire) or {}
    fields: JsonDict = {}
    for item in wire:
        for name, value in (match_template(template[0], item) or {}).items():
            fields[name] = _join(fields.get(name), value)
    return fields


def _join(before: JsonValue, value: JsonValue) -> JsonValue:
    if isinstance(before, list) and isinstance(value, list):
        return before + value
    if isinstance(before, str) and isinstance(value, str):
        return before + value
    return value


def _read_schema(shape: RequestShape, serve: ServeSection, body: Body) -> JsonObject | None:
    templates = (shape.response_format.get("json_schema", {}), *serve.schemas)
    schemas = (_match_members(template, body).get("schema") for template in templates)
    return next((schema for schema in schemas if isinstance(schema, dict)), None)


def _matches(fragment: Mapping[str, Template], body: Body) -> bool:
    return bool(fragment) and match_template(fragment, body) is not None


def _read_constraint(shape: RequestShape, serve: ServeSection, body: Body) -> JsonDict:
    """Read what the answer must fit, by the names of the template's placeholders."""
    kinds = (shape.response_format.get(kind) for kind in ("regex", "choice", "grammar"))
    for template in (*kinds, serve.choices):
        fields = match_template(template, body)
        if fields:
            return fields
    return {}


def _read_tools(templates: Sequence[Template], wire: object) -> list[ToolDefinition]:
    definitions = (_read_tool(templates, tool) for tool in (wire if isinstance(wire, list) else ()))
    return [tool for tool in definitions if tool is not None]


def _read_tool(templates: Sequence[Template], wire: object) -> ToolDefinition | None:
    fields: JsonDict = {}
    for template in templates:
        fields.update(match_template(template, wire) or {})
    values = {name: value for name, value in fields.items() if value is not None}
    return ToolDefinition(**values) if isinstance(values.get("name"), str) else None


def _read_tool_choice(shape: RequestShape, body: Body) -> ToolChoice:
    # The template that names a tool is the most specific, so it is tried first.
    for mode in ("tool", "required", "none", "auto"):
        fragment = shape.tool_choice.get(mode)
        fields = match_template(fragment, body) if fragment else None
        if fields is not None and (mode != "tool" or "name" in fields):
            return (
                ToolChoice(mode="tool", name=str(fields["name"])) if fields else ToolChoice.of(mode)
            )
    return ToolChoice()


def _allows_parallel_calls(shape: RequestShape, body: Body) -> bool:
    if _get_parameter(shape, body, "parallel_tool_calls") is False:
        return False
    fragment = shape.options.get("parallel_tool_calls", {}).get("false", {})
    # The last leaf of the fragment is the parameter itself.
    leaves = list(_list_leaves(fragment))
    return not leaves or find_member(body, leaves[-1][0]) != leaves[-1][1]


def _list_leaves(
    fragment: JsonObject, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, item in fragment.items():
        if isinstance(item, Mapping):
            yield from _list_leaves(item, (*path, key))
        else:
            yield (*path, key), item


def _read_candidate_count(shape: RequestShape, body: Body) -> int:
    count = _get_parameter(shape, body, "n")
    return count if isinstance(count, int) and count > 0 else 1


def _wants_thinking(
    dialect: Dialect, serve: ServeSection, body: Body, reasoning: ReasoningShape | None
) -> bool:
    if serve.thinks:
        return any(compile_expression(condition)(body, body) for condition in serve.thinks)
    effort = _get_parameter(dialect.request, body, "reasoning_effort")
    if effort is not None:
        return reasoning is None or effort != reasoning.off
    if reasoning is None:
        return False
    budget = reasoning.budget.fragment if reasoning.budget is not None else None
    fragments = [*reasoning.levels.values(), reasoning.on, budget]
    return any(isinstance(fragment, dict) and _says(fragment, body) for fragment in fragments)


def _says(fragment: Mapping[str, Template], body: Body) -> bool:
    """Whether a body has a fragment, with a value for each of its placeholders."""
    fields = match_template(fragment, body) if fragment else None
    return fields is not None and find_placeholders(fragment) <= fields.keys()


def _get_parameter(shape: RequestShape, body: Body, name: str) -> object:
    path = shape.parameters.get(name)
    return find_member(body, path) if path else None
