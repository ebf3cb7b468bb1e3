"""Listens whether anything has come to a socket."""

import os
import select
import socket
import struct
import sys
from typing import Final


class ReadableProbe:
    """Listens at one socket, without taking anything."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock.fileno(), select.POLLIN)

    def hears(self) -> bool:
        """Whether something has arrived, or the end; of a closed socket that is true."""
        descriptor = self._socket.fileno()
        if descriptor < 0:
            return True
        if self._poll is None:
            return bool(select.select([descriptor], [], [], 0)[0])
        return bool(self._poll.poll(0))


# Linux's `struct tcp_info`: the bytes the peer has acknowledged, and where they stand in it.
_ACKNOWLEDGED: Final = struct.Struct("=Q")
_AT: Final = 120
_CAN_TELL: Final = sys.platform == "linux" and hasattr(socket, "TCP_INFO")


class AckProbe:
    """Watches one socket from now on. Close it, or a descriptor is lost.

    It holds the socket by a handle of its own where that may be closed before one asks. Raises
    OSError when it was closed before.
    """

    def __init__(self, sock: socket.socket, *, held: bool) -> None:
        self._handle = _handle(sock) if held and _CAN_TELL else None
        self._socket = self._handle or sock
        self._before = self._acknowledged()

    def is_unread(self) -> bool:
        """Whether the peer acknowledged not a single byte since; false where nobody can tell."""
        return self._before is not None and self._acknowledged() == self._before

    def close(self) -> None:
        """Stop watching."""
        if self._handle is not None:
            self._handle.close()

    def _acknowledged(self) -> int | None:
        if not _CAN_TELL:
            return None
        size = _AT + _ACKNOWLEDGED.size
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
        except OSError:
            return None
        if len(info) < size:
            return None
        found: int = _ACKNOWLEDGED.unpack_from(info, _AT)[0]
        return found


def _handle(sock: socket.socket) -> socket.socket:
    # The family does not matter here; a socket that is not told would ask the system for it.
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=os.dup(sock.fileno()))


KEEP_ALIVE: Final = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),)


class SocketError(Exception):
    """Something went wrong with a socket; translated by whoever used it."""


class NotConnected(SocketError):
    """There is no connection, or no encryption on it."""


class ConnectTimeout(SocketError):
    """Connecting, or encrypting, took too long."""


class ReadError(SocketError):
    """The connection broke while something was awaited of it."""


class ReadTimeout(SocketError):
    """Nothing arrived in time."""


class WriteError(SocketError):
    """The connection broke while something was sent."""


class WriteTimeout(SocketError):
    """The peer did not take in time what was sent."""
