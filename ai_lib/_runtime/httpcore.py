"""httpcore's connections. The only place that imports it; the other package has one like it.

It is not imported where we speak HTTP ourselves: it takes long, and trio comes with it.
"""

from collections.abc import AsyncIterable, Iterable

import httpcore

HTTPConnection = httpcore.AsyncHTTPConnection
ConnectionMaker = httpcore.AsyncConnectionPool
ConnectionInterface = httpcore.AsyncConnectionInterface
NetworkBackend = httpcore.AsyncNetworkBackend
NetworkStream = httpcore.AsyncNetworkStream

URL = httpcore.URL
Request = httpcore.Request
Response = httpcore.Response
ProxySettings = httpcore.Proxy
LocalProtocolError = httpcore.LocalProtocolError
WriteRefused = httpcore.WriteError

SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class _Abandoned(BaseException):
    """Unwinds a wait that nobody waits for. GeneratorExit would not reach inner generators."""


class Body:
    """The body of a reply, piece by piece. Raises httpcore's errors."""

    def __init__(self, response: httpcore.Response) -> None:
        assert isinstance(response.stream, AsyncIterable)
        self._response = response
        self._pieces = response.stream.__aiter__()
        self._began = False

    async def read(self) -> bytes:
        """Give the next piece, empty at the end; only then the connection is free."""
        self._began = True
        try:
            while not (piece := await self._pieces.__anext__()):
                pass
        except StopAsyncIteration:
            await self._response.aclose()
            return b""
        return piece

    def abandon(self) -> None:
        """Finish what nobody will read, once its line was hung up; from anywhere.

        httpcore's generators would else be finished by the event loop, some time later, and trio
        warns of that.
        """
        while self._began:
            step = self._pieces.__anext__().__await__()
            try:
                step.send(None)
                while True:  # cleaning up, it may wait again
                    step.throw(_Abandoned())
            except StopIteration:  # a piece that had come
                continue
            except (Exception, _Abandoned):  # noqa: BLE001 (it ended, or its reader ends it)
                return
