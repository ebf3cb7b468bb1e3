"""The transport: a request goes out, a response comes back."""

from __future__ import annotations

from ai_lib._runtime.forks import LocalState
from ai_lib.errors.exceptions import ConnectionLost, RequestError
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import strip_tracebacks
from ai_lib.transport.http.headers import ResponseHead
from ai_lib.transport.http.request_head import RequestHead, RequestHeads
from ai_lib.transport.http.url import parse_target
from ai_lib.transport.options import PoolStats, TransportOptions
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from .._runtime.backend import now
from .connections.pool import Lease, OriginPools
from .response import HttpResponse


class HttpTransport(LocalState):
    """Sends requests over connections that it keeps open for the next ones.

    One transport serves any number of event loops and threads. A redirect is a response like any
    other: it is never followed, so a credential never goes elsewhere.
    """

    advice = "make one in each process, and give it to the builder there"

    def __init__(self, options: TransportOptions | None = None) -> None:
        self.options = options or TransportOptions()
        self._pools = OriginPools(self.options)
        self._request_heads = RequestHeads(self.options.user_agent)
        self._closed = False

    async def send(self, request: HttpRequest, timeouts: TimeoutOptions) -> HttpResponse:
        """Send a request and return once the head of its response is there, whatever its status.

        Raises:
            RequestError: the request can't be written as HTTP, or the transport was closed.
            ConnectError: no connection could be opened.
            ConnectionLost: the connection broke.
            TransportTimeout: a timeout ran out.
        """
        request_head = self._make_request_head(request)
        if self._closed:
            raise RequestError("this transport was closed; make another one")
        deadlines = Deadlines(request, timeouts, now())
        lease = await self._pools.acquire(request_head.target.origin, deadlines)
        try:
            head = await lease.connection.send(request_head, deadlines)
        except ConnectionLost as error:
            lease.discard()
            if error.may_resend:  # the others may have died with it
                self._pools.close_idle(request_head.target.origin)
            if self._pools.is_closed or error.request_sent or _is_spent(request):
                raise
            # The server closed the idle connection as we took it: it never saw this request.
            lease, head = await self._send_on_new(request_head, deadlines)
        except BaseException:
            lease.discard()
            raise
        try:
            return self._make_response(head, lease, deadlines)
        except BaseException:
            lease.discard()
            raise

    async def _send_on_new(
        self, request_head: RequestHead, deadlines: Deadlines
    ) -> tuple[Lease, ResponseHead]:
        """Send on a new connection."""
        lease = await self._pools.acquire(request_head.target.origin, deadlines, fresh=True)
        try:
            return lease, await lease.connection.send(request_head, deadlines)
        except BaseException:
            lease.discard()
            raise

    def _make_response(
        self, head: ResponseHead, lease: Lease, deadlines: Deadlines
    ) -> HttpResponse:
        return HttpResponse(head, lease, deadlines, self.options)

    def _make_request_head(self, request: HttpRequest) -> RequestHead:
        try:
            return self._request_heads.get(parse_target(request.url), request)
        except RequestError as error:
            raise strip_tracebacks(error) from None

    def stats(self, url: str | None = None) -> PoolStats:
        """Count the connections as they are now: those to the host of that URL, or all."""
        return self._pools.stats(None if url is None else parse_target(url).origin)

    async def aclose(self) -> None:
        """Close every connection; calls under way end with `ConnectionLost`."""
        self._closed = True
        self._request_heads.clear()
        self._pools.close_all()

    async def __aenter__(self) -> HttpTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _is_spent(request: HttpRequest) -> bool:
    return isinstance(request.body, Multipart) and request.body.is_spent
