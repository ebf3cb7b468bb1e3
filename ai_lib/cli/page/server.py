"""Serves the page: its files, the list of models, and answers as lines of JSON.

A client of this library answers the page's questions, and its events are sent to the page while
they arrive. So the page shows the library's events, the same for every dialect. Requests elsewhere
go to the mock provider, which the page's own calls use, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from hmac import compare_digest
from importlib.resources import files
from queue import Empty, SimpleQueue
from secrets import token_urlsafe
from typing import Final

import msgspec

from ai_lib.cli.page.models import list_sources
from ai_lib.cli.page.question import Question
from ai_lib.cli.page.recordings import RecordedExchange
from ai_lib.testing.mock.server import Chunk, Handler, ReceivedRequest, ServerResponse
from ai_lib.types.json import JsonObject

SendLine = Callable[[JsonObject], None]

# Nothing is loaded from elsewhere, nothing is sent elsewhere, and no script stands in the page.
_CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES: Final = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "markdown.js": ("markdown.js", "text/javascript; charset=utf-8"),
}
_HEARTBEAT_SECONDS: Final = 0.25
_MOST_BYTES: Final = 64 << 20

StartCall = Callable[[Question, str, SendLine, Callable[[], None]], Callable[[], object]]


class Page:
    """Serves the page. `start_call` starts the call for a question in the background.

    Its arguments are the question, the address of the mock provider, a function that sends a line
    to the page, and a function to call at the end. It returns a function that cancels the call.
    With `has_real` the page lists providers whose keys are found: its calls may cost money. It
    lies under a path that nobody can guess, made at each start.
    """

    def __init__(
        self,
        mock: Handler,
        mocked_names: tuple[str, ...],
        start_call: StartCall,
        *,
        has_real: bool = False,
        recordings: tuple[RecordedExchange, ...] = (),
    ) -> None:
        self._mock = mock
        self._mocked_names = mocked_names
        self._start_call = start_call
        self._has_real = has_real
        self._recordings = recordings
        self.path = f"/{token_urlsafe(24)}/"

    def respond(self, request: ReceivedRequest) -> ServerResponse:
        """Return the response to one request."""
        token, _, name = request.path.lstrip("/").partition("/")
        if not compare_digest(f"/{token}/".encode(), self.path.encode()):
            if request.path == "/":
                return _make_response(
                    404, "text/plain", b"the address has a token: see the terminal"
                )
            return self._mock(request)
        if refusal := _find_refusal(request):
            return _make_response(403, "text/plain", refusal.encode())
        if name in _FILES and request.method in ("GET", "HEAD"):
            file, media_type = _FILES[name]
            return _make_response(200, media_type, _read_file(file))
        if name == "models" and request.method == "GET":
            return _make_response(200, "application/json", self._list_sources())
        if name == "ask":
            return self._respond_to_question(request)
        return _make_response(404, "text/plain", b"there is no such page")

    def _list_sources(self) -> bytes:
        sources = list_sources(self._mocked_names, has_real=self._has_real)
        recordings = [
            {"model": recording.model, "question": recording.question, "index": index}
            for index, recording in enumerate(self._recordings)
        ]
        return msgspec.json.encode({"sources": sources, "recordings": recordings})

    def _respond_to_question(self, request: ReceivedRequest) -> ServerResponse:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method != "POST" or media_type != "application/json":
            return _make_response(405, "text/plain", b"POST a question as application/json")
        if len(request.body) > _MOST_BYTES:
            return _make_response(413, "text/plain", b"a question has at most 64 MiB")
        try:
            question = msgspec.json.decode(request.body, type=Question)
        except msgspec.MsgspecError as error:
            return _make_response(400, "text/plain", str(error).encode())
        if question.source == "real" and not self._has_real:
            return _make_response(403, "text/plain", b"this page has the mock provider only")
        headers = (("content-type", "application/x-ndjson"), ("cache-control", "no-store"))
        address = f"http://{request.headers.get('host', '')}"
        return ServerResponse(headers=headers, chunks=self._stream_lines(question, address))

    def _stream_lines(self, question: Question, address: str) -> Iterator[Chunk]:
        lines: SimpleQueue[JsonObject | None] = SimpleQueue()
        cancel = self._start_call(question, address, lines.put, lambda: lines.put(None))
        try:
            while True:
                try:
                    line = lines.get(timeout=_HEARTBEAT_SECONDS)
                except Empty:
                    # Only a write shows that the page was closed.
                    yield Chunk(b"\n")
                    continue
                if line is None:
                    return
                yield Chunk(msgspec.json.encode(line) + b"\n")
        finally:
            cancel()


def _find_refusal(request: ReceivedRequest) -> str:
    """Return why a request isn't one of this page, or "".

    Pages of other origins are refused by the host name (against DNS rebinding), by the origin that
    browsers state, and by the content type, which they send only after a preflight request.
    """
    host = request.headers.get("host", "")
    if host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
        return "use 127.0.0.1 or localhost as the host"
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return "another page may not ask here"
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "another page may not ask here"
    return ""


def run_in_background(program: Callable[[], object]) -> None:
    """Run a program on a thread that does not keep the process alive."""
    threading.Thread(target=program, name="ai-lib-page", daemon=True).start()


def _read_file(name: str) -> bytes:
    return files("ai_lib.cli.page").joinpath(name).read_bytes()


def _make_response(status: int, kind: str, body: bytes) -> ServerResponse:
    headers = (
        ("content-type", kind),
        ("content-security-policy", _CONTENT_POLICY),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    )
    return ServerResponse(status=status, headers=headers, chunks=(Chunk(body),), length=len(body))
