"""How one provider wants to hear a chat, compiled: templates, addresses, what nobody asked for."""

from collections.abc import Mapping

import msgspec

from ai_lib.protocol.dialect.model import Dialect, RequestShape
from ai_lib.protocol.dialect.template import CompiledTemplate, compile_template
from ai_lib.protocol.manifest.model import Endpoint, Parameter, ProtocolManifest
from ai_lib.types.json import JsonDict, JsonObject


class RequestPath(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests go, relative to the base URL; `{model}` in the path stands for the model."""

    path: str
    query: Mapping[str, str]


class CompiledRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What building a request needs and no request changes.

    `roles` has the form of each role's turns, `blocks` that of each content block, those that
    stand among the turns included. `unasked` are the parameters that are sent although the caller
    says nothing, `beside_top_p` those that are when `top_p` is given.
    """

    body: CompiledTemplate
    roles: Mapping[str, CompiledTemplate]
    blocks: Mapping[str, CompiledTemplate]
    tool_call: CompiledTemplate | None
    tool: CompiledTemplate | None
    plain_path: RequestPath
    stream_path: RequestPath
    defaults: JsonObject
    defaults_with_top_p: JsonObject


def compile_request(
    manifest: ProtocolManifest, dialect: Dialect, parameters: Mapping[str, Parameter]
) -> CompiledRequest:
    """Compile the request side of a dialect, as a manifest has it."""
    shape, messages = dialect.request, dialect.request.messages
    blocks = {**messages.items, **{name: one for name, one in messages.blocks.items() if one}}
    # Of the parameters a manifest lists, only those that the dialect knows belong to a chat.
    defaults = {
        name: one.default
        for name, one in parameters.items()
        if one.default is not None and name in shape.parameters
    }
    others = {name: value for name, value in defaults.items() if name != "temperature"}
    plain, streamed = _find_chat_paths(shape, manifest.endpoints)
    return CompiledRequest(
        body=compile_template(shape.body),
        roles=_compile_templates(messages.roles),
        blocks=_compile_templates(blocks),
        tool_call=_compile_optional(messages.tool_call),
        tool=_compile_optional(shape.tool),
        plain_path=plain,
        stream_path=streamed,
        defaults={**shape.required, **defaults},
        # One of the two, as all vendors ask.
        defaults_with_top_p={**shape.required, **others},
    )


def _compile_templates(templates: JsonDict) -> dict[str, CompiledTemplate]:
    return {name: compile_template(one) for name, one in templates.items() if one is not None}


def _compile_optional(template: object) -> CompiledTemplate | None:
    return None if template is None else compile_template(template)


def _find_chat_paths(
    shape: RequestShape, endpoints: Mapping[str, Endpoint]
) -> tuple[RequestPath, RequestPath]:
    endpoint, streaming = endpoints.get("chat"), endpoints.get("stream_chat")
    path, query = (endpoint.path, endpoint.query) if endpoint else (shape.path, {})
    streamed = path
    if streaming is not None:
        streamed = streaming.path
    elif shape.stream_path.keys() == {"from", "to"}:
        streamed = path.replace(shape.stream_path["from"], shape.stream_path["to"])
    return (
        RequestPath(path=path, query=query),
        RequestPath(path=streamed, query={**query, **shape.stream_query}),
    )
