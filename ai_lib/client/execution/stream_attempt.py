"""One attempt at a streamed response: sent to one target, and read as it comes."""

from __future__ import annotations

from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.target import attribute_error, error_not_a_stream, request_id_of
from ai_lib.errors.exceptions import (
    AiLibError,
    ConnectionLost,
    StreamTruncated,
    TransportError,
    TransportTimeout,
)
from ai_lib.pipeline.pipeline import Pipeline
from ai_lib.resilience.permit import Permit
from ai_lib.transport.http.headers import Headers
from ai_lib.types.events import Event, Metadata, PartialContentDelta, ThinkingDelta, ToolCallStarted
from ai_lib.types.response import ChatResponse
from ai_lib.types.wire import TimeoutOptions

from ..._runtime.backend import fail_after, now
from ...transport import HttpResponse, HttpTransport
from .targets import error_of

_DELTA_IDLE = "TimeoutOptions(delta_idle=...)"
_CONTENT = (PartialContentDelta, ThinkingDelta, ToolCallStarted)


class StreamAttempt:
    """The events of one response. It holds a connection and a permit until it has ended."""

    def __init__(
        self,
        prepared: PreparedRequest,
        permit: Permit,
        timeouts: TimeoutOptions,
        max_frame_bytes: int,
    ) -> None:
        self.prepared = prepared
        self.pipeline = Pipeline(
            prepared.target.compiled,
            max_frame_bytes=max_frame_bytes,
            text_tools=prepared.built.text_tools,
        )
        self.request_id = ""
        self.status_code: int | None = None
        self.headers: Headers | None = None
        self._tool_names = prepared.built.tool_names
        self._permit = permit
        self._timeouts = timeouts
        self._response: HttpResponse | None = None
        self._last_event_at = 0.0
        self._last_content_at = 0.0
        self._has_content = False

    async def begin(self, transport: HttpTransport) -> list[Event]:
        """Send the request and return the events up to the first content.

        Until then nothing was handed out, so that another attempt may take this one's place.
        """
        try:
            http_response = self._response = await transport.send(
                self.prepared.wire, self._timeouts
            )
            await self._check(http_response)
            events: list[Event] = []
            while not self._has_content and not self.pipeline.finished:
                events += await self._next(http_response)
            if self.pipeline.failure is not None and not self._has_content:
                raise self.pipeline.failure
        except BaseException as error:
            if isinstance(error, AiLibError):
                self._restore_names(error)
            if isinstance(error, TransportError | StreamTruncated) and self.request_id:
                self._estimate_usage()
            await self._close()
            raise
        self._permit.on_first_content()
        return events

    async def read_more(self) -> list[Event]:
        """Return the next events; an error that ends the stream is raised once they are taken."""
        if self._response is None:
            return []
        try:
            return await self._next(self._response)
        except AiLibError as error:
            # Not a bare `raise`: before Python 3.11 that brings the dropped traceback back.
            raise await self.fail(error)  # noqa: B904 (it is that error)
        except BaseException:
            await self.abandon()
            raise

    async def finish(self) -> AiLibError | None:
        """End a stream that the pipeline calls finished; return what went wrong, if it did."""
        error = self.pipeline.failure
        if error is not None:
            return await self.fail(error)
        self._permit.usage = self.response().usage
        self._permit.request_id = self.request_id
        self._permit.succeed()
        http_response, self._response = self._response, None
        if http_response is not None:
            await http_response.drain()
        return None

    async def fail(self, error: AiLibError) -> AiLibError:
        """End the attempt with an error."""
        self._restore_names(error)
        attribute_error(error, self.prepared.target)
        self._estimate_usage()
        self._permit.fail(error)
        await self._close()
        return error

    async def abandon(self) -> None:
        """End it early, because the rest is not wanted."""
        self.release()
        await self._close()

    def release(self) -> None:
        """End the attempt without a wait; the connection is freed with this object."""
        self._permit.request_id = self.request_id
        self._estimate_usage()
        self._permit.abandon()

    def _estimate_usage(self) -> None:
        """Note what was used, as far as it was said; the provider is paid for what it sent."""
        if not self._permit.is_open:
            return
        received = self.response()
        self._permit.usage = received.usage
        if self.pipeline.is_complete and received.usage.total_tokens:
            return
        from ai_lib.client.call.tokens import estimate_received

        self._permit.usage = estimate_received(self.prepared, received)
        self._permit.is_estimate = True

    def response(self, **facts: object) -> ChatResponse:
        """Return the reply as far as it was received."""
        response = self.pipeline.response(
            request_id=self.request_id or None, adaptations=self.prepared.built.adaptations, **facts
        )
        if not self._tool_names:
            return response
        from ai_lib.request.tool_names import restore_response

        return restore_response(response, self._tool_names)

    @staticmethod
    def is_content(events: list[Event]) -> bool:
        """Whether there is anything of the answer among them."""
        return any(isinstance(event, _CONTENT) for event in events)

    def _restore_names(self, error: AiLibError) -> None:
        if self._tool_names:
            from ai_lib.request.tool_names import restore_error

            restore_error(error, self._tool_names)

    async def _close(self) -> None:
        http_response, self._response = self._response, None
        if http_response is not None:
            await http_response.aclose()

    async def _check(self, http_response: HttpResponse) -> None:
        self.status_code, self.headers = http_response.status, http_response.headers
        self.request_id = request_id_of(http_response.headers, self.prepared.target.compiled)
        self._permit.on_headers(http_response.headers)
        self._last_event_at = self._last_content_at = now()
        target = self.prepared.target
        if not 200 <= http_response.status <= 299:
            raise await error_of(http_response, target)
        content_type = http_response.headers.get("content-type") or ""
        if not self.pipeline.accepts(content_type):
            raise error_not_a_stream(target, content_type, await http_response.read_error())

    async def _next(self, http_response: HttpResponse) -> list[Event]:
        chunk = await self._read(http_response)
        events = self.pipeline.close() if chunk is None else self.pipeline.feed(chunk)
        if self._tool_names:
            from ai_lib.request.tool_names import restore_events

            events = restore_events(events, self._tool_names)
        self._has_content = self._has_content or self.is_content(events)
        if events:
            self._last_event_at = now()
            if type(events[0]) is not Metadata or type(events[-1]) is not Metadata:
                self._last_content_at = self._last_event_at
                return events
        if chunk is not None and self._is_silent():
            if not self.pipeline.is_complete:
                raise self._error_of_silence()
            events += self.pipeline.close()
        return events

    def _is_silent(self) -> bool:
        """Whether only keep-alives came for longer than the model may think.

        A delta_idle timeout that the caller set stands in its place.
        """
        seconds = self.prepared.target.content_silence
        return self._timeouts.delta_idle is None and now() - self._last_content_at > seconds

    def _error_of_silence(self) -> TransportTimeout:
        error = self._timeout_error("content_silence", self.prepared.target.content_silence)
        error.partial = self.response()
        return error

    async def _read(self, http_response: HttpResponse) -> bytes | None:
        """Return the next bytes, or None at the end of the body."""
        try:
            return await self._read_in_time(http_response)
        except StopAsyncIteration:
            return None
        except (ConnectionLost, TransportTimeout) as error:
            if self.pipeline.is_complete:
                return None  # the response is complete; only the end of the connection was unclean
            failure = self._error_of_break(error)
            failure.partial = self.response()
            raise failure from error.__cause__

    async def _read_in_time(self, http_response: HttpResponse) -> bytes:
        """Read within the timeout that heartbeats don't reset."""
        name = "delta_idle" if self._has_content else "first_token"
        seconds = self._timeouts.delta_idle if self._has_content else self._timeouts.first_token
        if seconds is None:
            return await http_response.__anext__()
        since = self._last_event_at if self._has_content else self._last_content_at
        left = since + seconds - now()
        try:
            if left <= 0:
                raise TimeoutError
            with fail_after(left):
                return await http_response.__anext__()
        except TimeoutError as error:
            if isinstance(error, AiLibError):
                raise
            raise self._timeout_error(name, seconds) from None

    def _timeout_error(self, timeout_name: str, seconds: float) -> TransportTimeout:
        missing = "event" if timeout_name == "delta_idle" else "content"
        advice = (
            f"raise content_silence_seconds of the model in its manifest, or set {_DELTA_IDLE}"
            if timeout_name == "content_silence"
            else f"raise the {timeout_name} timeout if the model needs longer"
        )
        return TransportTimeout(
            f"{self.prepared.target.compiled.id} sent no {missing} for {seconds:g} s; {advice}",
            timeout_name=timeout_name,
            seconds=seconds,
            url=self.prepared.built.wire.safe_url,
            request_sent=True,
        )

    def _error_of_break(self, error: ConnectionLost | TransportTimeout) -> AiLibError:
        if isinstance(error, TransportTimeout):
            return error
        return StreamTruncated(
            f"the connection to {self.prepared.target.compiled.id} broke before the answer was "
            f"complete: {error}"
        )
