"""What both packages know of sockets: what goes wrong with them, and what has arrived."""

import select
import socket
from typing import Final

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


def is_readable(sock: socket.socket) -> bool:
    """Whether something has arrived, or the end; of a closed socket that is true."""
    if sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([sock.fileno()], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
