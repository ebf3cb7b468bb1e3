"""One connection: requests out, replies in, under the clocks of the call it serves."""

from __future__ import annotations

from ssl import SSLError
from typing import TYPE_CHECKING

from ai_lib._runtime.sockets import ReadError
from ai_lib.errors.exceptions import AiLibError, ConnectError
from ai_lib.transport.connections.route import Route
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import RemoteProtocolError, bare, closed_here, connect_failure, lost
from ai_lib.transport.http.headers import ResponseHead
from ai_lib.transport.http.request_head import RequestHead
from ai_lib.transport.options import TransportOptions

from ..._runtime.backend import now, runtime_key
from ..._runtime.stream import is_replaced
from ..http.upload import Upload
from .timed_stream import TimedStream

if TYPE_CHECKING:
    from .http11 import Http11Connection
    from .via_httpcore import HttpcoreConnection


class Connection:
    """A connection to an origin, for one call at a time; `close` is for anyone, anytime.

    It is opened by the first call and stays within the `runtime` of that. `served` counts the calls
    before this one, `tail_ends` is until when a parked connection may still receive the rest of its
    last reply.
    """

    def __init__(self, route: Route, options: TransportOptions) -> None:
        self.runtime = runtime_key()
        self.served = 0
        self.idle_since = 0.0
        self.tail_ends: float | None = None
        self._route = route
        self._options = options
        self._closed = False
        self._renew()

    def _renew(self) -> None:
        self._wire = TimedStream(self._options.max_head_bytes)
        self._reading = False
        self._http = _speaker(self._wire, self._route, self._options)

    @property
    def heard(self) -> bool:
        """Whether anything of the current reply has arrived."""
        return self._wire.heard

    @property
    def connected(self) -> bool:
        """Whether it was opened."""
        return self._wire.connected

    @property
    def reusable(self) -> bool:
        """Whether another call may use it now."""
        return not self._closed and self._wire.whole and self._http.is_idle()

    async def send(self, request: RequestHead, clocks: Deadlines) -> ResponseHead:
        """Send a request and give the head of its reply."""
        for _ in range(0 if self.connected else self._options.connect_retries):
            try:
                return await self._send(request, clocks)
            except ConnectError:
                self._renew()
        return await self._send(request, clocks)

    async def _send(self, request: RequestHead, clocks: Deadlines) -> ResponseHead:
        self._wire.serve(clocks)
        body = clocks.request.body
        sent = body if isinstance(body, bytes) else Upload(body)
        receipt = self._wire.watched(held=self._http.closes_itself) if self.served else None
        self._reading = True
        try:
            head = await self._http.send(request, clocks, sent)
        except AiLibError as error:
            raise bare(error)  # noqa: B904 (it is that error)
        except Exception as error:
            # A reset may come from one who read it: acknowledging takes its time. A goodbye
            # acknowledges what came before.
            goodbye = receipt if not isinstance(error, ReadError) else None
            unread = goodbye is not None and goodbye.is_unread()
            raise self._failure(bare(error), clocks, sent=not unread) from error
        finally:
            if receipt is not None:
                receipt.close()
            if isinstance(sent, Upload):
                sent.close()
        self._check_open(clocks)
        self._wire.head_came()
        if self.served and not self.heard:
            # It stood behind the last reply; the request has not even been sent.
            raise lost(clocks.request, "a reply came before the request", sent=clocks.sent)
        return head

    async def read(self, clocks: Deadlines) -> bytes:
        """Give the next bytes of the reply's body as they arrive, empty at its end."""
        if not self._reading:
            return b""
        try:
            data = await self._http.read()
        except AiLibError as error:
            if self._closed:
                raise closed_here(clocks.request) from None
            raise bare(error) from error.__cause__  # the frames below hold what came
        except Exception as error:
            bare(error)
            raise self._failure(error, clocks) from error
        self._check_open(clocks)
        if not data:
            self._reading = False
        return data

    def _failure(self, error: Exception, clocks: Deadlines, *, sent: bool = True) -> AiLibError:
        if self._closed:
            return closed_here(clocks.request)
        if not self.connected:
            return connect_failure(clocks.request, self._route.place, error)
        reason = "TLS failed" if isinstance(error, SSLError) else str(error)
        return lost(clocks.request, reason or type(error).__name__, sent=sent)

    def _check_open(self, clocks: Deadlines) -> None:
        if self._closed:
            raise closed_here(clocks.request)

    def park(self, until: float) -> None:
        """Leave the reply's rest for later: it is worth waiting for until that time."""
        self.tail_ends = self.idle_since = until

    async def finish_tail(self, limit: int, ends: float) -> None:
        """Read the last reply's rest, waiting until that time; what is there is taken anyway.

        Raises `RemoteProtocolError` or one of our errors when it can't be had.
        """
        self._wire.expect_rest(max(ends - now(), 0.0))
        size = 0
        while data := await self.read(self._wire.clocks):
            size += len(data)
            if size > limit:
                raise RemoteProtocolError("the rest of the reply is too long")
        self._wire.end_stage()
        self.tail_ends = None

    def rest(self, at: float) -> None:
        """Be idle from now on, ready for another call."""
        self._wire.rest()
        self.idle_since = at
        self.served += 1

    def is_quiet(self) -> bool:
        """Whether the idle connection still stands: no byte and no end has come."""
        return self._http.is_quiet()

    def close(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._closed:
            return
        self._closed = True
        self._wire.hang_up()
        self._http.abandon()


def _speaker(
    wire: TimedStream, route: Route, options: TransportOptions
) -> Http11Connection | HttpcoreConnection:
    """Who speaks HTTP here; something that stands in for httpcore does unless we are to."""
    mocked = options.reader == "auto" and is_replaced()
    if mocked or not options.reads_itself or route.proxy is not None:
        from .via_httpcore import HttpcoreConnection

        return HttpcoreConnection(wire, route, options)
    from .http11 import Http11Connection

    return Http11Connection(wire, route, options.max_head_bytes)
