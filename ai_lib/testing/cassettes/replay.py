"""Replays a cassette: recorded answers instead of a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from ai_lib.testing.cassettes.cassette import Exchange, error_of, read_cassette
from ai_lib.testing.cassettes.index import RecordingIndex
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.http.headers import Headers, ResponseHead
from ai_lib.transport.options import TransportOptions
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..._runtime.backend import now, sleep
from ...transport import HttpResponse, HttpTransport
from ...transport.response import Readable


class ReplayTransport(HttpTransport):
    """A transport that answers from a cassette and never touches the network.

        client = await AiClient.builder().model("...").transport(ReplayTransport(path)).build()

    A request is answered by the first recording, not used yet, with the same method, path and
    body; with `repeat`, the last such one answers again. `speed` is 1 for the recorded pauses, 2
    for half of them, None for none. `chunking` gives the body in the recorded pieces or byte by
    byte. The transport's errors that were recorded are raised again.

    Raises:
        RequestError: the cassette can't be read.
    """

    def __init__(
        self,
        cassette: str | Path | Iterable[Exchange],
        *,
        speed: float | None = None,
        chunking: Literal["recorded", "byte"] = "recorded",
        repeat: bool = False,
        options: TransportOptions | None = None,
    ) -> None:
        super().__init__(options)
        found = read_cassette(cassette) if isinstance(cassette, str | Path) else cassette
        self._shelf = RecordingIndex(found, repeat=repeat)
        self._speed = speed
        self._bytewise = chunking == "byte"

    @property
    def left(self) -> int:
        """How many recorded exchanges were not asked for."""
        return self._shelf.left

    async def send(self, request: HttpRequest, clocks: TimeoutOptions) -> HttpResponse:
        """Return the recorded reply.

        Raises:
            RecordingNotFound: nothing like this request was recorded.
            TransportError: that is what was recorded.
        """
        exchange = self._shelf.take(request)
        await self._pass(exchange.head_after)
        if exchange.failure is not None and not exchange.status:
            raise error_of(exchange.failure, request)
        call = Deadlines(request, clocks, now())
        head = ResponseHead(exchange.status, Headers(exchange.reply_headers), "1.1")
        return HttpResponse(head, _Playback(self, exchange), call, self.options)

    async def _pass(self, seconds: float) -> None:
        if self._speed is not None and seconds > 0:
            await sleep(seconds / self._speed)


class _Playback:
    """Stands in for a connection: gives the recorded pieces of one body."""

    def __init__(self, transport: ReplayTransport, exchange: Exchange) -> None:
        self._transport = transport
        self._failure = exchange.failure
        self._pieces = _pieces(exchange, transport._bytewise)
        self._at = 0.0

    @property
    def connection(self) -> Readable:
        return self

    async def read(self, clocks: Deadlines) -> bytes:
        for after, data in self._pieces:
            await self._transport._pass(after - self._at)
            self._at = after
            return data
        if self._failure is not None:
            raise error_of(self._failure, clocks.request)
        return b""

    def give_back(self) -> None:
        pass

    def park(self) -> None:
        pass


def _pieces(exchange: Exchange, bytewise: bool) -> Iterator[tuple[float, bytes]]:
    for piece in exchange.pieces:
        if not bytewise:
            yield piece.after, piece.content
        else:
            for byte in piece.content:
                yield piece.after, bytes([byte])
