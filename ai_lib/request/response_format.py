"""Applies a response format to a request: by schema, as JSON, by a tool, or in the prompt."""

import itertools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.template import find_placeholders
from ai_lib.protocol.manifest.capabilities import allows_capability
from ai_lib.protocol.model import Model
from ai_lib.request.fragments import Body, merge_filled
from ai_lib.request.json_schema import SchemaWriter
from ai_lib.request.strict_schema import SchemaOpen, close_schema
from ai_lib.types.json import JsonObject, encode_json
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition

_SCHEMA_PROMPT: Final = """\
Answer with one JSON object and nothing else: no code fence, no text before or after it. \
It must fit this JSON Schema:
"""
_PATTERN_SYNTAX: Final = re.compile(r"[\\.^$*+?()\[\]{}|]")
_JSON_PROMPT: Final = "Answer with one JSON object and nothing else."


class _FormatRequest(NamedTuple):
    request: ChatRequest
    format: ResponseFormat
    compiled: CompiledManifest
    model: Model


def apply_response_format(
    request: ChatRequest, compiled: CompiledManifest, model: Model, skipped: int = 0
) -> tuple[ChatRequest, tuple[str, ...]]:
    """Return the request with a response format that this target supports, and notes on it.

    The format `auto` becomes the strictest of these that the manifest and dialect support: a schema
    that the provider enforces, any JSON with the schema in the prompt, the arguments of a tool
    call, the prompt alone; `skipped` counts those that a constraint refused.

    Raises:
        RequestError: a tool of the request has the name of the response format.
    """
    response_format = request.response_format
    if response_format is None:
        return request, ()
    format_request = _FormatRequest(request, response_format, compiled, model)
    if response_format.type == "auto":
        forms = _list_forms(format_request)
        return next(itertools.islice(forms, skipped, None))
    if response_format.type == "tool":
        return _ask_by_tool(format_request), ()
    if response_format.type == "prompt":
        return _ask_in_prompt(format_request, None), ()
    if response_format.type == "json_object" and response_format.schema is not None:
        return _ask_in_prompt(
            format_request, msgspec.structs.replace(response_format, schema=None)
        ), ()
    if response_format.type == "json_schema" and response_format.fits:
        return _ask_by_schema(format_request) or request, ()
    return request, ()


def count_forms(request: ChatRequest, compiled: CompiledManifest, model: Model) -> int:
    """Return in how many forms a request for the format `auto` can be made."""
    response_format = request.response_format
    if response_format is None:
        return 0
    return sum(1 for _ in _list_forms(_FormatRequest(request, response_format, compiled, model)))


def _list_forms(format_request: _FormatRequest) -> Iterator[tuple[ChatRequest, tuple[str, ...]]]:
    """Yield the request in each form that the target has, the strictest first, with notes."""
    formats = format_request.compiled.dialect.request.response_format
    manifest = format_request.compiled.manifest
    structured = allows_capability(manifest, "structured_output", format_request.model.entry)
    if structured and formats.get("json_schema") and (strict := _ask_by_schema(format_request)):
        yield strict, ()
    if structured and formats.get("json_object"):
        json_format = msgspec.structs.replace(
            format_request.format, type="json_object", schema=None
        )
        note = "the response is asked for as JSON, with its schema in the prompt"
        yield _ask_in_prompt(format_request, json_format), (note,)
    in_text = manifest.text_tools is not None and manifest.text_tools.replaces_native
    if (
        allows_capability(manifest, "tools", format_request.model.entry)
        and not in_text
        and format_request.format.schema is not None
    ):
        note = "the response is asked for as the arguments of a tool call"
        yield _ask_by_tool(format_request), (note,)
    note = "the response is asked for as JSON by the prompt alone"
    yield _ask_in_prompt(format_request, None), (note,)


def _ask_by_schema(format_request: _FormatRequest) -> ChatRequest | None:
    """Ask by the schema, strictly if possible; None when the target can't express it at all."""
    schema, shape = format_request.format.schema, format_request.compiled.dialect.request.schema
    if schema is None:
        return None
    for strict in (True, False) if format_request.format.strict is not False else (False,):
        fitted = schema
        try:
            if strict or shape.closed:
                fitted = close_schema(schema)
        except SchemaOpen:
            continue
        if _can_express(fitted, strict, format_request.compiled):
            response_format = msgspec.structs.replace(
                format_request.format, type="json_schema", schema=fitted, strict=strict
            )
            return msgspec.structs.replace(format_request.request, response_format=response_format)
    return None


def _can_express(schema: JsonObject, strict: bool, compiled: CompiledManifest) -> bool:
    try:
        SchemaWriter(compiled.dialect.request.schema, compiled.id).write(schema, strict=strict)
    except CapabilityError:
        return False
    return True


def _ask_by_tool(format_request: _FormatRequest) -> ChatRequest:
    request, response_format = format_request.request, format_request.format
    if response_format.schema is None:
        raise RequestError(
            "a response as a tool call needs a schema", provider=format_request.compiled.id
        )
    if any(tool.name == response_format.name for tool in request.tools):
        raise RequestError(
            f"the response is asked for as a call of {response_format.name!r}, which is also a "
            "tool of the request: give one of them another name",
            provider=format_request.compiled.id,
        )
    tool = ToolDefinition(
        name=response_format.name,
        description=response_format.description or "Call this to give the final answer.",
        parameters=response_format.schema,
    )
    return msgspec.structs.replace(
        request,
        tools=(*request.tools, tool),
        tool_choice=request.tool_choice or _force_tool(format_request),
        response_format=None,
    )


def _force_tool(format_request: _FormatRequest) -> ToolChoice | None:
    choices = format_request.compiled.dialect.request.tool_choice
    if choices.get("tool") and not format_request.request.tools:
        return ToolChoice(mode="tool", name=format_request.format.name)
    return ToolChoice(mode="required") if choices.get("required") else None


def _ask_in_prompt(
    format_request: _FormatRequest, response_format: ResponseFormat | None
) -> ChatRequest:
    schema = format_request.format.schema
    text = _JSON_PROMPT if schema is None else _SCHEMA_PROMPT + encode_json(schema).decode()
    messages = format_request.request.messages
    system = [message for message in messages if message.role is MessageRole.SYSTEM]
    others = [message for message in messages if message.role is not MessageRole.SYSTEM]
    return msgspec.structs.replace(
        format_request.request,
        messages=(*system, Message.system(text), *others),
        response_format=response_format,
    )


def add_response_format(
    body: Body, response_format: ResponseFormat, compiled: CompiledManifest
) -> list[str]:
    """Add a response format to a body; return what was left out of its schema.

    Raises CapabilityError where the dialect has no such format, or can't express the schema.
    """
    schemas = SchemaWriter(compiled.dialect.request.schema, compiled.id)
    formats = compiled.dialect.request.response_format
    fragment = formats.get(response_format.type)
    if fragment is None:
        raise CapabilityError(
            f"{compiled.id} has no response format {response_format.type!r}; it has "
            f"{', '.join(formats) or 'none'}",
            capability="structured_output",
            provider=compiled.id,
        )
    values: dict[str, object] = {"name": response_format.name}
    if response_format.description is not None:
        values["description"] = response_format.description
    if response_format.schema is not None:
        is_strict = response_format.strict and "strict" in find_placeholders(fragment)
        schema = schemas.write(response_format.schema, strict=is_strict, is_answer=True)
        values["schema"] = schema
        if "schema_text" in find_placeholders(fragment):
            values["schema_text"] = encode_json(schema).decode()
    if response_format.strict is not None:
        values["strict"] = response_format.strict
    if response_format.constraint is not None:
        values.update(_write_constraint(response_format.constraint))
    merge_filled(body, fragment, values)
    return schemas.adaptations


def _write_constraint(constraint: str | tuple[str, ...]) -> dict[str, object]:
    """Return a constraint in each notation that a dialect may have a placeholder for.

    Choices are written as a pattern and as a grammar, for servers that know no other form.
    """
    if isinstance(constraint, str):
        return {"regex": constraint, "grammar": constraint}
    literals = [encode_json(text).decode() for text in constraint]
    return {
        "choices": list(constraint),
        "choice_regex": f"({'|'.join(map(_escape_pattern, constraint))})",
        "choice_grammar": f"root ::= {' | '.join(literals)}",
    }


def _escape_pattern(text: str) -> str:
    """Escape what has a meaning in patterns, and nothing else: servers refuse other escapes."""
    return _PATTERN_SYNTAX.sub(r"\\\g<0>", text)
