"""httpcore's connections. The only place that imports it; the other package has one like it.

It is not imported where we speak HTTP ourselves: it takes long, and trio comes with it.
"""

from collections.abc import Iterable

import httpcore

HTTPConnection = httpcore.HTTPConnection
ConnectionMaker = httpcore.ConnectionPool
ConnectionInterface = httpcore.ConnectionInterface
NetworkBackend = httpcore.NetworkBackend
NetworkStream = httpcore.NetworkStream

URL = httpcore.URL
Request = httpcore.Request
Response = httpcore.Response
ProxySettings = httpcore.Proxy
LocalProtocolError = httpcore.LocalProtocolError
WriteRefused = httpcore.WriteError

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


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
