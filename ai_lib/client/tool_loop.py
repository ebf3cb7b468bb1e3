"""Runs conversations in which the model calls Python functions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib._runtime.single_reader import SingleReader
from ai_lib.client.call.leniency import is_lenient_call
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.tools.conversation import ToolConversation, ToolRun
from ai_lib.client.tools.functions import (
    ToolCallHook,
    ToolLike,
    ToolRegistry,
    read_approval,
    read_decision,
)
from ai_lib.client.tools.results import error_message, result_message
from ai_lib.errors.exceptions import AiLibError, InvalidToolArguments, ValidationError
from ai_lib.types.events import Event
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import APPROVAL, ToolCall, ToolDefinition

from .._runtime.backend import can_await, maybe_await, run_all
from .execution.cancel import CancelToken
from .execution.runner import CallRunner
from .execution.stream import ChatStream
from .typed_stream import StreamState

if TYPE_CHECKING:
    from .execution.text_stream import TextStream

Raises = type[Exception] | tuple[type[Exception], ...]

_MAX_CALLS_PER_ROUND: Final = 64
_NO_HOOK: Final = "not approved: nobody was there to ask"


class ToolLoop:
    """Sends the conversation, runs the tools the model calls, and sends it again."""

    def __init__(
        self,
        runner: CallRunner,
        conversation: ToolConversation,
        tools: ToolRegistry,
        *,
        options: CallOptions,
        max_parallel: int,
        raises: Raises,
        on_tool_call: ToolCallHook | None = None,
        coerce: bool | None = None,
    ) -> None:
        if max_parallel < 1:
            raise ValueError("max_parallel must be at least 1")
        self._runner = runner
        self.conversation = conversation
        self._tools = tools
        self._options = options
        self._max_parallel = max_parallel
        self._raises = raises
        self._on_tool_call = on_tool_call
        self._coerce = coerce
        self._is_lenient = bool(coerce)

    async def run(self) -> ToolRun:
        """Send rounds until the model calls no more tools."""
        try:
            return await self._run()
        except AiLibError as error:
            self.conversation.attach_to(error)
            raise

    async def _run(self) -> ToolRun:
        conversation = self.conversation
        while True:
            try:
                response, call = await self._runner.run(conversation.request, self._options)
                self.be_lenient(is_lenient_call(call, self._coerce))
            except InvalidToolArguments as error:
                self.be_lenient(self._runner.is_lenient(error.provider, self._coerce))
                response = conversation.repair_response(error, coerce=self._is_lenient)
            calls = conversation.add_response(response)
            if calls is None:
                return conversation.result()
            await self.run_tools(calls)

    @property
    def coerce(self) -> bool | None:
        """Whether arguments in nearly the right form are taken; None leaves it to the target."""
        return self._coerce

    @property
    def is_lenient(self) -> bool:
        """Whether they are taken of the target that answered last."""
        return self._is_lenient

    def be_lenient(self, is_lenient: bool) -> None:
        """Set whether arguments of the present round may be in nearly the right form."""
        self._is_lenient = is_lenient

    def stream(self, cancel_token: CancelToken | None) -> ChatStream:
        """Return the next response as a stream."""
        request = msgspec.structs.replace(self.conversation.request, stream=True)
        return self._runner.stream(request, self._options, cancel_token)

    async def run_tools(self, calls: Sequence[ToolCall]) -> None:
        """Run the tools, several at a time, and add their results to the conversation.

        Of more than 64 calls the first 64 run; the model is told that the others did not.
        """
        run, refused = calls[:_MAX_CALLS_PER_ROUND], calls[_MAX_CALLS_PER_ROUND:]
        if len(run) == 1 or self._max_parallel == 1:
            results = [await self._run_tool(call) for call in run]
        else:
            results = await run_all(
                [partial(self._run_tool, call) for call in run], self._max_parallel
            )
        self.conversation.add_results([*results, *map(_refuse_call, refused)])
        self.conversation.add_adaptations(self._tools.take_adaptations())

    async def _answer_approval(self, call: ToolCall) -> Message:
        """Ask whether the provider may make a call; without a hook it may not."""
        if self._on_tool_call is None:
            return Message.approval(call.id, False, _NO_HOOK)
        definition = ToolDefinition(name=call.name, server=call.server, is_of_provider=True)
        return read_approval(call, await maybe_await(self._on_tool_call(call, definition)))

    async def _run_tool(self, call: ToolCall) -> Message:
        watchers = self._runner.tool_watchers
        if not watchers:
            return await self._answer(call)
        with ExitStack() as stack:
            tool = self._tools.find(call.name)
            notes = [stack.enter_context(watcher.watch_tool(call, tool)) for watcher in watchers]
            message = await self._answer(call)
            for note in notes:
                note(message)
        return message

    async def _answer(self, call: ToolCall) -> Message:
        """Run the function of a call; return the message that the model is sent."""
        problem = self.conversation.invalid_calls.get(call.id)
        if problem is not None:
            return error_message(call, ValidationError(problem))
        if call.kind == APPROVAL:
            return await self._answer_approval(call)
        try:
            bound = self._tools.bind(call, coerce=self._is_lenient)
        except self._raises:
            raise
        except Exception as error:  # noqa: BLE001 (the model is told)
            return error_message(call, error)
        definition = self._tools.find(call.name)
        if self._on_tool_call is not None and definition is not None:
            allowed = read_decision(call, await maybe_await(self._on_tool_call(call, definition)))
            if isinstance(allowed, Message):
                return allowed
            bound = bound if allowed is call else self._tools.bind(allowed, coerce=False)
        try:
            result = await maybe_await(bound())
        except self._raises:
            raise
        except Exception as error:  # noqa: BLE001 (the model is told)
            return error_message(call, error)
        return result_message(call, result)


def _refuse_call(call: ToolCall) -> Message:
    reason = f"not run: at most {_MAX_CALLS_PER_ROUND} tools run in a round; call it again"
    return error_message(call, ValidationError(reason))


class ToolStream:
    """The events of a conversation with tools, those of every round while they arrive.

    Each round ends with its own `StreamEnd`; then the tools run, and the next round follows.
    Iterating raises as `run_tools` does.
    """

    def __init__(self, loop: ToolLoop, cancel_token: CancelToken | None = None) -> None:
        self._loop = loop
        self._token = cancel_token
        self._stream: ChatStream | None = None
        self._state: StreamState = "idle"
        self._reader = SingleReader()
        self._result: ToolRun | None = None

    def __aiter__(self) -> ToolStream:
        return self

    async def __anext__(self) -> Event:
        with self._reader:
            return await self._read()

    async def _read(self) -> Event:
        try:
            while self._state != "closed":
                event = await self._next(self._open())
                if event is not None:
                    return event
        except BaseException as error:
            self._state = "closed"
            if isinstance(error, AiLibError):
                self._loop.conversation.attach_to(error)
            raise
        raise StopAsyncIteration

    async def __aenter__(self) -> ToolStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def text(self) -> TextStream:
        """Return the pieces of text of all rounds alone; `result()` has the rest at their end."""
        from .execution.text_stream import TextStream

        return TextStream(self)

    async def show(self) -> ToolRun:
        """Show all rounds while they arrive, with calls and results, and return the run.

        It is shown as by `ChatStream.show`. Raises as iterating does, and ValueError when the
        stream is closed before the model was done.
        """
        from .display.show import show_run

        return await show_run(self, self._loop.conversation)

    async def aclose(self) -> None:
        """Release the connection. Safe to call twice, and from another task or thread."""
        self._state = "closed"
        if self._stream is not None:
            await self._stream.aclose()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far: the finished rounds, with the results of the tools."""
        return tuple(self._loop.conversation.request.messages)

    def result(self) -> ToolRun:
        """Return the run, once the stream has ended.

        Raises:
            ValueError: the stream has not ended, or was closed before the model was done.
        """
        if self._result is None:
            raise ValueError("the conversation is not over; iterate over the stream to its end")
        return self._result

    def _open(self) -> ChatStream:
        """Return the stream of the current round; begin the round where none is under way."""
        if self._stream is None or self._state == "idle":
            self._stream = self._loop.stream(self._token)
            self._state = "open"
        return self._stream

    async def _next(self, stream: ChatStream) -> Event | None:
        """Return the next event; None when a round is over and its calls are answered."""
        try:
            return await stream.__anext__()
        except StopAsyncIteration:
            if stream.cancelled:
                self._state = "closed"
            if self._state == "closed":
                return None
            response = stream.response()
            self._loop.be_lenient(stream.is_lenient(self._loop.coerce))
        except InvalidToolArguments as error:
            self._loop.be_lenient(stream.is_lenient(self._loop.coerce))
            response = self._loop.conversation.repair_response(error, coerce=self._loop.is_lenient)
        calls = self._loop.conversation.add_response(response)
        if calls is None:
            self._result = self._loop.conversation.result()
            self._state = "closed"
        elif await self._run_tools(calls) and self._state == "open":
            self._state = "idle"
        return None

    async def _run_tools(self, calls: Sequence[ToolCall]) -> bool:
        """Run the tools; return whether that was not cancelled."""
        if self._token is None:
            await self._loop.run_tools(calls)
        elif not await self._token.run(partial(self._loop.run_tools, calls)):
            self._state = "closed"
            return False
        return True


def make_tool_loop(
    runner: CallRunner,
    request: ChatRequest,
    functions: Sequence[ToolLike],
    *,
    options: CallOptions,
    max_rounds: int,
    max_parallel: int,
    raises: Raises,
    on_tool_call: ToolCallHook | None = None,
    coerce: bool | None = None,
) -> ToolLoop:
    """Return the loop for a request, its own tools and more functions."""
    tools = ToolRegistry((*request.tools, *functions), can_await=can_await)
    runner.check_tools(tools.definitions, options)
    return ToolLoop(
        runner,
        ToolConversation(request, tools, max_rounds),
        tools,
        options=options,
        max_parallel=max_parallel,
        raises=raises,
        on_tool_call=on_tool_call,
        coerce=coerce,
    )
