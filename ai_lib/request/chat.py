"""Builds the wire request of a chat: one request, one compiled manifest, one credential."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.selection import explain_missing_dialect
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.protocol.manifest.model import TextTools
from ai_lib.protocol.query.path import MISSING
from ai_lib.request.blocks import with_cache
from ai_lib.request.capabilities import MEDIA, capabilities_needed
from ai_lib.request.fragments import Body, merge
from ai_lib.request.json_schema import SchemaWriter
from ai_lib.request.messages import MessageWriter
from ai_lib.request.parameters import ParameterWriter
from ai_lib.request.response_format import formed
from ai_lib.request.text_tools import tools_as_text
from ai_lib.types.json import JsonObject
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition
from ai_lib.types.wire import HttpRequest

_STREAMS: Final = {
    "sse": "text/event-stream",
    "json_lines": "application/x-ndjson",
    "json_array": "application/json",
    "json": "application/json",
}


class BuiltRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A wire request, the body it was encoded from, and what was renamed or left out.

    `text_tools` says that the answer may have its tool calls in the text, and how.
    """

    wire: HttpRequest
    body: JsonObject
    adaptations: tuple[str, ...]
    text_tools: TextTools | None = None


def build_chat(
    request: ChatRequest,
    compiled: CompiledManifest,
    *,
    model: str,
    credential: str | None,
    base_url: str | None = None,
    fit_media: bool = True,
) -> BuiltRequest:
    """Return `request` as this provider wants to hear it.

    With `fit_media`, images, audio and documents that the manifest does not allow are made to fit.

    Raises:
        RequestError: it can't be said in the provider's dialect, or a value is out of range.
        CapabilityError: it needs what the manifest does not declare.
        MediaError: an image, audio or a document does not fit and can't be made to.
    """
    request, chosen = formed(request, compiled, model)
    text_tools = compiled.manifest.text_tools if request.tools else None
    if text_tools is not None and text_tools.replaces_native:
        request = tools_as_text(request, text_tools)
    needs = _guard(request, compiled, model)
    fitted: list[str] = []
    if fit_media and not MEDIA.isdisjoint(needs):
        request, fitted = _fit(request, compiled)
    body, adaptations = _body(request, compiled, model)
    url = _url(compiled, model, request.stream, base_url)
    sent = _encode(body)
    # Whatever may fail comes first: no traceback has these for its locals.
    headers, url, secrets = attach(compiled, credential, url)
    accept = "application/json"
    if request.stream:
        accept = _STREAMS[compiled.dialect.stream.decoder.format]
    wire = HttpRequest(
        url=url,
        headers=(("Content-Type", "application/json"), ("Accept", accept), *headers),
        body=sent,
        secrets=secrets,
    )
    told = (*chosen, *fitted, *adaptations)
    return BuiltRequest(wire=wire, body=body, adaptations=told, text_tools=text_tools)


def _guard(request: ChatRequest, compiled: CompiledManifest, model: str) -> list[str]:
    if not compiled.can_chat:
        raise RequestError(explain_missing_dialect(compiled.manifest), provider=compiled.id)
    needs = capabilities_needed(request)
    require_capabilities(compiled.manifest, *needs, model=model)
    return needs


def _fit(request: ChatRequest, compiled: CompiledManifest) -> tuple[ChatRequest, list[str]]:
    from ai_lib.request.media.fitter import MediaFitter

    fitter = MediaFitter(compiled.manifest.multimodal, compiled.id)
    return fitter.fit(request), fitter.adaptations


def _body(request: ChatRequest, compiled: CompiledManifest, model: str) -> tuple[Body, list[str]]:
    shape = compiled.dialect.request
    schemas = SchemaWriter(shape.schema, compiled.id)
    messages = MessageWriter(compiled)
    values = messages.write(request.messages)
    values["model"] = model
    beside: list[ToolDefinition] = []
    if request.tools:
        among, beside = _grouped(request.tools, compiled)
        values["tools"] = [_tool(tool, compiled, schemas) for tool in among] or MISSING
    body = compiled.request.body.fill(values)
    if not isinstance(body, dict):
        raise RequestError("the request has no messages", provider=compiled.id)
    if beside:
        body["tools"] = [*body.get("tools", ()), *(dict(tool.extra) for tool in beside)]
    adaptations = messages.adaptations
    if request.parameters or compiled.request.defaults:
        parameters = ParameterWriter(compiled, model)
        parameters.write(body, _said(request))
        adaptations += parameters.adaptations
    if request.tool_choice is not None:
        _add_choice(body, request.tool_choice, compiled)
    if request.response_format is not None:
        _add_format(body, request.response_format, compiled, schemas)
    if request.stream:
        merge(body, shape.stream)
        merge(body, shape.stream_usage)
    if request.extra:
        merge(body, request.extra)
    return body, adaptations + schemas.adaptations


def _grouped(
    tools: Sequence[ToolDefinition], compiled: CompiledManifest
) -> tuple[Sequence[ToolDefinition], list[ToolDefinition]]:
    """Tell the tools that stand in the list of tools from those that stand beside it."""
    if compiled.dialect.request.provider_tools == "among":
        return tools, []
    among = [tool for tool in tools if not tool.is_of_provider]
    return among, [tool for tool in tools if tool.is_of_provider]


def _said(request: ChatRequest) -> Mapping[str, object]:
    """Return the parameters that mean something: who calls no tool can't call several at once."""
    choice = request.tool_choice
    if choice is None or choice.mode != "none":
        return request.parameters
    return {k: v for k, v in request.parameters.items() if k != "parallel_tool_calls"}


def _tool(tool: ToolDefinition, compiled: CompiledManifest, schemas: SchemaWriter) -> object:
    if tool.is_of_provider:
        return dict(tool.extra)
    form = compiled.request.tool
    if form is None:
        raise CapabilityError(
            f"{compiled.id} takes no tools", capability="tools", provider=compiled.id
        )
    values: dict[str, object] = {**compiled.dialect.request.tool_values}
    schema = schemas.write(tool.parameters, strict=True) if tool.strict else tool.parameters
    values.update(name=tool.name, parameters=schema)
    if tool.description is not None:
        values["description"] = tool.description
    if tool.strict is not None:
        values["strict"] = tool.strict
    written = form.fill(values)
    cache = with_cache(compiled.dialect.request.messages, tool.cache, "tool")
    return {**written, **cache, **tool.extra} if isinstance(written, dict) else written


def _add_choice(body: Body, choice: ToolChoice, compiled: CompiledManifest) -> None:
    fragment = compiled.dialect.request.tool_choice.get(choice.mode)
    if fragment is None:
        raise CapabilityError(
            f"{compiled.id} can't be told the tool choice {choice.mode!r}",
            capability="tool_choice",
            provider=compiled.id,
        )
    _merge_filled(body, fragment, {"name": choice.name} if choice.name else {})


def _add_format(
    body: Body, wanted: ResponseFormat, compiled: CompiledManifest, schemas: SchemaWriter
) -> None:
    formats = compiled.dialect.request.response_format
    fragment = formats.get(wanted.type)
    if fragment is None:
        raise CapabilityError(
            f"{compiled.id} has no response format {wanted.type!r}; it has "
            f"{', '.join(formats) or 'none'}",
            capability="structured_output",
            provider=compiled.id,
        )
    values: dict[str, object] = {"name": wanted.name}
    if wanted.description is not None:
        values["description"] = wanted.description
    if wanted.schema is not None:
        values["schema"] = schemas.write(wanted.schema, strict=wanted.strict)
    if wanted.strict is not None:
        values["strict"] = wanted.strict
    _merge_filled(body, fragment, values)


def _merge_filled(body: Body, fragment: JsonObject, values: Mapping[str, object]) -> None:
    filled = fill_template(dict(fragment), values)
    if filled is not MISSING and isinstance(filled, dict):
        merge(body, filled)


def _url(compiled: CompiledManifest, model: str, stream: bool, base_url: str | None) -> str:
    address = compiled.request.stream_path if stream else compiled.request.plain_path
    path = address.path
    if "{model}" in path:
        path = path.replace("{model}", quote(model, safe="/:@"))
    url = base_of(compiled, base_url) + path
    return f"{url}?{urlencode(address.query)}" if address.query else url


def base_of(compiled: CompiledManifest, base_url: str | None) -> str:
    base = base_url or compiled.manifest.base_url
    if "{" in base:
        raise RequestError(
            f"the address of {compiled.id}, {base}, has a part that only you know: pass base_url=",
            provider=compiled.id,
        )
    return base.rstrip("/")


def attach(
    compiled: CompiledManifest, credential: str | None, url: str
) -> tuple[tuple[tuple[str, str], ...], str, frozenset[str]]:
    """Return the headers that authenticate, the address, and the names of what is secret."""
    auth = compiled.manifest.auth
    extra = auth.extra_headers
    if credential is None or auth.kind == "none":
        return extra, url, frozenset()
    if auth.kind == "query":
        joint = "&" if "?" in url else "?"
        address = f"{url}{joint}{urlencode({auth.param: credential})}"
        return extra, address, frozenset({auth.param.lower()})
    value = f"{auth.prefix} {credential}".strip()
    return (*extra, (auth.header, value)), url, frozenset({auth.header.lower()})


def _encode(body: Body) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError) as error:
        raise RequestError(f"the request can't be written as JSON: {error}") from error
