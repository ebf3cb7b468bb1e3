"""A server whose answers take every path of a call, and the questions that ask for them."""

from __future__ import annotations

import json
import threading

from tests.resilience.house import CANARY, answer, fail, frame, is_stream
from tests.servers.scripted import PATIENCE, Exchange, ScriptedServer
from tests.thoroughness import THOROUGH

BIG = "x" * (3 << 20)  # more than the system's buffers take at once
# Question, streamed. Each is asked of a new client, so that it dials, sends and reads.
PATHS = [("plain", False), ("stream", True), ("retry", False), ("fallback", True), ("big", False)]
PATHS += [("drain", True), ("slot", False), ("pool", True)]
if THOROUGH:
    PATHS += [(question, not streamed) for question, streamed in PATHS if question != "drain"]


def text_of(question: str) -> str:
    """Return what to ask."""
    return BIG if question == "big" else question


def answer_as_asked(exchange: Exchange) -> None:
    """Fail where the question wants it, and answer otherwise."""
    body = json.loads(exchange.received.body)
    question = body["messages"][-1]["content"]
    failed = getattr(exchange.server, "failed", False)
    if question == "retry" and not failed:
        exchange.server.failed = True  # type: ignore[attr-defined]
        fail(exchange, 503)
    elif (
        question == "fallback" and exchange.received.headers["authorization"] == f"Bearer {CANARY}"
    ):
        fail(exchange, 503)
    elif question == "drain" and is_stream(exchange):
        answer_with_tail(exchange)
    else:
        exchange.server.failed = False  # type: ignore[attr-defined]
        answer(exchange)


def answer_with_tail(exchange: Exchange) -> None:
    """Keep back what a client reads after the end of the content, before its next call."""
    exchange.server.tail_wanted = threading.Event()  # type: ignore[attr-defined]
    exchange.begin("content-type: text/event-stream\r\n")
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    for part in (frame("hello"), frame(finish="stop", usage=usage), b"data: [DONE]\n\n"):
        exchange.chunk(part)
    exchange.server.tail_wanted.wait(PATIENCE)  # type: ignore[attr-defined]
    exchange.chunk(b": the rest\n\n")
    exchange.chunk(b"")


def make_server() -> ScriptedServer:
    """Start one."""
    return ScriptedServer(answer_as_asked)
