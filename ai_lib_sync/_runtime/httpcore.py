"""Imports httpcore, and is the only module that does; the other package has one of the same names.

Nothing imports this module where we speak HTTP ourselves: httpcore takes long, and imports trio.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpcore
else:
    try:
        import httpcore
    except ImportError:  # its successor has the same interface
        import httpcore2 as httpcore

HTTPConnection = httpcore.HTTPConnection
HttpcorePool = httpcore.ConnectionPool
ConnectionInterface = httpcore.ConnectionInterface
NetworkBackend = httpcore.NetworkBackend
NetworkStream = httpcore.NetworkStream

URL = httpcore.URL
Request = httpcore.Request
Response = httpcore.Response
ProxySettings = httpcore.Proxy
LocalProtocolError = httpcore.LocalProtocolError
HttpcoreWriteError = httpcore.WriteError

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class ResponseBody:
    """The body of a response, piece by piece. Raises httpcore's errors."""

    def __init__(self, response: httpcore.Response) -> None:
        assert isinstance(response.stream, Iterable)
        self._response = response
        self._pieces = iter(response.stream)

    def read(self) -> bytes:
        """Return the next piece, empty at the end; only then the connection is free."""
        for piece in self._pieces:
            if piece:
                return piece
        self._response.close()
        return b""

    def abort(self) -> None:
        """Finish the body of an aborted stream, unread; from any task, thread or finalizer."""
        close = getattr(self._pieces, "close", None)
        try:
            if close is not None:
                close()
        except ValueError:  # another thread is reading, and ends it
            pass
