"""A transport that shows what it sends and receives, without secrets."""

from __future__ import annotations

import codecs

import msgspec

from ai_lib.cli.page.server import SendLine
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..._runtime.backend import now
from ...transport import HttpResponse, HttpTransport

_MOST_CHARACTERS = 400_000


class WatchedTransport(HttpTransport):
    """Sends through another transport, or by itself, and shows each request and its bytes.

    `first_bytes_ms` is the time from sending the last request to the first bytes of its body.
    """

    def __init__(self, send_line: SendLine, inner: HttpTransport | None = None) -> None:
        super().__init__()
        self._send_line = send_line
        self._inner = inner
        self._characters = 0
        self.first_bytes_ms: float | None = None

    async def send(self, request: HttpRequest, timeouts: TimeoutOptions) -> HttpResponse:
        """Send a request, as `HttpTransport.send` does, and let the page see it."""
        headers = [field for field in request.headers if field[0].lower() != "accept-encoding"]
        # Uncompressed, so that the frames can be read as they come.
        readable = msgspec.structs.replace(
            request, headers=(*headers, ("Accept-Encoding", "identity"))
        )
        self._send_line(_describe_request(readable))
        sent_at = now()
        self.first_bytes_ms = None
        if self._inner is None:
            response = await super().send(readable, timeouts)
        else:
            response = await self._inner.send(readable, timeouts)
        self._send_line(
            {"kind": "head", "status": response.status, "at": round((now() - sent_at) * 1000)}
        )
        decoder = codecs.getincrementaldecoder("utf-8")("replace")

        def show_bytes(data: bytes) -> None:
            at = (now() - sent_at) * 1000
            self.first_bytes_ms = at if self.first_bytes_ms is None else self.first_bytes_ms
            text = decoder.decode(data)
            for key in readable.secret_values():
                text = text.replace(key, "***")
            self._show(text, at)

        response.tap(show_bytes)
        return response

    def _show(self, text: str, at: float) -> None:
        if self._characters < _MOST_CHARACTERS:
            self._characters += len(text)
            self._send_line({"kind": "frame", "at": round(at), "text": text})


def _describe_request(request: HttpRequest) -> dict[str, object]:
    body = request.body
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else "a form"
    return {
        "kind": "request",
        "method": request.method,
        "url": request.safe_url,
        "headers": [list(field) for field in request.safe_headers],
        "body": text[:_MOST_CHARACTERS],
    }
