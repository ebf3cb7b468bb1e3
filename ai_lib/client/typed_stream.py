"""Calls for a typed answer: they ask until the answer fits, plainly or as a stream."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

from ai_lib._runtime.single_reader import SingleReader
from ai_lib.client.call.leniency import is_lenient_call
from ai_lib.client.target.settings import CallOptions
from ai_lib.errors.exceptions import AiLibError, InvalidToolArguments
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.structured.output import StructuredOutput
from ai_lib.structured.typed_conversation import PartialOutput, TypedConversation
from ai_lib.types.json import JsonValue

from .execution.cancel import CancelToken
from .execution.runner import CallRunner
from .execution.stream import ChatStream

T = TypeVar("T")

# `idle`: the next step sends a request; `open`: a response is arriving; `closed`: nothing follows.
StreamState = Literal["idle", "open", "closed"]


async def ask_typed(
    runner: CallRunner,
    conversation: TypedConversation[T],
    options: CallOptions,
    coerce: bool | None = None,
) -> StructuredOutput[T]:
    """Ask until the answer fits or no ask is left.

    All asks share one deadline and one attempt log. Raises as `execute` does, and what
    `TypedConversation` raises; an error carries the messages so far.
    """
    conversation.coerce = bool(coerce)
    options = msgspec.structs.replace(
        options, attempt_log=AttemptLog(), is_wanted=conversation.fits
    )
    try:
        return await _ask_until_it_fits(runner, conversation, options, coerce)
    except AiLibError as error:
        conversation.attach_to(error)
        raise


async def _ask_until_it_fits(
    runner: CallRunner,
    conversation: TypedConversation[T],
    options: CallOptions,
    coerce: bool | None,
) -> StructuredOutput[T]:
    while True:
        output: StructuredOutput[T] | None = None
        try:
            response, call = await runner.run(conversation.request, options)
        except InvalidToolArguments as error:
            is_lenient = runner.is_lenient(error.provider, coerce)
            output = conversation.read_invalid_arguments(error, coerce=is_lenient)
        else:
            is_lenient = is_lenient_call(call, coerce)
            output = conversation.read_response(response, coerce=is_lenient)
        if output is not None:
            return output


class TypedStream(Generic[T]):
    """The answer of one call while it arrives; the last item is the value of the type.

    The items before it are the answer as far as it is known: objects as `PartialObject`, whose
    members are None until they arrive. The object is one that grows; copy what is to be kept. When
    an answer does not fit, the next ask begins a new object. Iterating raises as `execute_as` does.
    """

    def __init__(
        self,
        runner: CallRunner,
        conversation: TypedConversation[T],
        options: CallOptions,
        cancel_token: CancelToken | None = None,
        coerce: bool | None = None,
    ) -> None:
        self._runner = runner
        self._coerce = coerce
        conversation.coerce = bool(coerce)
        self._conversation = conversation
        self._options = msgspec.structs.replace(
            options, attempt_log=AttemptLog(), is_wanted=conversation.fits
        )
        self._token = cancel_token
        self._partial = PartialOutput(conversation.shape)
        self._stream: ChatStream | None = None
        self._output: StructuredOutput[T] | None = None
        self._state: StreamState = "idle"
        self._reader = SingleReader()

    def __aiter__(self) -> TypedStream[T]:
        return self

    async def __anext__(self) -> T | JsonValue:
        with self._reader:
            return await self._read()

    async def _read(self) -> T | JsonValue:
        try:
            while self._state != "closed":
                partial = await self._next(self._open())
                if partial is not None:
                    return partial
                if self._output is not None:
                    self._state = "closed"
                    return self._output.value
        except BaseException as error:
            self._state = "closed"
            if isinstance(error, AiLibError):
                self._conversation.attach_to(error)
            raise
        raise StopAsyncIteration

    async def __aenter__(self) -> TypedStream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def show(self) -> StructuredOutput[T]:
        """Show the answer while it arrives, and return it with its value.

        It is shown as by `ChatStream.show`. Raises as iterating does, and ValueError when the
        stream is closed before there was a value.
        """
        from .display.show import show_output

        return await show_output(self)

    async def aclose(self) -> None:
        """Release the connection. Safe to call twice, and from another task or thread."""
        self._state = "closed"
        if self._stream is not None:
            await self._stream.aclose()

    def output(self) -> StructuredOutput[T]:
        """Return the value with its response and its cost, once the stream has ended.

        Raises:
            ValueError: the stream has not ended, or was closed before there was a value.
        """
        if self._output is None:
            raise ValueError("there is no value yet; iterate over the stream to its end first")
        return self._output

    def _open(self) -> ChatStream:
        """Return the stream of the response that is arriving; begin one where there is none."""
        if self._stream is None or self._state == "idle":
            request = msgspec.structs.replace(self._conversation.request, stream=True)
            self._partial = PartialOutput(self._conversation.shape)
            self._stream = self._runner.stream(request, self._options, self._token)
            self._state = "open"
        return self._stream

    async def _next(self, stream: ChatStream) -> JsonValue:
        """Return what the next events make known; None at the end of a response."""
        try:
            while True:
                partial = self._partial.read_event(await stream.__anext__())
                if partial is not None:
                    return partial
        except StopAsyncIteration:
            if stream.cancelled:
                self._state = "closed"
            elif self._state == "open":
                self._output = self._conversation.read_response(
                    stream.response(), coerce=stream.is_lenient(self._coerce)
                )
                self._state = "idle"
        except InvalidToolArguments as error:
            if self._state == "open":
                self._output = self._conversation.read_invalid_arguments(
                    error, coerce=stream.is_lenient(self._coerce)
                )
                self._state = "idle"
        return None
