# Generated from ai_lib/transport/transport.py by codegen; do not edit.
"""The transport: a request goes out, a reply comes back."""

from __future__ import annotations

from ai_lib.errors.exceptions import ConnectionLost, RequestError
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import bare
from ai_lib.transport.http.headers import ResponseHead
from ai_lib.transport.http.request_head import RequestHead, RequestHeads
from ai_lib.transport.http.url import parse_target
from ai_lib.transport.options import PoolStats, TransportOptions
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from .._runtime.backend import now
from .connections.pool import Lease, OriginPools
from .response import HttpResponse


class HttpTransport:
    """Sends requests over connections that it keeps open for the next ones.

    One transport serves any number of event loops and threads. A redirect is a reply like any
    other: it is never followed, so a credential never goes elsewhere.
    """

    def __init__(self, options: TransportOptions | None = None) -> None:
        self.options = options or TransportOptions()
        self._pool = OriginPools(self.options)
        self._heads = RequestHeads(self.options.user_agent)
        self._closed = False

    def send(self, request: HttpRequest, clocks: TimeoutOptions) -> HttpResponse:
        """Send a request and return once the head of its reply is there, whatever its status.

        Raises `ConnectError`, `ConnectionLost`, `TransportTimeout`, and `RequestError` for a
        request that can't be written as HTTP.
        """
        head = self._head(request)
        if self._closed:
            raise RequestError("this transport was closed; make another one")
        call = Deadlines(request, clocks, now())
        origin = head.target.origin
        lease = self._pool.acquire(origin, call)
        try:
            reply = _exchange(lease, head, call)
        except ConnectionLost as error:
            if self._pool.is_closed or error.request_sent or _is_spent(request):
                raise
            # The server closed the idle connection as we took it: it never saw this request.
            lease = self._pool.acquire(origin, call, fresh=True)
            reply = _exchange(lease, head, call)
        try:
            return self._reply(reply, lease, call)
        except BaseException:
            lease.discard()
            raise

    def _reply(self, head: ResponseHead, lease: Lease, call: Deadlines) -> HttpResponse:
        """Return the reply that begins so."""
        return HttpResponse(head, lease, call, self.options)

    def _head(self, request: HttpRequest) -> RequestHead:
        try:
            return self._heads.of(parse_target(request.url), request)
        except RequestError as error:
            raise bare(error) from None

    def stats(self, url: str | None = None) -> PoolStats:
        """Count the connections as they are now: those to the host of that URL, or all."""
        return self._pool.stats(None if url is None else parse_target(url).origin)

    def close(self) -> None:
        """Close every connection; calls under way end with `ConnectionLost`."""
        self._closed = True
        self._heads.forget()
        self._pool.close_all()

    def __enter__(self) -> HttpTransport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_spent(request: HttpRequest) -> bool:
    return isinstance(request.body, Multipart) and request.body.is_spent


def _exchange(lease: Lease, head: RequestHead, call: Deadlines) -> ResponseHead:
    try:
        return lease.connection.send(head, call)
    except BaseException:
        lease.discard()
        raise
