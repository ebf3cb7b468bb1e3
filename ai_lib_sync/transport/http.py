# Generated from ai_lib/transport/http.py by codegen; do not edit.
"""The transport: a request goes out, a reply comes back."""

from __future__ import annotations

from ai_lib.errors.tree import ConnectionLost, RequestError
from ai_lib.transport.clocks import CallClocks
from ai_lib.transport.decoding import ACCEPTED
from ai_lib.transport.failures import bare
from ai_lib.transport.headers import Head, RawFields
from ai_lib.transport.options import PoolStats, TransportOptions
from ai_lib.transport.origin import Origin, Target, parse_target
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import Clocks, WireRequest

from .._backend import now
from .pool import Connections, Lease
from .reply import WireReply


class HttpTransport:
    """Sends requests over connections that it keeps open for the next ones.

    One transport serves any number of event loops and threads. A redirect is a reply like any
    other: it is never followed, so a credential never goes elsewhere.
    """

    def __init__(self, options: TransportOptions | None = None) -> None:
        self.options = options or TransportOptions()
        self._pool = Connections(self.options)
        self._closed = False

    def send(self, request: WireRequest, clocks: Clocks) -> WireReply:
        """Send a request and return once the head of its reply is there, whatever its status.

        Raises `ConnectError`, `ConnectionLost`, `TransportTimeout`, and `RequestError` for a
        request that can't be written as HTTP.
        """
        target, fields = self._written(request)
        if self._closed:
            raise RequestError("this transport was closed; make another one")
        call = CallClocks(request, clocks, now())
        lease = self._pool.acquire(target.origin, call)
        try:
            head = _exchange(lease, target, fields, call)
        except ConnectionLost as error:
            if self._pool.is_closed or error.request_sent or _is_spent(request):
                raise
            # The server closed the idle connection as we took it: it never saw this request.
            lease = self._pool.acquire(target.origin, call, fresh=True)
            head = _exchange(lease, target, fields, call)
        try:
            return self._reply(head, lease, call)
        except BaseException:
            lease.discard()
            raise

    def _reply(self, head: Head, lease: Lease, call: CallClocks) -> WireReply:
        """Return the reply that begins so."""
        return WireReply(head, lease, call, self.options)

    def _written(self, request: WireRequest) -> tuple[Target, RawFields]:
        try:
            target = parse_target(request.url)
            return target, self._fields(request, target.origin)
        except RequestError as error:
            raise bare(error) from None

    def _fields(self, request: WireRequest, origin: Origin) -> RawFields:
        given = {name.lower() for name, _ in request.headers}
        fields = [("Host", origin.authority)] if "host" not in given else []
        if "accept-encoding" not in given:
            fields.append(("Accept-Encoding", ACCEPTED))
        if "user-agent" not in given:
            fields.append(("User-Agent", self.options.user_agent))
        body = request.body
        if body or request.method in _WITH_BODY:
            length = len(body) if isinstance(body, bytes) else body.length
            known = ("Content-Length", str(length))
            fields.append(("Transfer-Encoding", "chunked") if length is None else known)
        fields.extend(item for item in request.headers if item[0].lower() not in _OURS)
        return RawFields(_encode(name, value) for name, value in fields)

    def stats(self, url: str | None = None) -> PoolStats:
        """Count the connections as they are now: those to the host of that URL, or all."""
        return self._pool.stats(None if url is None else parse_target(url).origin)

    def close(self) -> None:
        """Close every connection; calls under way end with `ConnectionLost`."""
        self._closed = True
        self._pool.close_all()

    def __enter__(self) -> HttpTransport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_OURS = frozenset({"content-length", "transfer-encoding"})
_FORBIDDEN = "\r\n\0"


def _is_spent(request: WireRequest) -> bool:
    return isinstance(request.body, Multipart) and request.body.is_spent


def _exchange(lease: Lease, target: Target, fields: RawFields, call: CallClocks) -> Head:
    try:
        return lease.connection.send(target, fields, call)
    except BaseException:
        lease.discard()
        raise


def _encode(name: str, value: str) -> tuple[bytes, bytes]:
    value = value.strip(" \t")
    if not any(character in value or character in name for character in _FORBIDDEN):
        try:
            return name.encode("ascii"), value.encode("latin-1")
        except UnicodeEncodeError:
            pass
    # The value is not shown: it may be a credential.
    raise RequestError(f"the header {name!r} holds characters that HTTP does not allow")
