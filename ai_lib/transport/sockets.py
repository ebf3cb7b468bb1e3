"""Bytes in and out of a socket without ever waiting; who waits, and how, is the caller's matter.

The sockets belong to no event loop, so a connection may go from one loop or thread to another.
"""

import socket
import ssl
from typing import Protocol

_READ_BYTES = 64 * 1024
_TLS_BYTES = 256 * 1024


class QuietSocket(socket.socket):
    """A socket that a finalizer closes without a word: it is ours to lose with its transport."""

    def __del__(self) -> None:
        self.close()


class Stream(Protocol):
    """Bytes over one socket, perhaps encrypted."""

    sock: socket.socket

    def receive(self, count: int = _READ_BYTES) -> bytes | None:
        """Give what has arrived; None when nothing has, empty at the end."""

    def write(self, data: bytes) -> None:
        """Take bytes to send; `flush` sends them."""

    def flush(self) -> bool:
        """Send; false when the socket takes no more for now."""


class PlainStream:
    """Bytes over a non-blocking socket."""

    __slots__ = ("_unsent", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._unsent = memoryview(b"")

    def receive(self, count: int = _READ_BYTES) -> bytes | None:
        """Give what has arrived; None when nothing has, empty at the end."""
        try:
            return self.sock.recv(count)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> None:
        """Take bytes to send; everything before them has been flushed."""
        self._unsent = memoryview(data)

    def flush(self) -> bool:
        """Send; false when the socket takes no more for now."""
        while self._unsent:
            try:
                sent = self.sock.send(self._unsent)
            except BlockingIOError:
                return False
            self._unsent = self._unsent[sent:]
        return True


class TlsStream:
    """TLS over another stream, be that TLS too (a proxy reached by https)."""

    __slots__ = ("_cipher", "_incoming", "_inner", "_outgoing", "_queued", "sock")

    def __init__(self, inner: Stream, context: ssl.SSLContext, host: str) -> None:
        self.sock = inner.sock
        self._inner = inner
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._cipher = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._queued = memoryview(b"")

    def handshake(self) -> bool:
        """Go on with the handshake; false while it waits for the peer. Flush before waiting."""
        while True:
            try:
                self._cipher.do_handshake()
            except ssl.SSLWantReadError:
                if not self._pull():
                    return False
            else:
                return True

    def receive(self, count: int = _READ_BYTES) -> bytes | None:
        """Give what has arrived; None when nothing has, empty at the end."""
        while True:
            try:
                return self._cipher.read(count)
            except ssl.SSLWantReadError:
                if not self._pull():
                    return None
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def _pull(self) -> bool:
        self.flush()
        data = self._inner.receive()
        if data is None:
            return False
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return True

    def write(self, data: bytes) -> None:
        """Take bytes to send; everything before them has been flushed."""
        self._queued = memoryview(data)

    def flush(self) -> bool:
        """Send; false when the socket takes no more for now."""
        while self._inner.flush():
            if self._queued:
                sent = self._cipher.write(self._queued[:_TLS_BYTES])
                self._queued = self._queued[sent:]
            if not self._outgoing.pending:
                return True
            self._inner.write(self._outgoing.read())
        return False
