"""The functions a model may call: their definitions, and how a tool call becomes a call of one."""

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

_MAX_ERROR_TEXT: Final = 1000
_BLOCKS: Final = (TextBlock, ImageBlock, DocumentBlock)


class ToolRegistry:
    """Keeps functions under the names by which the model calls them.

    Raises:
        TypeError: a tool is no function, has no schema, or is asynchronous where nothing can wait.
        ValueError: two tools have the same name.
    """

    def __init__(self, tools: Iterable[Function | ToolDefinition], *, can_await: Predicate) -> None:
        self.definitions: list[ToolDefinition] = []
        self._functions: dict[str, tuple[Function, Signature | None]] = {}
        for tool in tools:
            definition = tool
            if not isinstance(definition, ToolDefinition):
                definition = ToolDefinition.from_function(definition)
            self.definitions.append(definition)
            if not definition.is_of_provider:
                self._add(definition, can_await)

    def _add(self, tool: ToolDefinition, can_await: Predicate) -> None:
        if tool.function is None:
            raise TypeError(f"tool {tool.name!r} has no function: give the function itself")
        if tool.name in self._functions:
            raise ValueError(f"two tools are named {tool.name!r}; name one with from_function()")
        if not can_await(tool.function):
            raise TypeError(f"tool {tool.name!r} is asynchronous, and nothing here can wait for it")
        signature = None if _takes_any_keyword(tool.function) else Signature(tool.function)
        self._functions[tool.name] = tool.function, signature

    def bind(self, call: ToolCall) -> Callable[[], object]:
        """Return the function bound to the call's arguments, converted to the types it takes.

        Raises:
            UnknownTool: there is no such tool.
            ValidationError: the arguments do not fit.
        """
        if call.name not in self._functions:
            names = ", ".join(self._functions) or "none"
            raise UnknownTool(f"there is no tool {call.name!r}; the tools are {names}")
        function, signature = self._functions[call.name]
        if signature is None:
            self._check(call)
            return functools.partial(function, **call.arguments)
        arguments, options = signature.bind(call.arguments)
        return functools.partial(function, *arguments, **options)

    def _check(self, call: ToolCall) -> None:
        tool = next(tool for tool in self.definitions if tool.name == call.name)
        problems = [str(problem) for problem in schema_problems(call.arguments, tool.parameters)]
        if problems:
            raise ValidationError(
                f"the arguments do not fit: {'; '.join(problems)}", problems=problems
            )


def result_message(call: ToolCall, result: object) -> Message:
    """Return the message with a tool's result: text and content blocks unchanged, the rest as JSON.

    Raises:
        TypeError, ValueError: JSON can't express the result.
    """
    if isinstance(result, str):
        return Message.tool(call.id, str.__str__(result), name=call.name)
    if isinstance(result, _BLOCKS):
        return Message.tool(call.id, (result,), name=call.name)
    if isinstance(result, Sequence) and result and all(isinstance(b, _BLOCKS) for b in result):
        blocks: Any = tuple(result)
        return Message.tool(call.id, blocks, name=call.name)
    return Message.tool(call.id, to_json(result).decode(), name=call.name)


def error_message(call: ToolCall, error: Exception) -> Message:
    """Return the message that tells the model of an error: its class and text, no traceback."""
    text = str(error)[:_MAX_ERROR_TEXT]
    if not isinstance(error, AiLibError):
        text = f"{type(error).__name__}: {text}"
    return Message.tool(call.id, text, is_error=True, name=call.name)


def _takes_any_keyword(function: Function) -> bool:
    parameters: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
