# Generated from ai_lib/transport/connections/via_httpcore.py by codegen; do not edit.
"""HTTP by httpcore: for proxies, for HTTP/2, and where httptools is absent."""

from __future__ import annotations

from collections.abc import Mapping
from ssl import SSLContext

from ai_lib._runtime.sockets import WriteError
from ai_lib.transport.connections.going_away import GoAwayFilter, is_refused_stream
from ai_lib.transport.connections.log_filter import redact_httpcore_logs
from ai_lib.transport.connections.route import Route
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import StreamRefused, invalid_request, proxy_refusal
from ai_lib.transport.http.headers import Headers, ResponseHead
from ai_lib.transport.http.request_head import RequestHead
from ai_lib.transport.options import TransportOptions
from ai_lib.types.wire import HttpRequest

from ..._runtime.httpcore import (
    URL,
    ConnectionInterface,
    HTTPConnection,
    HttpcorePool,
    HttpcoreWriteError,
    LocalProtocolError,
    NetworkBackend,
    NetworkStream,
    ProxySettings,
    Request,
    Response,
    ResponseBody,
    SocketOptions,
)
from ..http.upload import Upload
from .timed_stream import TimedStream


class HttpcoreConnection:
    """httpcore's connection, for one request at a time.

    Raises httpcore's errors and the stream's.
    """

    # Whether the socket is closed before its error is raised.
    closes_socket_on_error = True

    def __init__(self, stream: TimedStream, route: Route, options: TransportOptions) -> None:
        self._stream = stream
        self._route = route
        self._going_away = GoAwayFilter()
        backend = _Backend(stream, route.socket_path, self._going_away)
        self._http = _make_connection(route, options, backend)
        self._body: ResponseBody | None = None
        self._sent_request: HttpRequest | None = None

    def send(
        self, request: RequestHead, deadlines: Deadlines, body: bytes | Upload
    ) -> ResponseHead:
        """Send a request and return the head of its response."""
        if not deadlines.request.method.isascii():
            raise invalid_request()
        httpcore_request = self._make_request(request, deadlines, body)
        self._going_away.begin_stream()
        response: Response | None = None
        try:
            with redact_httpcore_logs(deadlines.request):
                response = self._http.handle_request(httpcore_request)
        except LocalProtocolError:
            pass  # it holds the bad value, which may be a credential: it must not become a cause
        except Exception as error:
            if self._going_away.refuses or is_refused_stream(error):
                raise StreamRefused("the server took no further request") from error
            raise
        if response is None:
            if self._going_away.refuses:
                raise StreamRefused("the server took no further request")
            raise invalid_request()
        self._body, self._sent_request = ResponseBody(response), deadlines.request
        if response.status == 407 and self._route.is_forwarded_plain:
            raise proxy_refusal(deadlines.request, self._route.description)
        return _read_head(response)

    def _make_request(
        self, request: RequestHead, deadlines: Deadlines, body: bytes | Upload
    ) -> Request:
        origin = self._route.origin
        url = URL(
            scheme=origin.scheme,
            host=self._route.host,
            port=origin.explicit_port,
            target=request.target.path,
        )
        fields = request.header_fields(deadlines.request.body)
        extensions = {} if self._stream.is_connected else {"trace": self._trace}
        content = body if isinstance(body, Upload) else _Body(body)
        return Request(
            deadlines.request.method, url, headers=fields, content=content, extensions=extensions
        )

    def _trace(self, event: str, info: Mapping[str, Request]) -> None:
        """Note that proxies and TLS are done, when httpcore reports the request's first bytes."""
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self._stream.end_connect()

    def read(self) -> bytes:
        """Return the next bytes of the response's body as they arrive, none at its end."""
        if self._body is None or self._sent_request is None:
            return b""
        with redact_httpcore_logs(self._sent_request):
            data = self._body.read()
        if not data:
            self._body = None
        return data

    def is_idle(self) -> bool:
        """Return whether the connection may serve another request."""
        return self._http.is_idle() and not self._going_away.has_come

    def has_expired(self) -> bool:
        """Return whether bytes or the end came since the last response."""
        return self._http.has_expired()

    def abort(self) -> None:
        """Finish the response of an aborted stream; from any task, thread or finalizer."""
        if self._body is not None and self._sent_request is not None:
            with redact_httpcore_logs(self._sent_request):
                self._body.abort()


class _Body:
    """Iterates over a body in one piece.

    httpcore's own is a generator, which a cancelled request leaves to the garbage collector.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> _Body:
        return self

    def __next__(self) -> bytes:
        if not self._data:
            raise StopIteration
        data, self._data = self._data, b""
        return data


class _Backend(NetworkBackend):
    """Gives httpcore the one stream it may use."""

    def __init__(self, stream: TimedStream, socket_path: str, going_away: GoAwayFilter) -> None:
        self._stream = stream
        self._socket_path = socket_path
        self._going_away = going_away

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> NetworkStream:
        """Connect the stream."""
        self._stream.open(host, port, self._socket_path)
        return _NetworkStream(self._stream, self._going_away)


class _NetworkStream(NetworkStream):
    """A timed stream with httpcore's interface. Its timeouts are the stream's deadlines."""

    def __init__(self, stream: TimedStream, going_away: GoAwayFilter) -> None:
        self._stream = stream
        self._going_away = going_away

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes)
        if not self._going_away.is_on:
            return data
        # Nothing is the end, so that what is left of a dropped frame is not returned.
        while data:
            remaining = self._going_away.feed(data)
            if remaining:
                return remaining
            data = self._stream.read(max_bytes)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._stream.write(buffer)
        except WriteError as error:
            raise HttpcoreWriteError(error) from error  # httpcore then reads the response

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        self._stream.start_tls(ssl_context, server_hostname)
        ssl_object = self._stream.get_extra_info("ssl_object")
        protocol = getattr(ssl_object, "selected_alpn_protocol", None)
        self._going_away.is_on = protocol is not None and protocol() == "h2"
        return self

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.abort()


def _make_connection(
    route: Route, options: TransportOptions, backend: _Backend
) -> ConnectionInterface:
    origin = URL(scheme=route.origin.scheme, host=route.host, port=route.origin.port, target="/")
    if route.proxy is None:
        return HTTPConnection(
            origin.origin,
            ssl_context=route.context,
            http2=options.http2,
            network_backend=backend,
        )
    proxy = route.proxy
    pool = HttpcorePool(
        proxy=ProxySettings(
            URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/"),
            auth=proxy.login,
            ssl_context=route.proxy_context,
        ),
        ssl_context=route.context,
        http2=options.http2,
        network_backend=backend,
    )
    return pool.create_connection(origin.origin)


def _read_head(response: Response) -> ResponseHead:
    fields = [(name.decode("ascii"), value.decode("latin-1")) for name, value in response.headers]
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii")
    return ResponseHead(response.status, Headers(fields), version.removeprefix("HTTP/"))
