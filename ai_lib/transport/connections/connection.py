"""One connection: requests go out, responses come in, under the deadlines of the call it serves."""

from __future__ import annotations

import math
import re
from ssl import SSLEOFError, SSLError
from typing import TYPE_CHECKING, Final

from ai_lib._runtime.sockets import AckProbe, ReadError
from ai_lib.errors.exceptions import AiLibError, ConnectError, ConnectionLost
from ai_lib.transport.connections.route import Route
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import (
    RemoteProtocolError,
    StreamRefused,
    connect_error,
    connection_lost,
    find_root,
    local_close_error,
    strip_tracebacks,
)
from ai_lib.transport.http.headers import ResponseHead
from ai_lib.transport.http.request_head import RequestHead
from ai_lib.transport.options import TransportOptions

from ..._runtime.backend import current_runtime, now
from ..._runtime.stream import is_httpcore_replaced
from ..http.upload import Upload
from .timed_stream import TimedStream

if TYPE_CHECKING:
    from .http11 import Http11Connection
    from .via_httpcore import HttpcoreConnection


class Connection:
    """A connection to an origin, for one call at a time; `close` may be called from anywhere.

    The first call opens it, and it stays within the `runtime` of that call. `served` counts the
    calls before this one. `keepalive_seconds` is how long the server keeps it idle, as far as it
    says so. `drain_until` is set while the rest of the last response is still to be read: the time
    until which it is worth waiting for.
    """

    def __init__(self, route: Route, options: TransportOptions) -> None:
        self.runtime = current_runtime()
        self.served = 0
        self.created_at = now()
        self.idle_since = 0.0
        self.keepalive_seconds = math.inf
        self.drain_until: float | None = None
        self._route = route
        self._options = options
        self._is_closed = False
        self._is_suspect = False
        self._reset()

    def _reset(self) -> None:
        self._stream = TimedStream(self._options.max_head_bytes)
        self._is_reading = False
        self._http = _make_http(self._stream, self._route, self._options)

    @property
    def is_connected(self) -> bool:
        """Whether the connection was opened."""
        return self._stream.is_connected

    @property
    def is_reusable(self) -> bool:
        """Whether another call may use the connection now."""
        return (
            not (self._is_closed or self._is_suspect)
            and self._stream.sent_all
            and self._http.is_idle()
        )

    async def send(self, request: RequestHead, deadlines: Deadlines) -> ResponseHead:
        """Send a request and return the head of its response."""
        connect_retries = 0 if self.is_connected else self._options.connect_retries
        while True:
            self._stream.bind(deadlines)
            body = deadlines.request.body
            sending = body if isinstance(body, bytes) else Upload(body)
            ack_probe = None
            if self.served:
                ack_probe = self._stream.probe_acks(duplicate=self._http.closes_socket_on_error)
            self._is_reading = True
            try:
                head = await self._http.send(request, deadlines, sending)
            except AiLibError as error:
                raise strip_tracebacks(error)  # noqa: B904 (it is that error)
            except Exception as error:
                failure = self._send_error(error, ack_probe, deadlines)
                may_retry = isinstance(failure, ConnectError) and failure.retryable
                if not connect_retries or not may_retry:
                    raise failure from error
                connect_retries -= 1
                self._reset()
            else:
                return self._accept_head(head, deadlines)
            finally:
                if ack_probe is not None:
                    ack_probe.close()
                if isinstance(sending, Upload):
                    sending.close()

    def _accept_head(self, head: ResponseHead, deadlines: Deadlines) -> ResponseHead:
        self._check_open(deadlines)
        self._stream.end_head()
        # Servers close after their own failures, and do not say so.
        self._is_suspect = head.status in _SUSPECT
        if (keep_alive := head.headers.get("keep-alive")) is not None:
            self.keepalive_seconds = _read_keep_alive(keep_alive)
        if self.served and not self._stream.got_bytes:
            # It stood behind the last response; the request has not even been sent.
            reason = "a response came before the request"
            raise connection_lost(deadlines.request, reason, sent=deadlines.request_sent)
        return head

    def _send_error(
        self, error: Exception, ack_probe: AckProbe | None, deadlines: Deadlines
    ) -> AiLibError:
        # A reset may come from a peer that read the request: acknowledging takes time. An orderly
        # end acknowledges what came before it.
        is_unread = (
            ack_probe is not None
            and not isinstance(error, ReadError)
            and ack_probe.is_unacknowledged()
        )
        was_sent = not (is_unread or isinstance(error, StreamRefused))
        failure = self._translate(strip_tracebacks(error), deadlines, sent=was_sent)
        if isinstance(failure, ConnectionLost) and self._options.resend_lost:
            failure.may_resend = self._is_idle_loss(error)
        return failure

    def _is_idle_loss(self, error: Exception) -> bool:
        """Return whether it was kept from an earlier call and died before a byte of response."""
        root = find_root(error)
        if isinstance(root, SSLError) and not isinstance(root, SSLEOFError):
            return False  # there were bytes, and they were wrong
        return self.served > 0 and not self._stream.got_bytes and not self._is_closed

    async def read(self, deadlines: Deadlines) -> bytes:
        """Return the next bytes of the response's body as they arrive, none at its end."""
        if not self._is_reading:
            return b""
        try:
            data = await self._http.read()
        except AiLibError as error:
            if self._is_closed:
                raise local_close_error(deadlines.request) from None
            # The frames below hold the bytes that arrived.
            raise strip_tracebacks(error) from error.__cause__
        except Exception as error:
            strip_tracebacks(error)
            raise self._translate(error, deadlines) from error
        self._check_open(deadlines)
        if not data:
            self._is_reading = False
        return data

    def _translate(
        self, error: Exception, deadlines: Deadlines, *, sent: bool = True
    ) -> AiLibError:
        if self._is_closed:
            return local_close_error(deadlines.request)
        if not self.is_connected:
            return connect_error(deadlines.request, self._route.description, error)
        reason = "TLS failed" if isinstance(error, SSLError) else str(error)
        return connection_lost(deadlines.request, reason or type(error).__name__, sent=sent)

    def _check_open(self, deadlines: Deadlines) -> None:
        if self._is_closed:
            raise local_close_error(deadlines.request)

    def defer_drain(self, until: float) -> None:
        """Leave the rest of the response for `drain`, which may wait for it until that time."""
        self.drain_until = self.idle_since = until

    async def drain(self, limit: int, until: float) -> None:
        """Read the rest of the last response, at most `limit` bytes, waiting until that time.

        Bytes that have arrived are read even after that time. Raises `RemoteProtocolError` or one
        of our errors when the rest can't be had.
        """
        self._stream.start_drain(max(until - now(), 0.0))
        size = 0
        while data := await self.read(self._stream.deadlines):
            size += len(data)
            if size > limit:
                raise RemoteProtocolError("the rest of the response is too long")
        self._stream.end_phase()
        self.drain_until = None

    def mark_idle(self, at: float) -> None:
        """Be idle from that time on, ready for another call."""
        self._stream.release()
        self.idle_since = at
        self.served += 1

    def has_expired(self) -> bool:
        """Return whether bytes or the end came on the idle connection, so that it can't be used."""
        return self._http.has_expired()

    def close(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._is_closed:
            return
        self._is_closed = True
        self._stream.abort()
        self._http.abort()


_SUSPECT: Final = frozenset({500, 502, 503, 504})
_TIMEOUT: Final = re.compile(r"(?:^|[,; ])timeout=(\d{1,9})", re.IGNORECASE)


def _read_keep_alive(value: str) -> float:
    """Return the seconds a connection may be idle, a second before the server closes it."""
    timeout = _TIMEOUT.search(value)
    return math.inf if timeout is None else max(float(timeout[1]) - 1.0, 0.0)


def _make_http(
    stream: TimedStream, route: Route, options: TransportOptions
) -> Http11Connection | HttpcoreConnection:
    """Return our HTTP/1.1, or httpcore for what that has not and where a mock replaces it."""
    is_mocked = options.reader == "auto" and is_httpcore_replaced()
    if is_mocked or not options.uses_httptools or route.proxy is not None:
        from .via_httpcore import HttpcoreConnection

        return HttpcoreConnection(stream, route, options)
    from .http11 import Http11Connection

    return Http11Connection(stream, route, options.max_head_bytes)
