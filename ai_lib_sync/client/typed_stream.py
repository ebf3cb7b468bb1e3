# Generated from ai_lib/client/typed_stream.py by codegen; do not edit.
"""Calls for a typed answer: asks, and asks again, as one call."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from ai_lib.client.target.settings import CallOptions
from ai_lib.errors.exceptions import InvalidToolArguments
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.structured.output import StructuredOutput
from ai_lib.structured.typed_conversation import PartialAnswer, TypedConversation
from ai_lib.types.json import JsonValue

from .execution.cancel import CancelToken
from .execution.runner import CallRunner
from .execution.stream import ChatStream

T = TypeVar("T")


def ask_typed(
    calls: CallRunner, asking: TypedConversation[T], options: CallOptions
) -> StructuredOutput[T]:
    """Ask until the answer fits or may not be asked for again.

    All asks share one deadline and one set of books. Raises as `execute` does, and what
    `TypedConversation`
    raises.
    """
    options = msgspec.structs.replace(options, ledger=AttemptLog())
    while True:
        output: StructuredOutput[T] | None = None
        try:
            response = calls.ask(asking.request, options)
        except InvalidToolArguments as error:
            asking.broken(error)
        else:
            output = asking.take(response)
        if output is not None:
            return output


class TypedStream(Generic[T]):
    """The answer of one call, as it comes; its last item is the value of the type.

    Those before it are the answer as far as it is known: objects as `PartialObject`, whose members
    are None until they come. It is one object that grows; copy what is to be kept. When an answer
    does not fit, the next ask begins a new one. Iterating raises as `execute_as` does.
    """

    def __init__(
        self,
        calls: CallRunner,
        asking: TypedConversation[T],
        options: CallOptions,
        cancel_token: CancelToken | None = None,
    ) -> None:
        self._calls = calls
        self._asking = asking
        self._options = msgspec.structs.replace(options, ledger=AttemptLog())
        self._token = cancel_token
        self._following = PartialAnswer(asking.shape)
        self._stream: ChatStream | None = None
        self._output: StructuredOutput[T] | None = None
        self._ended = False

    def __iter__(self) -> TypedStream[T]:
        return self

    def __next__(self) -> T | JsonValue:
        while not self._ended:
            if self._stream is None:
                self._begin()
            partial = self._next()
            if partial is not None:
                return partial
            if self._output is not None:
                self._ended = True
                return self._output.value
        raise StopIteration

    def __enter__(self) -> TypedStream[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def show(self) -> StructuredOutput[T]:
        """Show the answer while it comes, and return it with its value.

        It is shown as by `ChatStream.show`. Raises as iterating does, and ValueError when the
        stream is ended before there was a value.
        """
        from .display.show import show_output

        return show_output(self)

    def close(self) -> None:
        """Let go of the connection. Safe to call twice, and from another task or thread."""
        self._ended = True
        if self._stream is not None:
            self._stream.close()

    def output(self) -> StructuredOutput[T]:
        """Return the value with its reply and what it took, once the stream has ended.

        Raises:
            ValueError: the stream has not ended, or was ended before there was a value.
        """
        if self._output is None:
            raise ValueError("there is no value yet; iterate over the stream to its end first")
        return self._output

    def _begin(self) -> None:
        self._ended = True  # unless it can be sent
        request = msgspec.structs.replace(self._asking.request, stream=True)
        self._following = PartialAnswer(self._asking.shape)
        self._stream = self._calls.stream(request, self._options, self._token)
        self._ended = False

    def _next(self) -> JsonValue:
        """Return what the next events make known; None at the end of a reply."""
        stream = self._stream
        assert stream is not None
        try:
            while True:
                partial = self._following.take(stream.__next__())
                if partial is not None:
                    return partial
        except StopIteration:
            self._take(stream)
        except InvalidToolArguments as error:
            self._ended = True  # unless it may be asked again
            self._asking.broken(error)
            self._ended, self._stream = False, None
        except BaseException:
            self._ended = True
            raise
        return None

    def _take(self, stream: ChatStream) -> None:
        was_closed, self._ended = self._ended, True
        if was_closed or stream.cancelled:
            return
        self._output = self._asking.take(stream.response())
        self._ended, self._stream = False, None
