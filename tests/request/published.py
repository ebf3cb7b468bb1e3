"""The vendors' own types for request bodies, out of their SDKs, made into strict validators.

An SDK's types describe what its users may pass; a validator made from them takes no unknown key,
no value of another type, and reads every list to its end. The SDKs are in the `dev` extra; without
one, what needs it is skipped.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

Json = dict[str, Any]
Check = Callable[[bytes], object]


# Older ones lack what the APIs have learnt since.
_SDKS = {
    "chat": ("openai", "3.0"),
    "responses": ("openai", "3.0"),
    "messages": ("anthropic", "2.0"),
    "generate": ("google.genai", "3.0"),
    "chat v2": ("cohere", "7.0"),
}


def validator(dialect: str, *, stream: bool = False) -> Check:
    """Give what raises for a body that the vendor's types do not allow.

    Skips the test when the vendor's SDK is not installed.
    """
    module, version = _SDKS[dialect]
    pytest.importorskip(
        module, version, reason=f"the types of {dialect} are those of {module} {version} or newer"
    )
    return _validator(dialect, stream)


@functools.cache
def _validator(dialect: str, stream: bool) -> Check:
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

    schema = TypeAdapter(_BODIES[dialect](stream)).core_schema
    strict = SchemaValidator(_strict(schema), {"validate_by_name": False})  # but by the wire's
    return lambda body: strict.validate_json(body, strict=True)


def _strict(node: Any) -> Any:
    """Give a schema of pydantic's that refuses unknown keys and looks into every list."""
    if isinstance(node, list | tuple):
        return type(node)(_strict(item) for item in node)
    if not isinstance(node, dict):
        return node
    found = {key: _strict(value) for key, value in node.items()}
    kind = found.get("type")
    if kind == "generator":  # an Iterable, which pydantic would not look into
        found["type"] = "list"
    if kind in ("typed-dict", "model-fields"):
        found["extra_behavior"] = "forbid"
    if kind == "bytes":  # JSON has none: they come as base64
        return {"type": "str", "pattern": "^[A-Za-z0-9+/_-]*={0,2}$"}
    if kind == "model":  # it would be validated by its class, and as leniently as that likes
        return {**found["schema"], **({"ref": found["ref"]} if "ref" in found else {})}
    return found


def _chat(stream: bool) -> Any:
    from openai.types.chat import completion_create_params as types

    return (
        types.CompletionCreateParamsStreaming
        if stream
        else types.CompletionCreateParamsNonStreaming
    )


def _responses(stream: bool) -> Any:
    from openai.types.responses import response_create_params as types

    return types.ResponseCreateParamsStreaming if stream else types.ResponseCreateParamsNonStreaming


def _messages(stream: bool) -> Any:
    from anthropic.types import message_create_params as types
    from typing_extensions import TypedDict, get_type_hints

    whole = types.MessageCreateParamsStreaming if stream else types.MessageCreateParamsNonStreaming
    # The newest models take none of these, so the newest types lack them; the API has them still.
    sampling = {"temperature": float, "top_p": float, "top_k": int}
    return TypedDict(
        "MessageRequest", {**get_type_hints(whole, include_extras=True), **sampling}, total=False
    )


def _generate(stream: bool) -> Any:
    """The body of https://ai.google.dev/api/generate-content; the SDK has types for its parts."""
    from google.genai import types

    parts = {
        "contents": list[types.Content],
        "systemInstruction": types.Content,
        "tools": list[types.Tool],
        "toolConfig": types.ToolConfig,
        "safetySettings": list[types.SafetySetting],
        "generationConfig": types.GenerationConfig,
        "cachedContent": str,
    }
    return _body("GenerateContentRequest", parts, "contents")


def _chat_v2(stream: bool) -> Any:
    """What the SDK's method takes is what it sends."""
    from cohere.v2.client import V2Client

    method = V2Client.chat_stream if stream else V2Client.chat
    names = inspect.signature(method, eval_str=True).parameters
    parts = {
        name: one.annotation
        for name, one in names.items()
        if name not in ("self", "request_options")
    }
    return _body("ChatRequest", {**parts, "stream": bool}, "model", "messages")


def _body(name: str, parts: Json, *required: str) -> Any:
    from typing_extensions import NotRequired, TypedDict

    return TypedDict(
        name, {key: kind if key in required else NotRequired[kind] for key, kind in parts.items()}
    )


_BODIES: dict[str, Callable[[bool], Any]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "generate": _generate,
    "chat v2": _chat_v2,
}
