"""A stream has one reader at a time: a second one is told so, and the first goes on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ai_lib import AiClient, CancelToken
from ai_lib._runtime.backend import run_all
from ai_lib.client.execution.cancel import with_cancellation
from ai_lib.transport import HttpTransport
from ai_lib.types import TimeoutOptions
from ai_lib.types.wire import HttpRequest
from tests.servers.scripted import PATIENCE, Exchange, ScriptedServer


class Server(ScriptedServer):
    """Sends half a stream, and the rest once `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.requests = 0
        super().__init__(self._answer)

    def _answer(self, exchange: Exchange) -> None:
        self.requests += 1
        exchange.begin("content-type: text/event-stream\r\n")
        for piece in ('{"a": [', "1, ", "2"):
            exchange.chunk(_frame({"content": piece}))
        self.go.wait(PATIENCE)
        for piece in (", 3", ", 4]}"):
            exchange.chunk(_frame({"content": piece}))
        exchange.chunk(_frame({}, "stop") + b"data: [DONE]\n\n")
        exchange.chunk(b"")


def _frame(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    data = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(data).encode() + b"\n\n"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.go.set()
    made.close()


async def read_by_two(stream: Any, server: Server) -> tuple[list[Any], list[str]]:
    """Have two read a stream until its end; return what both got, and what refused them."""
    items: list[Any] = []
    refusals: list[str] = []

    async def read() -> None:
        try:
            async for item in stream:
                items.append(item)  # noqa: PERF401 (an extend would lose it)
        except RuntimeError as error:
            refusals.append(str(error))
            server.go.set()

    await run_all([read, read], 2)
    return items, refusals


def _chat(client: AiClient) -> Any:
    return client.chat().user("?").stream()


def _cancellable(client: AiClient) -> Any:
    return client.chat().user("?").stream(cancel_token=CancelToken())


def _typed(client: AiClient) -> Any:
    return client.chat().user("?").stream_as(dict[str, list[int]])


def _tools(client: AiClient) -> Any:
    return client.chat().user("?").stream_tools([])


@pytest.mark.parametrize("make", [_chat, _cancellable, _typed, _tools])
async def test_a_second_reader_is_refused_and_harms_nobody(
    make: Callable[[AiClient], Any], server: Server
) -> None:
    url = f"{server.url}/v1"
    async with await AiClient.create("openai/m", api_key="k", base_url=url) as client:
        stream = make(client)
        items, refusals = await read_by_two(stream, server)
    assert len(refusals) == 1
    assert "another task or thread is reading" in refusals[0]
    assert server.requests == 1
    if make is _typed:
        assert stream.output().value == {"a": [1, 2, 3, 4]}
    else:
        texts = [item.as_content_delta.text for item in items if item.is_content_delta]
        assert "".join(texts) == '{"a": [1, 2, 3, 4]}'


async def test_a_cancelled_wrapper_has_one_reader_too(server: Server) -> None:
    url = f"{server.url}/v1"
    async with await AiClient.create("openai/m", api_key="k", base_url=url) as client:
        stream = await with_cancellation(client.chat().user("?").stream(), CancelToken())
        items, refusals = await read_by_two(stream, server)
    assert len(refusals) == 1
    texts = [item.as_content_delta.text for item in items if item.is_content_delta]
    assert "".join(texts) == '{"a": [1, 2, 3, 4]}'


async def test_a_body_has_one_reader(server: Server) -> None:
    async with HttpTransport() as transport:
        request = HttpRequest(url=f"{server.url}/v1", body=b"{}")
        async with await transport.send(request, TimeoutOptions()) as response:
            items, refusals = await read_by_two(response, server)
    assert len(refusals) == 1
    assert b"".join(items).endswith(b"data: [DONE]\n\n")


async def test_one_may_read_after_another(server: Server) -> None:
    server.go.set()
    url = f"{server.url}/v1"
    async with await AiClient.create("openai/m", api_key="k", base_url=url) as client:
        stream = client.chat().user("?").stream()
        first: list[Any] = []

        async def begin() -> None:
            first.append(await stream.__anext__())

        await run_all([begin], 1)
        rest = [event async for event in stream]
    texts = [event.as_content_delta.text for event in (*first, *rest) if event.is_content_delta]
    assert "".join(texts) == '{"a": [1, 2, 3, 4]}'
