# Generated from ai_lib/transport/connections/http11.py by codegen; do not edit.
"""HTTP/1.1 of our own: requests are written in one piece, responses are parsed by httptools."""

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

    Raises `SocketError`s, `RemoteProtocolError` and our own errors.
    """

    # Whether the socket is closed before its error is raised.
    closes_socket_on_error = False

    def __init__(self, stream: TimedStream, route: Route, limit: int) -> None:
        self._stream = stream
        self._route = route
        self._limit = limit
        self._parser: ResponseParser | None = None
        self._first_bytes = b""
        self._keeps_alive = True
        self._request_closes = False

    def send(
        self, request: RequestHead, deadlines: Deadlines, body: bytes | Upload
    ) -> ResponseHead:
        """Send a request and return the head of its response."""
        stream = self._stream
        request_head = request.encode(deadlines.request.body)
        self._request_closes = request.closes_connection
        if not stream.is_connected:
            self._connect()
        self._keeps_alive = False
        try:
            stream.write(request_head)
            if isinstance(body, bytes):
                stream.write(body)
            else:
                self._write_upload(body)
            stream.flush()
        except WriteError:
            pass  # the server may have responded before it closed
        parser = self._parser = ResponseParser(deadlines.request.method, self._limit)
        while parser.head is None:
            if data := stream.read(READ_SIZE):
                self._first_bytes = parser.feed(data)
            else:
                parser.finish()
        return parser.head

    def _connect(self) -> None:
        origin = self._route.origin
        self._stream.open(origin.host, origin.port, self._route.socket_path)
        if self._route.context is not None:
            self._route.context.set_alpn_protocols(["http/1.1"])
            self._stream.start_tls(self._route.context, origin.host)
        self._stream.end_connect()

    def _write_upload(self, body: Upload) -> None:
        is_chunked = body.length is None
        for piece in body:
            chunk = b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece
            self._stream.write(chunk)
        if is_chunked:
            self._stream.write(b"0\r\n\r\n")

    def read(self) -> bytes:
        """Return the next bytes of the response's body, all that have arrived; none at its end."""
        parser, data = self._parser, self._first_bytes
        if parser is None:
            return b""
        self._first_bytes = b""
        while not data and not parser.is_complete:
            parser.check()
            if received := self._stream.read(READ_SIZE):
                data = parser.feed(received)
            else:
                parser.finish()
        if not data:
            self._parser = None
            self._keeps_alive = parser.keeps_alive and not self._request_closes
        return data

    def is_idle(self) -> bool:
        """Return whether the connection may serve another request."""
        return self._keeps_alive and self._parser is None

    def has_expired(self) -> bool:
        """Return whether bytes or the end came since the last response."""
        return bool(self._stream.get_extra_info("is_readable"))

    def abort(self) -> None:
        """Forget the response of an aborted stream; from any task, thread or finalizer."""
        self._first_bytes = b""
