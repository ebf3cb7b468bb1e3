"""What this package connects with: httpcore's connections, over sockets that can be interrupted.

The only place that imports httpcore; the other package has a module of the same names. Every wait
in here ends early when a deadline around it passes or a scope around it is cancelled.
"""

import os
import socket
import threading
from collections.abc import Iterable
from ssl import SSLContext, SSLSocket
from threading import Lock

import httpcore

from ai_lib._ear import Ear
from ai_lib._interruption import interruptible

from ._backend import Waiter, now

HTTPConnection = httpcore.HTTPConnection
ConnectionMaker = httpcore.ConnectionPool
ConnectionInterface = httpcore.ConnectionInterface
NetworkBackend = httpcore.NetworkBackend
NetworkStream = httpcore.NetworkStream

URL = httpcore.URL
Request = httpcore.Request
Response = httpcore.Response
ProxySettings = httpcore.Proxy
ConnectTimeout = httpcore.ConnectTimeout
LocalProtocolError = httpcore.LocalProtocolError
ProxyError = httpcore.ProxyError
ReadError = httpcore.ReadError
ReadTimeout = httpcore.ReadTimeout
WriteError = httpcore.WriteError
WriteTimeout = httpcore.WriteTimeout

SocketOptions = Iterable[httpcore.SOCKET_OPTION]
KEEP_ALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
# More than that in one piece costs the system more than it saves.
READ_SIZE = 128 * 1024

# RFC 8305 gives an address a quarter of a second before the next is tried.
_HEAD_START = 0.25
# A timeout of zero means another thing to a socket.
_LEAST = 0.0005


def is_replaced() -> bool:
    """Whether something stands in for httpcore's connection, as respx does."""
    return not HTTPConnection.handle_request.__module__.startswith("httpcore")


class Line(NetworkStream):
    """One socket, perhaps encrypted. One call at a time uses it; `hang_up` is for anyone, anytime.

    Raises httpcore's errors.
    """

    def __init__(self, stream: NetworkStream) -> None:
        self._streams = [stream]
        self._socket: socket.socket | None = stream.get_extra_info("socket")
        self._ear = Ear(stream.get_extra_info("socket"))
        self._lock = Lock()
        self._busy = False
        self._hung_up = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Give what arrives, empty at the end."""
        self._begin()
        try:
            return interruptible(
                self._wake, lambda left: self._receive(max_bytes, left), timeout, now
            )
        finally:
            self._end()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        self._begin()
        try:
            interruptible(self._wake, lambda left: self._send(buffer, left), timeout, now)
        finally:
            self._end()

    def _receive(self, max_bytes: int, left: float | None) -> bytes:
        left = _at_least(left)
        if self._socket is None:
            return self._streams[0].read(max_bytes, left)
        try:
            self._socket.settimeout(left)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(error) from error
        except OSError as error:
            raise httpcore.ReadError(error) from error

    def _send(self, buffer: bytes, left: float | None) -> None:
        left = _at_least(left)
        if self._socket is None:
            self._streams[0].write(buffer, left)
            return
        try:
            self._socket.settimeout(left)
            sent = self._socket.send(buffer)
            while sent < len(buffer):  # each piece has that long
                sent += self._socket.send(buffer[sent:])
        except TimeoutError as error:
            raise httpcore.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        """Encrypt what follows."""

        stream = self._begin()

        def encrypt(left: float | None) -> None:
            # The handshake takes the socket out of our hands; the second handle can end it.
            plain = stream.get_extra_info("socket")
            with socket.socket(fileno=os.dup(plain.fileno())) as handle:
                self._streams.append(_Handle(handle))
                encrypted = stream.start_tls(ssl_context, server_hostname, _at_least(left))
                self._streams = [encrypted]
            # Of TLS within TLS the socket is only the outer one.
            twice = isinstance(plain, SSLSocket)
            outer = encrypted.get_extra_info("socket")
            self._socket, self._ear = None if twice else outer, Ear(outer)

        try:
            interruptible(self._wake, encrypt, timeout, now)
        finally:
            self._end()
        return self

    def get_extra_info(self, info: str) -> object:
        """What httpcore asks its streams for; of a line that was hung up nothing is known."""
        streams = self._streams
        if not streams:
            return info == "is_readable"
        return self._ear.hears() if info == "is_readable" else streams[0].get_extra_info(info)

    def _begin(self) -> NetworkStream:
        with self._lock:
            if self._hung_up:
                raise httpcore.ReadError("closed here")
            self._busy = True
            return self._streams[0]

    def _end(self) -> None:
        with self._lock:
            self._busy = False
        if self._hung_up:
            self._let_go()

    def _wake(self) -> None:
        try:
            # Not `SSLSocket.shutdown`, which would let a writer go on in plain text.
            sock = self._streams[-1].get_extra_info("socket")
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except (IndexError, OSError):  # closed already
            pass

    def hang_up(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._hung_up:
            return
        self._hung_up = True
        with self._lock:
            self._wake()
            if self._busy:  # whoever waits for this socket wakes up and lets go of it
                return
        self._let_go()

    def close(self) -> None:
        """Do the same, as httpcore asks for it."""
        self.hang_up()

    def _let_go(self) -> None:
        held, self._streams = self._streams, []
        for stream in held:
            stream.close()


def _at_least(left: float | None) -> float | None:
    return None if left is None else max(left, _LEAST)


class _Handle(NetworkStream):
    """A second handle of a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def get_extra_info(self, info: str) -> object:
        return self._sock if info == "socket" else None

    def close(self) -> None:
        self._sock.close()


def dial(host: str, port: int, timeout: float | None = None) -> Line:
    """Connect to a name or an address."""
    waiter, lock = Waiter(), Lock()
    found: list[NetworkStream] = []
    failed: list[Exception] = []
    left: list[bool] = []

    def connect() -> None:
        try:
            stream = _connect(host, port, timeout)
        except Exception as error:  # noqa: BLE001 (raised below)
            failed.append(error)
        else:
            with lock:
                if left:
                    stream.close()
                else:
                    found.append(stream)
        finally:
            waiter.wake()

    # Neither the system's look-up nor a connection under way can be interrupted from outside; a
    # thread of its own lets the caller leave in time.
    threading.Thread(target=connect, name="ai-lib-connect", daemon=True).start()
    try:
        waiter._wait(timeout)
    except BaseException:
        with lock:
            left.append(True)
        for stream in found:
            stream.close()
        raise
    with lock:
        left.append(True)
    if found:
        return Line(found[0])
    raise failed[0] if failed else httpcore.ConnectTimeout("timed out")


def _connect(host: str, port: int, timeout: float | None) -> NetworkStream:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(error) from error
    addresses = [address[0] for *_, address in found]
    failed: Exception = httpcore.ConnectError("the name has no address")
    # First a short try of each, so that one dead address costs little, then a patient one.
    for seconds in (_HEAD_START, timeout) if len(addresses) > 1 else (timeout,):
        for address in addresses:
            try:
                return httpcore.SyncBackend().connect_tcp(
                    str(address), port, seconds, socket_options=KEEP_ALIVE
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
    raise failed


class Body:
    """The body of a reply, piece by piece. Raises httpcore's errors."""

    def __init__(self, response: httpcore.Response) -> None:
        assert isinstance(response.stream, Iterable)
        self._response = response
        self._pieces = iter(response.stream)

    def read(self) -> bytes:
        """Give the next piece, empty at the end; only then the connection is free."""
        for piece in self._pieces:
            if piece:
                return piece
        self._response.close()
        return b""

    def abandon(self) -> None:
        """Finish what nobody will read, once its line was hung up; from anywhere."""
        close = getattr(self._pieces, "close", None)
        try:
            if close is not None:
                close()
        except ValueError:  # another thread is reading, and ends it
            pass
