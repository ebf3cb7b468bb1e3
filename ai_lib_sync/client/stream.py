# Generated from ai_lib/client/stream.py by codegen; do not edit.
"""A streamed reply: iterate over its events, then ask for the whole."""

from __future__ import annotations

from collections import deque

from ai_lib.client.cancel import CancelToken
from ai_lib.client.stopwatch import Stopwatch
from ai_lib.client.target import Target, failed_reply, not_a_stream, placed, request_id_of
from ai_lib.errors.tree import AiLibError, ConnectionLost, StreamTruncated, TransportTimeout
from ai_lib.pipeline.pipeline import Pipeline
from ai_lib.request.build import BuiltRequest
from ai_lib.types.events import Event, PartialContentDelta, ThinkingDelta, ToolCallStarted
from ai_lib.types.response import CallStats, ChatResponse
from ai_lib.types.wire import Clocks

from .._backend import CancelScope, now
from ..transport import HttpTransport, WireReply

# Enough to see an error body or the start of a page that is no stream.
_MAX_ERROR_BYTES = 64 * 1024
_CONTENT = (PartialContentDelta, ThinkingDelta, ToolCallStarted)


class ChatStream:
    """The events of one reply, as they arrive; nothing is sent before the first is asked for.

    Iterating raises what went wrong after the events before it were handed out; the error's
    `partial` holds them collected. Leaving a loop early leaves the connection open until
    `close()`, the end of a `with` block, or garbage collection frees it.
    """

    def __init__(
        self,
        transport: HttpTransport,
        target: Target,
        built: BuiltRequest,
        clocks: Clocks,
        cancel_token: CancelToken | None = None,
    ) -> None:
        self._transport = transport
        self._target = target
        self._built = built
        self._clocks = clocks
        self._token = cancel_token
        self._pipeline = Pipeline(target.compiled)
        self._events: deque[Event] = deque()
        self._watch = Stopwatch(now)
        self._reply: WireReply | None = None
        self._error: AiLibError | None = None
        self._ended = False
        self._request_id = ""

    def __iter__(self) -> ChatStream:
        return self

    def __next__(self) -> Event:
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._ended or self._is_cancelled():
                self.close()
                raise StopIteration
            self._advance()
        return self._events.popleft()

    def __enter__(self) -> ChatStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection. Safe to call twice, and from another task or thread."""
        self._ended = True
        self._watch.stop()
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.close()

    @property
    def cancelled(self) -> bool:
        """Whether a cancel token cut the stream short."""
        return self._is_cancelled() and not self._pipeline.finished

    def response(self) -> ChatResponse:
        """Return the reply, once the stream has ended.

        After a cancel or a `break` it is what was received, without a finish reason.

        Raises:
            ValueError: the stream has not ended.
        """
        if not self._ended and not self._pipeline.finished:
            raise ValueError("the stream has not ended; iterate over it first")
        return self._pipeline.response(
            request_id=self._request_id, adaptations=self._built.adaptations
        )

    def stats(self) -> CallStats:
        """Return the figures of the call, as far as it has gone."""
        reply = self._pipeline.response()
        return self._watch.stats(
            model=reply.model or self._target.model,
            provider=self._target.compiled.id,
            usage=reply.usage,
            request_id=self._request_id,
        )

    def _is_cancelled(self) -> bool:
        return self._token is not None and self._token.is_cancelled

    def _advance(self) -> None:
        """Wait for bytes and turn them into events; an error is kept until those are taken."""
        try:
            if self._token is None:
                self._pull()
            else:
                self._pull_unless_cancelled(self._token)
        except AiLibError as error:
            self._error = placed(error, self._target)
        except BaseException:
            self.close()
            raise
        if self._error is not None:
            self.close()

    def _pull_unless_cancelled(self, token: CancelToken) -> None:
        with CancelScope() as scope:
            forget = token.on_cancel(scope.cancel)
            try:
                self._pull()
            finally:
                forget()

    def _pull(self) -> None:
        if self._reply is None:
            self._open()
        else:
            self._take(self._read(self._reply))
        if self._pipeline.finished:
            self._error = self._pipeline.failure
            self._finish()

    def _open(self) -> None:
        reply = self._transport.send(self._built.wire, self._clocks)
        self._reply = reply
        self._request_id = request_id_of(reply.headers)
        if not 200 <= reply.status <= 299:
            body = reply.read(_MAX_ERROR_BYTES)
            raise failed_reply(self._target, reply.status, reply.headers, body)
        content_type = reply.headers.get("content-type") or ""
        if not self._pipeline.accepts(content_type):
            body = reply.read(_MAX_ERROR_BYTES)
            raise not_a_stream(self._target, content_type, body)

    def _read(self, reply: WireReply) -> bytes | None:
        """Return the next bytes, or None at the end of the body."""
        try:
            return reply.__next__()
        except StopIteration:
            return None
        except (ConnectionLost, TransportTimeout) as error:
            if self._pipeline.is_complete:
                return None  # the answer is whole; only the goodbye was lost
            failure = self._cut_short(error)
            failure.partial = self._pipeline.response()
            raise failure from error.__cause__

    def _cut_short(self, error: ConnectionLost | TransportTimeout) -> AiLibError:
        if isinstance(error, TransportTimeout):
            return error
        return StreamTruncated(
            f"the connection to {self._target.compiled.id} broke before the answer was complete: "
            f"{error}"
        )

    def _take(self, chunk: bytes | None) -> None:
        events = self._pipeline.close() if chunk is None else self._pipeline.feed(chunk)
        if any(isinstance(event, _CONTENT) for event in events):
            self._watch.first_token()
        self._events.extend(events)

    def _finish(self) -> None:
        self._ended = True
        self._watch.stop()
        reply, self._reply = self._reply, None
        if reply is None:
            return
        if self._error is None:
            reply.drain()
        else:
            reply.close()
