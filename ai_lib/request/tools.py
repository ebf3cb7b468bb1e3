"""Writes the tools of a request by a dialect's template, and the choice among them."""

from collections.abc import Sequence

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.query.path import MISSING
from ai_lib.request.blocks import build_cache_block, build_cache_mark
from ai_lib.request.fragments import Body, merge_filled
from ai_lib.request.json_schema import SchemaWriter
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolChoice, ToolDefinition


def write_tools(
    request: ChatRequest, compiled: CompiledManifest
) -> tuple[object, list[ToolDefinition], list[str]]:
    """Return the tools on the wire, those that stand beside them, and notes on their schemas.

    A tool with a schema that the target does not take is left out, and the notes say so.

    Raises:
        CapabilityError: the target takes no tools, none of these, or not the one that must be
            called.
    """
    listed, separate = _split_tools(request.tools, compiled)
    schemas = SchemaWriter(compiled.dialect.request.schema, compiled.id)
    shape = compiled.dialect.request.messages
    forced_name = request.tool_choice.name if request.tool_choice is not None else None
    written: list[object] = []
    refusal: CapabilityError | None = None
    for tool in listed:
        try:
            wire = _write_tool(tool, compiled, schemas)
        except CapabilityError as error:
            if error.capability == "tools" or tool.name == forced_name:
                raise
            refusal = refusal or error
            schemas.adaptations.append(f"the tool {tool.name!r} left out: {error.message}")
        else:
            written += [wire, *build_cache_block(shape, tool.cache, "tool")]
    if refusal is not None and not written and not separate:
        raise refusal
    return written or MISSING, separate, schemas.adaptations


def _split_tools(
    tools: Sequence[ToolDefinition], compiled: CompiledManifest
) -> tuple[Sequence[ToolDefinition], list[ToolDefinition]]:
    """Split the tools into those written by the template and those appended as they are."""
    if compiled.dialect.request.provider_tools == "among":
        return tools, []
    callable_tools = [tool for tool in tools if not tool.is_of_provider]
    return callable_tools, [tool for tool in tools if tool.is_of_provider]


def _write_tool(tool: ToolDefinition, compiled: CompiledManifest, schemas: SchemaWriter) -> object:
    if tool.is_of_provider:
        return dict(tool.extra)
    form = compiled.request.tool
    if form is None:
        raise CapabilityError(
            f"{compiled.id} takes no tools", capability="tools", provider=compiled.id
        )
    values: dict[str, object] = {**compiled.dialect.request.tool_values}
    values.update(name=tool.name, parameters=tool.parameters)
    if tool.description and not tool.description.isspace():  # some refuse a blank one
        values["description"] = tool.description
    if tool.strict is not None and "strict" in form.placeholders:
        values["strict"] = tool.strict
        if tool.strict:
            values["parameters"] = schemas.write(tool.parameters, strict=True)
    elif tool.strict:
        note = f"strict of {tool.name} left out: {compiled.id} has no strict tools"
        schemas.adaptations.append(note)
    written = form.fill(values)
    cache = build_cache_mark(compiled.dialect.request.messages, tool.cache, "tool")
    return {**written, **cache, **tool.extra} if isinstance(written, dict) else written


def add_tool_choice(body: Body, choice: ToolChoice, compiled: CompiledManifest) -> None:
    """Add a choice of tools to a body. Raises CapabilityError where the dialect has no such one."""
    fragment = compiled.dialect.request.tool_choice.get(choice.mode)
    if fragment is None:
        raise CapabilityError(
            f"{compiled.id} has no tool choice {choice.mode!r}",
            capability="tool_choice",
            provider=compiled.id,
        )
    merge_filled(body, fragment, {"name": choice.name} if choice.name else {})
