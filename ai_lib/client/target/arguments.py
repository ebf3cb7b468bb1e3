"""Refuses arguments of other types at the door, before they are anything's state."""

from collections.abc import Iterable
from typing import Any, TypeVar

from ai_lib.types.content import Block
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition

T = TypeVar("T")


def checked_message(message: Message) -> Message:
    """Return the message. Raises TypeError for anything else, and for content that is none."""
    _must_be(message, Message, "Message.user('Hello')")
    content = message.content
    if not isinstance(content, str):
        _all_are(content, Block, "a text, or a sequence of blocks: [ContentBlock.text('Hello')]")
    return message


def checked_tools(tools: Iterable[ToolDefinition]) -> tuple[ToolDefinition, ...]:
    """Return the tools. Raises TypeError for anything else."""
    return _all_are(tools, ToolDefinition, "definitions: [ToolDefinition.from_function(f)]")


def checked_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of models. Raises TypeError for anything else."""
    return _all_are(names, str, "a sequence of names: ['provider/model']")


def checked_name(name: str) -> str:
    """Return the name of an operation or a host. Raises TypeError for anything else."""
    return _must_be(name, str, "'list_models' or 'example.com'")


def checked_request(request: ChatRequest | None) -> ChatRequest | None:
    """Return the request, or None. Raises TypeError for anything else."""
    return request if request is None else _must_be(request, ChatRequest, "client.chat().build()")


def checked_config(value: T, kind: type[T]) -> T:
    """Return what sets a pattern. Raises TypeError for anything else."""
    return _must_be(value, kind, f"{kind.__name__}()")


def _must_be(value: T, kind: type[T], example: str) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"a {kind.__name__} is wanted, such as {example}, not {value!r:.100}")
    return value


def _all_are(values: Iterable[T], kind: Any, wanted: str) -> tuple[T, ...]:
    if isinstance(values, str | bytes):
        raise TypeError(f"{wanted} is wanted, not {values!r:.100}")
    found = tuple(values)
    for value in found:
        if not isinstance(value, kind):
            raise TypeError(f"{wanted} is wanted, not one with {value!r:.100}")
    return found
