"""Refuses arguments of a wrong type where they are given, before anything keeps them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from ai_lib.types.content import Block
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition

T = TypeVar("T")
_CONTENT = "a text, or a sequence of blocks: [ContentBlock.text('Hello')]"


def check_message(message: Message) -> Message:
    """Return the message. Raises TypeError for anything else, and for content that is none."""
    _require_type(message, Message, "Message.user('Hello')")
    content = message.content
    if type(content) is str:
        return message
    if isinstance(content, str):  # such as a template engine's, which changes what is added to it
        return msgspec.structs.replace(message, content=str.__str__(content))
    _require_types(content, Block, "a text, or a sequence of blocks: [ContentBlock.text('Hello')]")
    return message


def check_tools(
    tools: Iterable[ToolDefinition | Callable[..., object]],
) -> tuple[ToolDefinition, ...]:
    """Return the definitions of tools and functions. Raises TypeError for anything else."""
    expected = "a sequence of functions, or of definitions: [ToolDefinition.from_function(f)]"
    if isinstance(tools, str | bytes):
        raise TypeError(f"{expected} is wanted, not {tools!r:.100}")
    return _require_types(map(_define_tool, tools), ToolDefinition, expected)


def _define_tool(tool: Any) -> Any:
    if callable(tool) and not isinstance(tool, type):
        return ToolDefinition.from_function(tool)
    return tool


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of models. Raises TypeError for anything else."""
    return _require_types(names, str, "a sequence of names: ['provider/model']")


def check_name(name: str) -> str:
    """Return the name of an operation or a host. Raises TypeError for anything else."""
    return _require_type(name, str, "'list_models' or 'example.com'")


def check_variables(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return parts of an address by name. Raises TypeError for values that are no text."""
    for value in values.values():
        _require_type(value, str, "region='eu-west-1'")
    return values


def check_request(request: ChatRequest | None) -> ChatRequest | None:
    """Return the request, or None. Raises TypeError for anything else."""
    return (
        request if request is None else _require_type(request, ChatRequest, "client.chat().build()")
    )


def check_config(value: T, kind: type[T]) -> T:
    """Return what sets a pattern. Raises TypeError for anything else."""
    return _require_type(value, kind, f"{kind.__name__}()")


def _require_type(value: T, kind: type[T], example: str) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"a {kind.__name__} is wanted, such as {example}, not {value!r:.100}")
    return value


def _require_types(values: Iterable[T], kind: Any, expected: str) -> tuple[T, ...]:
    if isinstance(values, str | bytes):
        raise TypeError(f"{expected} is wanted, not {values!r:.100}")
    checked = tuple(values)
    for value in checked:
        if not isinstance(value, kind):
            raise TypeError(f"{expected} is wanted, not one with {value!r:.100}")
    return checked
