"""The page of `ai-lib mock --ui` and its endpoints; other requests go to the mock provider.

A client of this library answers the page's questions, and its events are sent to the page as JSON
lines while they arrive. So the page shows the library's events, the same for every dialect.
"""

import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from queue import Empty, SimpleQueue
from typing import Final, Literal

import msgspec

from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.routing.from_manifests import load_models
from ai_lib.testing.mock.server import Chunk, Handler, ReceivedRequest, ServerResponse
from ai_lib.types.json import JsonObject

SendLine = Callable[[JsonObject], None]

# Nothing is loaded from anywhere, and nothing is sent anywhere else.
_CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEARTBEAT_SECONDS: Final = 0.25


class PageMessage(msgspec.Struct, frozen=True):
    """One turn of the conversation so far."""

    role: Literal["user", "assistant"]
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The page's question: a conversation that ends with the new question."""

    model: str
    turns: tuple[PageMessage, ...]
    tools: bool = False
    thinking: bool = False


StartCall = Callable[[Question, str, SendLine, Callable[[], None]], Callable[[], object]]


class Page:
    """Serves the page. `start_call` starts the call for a question in the background.

    Its arguments are the question, the address of the mock provider, a function that sends a line
    to the page, and a function to call at the end. It returns a function that cancels the call.
    """

    def __init__(self, mock: Handler, providers: tuple[str, ...], start_call: StartCall) -> None:
        self._mock = mock
        self._providers = providers
        self._start_call = start_call

    def respond(self, request: ReceivedRequest) -> ServerResponse:
        """Return the response to one request."""
        if request.path not in ("/", "/ui/models", "/ui/ask"):
            return self._mock(request)
        # Pages of other origins are refused: by the host name, against DNS rebinding, and by the
        # content type, which browsers send to another origin only after a preflight request.
        host = request.headers.get("host", "")
        if host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            return _make_response(403, "text/plain", b"use 127.0.0.1 or localhost as the host")
        if request.path == "/":
            return _make_response(200, "text/html; charset=utf-8", _read_page())
        if request.path == "/ui/models":
            return _make_response(200, "application/json", msgspec.json.encode(self._list_models()))
        return self._respond_to_question(request, host)

    def _respond_to_question(self, request: ReceivedRequest, host: str) -> ServerResponse:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method != "POST" or media_type != "application/json":
            return _make_response(405, "text/plain", b"POST a question as application/json")
        try:
            question = msgspec.json.decode(request.body, type=Question)
        except msgspec.MsgspecError as error:
            return _make_response(400, "text/plain", str(error).encode())
        headers = (("content-type", "application/x-ndjson"), ("cache-control", "no-store"))
        return ServerResponse(
            headers=headers, chunks=self._stream_lines(question, f"http://{host}")
        )

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

    def _list_models(self) -> list[dict[str, str | list[str]]]:
        catalog = ManifestCatalog()
        providers: list[dict[str, str | list[str]]] = []
        for provider in self._providers:
            try:
                names = [model.name for model in load_models(provider, catalog)]
                can_chat = names or catalog.load(provider).find_endpoint("chat")
            except AiLibError:  # a provider that can't be used is not listed
                continue
            if can_chat:
                providers.append({"provider": provider, "models": names or ["any-model"]})
        return providers


def run_in_background(program: Callable[[], object]) -> None:
    """Run a program on a thread that does not keep the process alive."""
    threading.Thread(target=program, name="ai-lib-page", daemon=True).start()


def _read_page() -> bytes:
    return files("ai_lib.cli").joinpath("page.html").read_bytes()


def _make_response(status: int, kind: str, body: bytes) -> ServerResponse:
    headers = (
        ("content-type", kind),
        ("content-security-policy", _CONTENT_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    )
    return ServerResponse(status=status, headers=headers, chunks=(Chunk(body),), length=len(body))
