"""HTTP as httpcore speaks it: by proxies, in its second version, and where httptools is absent."""

from __future__ import annotations

from collections.abc import Mapping
from ssl import SSLContext

from ai_lib._runtime.sockets import WriteError
from ai_lib.transport.connections.log_filter import keys_hidden
from ai_lib.transport.connections.route import Route
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import unwritable
from ai_lib.transport.http.headers import Headers, ResponseHead
from ai_lib.transport.http.request_head import RequestHead
from ai_lib.transport.options import TransportOptions

from ..._runtime.httpcore import (
    URL,
    Body,
    ConnectionInterface,
    ConnectionMaker,
    HTTPConnection,
    LocalProtocolError,
    NetworkBackend,
    NetworkStream,
    ProxySettings,
    Request,
    Response,
    SocketOptions,
    WriteRefused,
)
from ..http.upload import Upload
from .timed_stream import TimedStream


class HttpcoreConnection:
    """httpcore's connection, for one request at a time. Errors are httpcore's and the wire's."""

    # Whether the socket is closed before an error of it gets out.
    closes_itself = True

    def __init__(self, wire: TimedStream, route: Route, options: TransportOptions) -> None:
        self._wire = wire
        self._route = route
        self._http = _make(route, options, _Dialer(wire))
        self._body: Body | None = None

    async def send(
        self, request: RequestHead, clocks: Deadlines, body: bytes | Upload
    ) -> ResponseHead:
        """Send a request and give the head of its reply."""
        if not clocks.request.method.isascii():
            raise unwritable()
        whole = self._request(request, clocks, body)
        response: Response | None = None
        try:
            with keys_hidden(clocks.request):
                response = await self._http.handle_async_request(whole)
        except LocalProtocolError:
            pass  # it names the value, which may be a credential: nothing is to remember it
        if response is None:
            raise unwritable()
        self._body = Body(response)
        return _head(response)

    def _request(self, request: RequestHead, clocks: Deadlines, body: bytes | Upload) -> Request:
        origin = self._route.origin
        url = URL(
            scheme=origin.scheme,
            host=self._route.host,
            port=origin.explicit_port,
            target=request.target.path,
        )
        fields = request.fields(clocks.request.body)
        extensions = {} if self._wire.connected else {"trace": self._trace}
        return Request(
            clocks.request.method, url, headers=fields, content=body, extensions=extensions
        )

    async def _trace(self, event: str, info: Mapping[str, Request]) -> None:
        """Notice that proxies and TLS are done; httpcore tells."""
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self._wire.opened()

    async def read(self) -> bytes:
        """Give the next bytes of the reply's body as they arrive, empty at its end."""
        if self._body is None:
            return b""
        data = await self._body.read()
        if not data:
            self._body = None
        return data

    def is_idle(self) -> bool:
        """Whether it may serve another request."""
        return self._http.is_idle()

    def is_quiet(self) -> bool:
        """Whether neither a byte nor an end has come since."""
        return not self._http.has_expired()

    def abandon(self) -> None:
        """Forget a reply that nobody will read, once the wire was hung up; from anywhere."""
        if self._body is not None:
            self._body.abandon()


class _Dialer(NetworkBackend):
    """Gives httpcore the one wire it may use."""

    def __init__(self, wire: TimedStream) -> None:
        self._wire = wire

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> NetworkStream:
        """Connect the wire."""
        await self._wire.dial(host, port)
        return _Stream(self._wire)


class _Stream(NetworkStream):
    """The wire as httpcore takes it. Its timeouts are left to the wire's clocks."""

    def __init__(self, wire: TimedStream) -> None:
        self._wire = wire

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._wire.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            await self._wire.write(buffer)
        except WriteError as error:
            raise WriteRefused(error) from error  # it then reads what the server says

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        await self._wire.start_tls(ssl_context, server_hostname)
        return self

    def get_extra_info(self, info: str) -> object:
        return self._wire.get_extra_info(info)

    async def aclose(self) -> None:
        self._wire.hang_up()


def _make(route: Route, options: TransportOptions, dialer: _Dialer) -> ConnectionInterface:
    origin = URL(scheme=route.origin.scheme, host=route.host, port=route.origin.port, target="/")
    if route.proxy is None:
        return HTTPConnection(
            origin.origin,
            ssl_context=route.context,
            http2=options.http2,
            network_backend=dialer,
        )
    proxy = route.proxy
    maker = ConnectionMaker(
        proxy=ProxySettings(
            URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/"),
            auth=proxy.login,
            ssl_context=route.proxy_context,
        ),
        ssl_context=route.context,
        http2=options.http2,
        network_backend=dialer,
    )
    return maker.create_connection(origin.origin)


def _head(response: Response) -> ResponseHead:
    fields = [(name.decode("ascii"), value.decode("latin-1")) for name, value in response.headers]
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii")
    return ResponseHead(response.status, Headers(fields), version.removeprefix("HTTP/"))
