"""How a target is asked for a typed answer: by its schema, as JSON, by a tool, or in words."""

from typing import Final, NamedTuple

import msgspec

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.capabilities import allows_capability
from ai_lib.request.json_schema import SchemaWriter, closed
from ai_lib.types.json import JsonObject
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition

_IN_WORDS: Final = """\
Answer with one JSON object and nothing else: no code fence, no text before or after it. \
It must fit this JSON Schema:
"""
_NO_SCHEMA: Final = "Answer with one JSON object and nothing else."


class _Asked(NamedTuple):
    request: ChatRequest
    wanted: ResponseFormat
    compiled: CompiledManifest
    model: str


def formed(
    request: ChatRequest, compiled: CompiledManifest, model: str
) -> tuple[ChatRequest, tuple[str, ...]]:
    """Return the request in the form this target can be asked for the answer, and what was chosen.

    The form `auto` is the strictest of: the schema kept by the provider, any JSON with the schema
    in the instructions, the arguments of a tool call, instructions alone. Which of them a target
    has is what its manifest and dialect say.

    Raises:
        RequestError: a tool of the request has the name that the answer's has.
    """
    wanted = request.response_format
    if wanted is None:
        return request, ()
    asked = _Asked(request, wanted, compiled, model)
    if wanted.type == "auto":
        return _strictest(asked)
    if wanted.type == "tool":
        return _as_tool(asked), ()
    if wanted.type == "prompt":
        return _in_words(asked, None), ()
    if wanted.type == "json_object" and wanted.schema is not None:
        return _in_words(asked, msgspec.structs.replace(wanted, schema=None)), ()
    if wanted.type == "json_schema" and wanted.fits:
        return _by_schema(asked) or request, ()
    return request, ()


def _strictest(asked: _Asked) -> tuple[ChatRequest, tuple[str, ...]]:
    formats = asked.compiled.dialect.request.response_format
    manifest = asked.compiled.manifest
    structured = allows_capability(manifest, "structured_output", asked.model)
    if structured and formats.get("json_schema") and (found := _by_schema(asked)):
        return found, ()
    if structured and formats.get("json_object"):
        wanted = msgspec.structs.replace(asked.wanted, type="json_object", schema=None)
        return _in_words(asked, wanted), ("the answer is asked for as JSON, its schema in words",)
    in_text = manifest.text_tools is not None and manifest.text_tools.replaces_native
    if (
        allows_capability(manifest, "tools", asked.model)
        and not in_text
        and asked.wanted.schema is not None
    ):
        return _as_tool(asked), ("the answer is asked for as the arguments of a tool call",)
    return _in_words(asked, None), ("the answer is asked for as JSON in words only",)


def _by_schema(asked: _Asked) -> ChatRequest | None:
    """Ask for the schema, strictly if it can be written so; None when it can't be said at all."""
    schema, shape = asked.wanted.schema, asked.compiled.dialect.request.schema
    if schema is None:
        return None
    for strict in (True, False) if asked.wanted.strict is not False else (False,):
        fitted = closed(schema) if strict or shape.closed else schema
        if fitted is not None and _can_say(fitted, strict, asked.compiled):
            wanted = msgspec.structs.replace(
                asked.wanted, type="json_schema", schema=fitted, strict=strict
            )
            return msgspec.structs.replace(asked.request, response_format=wanted)
    return None


def _can_say(schema: JsonObject, strict: bool, compiled: CompiledManifest) -> bool:
    try:
        SchemaWriter(compiled.dialect.request.schema, compiled.id).write(schema, strict=strict)
    except CapabilityError:
        return False
    return True


def _as_tool(asked: _Asked) -> ChatRequest:
    request, wanted = asked.request, asked.wanted
    if wanted.schema is None:
        raise RequestError("an answer as a tool call needs a schema", provider=asked.compiled.id)
    if any(tool.name == wanted.name for tool in request.tools):
        raise RequestError(
            f"the answer is asked for as a call of {wanted.name!r}, which is also a tool of the "
            "request: give one of them another name",
            provider=asked.compiled.id,
        )
    tool = ToolDefinition(
        name=wanted.name,
        description=wanted.description or "Call this to give the final answer.",
        parameters=wanted.schema,
    )
    return msgspec.structs.replace(
        request,
        tools=(*request.tools, tool),
        tool_choice=request.tool_choice or _forced(asked),
        response_format=None,
    )


def _forced(asked: _Asked) -> ToolChoice | None:
    choices = asked.compiled.dialect.request.tool_choice
    if choices.get("tool") and not asked.request.tools:
        return ToolChoice(mode="tool", name=asked.wanted.name)
    return ToolChoice(mode="required") if choices.get("required") else None


def _in_words(asked: _Asked, wanted: ResponseFormat | None) -> ChatRequest:
    schema = asked.wanted.schema
    text = _NO_SCHEMA if schema is None else _IN_WORDS + msgspec.json.encode(schema).decode()
    messages = asked.request.messages
    system = [message for message in messages if message.role is MessageRole.SYSTEM]
    others = [message for message in messages if message.role is not MessageRole.SYSTEM]
    return msgspec.structs.replace(
        asked.request,
        messages=(*system, Message.system(text), *others),
        response_format=wanted,
    )
