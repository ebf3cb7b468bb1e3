# Generated from ai_lib/transport/connect.py by codegen; do not edit.
"""Open a connection: resolve, dial, go through the proxy, encrypt."""

import errno
import os
import socket
import ssl

from ai_lib.errors.tree import ConnectError
from ai_lib.transport import socks5
from ai_lib.transport.clocks import CallClocks
from ai_lib.transport.failures import Violation, not_connected
from ai_lib.transport.http1 import Http1
from ai_lib.transport.options import TransportOptions
from ai_lib.transport.origin import Origin
from ai_lib.transport.proxy import Proxy, ProxyRules
from ai_lib.transport.sockets import PlainStream, QuietSocket, Stream, TlsStream
from ai_lib.transport.tls import make_context

from .._backend import Address, deadline, now, resolve, wait_readable, wait_writable
from .connection import Connection, Via

# RFC 8305 gives an address a quarter of a second before the next is tried.
_HEAD_START = 0.25
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK)
_ADVICE = "check the base URL, the network and the proxy settings"
_TLS_ADVICE = "check the host name, and whom you trust (ca_bundle, SSL_CERT_FILE)"


class Connector:
    """Opens connections as the options say, with one TLS context for all of them."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._environment = dict(os.environ)
        self._proxies = ProxyRules(options.proxy, self._environment)
        self._context: ssl.SSLContext | None = None

    def open(self, origin: Origin, clocks: CallClocks) -> Connection:
        """Open a connection to an origin, within the connect clock."""
        limit = clocks.connecting(now())
        try:
            with deadline(limit.left):
                return self._open(origin, clocks)
        except TimeoutError as error:
            raise clocks.ran_out(limit) from error

    def _open(self, origin: Origin, clocks: CallClocks) -> Connection:
        for _ in range(self._options.connect_retries):
            try:
                return self._reach(origin, clocks)
            except ConnectError:
                continue
        return self._reach(origin, clocks)

    def _reach(self, origin: Origin, clocks: CallClocks) -> Connection:
        proxy = self._proxies.lead_to(origin)
        place = origin.place if proxy is None else f"{origin.place} by the proxy {proxy.place}"
        try:
            sock = _dial(proxy or origin)
            try:
                stream = self._prepare(PlainStream(sock), origin, proxy)
            except BaseException:
                sock.close()
                raise
        except ssl.SSLError as error:
            raise not_connected(clocks.request, place, _tls_reason(error), _TLS_ADVICE) from error
        except (OSError, ValueError, Violation) as error:
            raise not_connected(clocks.request, place, _reason(error), _ADVICE) from error
        return Connection(stream, self._options.max_head_bytes, _via(origin, proxy))

    def _prepare(self, stream: Stream, origin: Origin, proxy: Proxy | None) -> Stream:
        if proxy is not None:
            if proxy.scheme == "https":
                stream = self._encrypt(stream, proxy.host)
            if proxy.scheme.startswith("socks"):
                _greet(stream, socks5.greet(origin, proxy))
            elif origin.scheme == "https":
                self._tunnel(stream, origin, proxy)
        if origin.scheme == "https":
            stream = self._encrypt(stream, origin.host)
        return stream

    def _encrypt(self, stream: Stream, host: str) -> Stream:
        if self._context is None:
            self._context = make_context(self._options, self._environment)
        tls = TlsStream(stream, self._context, host)
        while not tls.handshake():
            _flush(tls)
            wait_readable(tls.sock)
        _flush(tls)
        return tls

    def _tunnel(self, stream: Stream, origin: Origin, proxy: Proxy) -> None:
        protocol = Http1(self._options.max_head_bytes)
        headers = [(b"Host", origin.place.encode("ascii")), *_login(proxy)]
        stream.write(protocol.request("CONNECT", origin.place, headers, b""))
        _flush(stream)
        while (head := protocol.head()) is None:
            protocol.feed(_receive(stream))
        if not 200 <= head.status < 300:
            raise Violation(f"the proxy answered CONNECT with status {head.status}")


def _dial(place: Origin | Proxy) -> QuietSocket:
    addresses = resolve(place.host, place.port)
    failed = OSError("the name has no address")
    # First a short try of each, so that one dead address costs little, then a patient one.
    for seconds in (_HEAD_START, None) if len(addresses) > 1 else (None,):
        for address in addresses:
            sock = QuietSocket(address[0], socket.SOCK_STREAM)
            try:
                if _dial_one(sock, address, seconds):
                    return sock
            except OSError as error:
                failed = error
            except BaseException:
                sock.close()
                raise
            sock.close()
    raise failed


def _dial_one(sock: socket.socket, address: Address, seconds: float | None) -> bool:
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    code = sock.connect_ex(address[1])
    if code in _UNDER_WAY:
        if not wait_writable(sock, seconds):
            return False
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    return True


def _greet(stream: Stream, greeting: socks5.Greeting) -> None:
    question, wanted = next(greeting)
    while True:
        stream.write(question)
        _flush(stream)
        answer = _receive_exactly(stream, wanted)
        try:
            question, wanted = greeting.send(answer)
        except StopIteration:
            return


def _receive_exactly(stream: Stream, count: int) -> bytes:
    # No byte more, for what follows the greeting belongs to someone else.
    data = b""
    while len(data) < count:
        received = _receive(stream, count - len(data))
        if not received:
            raise Violation("the proxy closed the connection")
        data += received
    return data


def _receive(stream: Stream, count: int = 65536) -> bytes:
    while (data := stream.receive(count)) is None:
        wait_readable(stream.sock)
    return data


def _flush(stream: Stream) -> None:
    while not stream.flush():
        wait_writable(stream.sock)


def _login(proxy: Proxy) -> list[tuple[bytes, bytes]]:
    if proxy.authorization is None:
        return []
    return [(b"Proxy-Authorization", proxy.authorization.encode("ascii"))]


def _via(origin: Origin, proxy: Proxy | None) -> Via | None:
    if proxy is None or origin.scheme == "https" or proxy.scheme.startswith("socks"):
        return None
    return Via(f"http://{origin.authority}", _login(proxy))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return str(error)


def _tls_reason(error: ssl.SSLError) -> str:
    detail = getattr(error, "verify_message", None) or error.reason or str(error)
    return f"TLS failed ({detail})"
