"""Serves recorded exchanges over a socket, to any client."""

from collections.abc import Iterable, Iterator

import msgspec

from ai_lib.testing.cassettes.cassette import Exchange
from ai_lib.testing.cassettes.index import RecordingIndex, RecordingNotFound
from ai_lib.testing.mock.server import Chunk, Handler, ReceivedRequest, ServerResponse
from ai_lib.types.wire import HttpRequest

# Headers that the server writes itself, or that applied to the recorded connection only.
_CONNECTION_HEADERS = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "date"}
)


def make_replay_handler(
    exchanges: Iterable[Exchange], *, speed: float | None = None, repeat: bool = True
) -> Handler:
    """Return a handler that responds with the recording of the same method, path and body.

    `speed` is 1 for the recorded pauses, None for none. A request without a recording gets a 404.
    """
    index = RecordingIndex(exchanges, repeat=repeat)

    def respond(request: ReceivedRequest) -> ServerResponse:
        address = f"http://127.0.0.1{request.path}"
        try:
            exchange = index.take(
                HttpRequest(method=request.method, url=address, body=request.body)
            )
        except RecordingNotFound as error:
            return _make_not_found(error.message)
        return _make_response(exchange, speed)

    return respond


def _make_response(exchange: Exchange, speed: float | None) -> ServerResponse:
    headers = tuple(
        (name, value)
        for name, value in exchange.response_headers
        if name.lower() not in _CONNECTION_HEADERS
    )
    return ServerResponse(
        status=exchange.status or 502,
        headers=headers,
        chunks=tuple(_make_chunks(exchange, speed)),
        delay=exchange.head_after / speed if speed else 0.0,
        end="close" if exchange.failure is not None else "end",
    )


def _make_chunks(exchange: Exchange, speed: float | None) -> Iterator[Chunk]:
    elapsed = 0.0
    for chunk in exchange.chunks:
        yield Chunk(chunk.content, (chunk.after - elapsed) / speed if speed else 0.0)
        elapsed = chunk.after


def _make_not_found(message: str) -> ServerResponse:
    body = msgspec.json.encode({"error": {"message": message, "type": "recording_not_found"}})
    headers = (("Content-Type", "application/json"),)
    return ServerResponse(status=404, headers=headers, chunks=(Chunk(body),), length=len(body))
