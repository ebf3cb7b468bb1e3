"""Serves recorded exchanges over a socket, to whatever client asks."""

from collections.abc import Iterable, Iterator

import msgspec

from ai_lib.testing.cassettes.cassette import Exchange
from ai_lib.testing.cassettes.index import RecordingIndex, RecordingNotFound
from ai_lib.testing.mock.server import Answer, Chunk, Handler, ReceivedRequest
from ai_lib.types.wire import HttpRequest

# What the server writes itself, or what was true of the recorded connection only.
_OWN = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "date"})


def playback(
    exchanges: Iterable[Exchange], *, speed: float | None = None, repeat: bool = True
) -> Handler:
    """Return a handler that answers with what was recorded for the same method, path and body.

    `speed` is 1 for the recorded pauses, None for none. What was not recorded is answered 404.
    """
    shelf = RecordingIndex(exchanges, repeat=repeat)

    def answer(request: ReceivedRequest) -> Answer:
        address = f"http://127.0.0.1{request.path}"
        try:
            found = shelf.take(HttpRequest(method=request.method, url=address, body=request.body))
        except RecordingNotFound as error:
            return _not_found(error.message)
        return _answer(found, speed)

    return answer


def _answer(exchange: Exchange, speed: float | None) -> Answer:
    kept = tuple((n, v) for n, v in exchange.reply_headers if n.lower() not in _OWN)
    return Answer(
        status=exchange.status or 502,
        headers=kept,
        chunks=tuple(_chunks(exchange, speed)),
        delay=exchange.head_after / speed if speed else 0.0,
        end="close" if exchange.failure is not None else "end",
    )


def _chunks(exchange: Exchange, speed: float | None) -> Iterator[Chunk]:
    at = 0.0
    for piece in exchange.pieces:
        yield Chunk(piece.content, (piece.after - at) / speed if speed else 0.0)
        at = piece.after


def _not_found(message: str) -> Answer:
    body = msgspec.json.encode({"error": {"message": message, "type": "recording_not_found"}})
    headers = (("Content-Type", "application/json"),)
    return Answer(status=404, headers=headers, chunks=(Chunk(body),), length=len(body))
