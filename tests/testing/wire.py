"""Asks a mock provider by hand, so that its bytes are judged without this library's client."""

import http.client
import json
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from ai_lib.pipeline import plain_response
from ai_lib.pipeline.pipeline import Pipeline
from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.testing import Reply
from ai_lib.testing.mock.server import LoopbackServer
from ai_lib.testing.mock.service import Service
from ai_lib.types import ChatResponse

PROVIDERS = ("openai", "anthropic", "gemini")

CREDENTIALS = {
    "openai": {"authorization": "Bearer sk-canary"},
    "anthropic": {"x-api-key": "sk-canary", "anthropic-version": "2023-06-01"},
    "gemini": {"x-goog-api-key": "sk-canary"},
}


@dataclass
class RawResponse:
    """One answer, as bytes; `broken` when the body did not end as HTTP wants it to."""

    status: int
    headers: dict[str, str]
    body: bytes
    broken: bool = False

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> list[Any]:
        """The decoded data of each SSE frame; the done signal as text."""
        text = self.body.decode()
        lines = [line[6:] for line in text.replace("\r", "").split("\n") if line[:6] == "data: "]
        return [line if line == "[DONE]" else json.loads(line) for line in lines]


@dataclass
class MockServer:
    """A mock provider without its front, and the way to ask it."""

    service: Service = field(default_factory=lambda: Service((), (), None))

    def __post_init__(self) -> None:
        self.server = LoopbackServer(self.service.respond)

    def ask(
        self, provider: str, reply: Reply | None = None, *, stream: bool = False, **fields: Any
    ) -> RawResponse:
        """Ask one question, the script's next answer being `reply`."""
        if reply is not None:
            self.service.enqueue([reply])
        path, body = make_request(provider, stream, **fields)
        return self.post(path, json.dumps(body).encode(), CREDENTIALS[provider])

    def wait_for_a_request(self) -> None:
        """Return once something was asked; fails after ten seconds."""
        give_up = monotonic() + 10
        while not self.service.requests:
            assert monotonic() < give_up, "nothing was asked"

    def post(
        self, path: str, body: bytes = b"{}", headers: dict[str, str] | None = None
    ) -> RawResponse:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request("POST", path, body, headers or {})
            return read_response(connection.getresponse())
        finally:
            connection.close()


def read_response(response: http.client.HTTPResponse) -> RawResponse:
    """Read an answer to its end, or as far as it goes."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    body, broken = b"", False
    try:
        while piece := response.read1(1 << 16):
            body += piece
        # read1() says nothing of a body that is shorter than announced.
        broken = len(body) < int(headers.get("content-length", 0))
    except (http.client.IncompleteRead, ConnectionError):
        broken = True
    return RawResponse(response.status, headers, body, broken)


def make_request(
    provider: str, stream: bool, text: str = "Hello there", **fields: Any
) -> tuple[str, dict[str, Any]]:
    """Write a question as the provider's documentation has it: its path and body."""
    if provider == "gemini":
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        contents = [{"role": "user", "parts": [{"text": text}]}]
        return f"/gemini/models/gemini-2.5-flash:{verb}", {"contents": contents, **fields}
    body: dict[str, Any] = {"messages": [{"role": "user", "content": text}]}
    if stream:
        body["stream"] = True
    if provider == "anthropic":
        return "/anthropic/messages", {
            "model": "claude-sonnet-4-5",
            "max_tokens": 99,
            **body,
        } | fields
    if stream:
        body["stream_options"] = {"include_usage": True}
    return "/openai/chat/completions", {"model": "gpt-4o", **body} | fields


def compile_bundled(provider: str) -> CompiledManifest:
    """Return a bundled provider's manifest, compiled."""
    return compile_manifest(read_manifest(find_bundled_manifest(provider), provider))


def parse_response(provider: str, answer: RawResponse, stream: bool) -> ChatResponse:
    """Read an answer with the bundled manifest."""
    if not stream:
        return plain_response.read_response(compile_bundled(provider), answer.body)
    pipeline = Pipeline(compile_bundled(provider))
    pipeline.feed(answer.body)
    pipeline.close()
    if pipeline.failure is not None:
        raise pipeline.failure
    return pipeline.response()
