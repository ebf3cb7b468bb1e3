"""Refuses arguments of a wrong type where they are given, before anything keeps them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from ai_lib.types.content import Block
from ai_lib.types.message import Message, MessageLike
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from ai_lib.types.tool import ToolDefinition

T = TypeVar("T")
_CONTENT = "a text, or a sequence of blocks: [ContentBlock.text('Hello')]"


def check_messages(messages: Iterable[MessageLike]) -> list[Message]:
    """Return messages, of which any may be a dict.

    Raises:
        TypeError: one is neither a message nor a dict.
        InvalidArguments: a dict is malformed.
    """
    if isinstance(messages, str | bytes | Mapping):
        raise TypeError(
            "a sequence of messages is wanted, such as [Message.user('Hello')], "
            f"not {messages!r:.100}"
        )
    return [check_message(item, f"messages[{index}]") for index, item in enumerate(messages)]


def check_message(message: MessageLike, path: str = "message") -> Message:
    """Return the message, which may be a dict.

    Raises:
        TypeError: it is anything else, or its content is none.
        InvalidArguments: the dict is malformed.
    """
    if not isinstance(message, Message):
        return _read_message(message, path)
    content = message.content
    if type(content) is str:
        return message
    if isinstance(content, str):  # such as a template engine's, which changes what is added to it
        return msgspec.structs.replace(message, content=str.__str__(content))
    _require_types(content, Block, "a text, or a sequence of blocks: [ContentBlock.text('Hello')]")
    return message


def _read_message(message: object, path: str) -> Message:
    if isinstance(message, Mapping) or hasattr(message, "model_dump"):
        from ai_lib.types.dicts.messages import read_message

        return read_message(message, path)
    if isinstance(message, ChatResponse):
        raise TypeError(f"{path} is a response: give response.to_message()")
    raise TypeError(
        f"{path}: a Message is wanted, such as Message.user('Hello') or "
        f"{{'role': 'user', 'content': 'Hello'}}, not {message!r:.100}"
    )


def check_tools(
    tools: Iterable[ToolDefinition | Callable[..., object] | Mapping[str, object]],
) -> tuple[ToolDefinition, ...]:
    """Return the definitions of tools, functions and dicts.

    Raises:
        TypeError: one is anything else.
        InvalidArguments: a dict is malformed.
    """
    expected = "a sequence of functions, or of definitions: [ToolDefinition.from_function(f)]"
    if isinstance(tools, str | bytes | Mapping):
        raise TypeError(f"{expected} is wanted, not {tools!r:.100}")
    defined = (define_tool(tool, f"tools[{index}]") for index, tool in enumerate(tools))
    return _require_types(defined, ToolDefinition, expected)


def define_tool(tool: Any, path: str) -> Any:
    """Return the definition of a function or a dict; anything else as it is.

    Raises:
        InvalidArguments: the dict is malformed.
    """
    if isinstance(tool, Mapping) or hasattr(tool, "model_dump"):
        from ai_lib.types.dicts.tools import read_tool

        return read_tool(tool, path)
    if callable(tool) and not isinstance(tool, type):
        return ToolDefinition.from_function(tool)
    return tool


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of models. Raises TypeError for anything else."""
    return _require_types(names, str, "a sequence of names: ['provider/model']")


def check_name(name: str) -> str:
    """Return the name of an operation or a host. Raises TypeError for anything else."""
    return _require_type(name, str, "'list_models' or 'example.com'")


def check_model(model: str) -> str:
    """Return the name of a model.

    Raises:
        TypeError: it is no text.
        ValueError: it has several words, as a prompt has and no name.
    """
    if "/" not in _require_type(model, str, "'provider/model'") and len(model.split()) > 1:
        raise ValueError(
            f"{model!r:.60} is no name of a model, such as 'provider/model'; what the model is "
            "told goes to user()"
        )
    return model


def check_base_url(url: str | None) -> str | None:
    """Return a base address; an empty one counts as none.

    Raises:
        TypeError: it is no text.
        ValueError: it is no address of HTTP.
    """
    if not url:
        return None
    _require_type(url, str, "'https://api.example.com/v1'")
    if not url.lower().startswith(("https://", "http://")):
        raise ValueError(
            f"base_url={url!r:.100} is no address: it begins with https:// or http://, such as "
            "'https://api.example.com/v1'"
        )
    return url


def check_proxy(url: str) -> str:
    """Return the address of a proxy. Raises TypeError for anything else."""
    return _require_type(url, str, "'http://proxy.example.com:3128'")


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
    """Return a value of this kind. Raises TypeError for anything else."""
    return _require_type(value, kind, f"{kind.__name__}()")


def _require_type(value: T, kind: type[T], example: str) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"a {kind.__name__} is wanted, such as {example}, not {value!r:.100}")
    return value


def _require_types(values: Iterable[T], kind: Any, expected: str) -> tuple[T, ...]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"{expected} is wanted, not {values!r:.100}")
    checked = tuple(values)
    for value in checked:
        if not isinstance(value, kind):
            raise TypeError(f"{expected} is wanted, not one with {value!r:.100}")
    return checked
