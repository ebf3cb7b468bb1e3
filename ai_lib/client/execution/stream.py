"""A streamed reply: iterate over its events, then ask for the whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from weakref import finalize

from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.stream_filter import StreamFilter, screened
from ai_lib.errors.exceptions import AiLibError
from ai_lib.pipeline.response_events import replay_events
from ai_lib.pipeline.text_tools import with_text_tools
from ai_lib.resilience.permit import Permit
from ai_lib.types.events import Event, StreamEnd
from ai_lib.types.response import CallStats, ChatResponse

from ...transport import HttpTransport
from ..interceptors.chain import InterceptorChain
from .cancel import CancelToken
from .plan import Dispatcher
from .stream_attempt import StreamAttempt


class ChatStream:
    """The events of one reply, as they arrive; nothing is sent before the first is asked for.

    Until the first content has come, an attempt that fails may be made again, or at another
    target, as the client's policy says. Iterating raises what went wrong after the events before
    it were handed out; the error's `partial` holds them collected. Leaving a loop early leaves the
    connection open until `aclose()`, the end of a `with` block, or garbage collection frees it.
    """

    def __init__(
        self,
        transport: HttpTransport,
        call: Call,
        compile_call: Callable[[Call], Dispatcher],
        journey: Dispatcher | None,
        company: InterceptorChain,
        cancel_token: CancelToken | None = None,
    ) -> None:
        self._transport = transport
        self._call = call
        self._compile = compile_call
        self._journey = journey
        self._company = company
        self._screens: list[StreamFilter] = []
        self._token = cancel_token
        self._events: deque[Event] = deque()
        self._incoming: StreamAttempt | None = None
        self._found: ChatResponse | None = None
        self._whole: ChatResponse | None = None
        self._error: AiLibError | None = None
        self._ended = False
        self._cancelled = False

    def __aiter__(self) -> ChatStream:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            await self._advance()
        return self._events.popleft()

    async def __aenter__(self) -> ChatStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def show(self) -> ChatResponse:
        """Show the reply while it comes, and return it.

        In a notebook it is Markdown in one output area, thinking folded, with tokens, cost and time
        below it; elsewhere plain text on standard output. What ends it early is raised after what
        came was shown. Raises as iterating does.
        """
        from ..display.show import show_response

        return await show_response(self)

    async def aclose(self) -> None:
        """Let go of the connection. Safe to call twice, and from another task or thread."""
        self._events.clear()
        await self._let_go()
        await self._leave()

    async def _leave(self) -> None:
        try:
            await self._company.on_abandoned(self._call)
        finally:
            self._company.end(self._call, "cancelled")
            await self._report()

    async def _let_go(self) -> None:
        self._ended = True
        self._call.watch.stop()
        if self._incoming is not None:
            await self._incoming.abandon()

    @property
    def cancelled(self) -> bool:
        """Whether a cancel token cut the stream short."""
        return self._cancelled

    def response(self) -> ChatResponse:
        """Return the reply, once the stream has ended.

        After a cancel or a `break` it is what was received, without a finish reason. Tool calls
        that the model wrote into its text, where the manifest says so, are only seen here.

        Raises:
            ValueError: the stream has not ended.
        """
        if not self._ended:
            raise ValueError("the stream has not ended; iterate over it first")
        if self._whole is not None:
            return self._whole
        return self._company.visible_response(self._call, self._so_far())

    def stats(self) -> CallStats:
        """Return the figures of the call, as far as it has gone."""
        reply = self._whole or self._so_far()
        return self._call.stats(reply, self._incoming.leg if self._incoming else None)

    def _so_far(self) -> ChatResponse:
        if self._incoming is None:
            return self._call.told(ChatResponse())
        response = self._call.told(self._incoming.response())
        return with_text_tools(response, self._incoming.leg.built.text_tools)

    async def _advance(self) -> None:
        """Wait for bytes and turn them into events; an error is kept until those are taken."""
        try:
            if self._token is None:
                await self._pull()
            elif not await self._token.run(self._pull):
                self._cancelled = True
                await self._let_go()
                await self._leave()
            elif self._ended:
                await self._report()
        except AiLibError as error:
            await self._fail(error)
        except BaseException as error:
            await self._let_go()
            self._company.end(self._call, "cancelled", error)
            raise

    async def _fail(self, error: AiLibError) -> None:
        self._error = self._call.ledger.attach_to(error)
        await self._let_go()
        await self._company.on_error(self._call, error)
        await self._report()

    async def _report(self) -> None:
        if self._journey is not None:
            await self._journey.report()

    async def _pull(self) -> None:
        if self._incoming is not None:
            events = await self._incoming.more()
        else:
            events = await self._open()
        events, refusal = screened(self._screens, events)
        events = await self._company.on_events(self._call, events)
        incoming = self._incoming
        watch = self._call.watch
        if incoming is not None and watch.time_to_first_token_ms is None:
            if incoming.is_content(events):
                watch.first_token()
        if refusal is not None:
            self._events.extend(events)
            raise refusal
        if incoming is not None and not incoming.pipeline.finished:
            self._events.extend(events)
            return
        self._events.extend(event for event in events if not isinstance(event, StreamEnd))
        if incoming is not None:
            error = await incoming.finish()
            if error is not None:
                raise error
        found = self._found
        await self._finish(found or self._so_far(), "cached" if found else "answered")
        self._events.extend(event for event in events if isinstance(event, StreamEnd))

    async def _finish(self, response: ChatResponse, outcome: str) -> None:
        """Take in the whole reply; only then is the caller told that it is whole."""
        if self._company:
            response = await self._company.after_response(self._call, response)
        self._whole = self._call.response = response
        self._ended = True
        self._call.watch.stop()
        self._company.end(self._call, outcome)

    async def _open(self) -> list[Event]:
        """Send the request and return the first events, or those of a reply that was there."""
        call = self._call
        call.watch.restart()
        if self._company:
            call.if_forgotten = finalize(self, self._company.forgotten, call)
            await self._company.before_request(call)
        journey = self._journey = self._journey or self._compile(call)
        if self._company:
            self._screens = self._company.screens(call)
            found = await self._company.lookup(call)
            if found is not None:
                self._found = found
                return list(replay_events(found))
        journey.start()
        return await journey.run(self._begin)

    async def _begin(self, leg: PreparedRequest, permit: Permit) -> list[Event]:
        if self._journey is None:
            raise RuntimeError("an attempt before the call was compiled")
        incoming = StreamAttempt(leg, permit, self._journey.timeouts(leg))
        events = await incoming.begin(self._transport)
        permit.detach()
        self._incoming, call = incoming, self._call
        call.partial, call.forget = incoming.response, incoming.forget
        return events
