"""Probes of sockets, and the errors of sockets; both packages use them."""

import os
import select
import socket
import struct
import sys
from typing import Final

from ai_lib._runtime.forks import ForkedState, close_inherited, renew_after_fork


class ReadableProbe:
    """Tells whether a socket has bytes to read, without taking any."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock.fileno(), select.POLLIN)

    def is_readable(self) -> bool:
        """Return whether bytes or the end have arrived; true for a closed socket."""
        descriptor = self._socket.fileno()
        if descriptor < 0:
            return True
        if self._poll is None:
            return bool(select.select([descriptor], [], [], 0)[0])
        return bool(self._poll.poll(0))


# Linux's `struct tcp_info` counts the bytes that the peer acknowledged, at this offset.
_BYTES_ACKED: Final = struct.Struct("=Q")
_BYTES_ACKED_OFFSET: Final = 120
_HAS_TCP_INFO: Final = sys.platform == "linux" and hasattr(socket, "TCP_INFO")


class AckProbe(ForkedState):
    """Tells whether the peer acknowledged bytes since the probe was made. Close it after use.

    With `duplicate` it keeps a descriptor of its own, for a socket that may be closed before the
    probe is asked.

    Raises:
        OSError: the socket was closed before.
    """

    def __init__(self, sock: socket.socket, *, duplicate: bool) -> None:
        self._duplicate = _duplicate(sock) if duplicate and _HAS_TCP_INFO else None
        self._socket = self._duplicate or sock
        self._initial_count = self._count_acknowledged()
        if self._duplicate is not None:
            renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Close the descriptor of its own: the connection is the parent's."""
        if self._duplicate is not None:
            close_inherited(self._duplicate)

    def is_unacknowledged(self) -> bool:
        """Return whether the peer acknowledged not one byte since; false where that is unknown."""
        if self._initial_count is None:
            return False
        return self._count_acknowledged() == self._initial_count

    def close(self) -> None:
        """Close the probe's own descriptor."""
        if self._duplicate is not None:
            self._duplicate.close()

    def _count_acknowledged(self) -> int | None:
        if not _HAS_TCP_INFO:
            return None
        size = _BYTES_ACKED_OFFSET + _BYTES_ACKED.size
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
        except OSError:
            return None
        if len(info) < size:
            return None
        count: int = _BYTES_ACKED.unpack_from(info, _BYTES_ACKED_OFFSET)[0]
        return count


def _duplicate(sock: socket.socket) -> socket.socket:
    # Without an explicit family the constructor would ask the system for it; here any one will do.
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=os.dup(sock.fileno()))


# Why a connection that was made before a fork can't be used in the child.
INHERITED: Final = "this process was forked since; the connection is the parent's"


def _list_keep_alive_options() -> list[tuple[int, int, int]]:
    """Return the options for probes after a minute of silence: NATs forget connections in 4."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", 60),
        ("TCP_KEEPALIVE", 60),  # the same on macOS
        ("TCP_KEEPINTVL", 15),
        ("TCP_KEEPCNT", 5),
    ):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


KEEP_ALIVE: Final = tuple(_list_keep_alive_options())


class SocketError(Exception):
    """A socket failed; the code that used the socket translates this."""


class SocketConnectError(SocketError):
    """The connection, or its TLS, could not be made."""


class ConnectTimeout(SocketError):
    """Connecting, or the TLS handshake, took too long."""


class ReadError(SocketError):
    """The connection broke during a read."""


class ReadTimeout(SocketError):
    """Nothing arrived in time."""


class WriteError(SocketError):
    """The connection broke during a write."""


class WriteTimeout(SocketError):
    """The peer did not take the bytes in time."""
