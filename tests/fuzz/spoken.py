"""Streams and replies as our own mock provider speaks each dialect: what the fuzzers bend."""

import functools
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.request.chat import build_chat
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.server import Chunk, ReceivedRequest
from ai_lib.testing.mock.service import Service
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition
from tests.pipeline.manifests import bundled

# One provider for each dialect, with the API family it is asked by.
DIALECTS: dict[str, tuple[str, str | None, str]] = {
    "openai_chat": ("openai", None, "gpt-4o"),
    "anthropic_messages": ("anthropic", None, "claude-sonnet-4-5"),
    "gemini_generate": ("gemini", None, "gemini-2.5-flash"),
    "cohere_chat": ("cohere", None, "command-a-03-2025"),
    "openai_responses": ("openai", "responses", "gpt-4o"),
}

REPLIES: dict[str, Reply] = {
    "text": Reply(text=["Héllo ", "wörld\u2028 \U0001f600", '{"a"', ": 1}"]),
    "thoughts": Reply(thinking=["Hm, ", "so."], text="Yes."),
    "calls": Reply(
        text="Let me see.",
        tool_calls=[("weather", {"city": "Zürich", "days": [1, 2]}), ("time", {})],
    ),
    "two": Reply(text="either", n=2),
    "late error": Reply(text="Well", error="overloaded"),
    "cut": Reply(text="one two three", truncate=3),
}
TOOLS = tuple(
    ToolDefinition.from_function(name=name, description=name, parameters={"type": "object"})
    for name in ("weather", "time")
)


def manifest(dialect: str) -> CompiledManifest:
    """The compiled manifest that speaks this dialect."""
    provider, family, _ = DIALECTS[dialect]
    return bundled(provider, family)


@functools.cache
def said(dialect: str, name: str, streamed: bool = True) -> bytes:
    """The body in which the mock provider says this reply."""
    provider, _, model = DIALECTS[dialect]
    tools = TOOLS if REPLIES[name].tool_calls else ()
    request = ChatRequest(messages=(Message.user("Well?"),), tools=tools, stream=streamed)
    root = f"http://127.0.0.1/{provider}"
    compiled = manifest(dialect)
    wire = build_chat(request, compiled, model=model, credential="k", base_url=root).wire
    address = urlsplit(wire.url)
    answer = Service([REPLIES[name]], [compiled.manifest], None).respond(
        ReceivedRequest(
            method=wire.method,
            path=address.path,
            query=dict(parse_qsl(address.query)),
            headers={key.lower(): value for key, value in wire.headers},
            body=bytes(wire.body),  # type: ignore[arg-type]
        )
    )
    assert answer.status == 200, _text(answer.chunks)
    return _text(answer.chunks)


def _text(chunks: Iterable[Chunk]) -> bytes:
    return b"".join(chunk.data for chunk in chunks)
