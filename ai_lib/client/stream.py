"""A streamed reply: iterate over its events, then ask for the whole."""

from __future__ import annotations

from collections import deque

from ai_lib.client.leg import Leg
from ai_lib.errors.tree import AiLibError
from ai_lib.pipeline.text_tools import with_text_tools
from ai_lib.resilience.admission import Admission
from ai_lib.types.events import Event
from ai_lib.types.response import CallStats, ChatResponse

from ..transport import HttpTransport
from .cancel import CancelToken
from .incoming import Incoming
from .journey import Journey


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
        journey: Journey,
        cancel_token: CancelToken | None = None,
    ) -> None:
        self._transport = transport
        self._journey = journey
        self._token = cancel_token
        self._events: deque[Event] = deque()
        self._incoming: Incoming | None = None
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

    async def aclose(self) -> None:
        """Let go of the connection. Safe to call twice, and from another task or thread."""
        self._events.clear()
        await self._let_go()
        await self._journey.report()

    async def _let_go(self) -> None:
        self._ended = True
        self._journey.watch.stop()
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
        response = self._so_far()
        if self._incoming is None:
            return response
        return with_text_tools(response, self._incoming.leg.built.text_tools)

    def stats(self) -> CallStats:
        """Return the figures of the call, as far as it has gone."""
        reply = self._so_far()
        target = (self._incoming.leg if self._incoming else self._journey.first).target
        return self._journey.watch.stats(
            model=reply.model or target.model,
            provider=target.compiled.id,
            usage=reply.usage,
            request_id=reply.request_id or "",
            retry_count=self._journey.ledger.retry_count,
        )

    def _so_far(self) -> ChatResponse:
        attempts = tuple(self._journey.ledger.attempts)
        if self._incoming is None:
            return ChatResponse(attempts=attempts)
        return self._incoming.response(attempts=attempts)

    async def _advance(self) -> None:
        """Wait for bytes and turn them into events; an error is kept until those are taken."""
        try:
            if self._token is None:
                await self._pull()
            elif not await self._token.run(self._pull):
                self._cancelled = True
                await self._let_go()
            if self._ended:
                await self._journey.report()
        except AiLibError as error:
            self._error = self._journey.ledger.on(error)
            await self._let_go()
            await self._journey.report()
        except BaseException:
            await self._let_go()
            raise

    async def _pull(self) -> None:
        if self._incoming is None:
            self._journey.start()
            events = await self._journey.run(self._begin)
        else:
            events = await self._incoming.more()
        incoming = self._incoming
        if incoming is None:
            return
        if incoming.is_content(events):
            self._journey.watch.first_token()
        self._events.extend(events)
        if incoming.pipeline.finished:
            self._ended = True
            self._journey.watch.stop()
            error = await incoming.finish()
            if error is not None:
                self._error = self._journey.ledger.on(error)

    async def _begin(self, leg: Leg, admission: Admission) -> list[Event]:
        incoming = Incoming(leg, admission, self._journey.clocks(leg))
        events = await incoming.begin(self._transport)
        admission.keep()
        self._incoming = incoming
        return events
