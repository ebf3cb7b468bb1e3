"""Writes the tools that a provider runs itself, named by what they do, in the provider's words.

What they did is told to another provider in words.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.hosted_tools import HostedToolShape
from ai_lib.protocol.dialect.template import fill_template, find_placeholders
from ai_lib.request.fragments import Body
from ai_lib.types.content import (
    Block,
    HostedToolBlock,
    Source,
    TextBlock,
    merge_hosted_calls,
)
from ai_lib.types.json import JsonObject, as_object, encode_json, is_list, is_object
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition
from ai_lib.types.wire import HttpRequest

_MOST_TEXT: Final = 2000  # characters that tell of one use of a tool
# Left out, these would let through what the caller meant to forbid.
PROTECTIVE: Final = frozenset({"allowed_domains", "blocked_domains", "allowed_tools", "approval"})


class HostedPart(msgspec.Struct):
    """What hosted tools add to a request beside themselves."""

    body: list[JsonObject] = []
    headers: dict[str, str] = {}
    adaptations: list[str] = []

    def add_to(self, body: Body) -> None:
        """Merge the fragments into a body; lists are joined."""
        for fragment in self.body:
            _join(body, fragment)

    def add_header(self, name: str, value: str) -> None:
        """Add a header; values of one name are joined by commas."""
        sent = self.headers.get(name, "").split(",") if name in self.headers else []
        self.headers[name] = ",".join(dict.fromkeys([*sent, value]))

    def add_headers(self, wire: HttpRequest) -> HttpRequest:
        """Return the request with their headers."""
        return wire.with_headers(self.headers.items()) if self.headers else wire


def write_hosted_tools(
    request: ChatRequest, compiled: CompiledManifest, model: str
) -> tuple[ChatRequest, HostedPart]:
    """Return the request with its hosted tools in the provider's words, and what they add.

    Raises:
        CapabilityError: the target has no such tool, or lacks an option that protects.
        RequestError: options are missing, or can't be given together.
    """
    parts = HostedPart(body=[], headers={}, adaptations=[])
    tools = [
        tool
        if tool.hosted_options is None
        else _write(tool, tool.hosted_options, compiled, model, parts)
        for tool in request.tools
    ]
    # What the body alone asks for is no tool in it.
    tools = [tool for tool in tools if tool.hosted_options is None or tool.extra]
    return msgspec.structs.replace(request, tools=tuple(tools)), parts


def _write(
    tool: ToolDefinition,
    options: JsonObject,
    compiled: CompiledManifest,
    model: str,
    parts: HostedPart,
) -> ToolDefinition:
    shape = compiled.dialect.request.hosted.get(tool.name)
    shape = None if shape is None else shape.for_model(model)
    if shape is None:
        raise _refuse_tool(tool.name, compiled)
    _check_options(tool.name, options, shape)
    values = _select_options(tool.name, options, shape, compiled, parts)
    written = as_object(fill_template(shape.tool, values)) if shape.tool else {}
    body = fill_template(shape.body, values)
    if is_object(body) and body:
        parts.body.append(body)
    for name, value in shape.headers.items():
        parts.add_header(name, value)
    return msgspec.structs.replace(tool, extra={**written, **tool.extra})


def _refuse_tool(name: str, compiled: CompiledManifest) -> CapabilityError:
    hosted_names = ", ".join(compiled.dialect.request.hosted) or "none"
    return CapabilityError(
        f"{compiled.id} has no hosted tool {name!r} here; it has "
        f"{hosted_names}. Another API family of the provider (api_family=) or another model may "
        "have it; ToolDefinition.of_provider() sends a tool in the provider's own words",
        capability=f"hosted:{name}",
        provider=compiled.id,
    )


def _check_options(name: str, options: JsonObject, shape: HostedToolShape) -> None:
    missing = [option for option in shape.needs if options.get(option) is None]
    if missing:
        raise RequestError(f"the hosted tool {name!r} needs {', '.join(missing)}")
    for group in shape.exclusive:
        together = [option for option in group if options.get(option) is not None]
        if len(together) > 1:
            raise RequestError(
                f"the hosted tool {name!r} does not take {' and '.join(together)} together"
            )


def _select_options(
    name: str,
    options: JsonObject,
    shape: HostedToolShape,
    compiled: CompiledManifest,
    parts: HostedPart,
) -> dict[str, object]:
    """Return the options that the target takes; note the others, or refuse those that protect."""
    placeholders = find_placeholders(shape.tool) | find_placeholders(shape.body)
    values: dict[str, object] = {}
    for option, value in options.items():
        if value is None or (option in shape.implied and shape.implied[option] == value):
            continue
        if option in placeholders:
            values[option] = value
        elif option in PROTECTIVE:
            raise CapabilityError(
                f"{compiled.id} does not take {option} for the hosted tool {name!r}, and without "
                "it more would be allowed than you asked for",
                capability=f"hosted:{name}.{option}",
                provider=compiled.id,
            )
        else:
            parts.adaptations.append(f"{option} of {name} left out: {compiled.id} does not take it")
    return values


def _join(body: Body, fragment: Mapping[str, object]) -> None:
    for name, value in fragment.items():
        present = body.get(name)
        if is_list(present) and isinstance(value, Sequence):
            body[name] = [*present, *value]
        elif is_object(present) and is_object(value):
            _join(present, value)
        else:
            body[name] = value


def say_hosted_calls(
    blocks: Sequence[Block], is_own: Callable[[HostedToolBlock], bool]
) -> tuple[list[Block], bool]:
    """Return blocks with the uses of others' tools as texts, and whether there were any.

    Of the target's own, those that do not go back are left out.
    """
    calls = {call.id: call for call in merge_hosted_calls(blocks) if call.id}
    kept_blocks: list[Block] = []
    is_said = False
    for block in blocks:
        if not isinstance(block, HostedToolBlock):
            kept_blocks.append(block)
        elif is_own(block):
            kept_blocks += [block] if block.raw else []
        else:
            call = calls.pop(block.id, None) if block.id else block
            is_said = True
            if call is not None:
                kept_blocks.append(TextBlock(text=_say_call(call)))
    return kept_blocks, is_said


def _say_call(call: HostedToolBlock) -> str:
    text = f"The tool {call.name or call.kind} was used"
    if call.input:
        text += f" with {encode_json(call.input).decode()}"
    if call.error is not None:
        text += f"; it failed: {call.error}"
    output_texts = [output_text for output_text in map(_say_output, call.output) if output_text]
    if output_texts:
        text += f"; it gave: {'; '.join(output_texts)}"
    return f"[{text[:_MOST_TEXT]}]\n"


def _say_output(output: object) -> str:
    if isinstance(output, Source):
        address = output.url or output.id
        return f"{output.title} ({address})" if output.title else f"{address}"
    return output.text if isinstance(output, TextBlock) else ""
