"""Builds the wire request of a chat: one request, one compiled manifest, one credential."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import msgspec

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.selection import explain_missing_dialect
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.protocol.manifest.model import TextTools
from ai_lib.protocol.model import Model
from ai_lib.request.fragments import Body, merge
from ai_lib.request.messages import MessageWriter
from ai_lib.request.parameters import write_parameters
from ai_lib.types.content import AudioBlock, Block, DocumentBlock, ImageBlock, ToolResultBlock
from ai_lib.types.json import JSON_ENCODER, JsonObject, encode_json
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition
from ai_lib.types.wire import HttpRequest, join_url

if TYPE_CHECKING:
    from ai_lib.request.hosted_tools import HostedPart

MEDIA: Final = frozenset({"vision", "audio", "document"})
"""The capabilities of which a request with images, audio or documents needs one."""

_STREAMS: Final = {
    "sse": "text/event-stream",
    "json_lines": "application/x-ndjson",
    "json_array": "application/json",
    "json": "application/json",
    "aws_event_stream": "application/vnd.amazon.eventstream",
}


class BuiltRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A wire request, its body before encoding, and the list of what was renamed or left out.

    `compiled` is the manifest it was built by: that of another API family than was given, where a
    constraint chose it. `tool_names` has the callers' names of tools that were renamed, by the
    names that are sent. `text_tools` is set when the response may have its tool calls in the text.
    """

    wire: HttpRequest
    body: JsonObject
    adaptations: tuple[str, ...]
    compiled: CompiledManifest
    text_tools: TextTools | None = None
    tool_names: Mapping[str, str] = {}


def build_chat(
    request: ChatRequest,
    compiled: CompiledManifest,
    *,
    model: Model | str,
    credential: str | None,
    base_url: str | None = None,
    fit_media: bool = True,
) -> BuiltRequest:
    """Return the wire request for `request` in this provider's dialect.

    `model` is a model that was found, or any name of one. With `fit_media`, images, audio and
    documents that the manifest does not allow are converted.

    Raises:
        RequestError: the provider's dialect can't express it, or a value is out of range.
        CapabilityError: it needs a capability that the manifest does not declare, or a constraint
            of the model refuses it.
        MediaError: an image, audio or a document does not fit and can't be converted.
    """
    if isinstance(model, str):
        model = compiled.find_model(model)
    options = _BuildOptions(credential=credential, base_url=base_url, fit_media=fit_media)
    return _build_in_form(request, compiled, model, options)


class _BuildOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is built with; `skipped` counts the forms of its answer that were refused."""

    credential: str | None
    base_url: str | None
    fit_media: bool
    skipped: int = 0
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "_BuildOptions(...)"


def _build_in_form(
    original: ChatRequest, compiled: CompiledManifest, model: Model, options: _BuildOptions
) -> BuiltRequest:
    request = original
    format_notes: tuple[str, ...] = ()
    if request.response_format is not None:
        from ai_lib.request.response_format import apply_response_format

        request, format_notes = apply_response_format(original, compiled, model, options.skipped)
    tool_notes: list[str] = []
    tool_names: Mapping[str, str] = {}
    text_tools: TextTools | None = None
    if request.tools or any(map(_has_tool_blocks, request.messages)):
        from ai_lib.request.tool_media import fit_tools

        request, tool_names, tool_notes = fit_tools(request, compiled, model)
    if request.tools and compiled.manifest.text_tools is not None:
        request, text_tools = _offer_in_text(request, compiled.manifest.text_tools)
    request, hosted = _write_hosted(request, compiled, model) if request.tools else (request, None)
    needs = _check_capabilities(request, compiled, model)
    media_notes: list[str] = []
    if options.fit_media and not MEDIA.isdisjoint(needs):
        request, media_notes = _fit_media(request, compiled)
    body, adaptations = _build_body(request, compiled, model)
    if hosted is not None:
        hosted.add_to(body)
        tool_notes = [*tool_notes, *hosted.adaptations]
    rules = model.constraints
    if rules is not None and (rules.is_always_read or not rules.members.isdisjoint(body)):
        from ai_lib.request.constraints import apply_constraints

        outcome = apply_constraints(body, request, compiled, model)
        if outcome.compiled is not None:
            return _build_by_family(original, outcome.compiled, model, options, outcome.notes)
        if outcome.refusal is not None:
            return _build_in_next_form(original, compiled, model, options, outcome.refusal)
        adaptations += outcome.notes
    wire = _make_wire(request, compiled, model, options, body)
    if compiled.dialect.request.messages.file_headers and not MEDIA.isdisjoint(needs):
        hosted = _add_file_headers(request, compiled, hosted)
    if hosted is not None:
        wire = hosted.add_headers(wire)
    return BuiltRequest(
        wire=wire,
        body=body,
        adaptations=(*options.notes, *format_notes, *tool_notes, *media_notes, *adaptations),
        compiled=compiled,
        text_tools=text_tools,
        tool_names=tool_names,
    )


def _offer_in_text(request: ChatRequest, declared: TextTools) -> tuple[ChatRequest, TextTools]:
    """Return the request with its tools where a model reads them, and what its calls look like."""
    from ai_lib.request.text_tools import offer_tools, write_tools_as_text

    text_tools = offer_tools(request, declared)
    if text_tools.replaces_native:
        request = write_tools_as_text(request, text_tools)
    return request, text_tools


def _add_file_headers(
    request: ChatRequest, compiled: CompiledManifest, hosted: "HostedPart | None"
) -> "HostedPart | None":
    """Return what hosted tools add, with the headers of messages that name stored files."""
    blocks = (block for message in request.messages for block in message.blocks)
    if not any(getattr(block, "file_id", None) for block in blocks):
        return hosted
    from ai_lib.request.hosted_tools import HostedPart

    part = hosted or HostedPart(body=[], headers={}, adaptations=[])
    for name, value in compiled.dialect.request.messages.file_headers.items():
        part.add_header(name, value)
    return part


def _write_hosted(
    request: ChatRequest, compiled: CompiledManifest, model: Model
) -> "tuple[ChatRequest, HostedPart | None]":
    if all(tool.hosted_options is None for tool in request.tools):
        return request, None
    from ai_lib.request.hosted_tools import write_hosted_tools

    return write_hosted_tools(request, compiled, model.name)


def _make_wire(
    request: ChatRequest,
    compiled: CompiledManifest,
    model: Model,
    options: _BuildOptions,
    body: Body,
) -> HttpRequest:
    url = _build_url(compiled, model.name, request.stream, options.base_url)
    encoded = _encode_body(body)
    # What may fail comes before this line: no traceback shows these locals.
    headers, url, secrets = attach_credential(compiled, options.credential, url)
    accept = "application/json"
    if request.stream:
        accept = _STREAMS[compiled.dialect.stream.decoder.format]
    return HttpRequest(
        url=url,
        headers=(("Content-Type", "application/json"), ("Accept", accept), *headers),
        body=encoded,
        secrets=secrets,
    )


def _build_by_family(
    original: ChatRequest,
    compiled: CompiledManifest,
    model: Model,
    options: _BuildOptions,
    notes: Sequence[str],
) -> BuiltRequest:
    constraints = compiled.find_model(model.name).constraints
    model = msgspec.structs.replace(model, constraints=constraints)
    options = msgspec.structs.replace(options, skipped=0, notes=(*options.notes, *notes))
    return _build_in_form(original, compiled, model, options)


def _build_in_next_form(
    original: ChatRequest,
    compiled: CompiledManifest,
    model: Model,
    options: _BuildOptions,
    refusal: CapabilityError,
) -> BuiltRequest:
    """Build a refused request with its answer in the next form; raise the refusal without one."""
    response_format, skipped = original.response_format, options.skipped + 1
    if response_format is not None and response_format.type == "auto":
        from ai_lib.request.response_format import count_forms

        if skipped < count_forms(original, compiled, model):
            options = msgspec.structs.replace(options, skipped=skipped)
            return _build_in_form(original, compiled, model, options)
    raise refusal


def _has_tool_blocks(message: Message) -> bool:
    """Whether a message holds the result of a tool in blocks, which may be files."""
    return not isinstance(message.content, str) and any(
        isinstance(block, ToolResultBlock) and not isinstance(block.content, str)
        for block in message.content
    )


def _check_capabilities(
    request: ChatRequest, compiled: CompiledManifest, model: Model
) -> list[str]:
    if not compiled.can_chat:
        raise RequestError(explain_missing_dialect(compiled.manifest), provider=compiled.id)
    needs = [need for need in list_needed_capabilities(request) if need != "reasoning"]
    require_capabilities(compiled.manifest, *needs, model=model.name, entry=model.entry)
    return needs


def _fit_media(request: ChatRequest, compiled: CompiledManifest) -> tuple[ChatRequest, list[str]]:
    from ai_lib.request.media.fitter import MediaFitter

    fitter = MediaFitter(compiled.manifest.multimodal, compiled.id)
    return fitter.fit(request), fitter.adaptations


def _build_body(
    request: ChatRequest, compiled: CompiledManifest, model: Model
) -> tuple[Body, list[str]]:
    shape = compiled.dialect.request
    schema_adaptations: list[str] = []
    messages = MessageWriter(compiled, model.name)
    values = messages.write(request.messages)
    if not values["messages"]:
        raise RequestError(
            "the request has no messages: add one with user() or messages()", provider=compiled.id
        )
    values["model"] = model.name
    separate: list[ToolDefinition] = []
    if request.tools:
        from ai_lib.request.tools import write_tools

        values["tools"], separate, schema_adaptations = write_tools(request, compiled)
    elif shape.messages.calls_need_tools and messages.has_calls:
        raise RequestError(
            f"{compiled.id} refuses a conversation with calls without the tools: offer those that "
            "it used; a choice of none keeps the model from calling them",
            provider=compiled.id,
        )
    body = compiled.request.body.fill(values)
    if not isinstance(body, dict):
        raise RequestError("the request has no messages", provider=compiled.id)
    if separate:
        body["tools"] = [*body.get("tools", ()), *(dict(tool.extra) for tool in separate)]
    adaptations = messages.adaptations
    if messages.members and any(tool.is_of_provider for tool in request.tools):
        merge(body, messages.members)
    if request.parameters or compiled.request.defaults:
        adaptations += write_parameters(body, request, compiled, model)
    if request.tool_choice is not None:
        from ai_lib.request.tools import add_tool_choice

        add_tool_choice(body, request.tool_choice, compiled)
    if request.response_format is not None:
        from ai_lib.request.response_format import add_response_format

        schema_adaptations += add_response_format(body, request.response_format, compiled)
    if request.stream:
        merge(body, shape.stream)
        merge(body, shape.stream_usage)
    if request.extra:
        merge(body, request.extra)
    return body, adaptations + schema_adaptations


def _encode_body(body: Body) -> bytes:
    try:
        encoded = JSON_ENCODER.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return encode_json(body)  # which says what is wrong
    # NaN and infinite numbers become null.
    return encode_json(body) if b"null" in encoded else encoded


def _build_url(compiled: CompiledManifest, model: str, stream: bool, base_url: str | None) -> str:
    address = compiled.request.stream_path if stream else compiled.request.plain_path
    path = address.path
    if "{model}" in path:
        path = path.replace("{model}", quote_segment(model, "the model's name"))
    base = resolve_base_url(compiled, base_url)
    if "?" in base or not address.is_plain:
        return join_endpoint(compiled, base, path, address.query)
    return f"{base.rstrip('/')}{path}"


def join_endpoint(
    compiled: CompiledManifest, base: str, path: str, query: Mapping[str, str]
) -> str:
    """Return the address of an endpoint, whose path may be an address of its own.

    Raises:
        HostNotAllowed: it leads to another host than `base`, and nobody allowed that.
        RequestError: a variable in it is not set.
    """
    if "://" in path:
        from ai_lib.protocol.addresses import place_endpoint

        return join_url(place_endpoint(path, base, compiled.manifest), "", query)
    if "{" in path:
        from ai_lib.protocol.addresses import fill_path

        path = fill_path(path, compiled.manifest)
    return join_url(base, path, query)


def quote_segment(value: str, subject: str) -> str:
    """Return a value as one segment of a path; it can't leave its place there.

    Raises RequestError when it holds dot segments, which servers and proxies resolve.
    """
    if any(segment in (".", "..") for segment in re.split(r"[/\\]", value)):
        raise RequestError(f"{subject} must not hold '.' or '..' as a segment: {value[:80]!r}")
    return quote(value, safe=":@")


def resolve_base_url(compiled: CompiledManifest, base_url: str | None) -> str:
    """Return `base_url`, or else the manifest's, without a slash at its end.

    Its `{variables}` and `${VARIABLES}` are filled. Raises RequestError when one has no value.
    """
    manifest = compiled.manifest
    base = base_url or manifest.base_url
    if "{" in base or manifest.base_path:
        from ai_lib.protocol.addresses import resolve_address

        return resolve_address(manifest, base_url)
    return base.rstrip("/")


def attach_credential(
    compiled: CompiledManifest, credential: str | None, url: str
) -> tuple[tuple[tuple[str, str], ...], str, frozenset[str]]:
    """Return the headers with the credential, the URL, and the lower-case names of the secrets."""
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


def list_needed_capabilities(request: ChatRequest) -> list[str]:
    """Return the capabilities that the request needs, each once."""
    needs = ["text"]
    if request.stream:
        needs.append("streaming")
    if request.tools:
        needs.append("tools")
    if request.parameters:
        if request.parameters.get("parallel_tool_calls") is True:
            needs.append("parallel_tools")
        if request.parameters.get("reasoning_effort") is not None:
            needs.append("reasoning")
    if request.response_format is not None and request.response_format.type != "text":
        needs.append("structured_output")
    for message in request.messages:
        if not isinstance(message.content, str):
            for block in message.content:
                for need in _list_block_needs(block):
                    if need not in needs:
                        needs.append(need)
    return needs


def _list_block_needs(block: Block) -> Iterator[str]:
    if isinstance(block, ImageBlock | AudioBlock) and block.origin is not None:
        return  # a model made it: it goes back in its own form, or is left out
    if isinstance(block, ImageBlock):
        yield "vision"
    elif isinstance(block, AudioBlock):
        yield "audio"
    elif isinstance(block, DocumentBlock):
        yield "document"
    elif isinstance(block, ToolResultBlock) and not isinstance(block.content, str):
        for inner in block.content:
            yield from _list_block_needs(inner)
