"""The blocking package's socket: connected, encrypted or not."""

from collections.abc import Callable
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, socket
from ssl import MemoryBIO, SSLContext, SSLObject, SSLSocket, SSLWantReadError, SSLWantWriteError
from typing import TypeVar

from ai_lib._runtime.sockets import (
    KEEP_ALIVE,
    ConnectTimeout,
    ReadableProbe,
    ReadError,
    ReadTimeout,
    SocketConnectError,
    WriteError,
    WriteTimeout,
)

_T = TypeVar("_T")

# RFC 8449: a TLS record is no longer.
_MAX_RECORD = 16384
# A timeout of zero makes a socket non-blocking.
_MIN_TIMEOUT = 0.0005


class BlockingStream:
    """A socket whose calls take a timeout in seconds (None: no limit). Raises `SocketError`s.

    `tunnel` is the TLS connection within the socket's own, where there is one.
    """

    def __init__(self, sock: socket, tunnel: "TlsTunnel | None" = None) -> None:
        self.socket = sock
        self._io = sock if tunnel is None else tunnel
        self._tunnel = tunnel
        self._readable_probe = ReadableProbe(sock)

    def read(self, max_bytes: int, timeout: float | None) -> bytes:
        """Return the bytes that arrive, none at the end."""
        try:
            self.socket.settimeout(timeout if timeout is None else max(timeout, _MIN_TIMEOUT))
            return self._io.recv(max_bytes)
        except TimeoutError as error:
            raise ReadTimeout(error) from error
        except OSError as error:
            raise ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None) -> None:
        """Send all bytes; the timeout starts anew whenever the peer takes some."""
        unsent = memoryview(buffer)
        try:
            while unsent:
                self.socket.settimeout(timeout if timeout is None else max(timeout, _MIN_TIMEOUT))
                unsent = unsent[self._io.send(unsent) :]
        except TimeoutError as error:
            raise WriteTimeout(error) from error
        except OSError as error:
            raise WriteError(error) from error

    def start_tls(
        self, context: SSLContext, host: str | None, timeout: float | None
    ) -> "BlockingStream":
        """Return the stream that encrypts from now on; this one can't be used any more."""
        try:
            self.socket.settimeout(timeout if timeout is None else max(timeout, _MIN_TIMEOUT))
            if isinstance(self.socket, SSLSocket):
                return BlockingStream(self.socket, TlsTunnel(self.socket, context, host))
            self.socket.getpeername()  # where this fails, `wrap_socket` leaves its socket open
            return BlockingStream(context.wrap_socket(self.socket, server_hostname=host))
        except TimeoutError as error:
            self.close()
            raise ConnectTimeout(error) from error
        except OSError as error:
            self.close()
            raise SocketConnectError(error) from error

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore calls by that name; None when it is unknown."""
        if info == "ssl_object":
            if self._tunnel is not None:
                return self._tunnel.ssl_object
            return self.socket if isinstance(self.socket, SSLSocket) else None
        if info == "is_readable":
            return self._readable_probe.is_readable()
        return self.socket if info == "socket" else None

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


class TlsTunnel:
    """TLS within TLS: to an origin, through a proxy that is itself reached by TLS.

    `recv` and `send` are a socket's.
    """

    def __init__(self, sock: SSLSocket, context: SSLContext, host: str | None) -> None:
        self._socket = sock
        self._incoming, self._outgoing = MemoryBIO(), MemoryBIO()
        self.ssl_object: SSLObject = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=host
        )
        self._exchange(self.ssl_object.do_handshake)

    def recv(self, max_bytes: int) -> bytes:
        """Return the bytes that arrive, none at the end."""
        return self._exchange(lambda: self.ssl_object.read(max_bytes))

    def send(self, data: memoryview) -> int:
        """Send some of the bytes and return how many."""
        return self._exchange(lambda: self.ssl_object.write(data))

    def _exchange(self, step: Callable[[], _T]) -> _T:
        """Do a step of TLS, with all sending and receiving that it needs."""
        while True:
            try:
                result = step()
            except SSLWantReadError:
                self._socket.sendall(self._outgoing.read())
                if data := self._socket.recv(_MAX_RECORD):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except SSLWantWriteError:
                self._socket.sendall(self._outgoing.read())
            else:
                self._socket.sendall(self._outgoing.read())
                return result


def connect(address: str, port: int, timeout: float | None) -> BlockingStream:
    """Connect to an address."""
    try:
        sock = create_connection((address, port), timeout)
        for option in KEEP_ALIVE:
            sock.setsockopt(*option)
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    except TimeoutError as error:
        raise ConnectTimeout(error) from error
    except OSError as error:
        raise SocketConnectError(error) from error
    return BlockingStream(sock)
