"""The services in `examples/` serve: over TCP on both event loops, and as an ASGI application."""

import asyncio
import json
import runpy
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from ai_lib.testing import MockProvider, Reply

pytestmark = pytest.mark.async_only  # these are programs of one event loop

ROOT = Path(__file__).resolve().parents[2] / "examples"
Message = dict[str, Any]


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    """Start a mock provider, and say so as the examples' README does."""
    mock = MockProvider().start()
    monkeypatch.setenv("BASE_URL", mock.base_url("openai"))
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.delenv("MODEL", raising=False)
    yield mock
    mock.stop()


def example(name: str) -> dict[str, Any]:
    """Give the names of a program, as if it were imported."""
    return runpy.run_path(str(ROOT / name))


def test_the_asyncio_service_streams_to_several_connections(mock: MockProvider) -> None:
    serve = example("asyncio_service.py")["serve"]

    async def ask(port: int, *questions: str) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = []
        for question in questions:
            writer.write(question.encode() + b"\n")
            answers.append(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answers

    async def main() -> list[list[bytes]]:
        async with (
            await mock.client("openai/gpt-5.4-mini") as client,
            await serve(client, 0) as server,
        ):
            port = server.sockets[0].getsockname()[1]
            return await asyncio.gather(ask(port, "One", "Two"), ask(port, "Three"))

    assert asyncio.run(main()) == [
        [b"You said: One\n", b"You said: Two\n"],
        [b"You said: Three\n"],
    ]


def test_the_trio_service_answers_and_keeps_its_deadline(mock: MockProvider) -> None:
    names = example("trio_service.py")
    answer = names["answer"]

    async def main() -> list[bytes]:
        async with trio.open_nursery() as nursery:
            (listener,) = await nursery.start(names["main"], 0)
            stream = await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1])
            async with stream:
                await stream.send_all(b"One\nTwo\n")
                said = b""
                while said.count(b"\n") < 2:
                    said += await stream.receive_some()
            nursery.cancel_scope.cancel()
        mock.enqueue(Reply(text="late", delay=30))
        answer.__globals__["DEADLINE_SECONDS"] = 0.05
        async with await mock.client("openai/gpt-5.4-mini") as client:
            return [said, await answer(client, "Now?"), await answer(client, "Again?")]

    said, late, again = trio.run(main)

    assert said == b"You said: One\nYou said: Two\n"
    assert late == b"sorry: that took too long"
    assert again == b"You said: Again?", "the client goes on"


class Browser:
    """One request to an ASGI application: what it sends, and what it has received."""

    def __init__(self, path: str, body: bytes = b"", pieces: int = 1) -> None:
        self.scope = {"type": "http", "method": "POST", "path": path, "headers": []}
        size = max(1, len(body) // pieces)
        cut = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        self._parts = [
            {"type": "http.request", "body": part, "more_body": number < len(cut)}
            for number, part in enumerate(cut, 1)
        ]
        self.received: list[Message] = []
        self.leaves = anyio.Event()
        self.leave_at: str | None = None

    async def receive(self) -> Message:
        if self._parts:
            return self._parts.pop(0)
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.received.append(message)
        if self.leave_at and self.leave_at.encode() in message.get("body", b""):
            self.leaves.set()

    @property
    def events(self) -> list[Message]:
        text = b"".join(one.get("body", b"") for one in self.received).decode()
        assert text.endswith("\n\n")
        return [json.loads(part.removeprefix("data: ")) for part in text[:-2].split("\n\n")]


async def served(app: Any, use: Callable[[], Awaitable[None]]) -> list[str]:
    """Let an application live while it is used; give what it said of its life."""
    said: list[str] = []
    begun, over = anyio.Event(), anyio.Event()
    stages = iter(["startup", "shutdown"])

    async def receive() -> Message:
        stage = next(stages)
        if stage == "shutdown":
            await over.wait()
        return {"type": f"lifespan.{stage}"}

    async def send(message: Message) -> None:
        said.append(message["type"])
        begun.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(app, {"type": "lifespan"}, receive, send)
        await begun.wait()
        await use()
        over.set()
    return said


def said(text: str) -> bytes:
    return json.dumps([{"role": "user", "content": text}]).encode()


async def test_the_page_is_served() -> None:
    app = example("asgi_stream.py")["app"]
    browser = Browser("/")
    await app(browser.scope, browser.receive, browser.send)

    assert browser.received[0]["status"] == 200
    assert b"<script>" in browser.received[1]["body"]
    assert b"http:" not in browser.received[1]["body"], "it loads nothing from elsewhere"


async def test_text_tools_usage_and_cost_are_streamed_to_the_browser(mock: MockProvider) -> None:
    app = example("asgi_stream.py")["app"]
    plain, tool = Browser("/chat", said("Hello"), pieces=3), Browser("/chat", said("get time"))

    async def use() -> None:
        for browser in (plain, tool):
            await app(browser.scope, browser.receive, browser.send)

    assert await served(app, use) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert plain.received[0]["headers"][0] == (b"content-type", b"text/event-stream")
    text = [event["content"] for event in plain.events if event["type"] == "PartialContentDelta"]
    assert "".join(text) == "You said: Hello"
    assert len(text) > 1, "it comes in pieces"
    done = plain.events[-1]
    assert done["type"] == "Done"
    assert done["usage"]["total_tokens"] > 0
    assert done["cost"]["total_cost"] > 0
    assert plain.received[-1] == {"type": "http.response.body", "body": b""}

    kinds = [event["type"] for event in tool.events]
    assert kinds.count("StreamEnd") == 2
    (call,) = [event for event in tool.events if event["type"] == "ToolCallEnded"]
    assert call["tool_name"] == "get_time"
    assert mock.connections == 1, "one client serves all requests"


async def test_a_reader_who_leaves_ends_the_call(mock: MockProvider) -> None:
    app = example("asgi_stream.py")["app"]
    words = [f"word{number} " for number in range(1000)]
    mock.enqueue(Reply(text=words, pause=0.01))
    leaving, other = Browser("/chat", said("Go on")), Browser("/chat", said("Still there?"))
    leaving.leave_at = "word3 "

    async def use() -> None:
        with anyio.fail_after(5):
            await app(leaving.scope, leaving.receive, leaving.send)
            await app(other.scope, other.receive, other.send)

    await served(app, use)

    assert "word3 " in str(leaving.events)
    assert "word100 " not in str(leaving.events)
    assert not any(event["type"] in ("Done", "StreamEnd") for event in leaving.events)
    assert other.events[-1]["type"] == "Done"


async def test_an_error_is_told_to_the_browser(mock: MockProvider) -> None:
    app = example("asgi_stream.py")["app"]
    mock.enqueue(Reply(status=400, error="That is no question."))
    browser = Browser("/chat", said("?"))

    async def use() -> None:
        await app(browser.scope, browser.receive, browser.send)

    await served(app, use)

    (event,) = browser.events
    assert event["type"] == "Error"
    assert "That is no question." in event["message"]
