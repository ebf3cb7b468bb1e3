# Generated from ai_lib/transport/connections/http11.py by codegen; do not edit.
"""HTTP/1.1 as we speak it ourselves: requests written in one piece, replies read by httptools."""

from __future__ import annotations

from ai_lib._runtime.sockets import WriteError
from ai_lib.transport.connections.route import Route
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.http.headers import ResponseHead
from ai_lib.transport.http.request_head import RequestHead
from ai_lib.transport.http.response_parser import ResponseParser

from ..._runtime.stream import READ_SIZE
from ..http.upload import Upload
from .timed_stream import TimedStream


class Http11Connection:
    """One connection to an origin, without a proxy between, for one request at a time.

    Errors are `SocketError`s, and `Violation`.
    """

    # Whether the socket is closed before an error of it gets out.
    closes_itself = False

    def __init__(self, wire: TimedStream, route: Route, limit: int) -> None:
        self._wire = wire
        self._route = route
        self._limit = limit
        self._reply: ResponseParser | None = None
        self._first = b""
        self._sound = True
        self._leaves = False

    def send(self, request: RequestHead, clocks: Deadlines, body: bytes | Upload) -> ResponseHead:
        """Send a request and give the head of its reply."""
        head = request.written(clocks.request.body)
        self._leaves = request.closes
        if not self._wire.connected:
            self._connect()
        self._sound = False
        try:
            self._wire.write(head)
            self._write_body(body, clocks)
        except WriteError:
            pass  # the server may have answered before it left
        self._reply = reply = ResponseParser(clocks.request.method, self._limit)
        while reply.head is None:
            self._first = self._receive(reply)
        return reply.head

    def _connect(self) -> None:
        origin = self._route.origin
        self._wire.dial(origin.host, origin.port)
        if self._route.context is not None:
            self._route.context.set_alpn_protocols(["http/1.1"])
            self._wire.start_tls(self._route.context, origin.host)
        self._wire.opened()

    def _write_body(self, body: bytes | Upload, clocks: Deadlines) -> None:
        if isinstance(body, bytes):
            self._wire.write(body)
            return
        measured = body.length is not None
        for piece in body:
            self._wire.write(piece if measured else b"%x\r\n%b\r\n" % (len(piece), piece))
        if not measured:
            self._wire.write(b"0\r\n\r\n")

    def _receive(self, reply: ResponseParser) -> bytes:
        data = self._wire.read(READ_SIZE)
        if data:
            return reply.feed(data)
        reply.finish()
        return b""

    def read(self) -> bytes:
        """Give the next bytes of the reply's body, all that have come; empty at its end."""
        reply, data = self._reply, self._first
        if reply is None:
            return b""
        self._first = b""
        while not data and not reply.ended:
            reply.check()
            data = self._receive(reply)
        if not data:
            self._reply = None
            self._sound = reply.keeps and not self._leaves
        return data

    def is_idle(self) -> bool:
        """Whether it may serve another request."""
        return self._sound and self._reply is None

    def is_quiet(self) -> bool:
        """Whether neither a byte nor an end has come since."""
        return not self._wire.get_extra_info("is_readable")

    def abandon(self) -> None:
        """Forget a reply that nobody will read, once the wire was hung up; from anywhere."""
        self._first = b""
