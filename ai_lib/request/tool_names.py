"""Fits the names of tools to what a target takes, and gives them back where it calls them."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.errors.exceptions import AiLibError, InvalidToolArguments, RequestError
from ai_lib.protocol.dialect.model import ToolNameShape
from ai_lib.types.content import Block, ToolResultBlock, ToolUseBlock
from ai_lib.types.events import Event, ToolCallEnded, ToolCallStarted
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.tool import ToolDefinition

Names = Mapping[str, str]

_DIGITS: Final = 8  # of the hash that tells names apart which were changed or cut


def fit_tool_name(name: str, shape: ToolNameShape) -> str:
    """Return a tool's name as the target takes it.

    A name that was changed or cut ends in a hash of the whole, so that two names stay two.
    """
    fitted = re.sub(f"[^{shape.characters}]", "_", name)
    if not re.match(f"[{shape.first or shape.characters}]", fitted):
        fitted = f"_{fitted}" if re.match(f"[{shape.first}]", "_") else f"f{fitted}"
    if fitted == name and len(name) <= shape.max:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{fitted[: shape.max - _DIGITS - 1]}_{digest}"


def fit_tool_names(request: ChatRequest, shape: ToolNameShape) -> tuple[ChatRequest, Names]:
    """Return the request with names that the target takes, and whose names these are.

    Raises:
        RequestError: two tools of the request have one name.
    """
    own_names = [tool.name for tool in request.tools if not tool.is_of_provider]
    fitted_names = {name: fit_tool_name(name, shape) for name in own_names}
    if len(set(fitted_names.values())) < len(own_names):
        doubled = sorted({name for name in own_names if own_names.count(name) > 1})
        if doubled:
            raise RequestError(
                f"two tools of the request are named {doubled[0]!r}; give one another name"
            )
    changed = {name: fitted for name, fitted in fitted_names.items() if name != fitted}
    if not changed:
        return request, {}
    choice = request.tool_choice
    if choice is not None and choice.name in changed:
        choice = msgspec.structs.replace(choice, name=changed[choice.name])
    renamed = msgspec.structs.replace(
        request,
        tools=tuple(_rename_tool(tool, changed) for tool in request.tools),
        tool_choice=choice,
        messages=tuple(_rename_message(message, changed) for message in request.messages),
    )
    return renamed, {fitted: name for name, fitted in changed.items()}


def describe_renamed(names: Names) -> list[str]:
    """Return the adaptations that say what the tools are called."""
    return [f"the tool {name!r} is offered as {fitted}" for fitted, name in names.items()]


def restore_events(events: Sequence[Event], names: Names) -> list[Event]:
    """Return events with the callers' names of tools."""
    return [
        msgspec.structs.replace(event, tool_name=names[event.tool_name])
        if isinstance(event, ToolCallStarted | ToolCallEnded) and event.tool_name in names
        else event
        for event in events
    ]


def restore_response(response: ChatResponse, names: Names) -> ChatResponse:
    """Return a response with the callers' names of tools."""
    candidates = tuple(_restore_candidate(candidate, names) for candidate in response.candidates)
    return msgspec.structs.replace(response, candidates=candidates)


def restore_error(error: AiLibError, names: Names) -> None:
    """Set the callers' names of tools on an error and on what it holds of a response."""
    if isinstance(error.partial, ChatResponse):
        error.partial = restore_response(error.partial, names)
    if isinstance(error, InvalidToolArguments) and error.tool_name in names:
        own_name = names[error.tool_name]
        error.message = error.message.replace(repr(error.tool_name), repr(own_name))
        error.tool_name = own_name


def _restore_candidate(candidate: Candidate, names: Names) -> Candidate:
    if not candidate.tool_calls:
        return candidate
    calls = tuple(
        msgspec.structs.replace(call, name=names.get(call.name, call.name))
        for call in candidate.tool_calls
    )
    blocks = _rename_blocks(candidate.blocks, lambda name: names.get(name, name))
    return msgspec.structs.replace(candidate, tool_calls=calls, blocks=blocks)


def _rename_tool(tool: ToolDefinition, changed: Names) -> ToolDefinition:
    if tool.is_of_provider or tool.name not in changed:
        return tool
    return msgspec.structs.replace(tool, name=changed[tool.name])


def _rename_message(message: Message, changed: Names) -> Message:
    if isinstance(message.content, str):
        return message
    blocks = _rename_blocks(message.content, lambda name: changed.get(name, name))
    return msgspec.structs.replace(message, content=blocks)


def _rename_blocks(blocks: Sequence[Block], rename: Callable[[str], str]) -> tuple[Block, ...]:
    return tuple(
        msgspec.structs.replace(block, name=rename(block.name))
        if isinstance(block, ToolUseBlock | ToolResultBlock) and block.name is not None
        else block
        for block in blocks
    )
