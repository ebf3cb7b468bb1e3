# Generated from ai_lib/client/tool_loop.py by codegen; do not edit.
"""Runs conversations in which the model calls Python functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from ai_lib.client.target.settings import CallOptions
from ai_lib.client.tools.conversation import ToolConversation, ToolRun
from ai_lib.client.tools.functions import Function, ToolRegistry, answered, failed
from ai_lib.errors.exceptions import AiLibError, InvalidToolArguments, ValidationError
from ai_lib.types.events import Event
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolCall, ToolDefinition

from .._runtime.backend import can_call, run_all, settle
from .execution.cancel import CancelToken
from .execution.runner import CallRunner
from .execution.stream import ChatStream

Raises = type[Exception] | tuple[type[Exception], ...]


class ToolLoop:
    """Asks, makes the calls that the model wants made, and asks again."""

    def __init__(
        self,
        calls: CallRunner,
        conversation: ToolConversation,
        toolbox: ToolRegistry,
        *,
        options: CallOptions,
        max_parallel: int,
        raises: Raises,
    ) -> None:
        if max_parallel < 1:
            raise ValueError("max_parallel must be at least 1")
        self._calls = calls
        self.conversation = conversation
        self._toolbox = toolbox
        self._options = options
        self._max_parallel = max_parallel
        self._raises = raises

    def run(self) -> ToolRun:
        """Go on until the model calls no more tools."""
        try:
            return self._run()
        except AiLibError as error:
            self.conversation.broke(error)
            raise

    def _run(self) -> ToolRun:
        conversation = self.conversation
        while True:
            try:
                response = self._calls.ask(conversation.request, self._options)
            except InvalidToolArguments as error:
                response = conversation.mend(error)
            wanted = conversation.take(response)
            if wanted is None:
                return conversation.result()
            self.answer(wanted)

    def stream(self, cancel_token: CancelToken | None) -> ChatStream:
        """Return the next reply as a stream."""
        request = msgspec.structs.replace(self.conversation.request, stream=True)
        return self._calls.stream(request, self._options, cancel_token)

    def answer(self, wanted: Sequence[ToolCall]) -> None:
        """Make the calls, several at a time, and tell the model what they gave."""
        if len(wanted) == 1 or self._max_parallel == 1:
            answers = [self._answer(call) for call in wanted]
        else:
            waiting = [partial(self._answer, call) for call in wanted]
            answers = run_all(waiting, self._max_parallel)
        self.conversation.answer(answers)

    def _answer(self, call: ToolCall) -> Message:
        broken = self.conversation.broken.get(call.id)
        if broken is not None:
            return failed(call, ValidationError(broken))
        try:
            result = settle(self._toolbox.prepared(call)())
            return answered(call, result)
        except self._raises:
            raise
        except Exception as error:  # noqa: BLE001 (the model is told)
            return failed(call, error)


class ToolStream:
    """The events of a conversation with tools, those of every round as they come.

    Each round ends with its own `StreamEnd`; then the calls are made, and the next round follows.
    Iterating raises as `run_tools` does.
    """

    def __init__(self, loop: ToolLoop, cancel_token: CancelToken | None = None) -> None:
        self._loop = loop
        self._token = cancel_token
        self._stream: ChatStream | None = None
        self._ended = False
        self._result: ToolRun | None = None

    def __iter__(self) -> ToolStream:
        return self

    def __next__(self) -> Event:
        while not self._ended:
            if self._stream is None:
                self._ended = True  # unless it can be sent
                self._stream = self._loop.stream(self._token)
                self._ended = False
            event = self._next(self._stream)
            if event is not None:
                return event
        raise StopIteration

    def __enter__(self) -> ToolStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def show(self) -> ToolRun:
        """Show all rounds while they come, with calls and results, and return what came of them.

        It is shown as by `ChatStream.show`. Raises as iterating does, and ValueError when the
        stream is ended before the model was done.
        """
        from .display.show import show_run

        return show_run(self, self._loop.conversation)

    def close(self) -> None:
        """Let go of the connection. Safe to call twice, and from another task or thread."""
        self._ended = True
        if self._stream is not None:
            self._stream.close()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far: the rounds that are over, with what the tools gave."""
        return tuple(self._loop.conversation.request.messages)

    def result(self) -> ToolRun:
        """Return what came of the conversation, once the stream has ended.

        Raises:
            ValueError: the stream has not ended, or was ended before the model was done.
        """
        if self._result is None:
            raise ValueError("the conversation is not over; iterate over the stream to its end")
        return self._result

    def _next(self, stream: ChatStream) -> Event | None:
        """Return the next event; None when a round is over, and what follows it is done."""
        try:
            return stream.__next__()
        except StopIteration:
            closed = self._ended or stream.cancelled
            response = None if closed else stream.response()
        except InvalidToolArguments as error:
            response = self._loop.conversation.mend(error)
        except BaseException as error:
            self._ended = True
            if isinstance(error, AiLibError):
                self._loop.conversation.broke(error)
            raise
        if response is None:
            self._ended = True
            return None
        wanted = self._loop.conversation.take(response)
        if wanted is None:
            self._ended, self._result = True, self._loop.conversation.result()
        elif self._answered(wanted):
            self._stream = None
        return None

    def _answered(self, wanted: Sequence[ToolCall]) -> bool:
        if self._token is None:
            self._loop.answer(wanted)
        elif not self._token.run(partial(self._loop.answer, wanted)):
            self._ended = True
        return not self._ended


def tool_loop(
    calls: CallRunner,
    request: ChatRequest,
    functions: Sequence[Function | ToolDefinition],
    *,
    options: CallOptions,
    max_rounds: int,
    max_parallel: int,
    raises: Raises,
) -> ToolLoop:
    """Return the loop for a request, its own tools and more functions."""
    toolbox = ToolRegistry((*request.tools, *functions), can_call=can_call)
    return ToolLoop(
        calls,
        ToolConversation(request, toolbox, max_rounds),
        toolbox,
        options=options,
        max_parallel=max_parallel,
        raises=raises,
    )
