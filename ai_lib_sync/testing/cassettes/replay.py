# Generated from ai_lib/testing/cassettes/replay.py by codegen; do not edit.
"""Replays a cassette: recorded responses instead of a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from ai_lib.testing.cassettes.cassette import Exchange, read_cassette, restore_error
from ai_lib.testing.cassettes.index import RecordingIndex
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.http.headers import Headers, ResponseHead
from ai_lib.transport.options import TransportOptions
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..._runtime.backend import now, sleep
from ...transport import HttpResponse, HttpTransport
from ...transport.response import BodyReader


class ReplayTransport(HttpTransport):
    """A transport that answers from a cassette and never touches the network.

        client = AiClient.builder().model("...").transport(ReplayTransport(path)).build()

    A request gets the first unused recording with the same method, path and body. With `repeat`,
    the last such recording is used again. `speed` is 1 for the recorded pauses, 2 for half of
    them, None for none. `chunking` gives the body in the recorded chunks or byte by byte.
    Recorded errors of the transport are raised again. With the `matching` "order", any request gets
    the next recording.

    Raises:
        RequestError: the cassette can't be read.
    """

    def __init__(
        self,
        cassette: str | Path | Iterable[Exchange],
        *,
        speed: float | None = None,
        chunking: Literal["recorded", "byte"] = "recorded",
        matching: Literal["request", "order"] = "request",
        repeat: bool = False,
        options: TransportOptions | None = None,
    ) -> None:
        super().__init__(options)
        exchanges = read_cassette(cassette) if isinstance(cassette, str | Path) else cassette
        self._index = RecordingIndex(exchanges, repeat=repeat, in_order=matching == "order")
        self._speed = speed
        self._is_bytewise = chunking == "byte"

    @property
    def unused_count(self) -> int:
        """The number of recorded exchanges that no request has used."""
        return self._index.unused_count

    def send(self, request: HttpRequest, timeouts: TimeoutOptions) -> HttpResponse:
        """Return the recorded response.

        Raises:
            RecordingNotFound: no recording matches this request.
            TransportError: the recorded exchange ended in one.
        """
        exchange = self._index.take(request)
        self._pause(exchange.head_after)
        if exchange.failure is not None and not exchange.status:
            raise restore_error(exchange.failure, request)
        deadlines = Deadlines(request, timeouts, now())
        head = ResponseHead(exchange.status, Headers(exchange.response_headers), "1.1")
        return HttpResponse(head, _ReplayLease(self, exchange), deadlines, self.options)

    def _pause(self, seconds: float) -> None:
        if self._speed is not None and seconds > 0:
            sleep(seconds / self._speed)


class _ReplayLease:
    """Stands in for the lease of a connection; reads the recorded chunks of one body."""

    def __init__(self, transport: ReplayTransport, exchange: Exchange) -> None:
        self._transport = transport
        self._failure = exchange.failure
        self._chunks = _iterate_chunks(exchange, transport._is_bytewise)
        self._elapsed = 0.0

    @property
    def connection(self) -> BodyReader:
        return self

    def read(self, deadlines: Deadlines) -> bytes:
        for after, data in self._chunks:
            self._transport._pause(after - self._elapsed)
            self._elapsed = after
            return data
        if self._failure is not None:
            raise restore_error(self._failure, deadlines.request)
        return b""

    def release(self) -> None:
        pass

    def defer_drain(self) -> None:
        pass


def _iterate_chunks(exchange: Exchange, is_bytewise: bool) -> Iterator[tuple[float, bytes]]:
    for chunk in exchange.chunks:
        if not is_bytewise:
            yield chunk.after, chunk.content
        else:
            for byte in chunk.content:
                yield chunk.after, bytes([byte])
