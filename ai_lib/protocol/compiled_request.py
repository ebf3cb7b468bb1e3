"""Compiles the request side of a dialect for one provider: templates, paths and defaults."""

from collections.abc import Mapping

import msgspec

from ai_lib.protocol.dialect.model import Dialect, RequestShape
from ai_lib.protocol.dialect.template import CompiledTemplate, compile_template
from ai_lib.protocol.manifest.model import Endpoint, Parameter, ProtocolManifest
from ai_lib.types.json import JsonDict, JsonObject


class RequestPath(msgspec.Struct, frozen=True, kw_only=True):
    """The path and query of requests, relative to the base URL; `{model}` stands for the model.

    `is_plain` says that it is put behind the base URL as it is: it has no query, nothing else to
    be filled in, and no address of its own.
    """

    path: str
    query: Mapping[str, str]
    is_plain: bool


class CompiledRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a request that depend on the manifest only.

    `roles` has the template of each role's messages, `blocks` that of each content block, with the
    blocks that stand among the messages. `defaults` are the parameters that are sent when the
    caller does not set them, `defaults_with_top_p` those that are when the caller sets `top_p`.
    """

    body: CompiledTemplate
    roles: Mapping[str, CompiledTemplate]
    blocks: Mapping[str, CompiledTemplate]
    tool_call: CompiledTemplate | None
    custom_tool_call: CompiledTemplate | None
    tool: CompiledTemplate | None
    plain_path: RequestPath
    stream_path: RequestPath
    defaults: JsonObject
    defaults_with_top_p: JsonObject


def compile_request(
    manifest: ProtocolManifest, dialect: Dialect, parameters: Mapping[str, Parameter]
) -> CompiledRequest:
    """Return the compiled request side of a manifest's dialect."""
    shape, messages = dialect.request, dialect.request.messages
    blocks = {
        **messages.items,
        **{name: template for name, template in messages.blocks.items() if template},
    }
    # Only the parameters that the dialect knows belong to a chat.
    defaults = {
        name: template.default
        for name, template in parameters.items()
        if template.default is not None and name in shape.parameters
    }
    others = {name: value for name, value in defaults.items() if name != "temperature"}
    plain, streamed = _find_chat_paths(shape, manifest.endpoints)
    return CompiledRequest(
        body=compile_template(shape.body),
        roles=_compile_templates(messages.roles),
        blocks=_compile_templates(blocks),
        tool_call=_compile_optional(messages.tool_call),
        custom_tool_call=_compile_optional(messages.custom_tool_call),
        tool=_compile_optional(shape.tool),
        plain_path=plain,
        stream_path=streamed,
        defaults={**shape.required, **defaults},
        # All vendors ask for one of the two only.
        defaults_with_top_p={**shape.required, **others},
    )


def _compile_templates(templates: JsonDict) -> dict[str, CompiledTemplate]:
    return {
        name: compile_template(template)
        for name, template in templates.items()
        if template is not None
    }


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
        _build_path(path, query),
        _build_path(streamed, {**query, **shape.stream_query}),
    )


def _build_path(path: str, query: Mapping[str, str]) -> RequestPath:
    is_plain = not query and "{" not in path.replace("{model}", "") and "://" not in path
    return RequestPath(path=path, query=query, is_plain=is_plain)
