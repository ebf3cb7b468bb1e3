"""The functions a model may call: their definitions, and how a tool call becomes a call of one."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ai_lib.client.tools.results import error_message
from ai_lib.errors.exceptions import CapabilityError, UnknownTool, ValidationError
from ai_lib.structured.schema_problems import schema_problems
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.message import Message
from ai_lib.types.schema.reading import (
    BEYOND_FLOATS,
    ReadContext,
    find_beyond_float,
    read_exact_object,
)
from ai_lib.types.schema.signature import Signature
from ai_lib.types.tool import APPROVAL, ToolCall, ToolDefinition

Function = Callable[..., object]
ToolLike = Function | ToolDefinition | Mapping[str, object]
Predicate = Callable[[Function], bool]
ToolCallHook = Callable[[ToolCall, ToolDefinition], object]
"""Says whether a call may be made: True, False, a text for the model, or another call to make."""


class ToolRegistry:
    """Keeps functions under the names by which the model calls them.

    Raises:
        TypeError: a tool is no function, has no schema, or is asynchronous where nothing can wait.
        ValueError: two tools have the same name.
    """

    def __init__(self, tools: Iterable[ToolLike], *, can_await: Predicate) -> None:
        self.definitions: list[ToolDefinition] = []
        self._adaptations: list[str] = []
        self._functions: dict[str, tuple[Function, Signature | None]] = {}
        for index, tool in enumerate(tools):
            definition = _define(tool, f"functions[{index}]")
            self.definitions.append(definition)
            self._adaptations += definition.adaptations
            if not definition.is_of_provider or definition.function is not None:
                self._add(definition, can_await)

    def _add(self, tool: ToolDefinition, can_await: Predicate) -> None:
        if tool.function is None:
            raise TypeError(f"tool {tool.name!r} has no function: give the function itself")
        if tool.name in self._functions:
            raise ValueError(_describe_doubled(tool, self.find(tool.name)))
        if not can_await(tool.function):
            raise TypeError(f"tool {tool.name!r} is asynchronous, and nothing here can wait for it")
        self._functions[tool.name] = tool.function, _read_signature(tool)

    def find(self, name: str) -> ToolDefinition | None:
        """Return the tool of that name that a function runs; None when there is none."""
        if name not in self._functions:
            return None
        return next(tool for tool in self.definitions if tool.name == name)

    def check_answerable(self, call: ToolCall) -> None:
        """Check that something here can answer a call.

        Raises:
            CapabilityError: it is one of a provider's own tool, and no function runs that.
        """
        if call.kind == APPROVAL:
            return
        offered = [tool for tool in self.definitions if tool.name == call.name]
        own_tools = [tool for tool in offered if tool.is_of_provider]
        if any(tool.function is not None for tool in own_tools):
            return
        is_caller_run = any(tool.hosted_options is None for tool in own_tools)
        if call.kind == "function" and not is_caller_run:
            return  # the model is told that there is no such tool
        raise CapabilityError(
            f"the model calls {call.name!r} ({call.id}), a tool of the provider's own that you run:"
            " give ToolDefinition.of_provider(..., function=) a function, or don't offer it",
            capability=f"tool_call:{call.kind if call.kind != 'function' else call.name}",
        )

    def take_adaptations(self) -> list[str]:
        """Return how arguments were bent to fit since this was asked last."""
        adaptations, self._adaptations = self._adaptations, []
        return adaptations

    def bind(self, call: ToolCall, *, coerce: bool = False) -> Callable[[], object]:
        """Return the function bound to the call's arguments, converted to the types it takes.

        With `coerce`, arguments that do not fit are taken where their meaning is plain.

        Raises:
            UnknownTool: there is no such tool.
            ValidationError: the arguments do not fit.
        """
        tool = self.find(call.name)
        if tool is None:
            names = ", ".join(self._functions) or "none"
            raise UnknownTool(f"there is no tool {call.name!r}; the tools are {names}")
        function, signature = self._functions[call.name]
        if signature is not None:
            arguments, options = self._read(signature, call, coerce)
            return functools.partial(function, *arguments, **options)
        _check(call, tool)
        if _takes_any_keyword(function):
            return functools.partial(function, **call.arguments)
        argument = call.arguments["input"] if call.is_custom else dict(call.arguments)
        return functools.partial(function, argument)

    def _read(
        self, signature: Signature, call: ToolCall, coerce: bool
    ) -> tuple[tuple[object, ...], JsonDict]:
        call_arguments = _read_exactly(call)
        try:
            return signature.bind(call_arguments)
        except ValidationError:
            if not coerce:
                raise
            context = ReadContext(coerce=True)
            try:
                bound = signature.bind(call_arguments, context)
            except ValidationError:
                pass  # the problems of the strict reading are told
            else:
                self._adaptations += [f"{call.name}: {note}" for note in context.adaptations]
                return bound
            raise


def _define(tool: ToolLike, path: str) -> ToolDefinition:
    if isinstance(tool, ToolDefinition):
        return tool
    if isinstance(tool, Mapping):
        from ai_lib.types.dicts.tools import read_tool

        return read_tool(tool, path)
    return ToolDefinition.from_function(tool)


def _read_exactly(call: ToolCall) -> JsonObject:
    """Return the arguments with all digits, if a hook has not changed them since.

    Raises:
        ValidationError: a number is out of every range.
    """
    try:
        return read_exact_object(call.exact_json, call.arguments)
    except ValueError as error:
        text = f"the arguments do not fit: {error}"
        raise ValidationError(text, problems=[str(error)]) from error


def _read_signature(tool: ToolDefinition) -> Signature | None:
    """Return the signature that reads a call's arguments.

    None for a handler: a function that takes them as they are, by any name or as one mapping,
    checked by the schema that was given with it.
    """
    function: Any = tool.function
    if _takes_any_keyword(function):
        return None
    properties = tool.parameters.get("properties") or {}
    parameters = inspect.signature(function).parameters
    required = [
        parameter for parameter in parameters.values() if parameter.default is parameter.empty
    ]
    is_handler = len(required) == 1 and required[0].name not in properties
    if is_handler and required[0].kind is not inspect.Parameter.KEYWORD_ONLY:
        return None
    return Signature(function)


def _describe_doubled(tool: ToolDefinition, other: ToolDefinition | None) -> str:
    servers = [owner.server for owner in (other, tool) if owner is not None and owner.server]
    if not servers:
        return f"two tools are named {tool.name!r}; name one with from_function()"
    owners = " and ".join(f"the server {server}" for server in servers)
    return f"two tools are named {tool.name!r} ({owners}); give a server a prefix="


def _check(call: ToolCall, tool: ToolDefinition) -> None:
    position = find_beyond_float(_read_exactly(call))
    if position is not None:
        problem = f"{position}: {BEYOND_FLOATS}"
        raise ValidationError(f"the arguments do not fit: {problem}", problems=[problem])
    problems = [str(problem) for problem in schema_problems(call.arguments, tool.parameters)]
    if problems:
        raise ValidationError(f"the arguments do not fit: {'; '.join(problems)}", problems=problems)


def read_decision(call: ToolCall, decision: object) -> ToolCall | Message:
    """Return the call to make by what a hook said of it, or the message that tells its refusal.

    Raises:
        TypeError: the hook said nothing that can be understood.
    """
    if decision is True:
        return call
    if decision is False:
        return error_message(call, ValidationError("this call was not allowed; it was not made"))
    if isinstance(decision, str):
        return error_message(call, ValidationError(str.__str__(decision)))
    if isinstance(decision, ToolCall):
        return decision
    raise TypeError(
        f"on_tool_call gave {decision!r}: return True, False, a text for the model, or a ToolCall"
    )


def read_approval(call: ToolCall, decision: object) -> Message:
    """Return the answer to a call that asks for an approval, by what a hook said of it.

    Raises:
        TypeError: the hook said nothing that can be understood, or another call to make.
    """
    allowed = read_decision(call, decision)
    if isinstance(allowed, Message):
        return allowed
    if allowed is not call and allowed != call:
        raise TypeError(
            f"on_tool_call gave another call in place of {call.name!r}: the provider makes this "
            "one, so it can only be allowed or refused"
        )
    return Message.approval(call.id, True)


def _takes_any_keyword(function: Function) -> bool:
    parameters: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
