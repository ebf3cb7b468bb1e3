"""The functions a model may call: what it is told of them, and its calls made ready."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ai_lib.errors.exceptions import AiLibError, UnknownTool, ValidationError
from ai_lib.structured.schema_problems import schema_problems
from ai_lib.types.content import DocumentBlock, ImageBlock, TextBlock
from ai_lib.types.message import Message
from ai_lib.types.schema.schema import to_json
from ai_lib.types.schema.signature import Signature
from ai_lib.types.tool import ToolCall, ToolDefinition

Function = Callable[..., object]
Predicate = Callable[[Function], bool]

_SHOWN: Final = 1000
_BLOCKS: Final = (TextBlock, ImageBlock, DocumentBlock)


class ToolRegistry:
    """Functions by the names the model calls them by.

    Raises:
        TypeError: one is no function, has no schema, or is asynchronous where nothing can wait.
        ValueError: two have the same name.
    """

    def __init__(self, tools: Iterable[Function | ToolDefinition], *, can_call: Predicate) -> None:
        self.definitions: list[ToolDefinition] = []
        self._functions: dict[str, tuple[Function, Signature | None]] = {}
        for tool in tools:
            definition = tool
            if not isinstance(definition, ToolDefinition):
                definition = ToolDefinition.from_function(definition)
            self.definitions.append(definition)
            if not definition.is_of_provider:
                self._add(definition, can_call)

    def _add(self, tool: ToolDefinition, can_call: Predicate) -> None:
        if tool.function is None:
            raise TypeError(f"tool {tool.name!r} has no function: give the function itself")
        if tool.name in self._functions:
            raise ValueError(f"two tools are named {tool.name!r}; name one with from_function()")
        if not can_call(tool.function):
            raise TypeError(f"tool {tool.name!r} is asynchronous, and nothing here can wait for it")
        signature = None if _takes_anything(tool.function) else Signature(tool.function)
        self._functions[tool.name] = tool.function, signature

    def prepared(self, call: ToolCall) -> Callable[[], object]:
        """Return a call made ready, its arguments of the types the function takes.

        Raises:
            UnknownTool: there is no such tool.
            ValidationError: the arguments do not fit.
        """
        if call.name not in self._functions:
            known = ", ".join(self._functions) or "none"
            raise UnknownTool(f"there is no tool {call.name!r}; the tools are {known}")
        function, signature = self._functions[call.name]
        if signature is None:
            self._check(call)
            return functools.partial(function, **call.arguments)
        positional, named = signature.bind(call.arguments)
        return functools.partial(function, *positional, **named)

    def _check(self, call: ToolCall) -> None:
        tool = next(tool for tool in self.definitions if tool.name == call.name)
        found = [str(one) for one in schema_problems(call.arguments, tool.parameters)]
        if found:
            raise ValidationError(f"the arguments do not fit: {'; '.join(found)}", problems=found)


def answered(call: ToolCall, result: object) -> Message:
    """Return what a function gave, as the model is told: text and blocks as they are, else JSON.

    Raises:
        TypeError: JSON has no form for it.
    """
    if isinstance(result, str):
        return Message.tool(call.id, result, name=call.name)
    if isinstance(result, _BLOCKS):
        return Message.tool(call.id, (result,), name=call.name)
    if isinstance(result, Sequence) and result and all(isinstance(b, _BLOCKS) for b in result):
        blocks: Any = tuple(result)
        return Message.tool(call.id, blocks, name=call.name)
    return Message.tool(call.id, to_json(result).decode(), name=call.name)


def failed(call: ToolCall, error: Exception) -> Message:
    """Return what went wrong, as the model is told: kind and message, and never a traceback."""
    said = str(error)[:_SHOWN]
    text = said if isinstance(error, AiLibError) else f"{type(error).__name__}: {said}"
    return Message.tool(call.id, text, is_error=True, name=call.name)


def _takes_anything(function: Function) -> bool:
    parameters: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
    return any(one.kind is one.VAR_KEYWORD for one in parameters.values())
