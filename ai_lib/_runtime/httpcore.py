"""Imports httpcore, and is the only module that does; the other package has one of the same names.

Nothing imports this module where we speak HTTP ourselves: httpcore takes long, and imports trio.
"""

from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpcore
else:
    try:
        import httpcore
    except ImportError:  # its successor has the same interface
        import httpcore2 as httpcore

HTTPConnection = httpcore.AsyncHTTPConnection
HttpcorePool = httpcore.AsyncConnectionPool
ConnectionInterface = httpcore.AsyncConnectionInterface
NetworkBackend = httpcore.AsyncNetworkBackend
NetworkStream = httpcore.AsyncNetworkStream

URL = httpcore.URL
Request = httpcore.Request
Response = httpcore.Response
ProxySettings = httpcore.Proxy
LocalProtocolError = httpcore.LocalProtocolError
HttpcoreWriteError = httpcore.WriteError

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class _ReadAborted(BaseException):
    """Unwinds a read that was aborted. GeneratorExit would not reach inner generators."""


class ResponseBody:
    """The body of a response, piece by piece. Raises httpcore's errors."""

    def __init__(self, response: httpcore.Response) -> None:
        assert isinstance(response.stream, AsyncIterable)
        self._response = response
        self._pieces = response.stream.__aiter__()
        self._is_started = self._is_aborted = False

    async def read(self) -> bytes:
        """Return the next piece, empty at the end; only then the connection is free."""
        self._is_started = True
        try:
            while not (piece := await self._pieces.__anext__()):
                pass
        except StopAsyncIteration:
            await self._response.aclose()
            return b""
        if self._is_aborted:  # while this piece was awaited
            self.abort()
        return piece

    def abort(self) -> None:
        """Finish the body of an aborted stream, unread; from any task, thread or finalizer.

        The event loop would else finish httpcore's generators some time later, and trio warns of
        that.
        """
        self._is_aborted = True
        while self._is_started:
            step = self._pieces.__anext__().__await__()
            try:
                step.send(None)
                while True:  # cleaning up, it may wait again
                    step.throw(_ReadAborted())
            except StopIteration:  # a piece that had come
                continue
            except (Exception, _ReadAborted):  # noqa: BLE001 (it ended, or its reader ends it)
                return
