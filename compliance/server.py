"""A provider on the loopback that sends the response of the case to each request."""

from collections.abc import Iterable
from types import TracebackType
from typing import Any

import msgspec

from ai_lib.testing.mock.server import Chunk, LoopbackServer, ReceivedRequest, ServerResponse


class Provider:
    """Sends one response to every request and keeps the requests."""

    def __init__(self, response: ServerResponse) -> None:
        self._response = response
        self._server: LoopbackServer | None = None
        self.requests: list[ReceivedRequest] = []

    def __enter__(self) -> "Provider":
        self._server = LoopbackServer(self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.stop()

    @property
    def url(self) -> str:
        """Its base URL."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def body(self) -> Any:
        """The last request's body, decoded."""
        return msgspec.json.decode(self.requests[-1].body)

    def _take(self, request: ReceivedRequest) -> ServerResponse:
        self.requests.append(request)
        return self._response


def build_response(body: object, status: int = 200) -> ServerResponse:
    """Return the response with this JSON body."""
    data = msgspec.json.encode(body)
    headers = (("content-type", "application/json"),)
    return ServerResponse(status=status, headers=headers, chunks=(Chunk(data),), length=len(data))


def build_stream_response(chunks: Iterable[str]) -> ServerResponse:
    """Return the response that sends these pieces of text one by one."""
    headers = (("content-type", "text/event-stream"),)
    return ServerResponse(headers=headers, chunks=tuple(Chunk(chunk.encode()) for chunk in chunks))
