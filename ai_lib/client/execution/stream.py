"""A streamed response: iterate over its events, then ask for the whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from weakref import finalize

from ai_lib.client.call.call import Call, StreamState
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.stream_filter import StreamFilter, apply_filters
from ai_lib.client.target.target import raise_attributed
from ai_lib.errors.exceptions import AiLibError
from ai_lib.pipeline.response_events import replay_events
from ai_lib.resilience.permit import Permit
from ai_lib.types.events import Event, StreamEnd
from ai_lib.types.response import CallStats, ChatResponse

from ...transport import HttpTransport
from ..interceptors.chain import InterceptorChain
from .cancel import CancelToken
from .dispatcher import Dispatcher, begin_attempt
from .item_stream import ItemStream
from .stream_attempt import StreamAttempt

if TYPE_CHECKING:
    from .text_stream import TextStream


class ChatStream(ItemStream[Event]):
    """The events of one response, as they arrive; nothing is sent before the first is asked for.

    Until the first content has come, an attempt that fails may be made again, or at another
    target, as the client's policy says. Iterating raises what went wrong after the events before
    it were handed out; the error's `partial` holds them collected. Leaving a loop early leaves the
    connection open until `aclose()`, the end of a `with` block, or garbage collection frees it.

    One task or thread at a time may iterate; a second one gets a RuntimeError, the first goes on.
    """

    def __init__(
        self,
        transport: HttpTransport,
        call: Call,
        compile_call: Callable[[Call], Awaitable[Dispatcher]],
        dispatcher: Dispatcher | None,
        interceptors: InterceptorChain,
        cancel_token: CancelToken | None = None,
    ) -> None:
        super().__init__(call, interceptors, cancel_token)
        self._transport = transport
        self._stream_state = call.stream or StreamState()
        self._compile = compile_call
        self._dispatcher = dispatcher
        self._filters: list[StreamFilter] = []
        self._attempt: StreamAttempt | None = None
        self._local_response: ChatResponse | None = None
        self._response: ChatResponse | None = None

    def __repr__(self) -> str:
        state = "ended" if self._ended or self._error is not None else "not at its end"
        return f"<{type(self).__name__} {state}: iterate it for events, .text() for texts alone>"

    def text(self) -> TextStream:
        """Return the pieces of text alone; `response()` has the rest once they have ended."""
        from .text_stream import TextStream

        return TextStream(self)

    async def show(self) -> ChatResponse:
        """Show the reply while it comes, and return it.

        In a notebook it is Markdown in one output area, thinking folded, with tokens, cost and time
        below it; elsewhere plain text on standard output. What ends it early is raised after what
        came was shown. Raises as iterating does.
        """
        from ..display.show import show_response

        return await show_response(self)

    async def _close_attempt(self) -> None:
        self._ended = True
        self._call.timer.stop()
        if self._attempt is not None:
            await self._attempt.abandon()

    def is_lenient(self, coerce: bool | None) -> bool:
        """Return `coerce`; where it leaves it open, what the dialect of the target says."""
        from ai_lib.client.call.leniency import is_lenient_call

        return is_lenient_call(self._call, coerce)

    def response(self) -> ChatResponse:
        """Return the reply, once the stream has ended.

        After a cancel or a `break` it is what was received, without a finish reason.

        Raises:
            ValueError: the stream has not ended.
        """
        if not self._ended:
            raise ValueError("the stream has not ended; iterate over it first")
        if self._response is not None:
            return self._response
        return self._interceptors.visible_response(self._call, self._partial_response())

    def stats(self) -> CallStats:
        """Return the figures of the call, as far as it has gone."""
        return self._call.stats(self._response or self._partial_response())

    def _partial_response(self) -> ChatResponse:
        if self._attempt is None:
            return self._call.with_accounting(ChatResponse())
        return self._call.with_accounting(self._attempt.response())

    async def _report(self) -> None:
        if self._dispatcher is not None:
            await self._dispatcher.report()

    async def _pull(self) -> None:
        if self._attempt is not None:
            events = await self._attempt.read_more()
        else:
            events = await self._open()
        events, refusal = apply_filters(self._filters, events)
        events = await self._interceptors.on_events(self._call, events)
        attempt = self._attempt
        timer = self._call.timer
        if attempt is not None and timer.time_to_first_token_ms is None:
            if attempt.is_content(events):
                timer.first_token()
        if refusal is not None:
            self._items.extend(events)
            raise refusal
        if attempt is not None and not attempt.pipeline.finished:
            self._items.extend(events)
            return
        self._items.extend(event for event in events if not isinstance(event, StreamEnd))
        if attempt is not None:
            error = await attempt.finish()
            if error is not None:
                raise error
        outcome = "cached" if self._local_response else "answered"
        await self._finish(self._local_response or self._partial_response(), outcome)
        self._items.extend(event for event in events if isinstance(event, StreamEnd))

    async def _finish(self, response: ChatResponse, outcome: str) -> None:
        """Take in the whole response; only then is the caller told that it is complete."""
        if self._interceptors:
            response = await self._interceptors.after_response(self._call, response)
        self._response = self._call.response = response
        self._ended = True
        self._call.timer.stop()
        self._interceptors.end(self._call, outcome)

    async def _open(self) -> list[Event]:
        """Send the request and return the first events, or those of a local response."""
        call = self._call
        call.timer.restart()
        if self._interceptors:
            self._stream_state.finalizer = finalize(self, self._interceptors.end_forgotten, call)
            await self._interceptors.before_request(call)
        dispatcher = self._dispatcher or await self._compile(call)
        self._dispatcher = dispatcher
        if self._interceptors:
            self._filters = self._interceptors.stream_filters(call)
            response = await self._interceptors.lookup(call)
            if response is not None:
                self._local_response = response
                return list(replay_events(response))
        return await dispatcher.run(self._begin)

    async def _begin(self, prepared: PreparedRequest, permit: Permit) -> list[Event]:
        call = self._call
        try:
            timeouts = await begin_attempt(call, prepared, call.attempt_log)
            attempt = StreamAttempt(
                prepared, permit, timeouts, self._transport.options.max_frame_bytes
            )
            events = await attempt.begin(self._transport)
        except AiLibError as error:
            raise_attributed(error, prepared.target)
        call.status_code, call.response_headers = attempt.status_code, attempt.headers
        permit.detach()
        self._attempt = attempt
        self._stream_state.partial_response = attempt.response
        self._stream_state.abandon_attempt = attempt.release
        return events
