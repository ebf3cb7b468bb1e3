"""What the blocking package reads and writes by: a connected socket, encrypted or not."""

from collections.abc import Callable
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, socket
from ssl import MemoryBIO, SSLContext, SSLSocket, SSLWantReadError, SSLWantWriteError
from typing import TypeVar

from ai_lib._runtime.sockets import (
    KEEP_ALIVE,
    ConnectTimeout,
    NotConnected,
    ReadableProbe,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

_T = TypeVar("_T")

# RFC 8449: a TLS record is no longer.
_RECORD = 16384


class Stream:
    """A socket that waits so long at most; None is for ever. Raises `SocketError`s."""

    def __init__(self, sock: socket) -> None:
        self.socket = sock
        self._ear = ReadableProbe(sock)

    def read(self, max_bytes: int, timeout: float | None) -> bytes:
        """Give what arrives, empty at the end."""
        try:
            self.socket.settimeout(timeout)
            return self._receive(max_bytes)
        except TimeoutError as error:
            raise ReadTimeout(error) from error
        except OSError as error:
            raise ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None) -> None:
        """Send it all; each piece that is taken gives the next one as long."""
        left = memoryview(buffer)
        try:
            while left:
                self.socket.settimeout(timeout)
                left = left[self._send(left) :]
        except TimeoutError as error:
            raise WriteTimeout(error) from error
        except OSError as error:
            raise WriteError(error) from error

    def _receive(self, max_bytes: int) -> bytes:
        return self.socket.recv(max_bytes)

    def _send(self, data: memoryview) -> int:
        return self.socket.send(data)

    def start_tls(self, context: SSLContext, host: str | None, timeout: float | None) -> "Stream":
        """Give the stream that encrypts what follows; this one is of no more use."""
        try:
            self.socket.settimeout(timeout)
            if isinstance(self.socket, SSLSocket):
                return Tunnel(self.socket, context, host)
            return Stream(context.wrap_socket(self.socket, server_hostname=host))
        except TimeoutError as error:
            self.close()
            raise ConnectTimeout(error) from error
        except OSError as error:
            self.close()
            raise NotConnected(error) from error

    def get_extra_info(self, info: str) -> object:
        """Tell by httpcore's words."""
        if info == "ssl_object":
            return self.socket if isinstance(self.socket, SSLSocket) else None
        if info == "is_readable":
            return self._ear.hears()
        return self.socket if info == "socket" else None

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


class Tunnel(Stream):
    """TLS within TLS, to an origin behind a proxy that is reached by TLS itself."""

    def __init__(self, sock: SSLSocket, context: SSLContext, host: str | None) -> None:
        super().__init__(sock)
        self._incoming, self._outgoing = MemoryBIO(), MemoryBIO()
        self._inner = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._exchange(self._inner.do_handshake)

    def _exchange(self, step: Callable[[], _T]) -> _T:
        """Do it, with what has to be sent and received for it."""
        while True:
            try:
                done = step()
            except SSLWantReadError:
                self.socket.sendall(self._outgoing.read())
                if data := self.socket.recv(_RECORD):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except SSLWantWriteError:
                self.socket.sendall(self._outgoing.read())
            else:
                self.socket.sendall(self._outgoing.read())
                return done

    def _receive(self, max_bytes: int) -> bytes:
        return self._exchange(lambda: self._inner.read(max_bytes))

    def _send(self, data: memoryview) -> int:
        return self._exchange(lambda: self._inner.write(data))

    def get_extra_info(self, info: str) -> object:
        """The same; its encryption is the inner one."""
        return self._inner if info == "ssl_object" else super().get_extra_info(info)


def connect(address: str, port: int, timeout: float | None) -> Stream:
    """Connect to an address."""
    try:
        sock = create_connection((address, port), timeout)
        for option in KEEP_ALIVE:
            sock.setsockopt(*option)
        sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    except TimeoutError as error:
        raise ConnectTimeout(error) from error
    except OSError as error:
        raise NotConnected(error) from error
    return Stream(sock)
