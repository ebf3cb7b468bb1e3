"""What both packages know of sockets: what goes wrong with them."""

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
