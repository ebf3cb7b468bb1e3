# Generated from ai_lib/transport/core_http.py by codegen; do not edit.
"""HTTP as httpcore speaks it: by proxies, in its second version, and where httptools is absent."""

from __future__ import annotations

from ai_lib.transport.clocks import CallClocks
from ai_lib.transport.failures import unwritable
from ai_lib.transport.headers import Head, Headers, RawFields
from ai_lib.transport.options import TransportOptions
from ai_lib.transport.origin import Target
from ai_lib.transport.routes import Route
from ai_lib.transport.spoken import keys_hidden

from .._network import (
    URL,
    Body,
    ConnectionInterface,
    ConnectionMaker,
    HTTPConnection,
    LocalProtocolError,
    ProxySettings,
    Request,
    Response,
)
from .upload import Upload
from .wire import Dialer, Wire


class CoreHttp:
    """httpcore's connection, for one request at a time. Errors are httpcore's."""

    # Whether the socket is closed before an error of it gets out.
    closes_itself = True

    def __init__(self, wire: Wire, route: Route, options: TransportOptions) -> None:
        self._wire = wire
        self._route = route
        self._http = _make(route, options, Dialer(wire))
        self._body: Body | None = None

    def send(
        self, target: Target, headers: RawFields, clocks: CallClocks, body: bytes | Upload
    ) -> Head:
        """Send a request and give the head of its reply."""
        if not clocks.request.method.isascii():
            raise unwritable()
        request = self._request(target, headers, clocks, body)
        response: Response | None = None
        try:
            with keys_hidden(clocks.request):
                response = self._http.handle_request(request)
        except LocalProtocolError:
            pass  # it names the value, which may be a credential: nothing is to remember it
        if response is None:
            raise unwritable()
        self._body = Body(response)
        return _head(response)

    def _request(
        self, target: Target, headers: RawFields, clocks: CallClocks, body: bytes | Upload
    ) -> Request:
        origin = self._route.origin
        url = URL(
            scheme=origin.scheme,
            host=self._route.host,
            port=origin.explicit_port,
            target=target.path,
        )
        extensions = {} if self._wire.connected else {"trace": self._wire.trace}
        return Request(
            clocks.request.method, url, headers=headers, content=body, extensions=extensions
        )

    def read(self) -> bytes:
        """Give the next bytes of the reply's body as they arrive, empty at its end."""
        if self._body is None:
            return b""
        data = self._body.read()
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


def _make(route: Route, options: TransportOptions, dialer: Dialer) -> ConnectionInterface:
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


def _head(response: Response) -> Head:
    fields = [(name.decode("ascii"), value.decode("latin-1")) for name, value in response.headers]
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii")
    return Head(response.status, Headers(fields), version.removeprefix("HTTP/"))
