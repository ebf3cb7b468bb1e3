# Generated from ai_lib/client/execution/stream_attempt.py by codegen; do not edit.
"""A streamed reply of one target, read as it comes, while its attempt lasts."""

from __future__ import annotations

from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.target import failed_reply, not_a_stream, placed, request_id_of
from ai_lib.errors.exceptions import AiLibError, ConnectionLost, StreamTruncated, TransportTimeout
from ai_lib.pipeline.pipeline import Pipeline
from ai_lib.resilience.permit import Permit
from ai_lib.types.events import Event, PartialContentDelta, ThinkingDelta, ToolCallStarted
from ai_lib.types.response import ChatResponse
from ai_lib.types.wire import TimeoutOptions

from ..._runtime.backend import fail_after, now
from ...transport import HttpResponse, HttpTransport

_CONTENT = (PartialContentDelta, ThinkingDelta, ToolCallStarted)


class StreamAttempt:
    """Events of one reply. It holds a connection and an admission until it has ended."""

    def __init__(self, leg: PreparedRequest, permit: Permit, timeouts: TimeoutOptions) -> None:
        self.leg = leg
        self.pipeline = Pipeline(leg.target.compiled)
        self.request_id = ""
        self._permit = permit
        self._timeouts = timeouts
        self._reply: HttpResponse | None = None
        self._since = 0.0
        self._begun = False

    def begin(self, transport: HttpTransport) -> list[Event]:
        """Send the request and return the events up to the first content.

        Until then nothing was handed out, so that another attempt may take this one's place.
        """
        try:
            reply = self._reply = transport.send(self.leg.wire, self._timeouts)
            self._check(reply)
            events: list[Event] = []
            while not self._begun and not self.pipeline.finished:
                events += self._next(reply)
            if self.pipeline.failure is not None and not self._begun:
                raise self.pipeline.failure
        except BaseException:
            self._close()
            raise
        self._permit.on_first_content()
        return events

    def more(self) -> list[Event]:
        """Return the next events; an error that ends the stream is raised once they are taken."""
        if self._reply is None:
            return []
        try:
            return self._next(self._reply)
        except AiLibError as error:
            # Not a bare `raise`: before Python 3.11 that brings the dropped traceback back.
            raise self.failed(error)  # noqa: B904 (it is that error)
        except BaseException:
            self.abandon()
            raise

    def finish(self) -> AiLibError | None:
        """End a stream that the pipeline calls finished; return what went wrong, if it did."""
        error = self.pipeline.failure
        if error is not None:
            return self.failed(error)
        self._permit.usage = self.response().usage
        self._permit.request_id = self.request_id
        self._permit.succeed()
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.drain()
        return None

    def failed(self, error: AiLibError) -> AiLibError:
        """End the attempt with an error."""
        placed(error, self.leg.target)
        self._permit.fail(error)
        self._close()
        return error

    def abandon(self) -> None:
        """End it early, because nobody wants the rest."""
        self.forget()
        self._close()

    def forget(self) -> None:
        """End the attempt without a wait; the connection is freed with this object."""
        self._permit.usage = self.response().usage
        self._permit.request_id = self.request_id
        self._permit.abandon()

    def response(self, **facts: object) -> ChatResponse:
        """Return the reply as far as it was received."""
        return self.pipeline.response(
            request_id=self.request_id or None, adaptations=self.leg.built.adaptations, **facts
        )

    @staticmethod
    def is_content(events: list[Event]) -> bool:
        """Whether there is anything of the answer among them."""
        return any(isinstance(event, _CONTENT) for event in events)

    def _close(self) -> None:
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.close()

    def _check(self, reply: HttpResponse) -> None:
        self.request_id = request_id_of(reply.headers)
        self._permit.on_headers(reply.headers)
        self._since = now()
        target = self.leg.target
        if not 200 <= reply.status <= 299:
            # Its body is no local variable: it may say the key back.
            raise failed_reply(target, reply.status, reply.headers, reply.read_error())
        content_type = reply.headers.get("content-type") or ""
        if not self.pipeline.accepts(content_type):
            raise not_a_stream(target, content_type, reply.read_error())

    def _next(self, reply: HttpResponse) -> list[Event]:
        chunk = self._read(reply)
        events = self.pipeline.close() if chunk is None else self.pipeline.feed(chunk)
        self._begun = self._begun or self.is_content(events)
        if events:
            self._since = now()
        return events

    def _read(self, reply: HttpResponse) -> bytes | None:
        """Return the next bytes, or None at the end of the body."""
        try:
            return self._in_time(reply)
        except StopIteration:
            return None
        except (ConnectionLost, TransportTimeout) as error:
            if self.pipeline.is_complete:
                return None  # the answer is whole; only the goodbye was lost
            failure = self._cut_short(error)
            failure.partial = self.response()
            raise failure from error.__cause__

    def _in_time(self, reply: HttpResponse) -> bytes:
        """Read within the timeout that heartbeats don't reset."""
        name = "delta_idle" if self._begun else "first_token"
        seconds = self._timeouts.delta_idle if self._begun else self._timeouts.first_token
        if seconds is None:
            return reply.__next__()
        left = self._since + seconds - now()
        try:
            if left <= 0:
                raise TimeoutError
            with fail_after(left):
                return reply.__next__()
        except TimeoutError as error:
            if isinstance(error, AiLibError):
                raise
            raise self._timeout_error(name, seconds) from None

    def _timeout_error(self, timeout_name: str, seconds: float) -> TransportTimeout:
        what = "event" if self._begun else "content"
        return TransportTimeout(
            f"{self.leg.target.compiled.id} sent no {what} for {seconds:g} s; raise the "
            f"{timeout_name} timeout if the model needs longer",
            timeout_name=timeout_name,
            seconds=seconds,
            url=self.leg.built.wire.safe_url,
            request_sent=True,
        )

    def _cut_short(self, error: ConnectionLost | TransportTimeout) -> AiLibError:
        if isinstance(error, TransportTimeout):
            return error
        return StreamTruncated(
            f"the connection to {self.leg.target.compiled.id} broke before the answer was "
            f"complete: {error}"
        )
