"""The floor: bare httpcore with its own pool, SSE split on blank lines, `msgspec.json.decode`.

It does the least that gives a caller text: no types, no errors, no retries, no deadlines.
"""

import time
from collections.abc import AsyncIterator, Iterator

import httpcore
import msgspec

_decode = msgspec.json.decode
_CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


class Wire:
    """What both colours of the floor know of a dialect: path, headers, body, and where text is."""

    def __init__(self, url: str, messages: bool) -> None:
        self.url = url + ("/messages" if messages else "/chat/completions")
        self.headers = [
            (b"Content-Type", b"application/json"),
            (b"Authorization", b"Bearer benchmark"),
        ]
        self.messages = messages

    def body(self, model: str, stream: bool) -> bytes:
        """Return a request."""
        more = {"max_tokens": 1024} if self.messages else {}
        return msgspec.json.encode({"model": model, "stream": stream, **more, **_CHAT})

    def reply(self, body: bytes) -> int:
        """Return how long the text of a plain answer is."""
        answer = _decode(body)
        if self.messages:
            return len(answer["content"][0]["text"])
        return len(answer["choices"][0]["message"]["content"])

    def delta(self, frame: bytes) -> str:
        """Return the text, or the piece of arguments, in one frame."""
        data = frame[frame.index(b"data: ") + 6 :]
        if data == b"[DONE]":
            return ""
        event = _decode(data)
        if self.messages:
            delta = event.get("delta") or {}
            return delta.get("text") or delta.get("partial_json") or ""
        delta = event["choices"][0]["delta"]
        if calls := delta.get("tool_calls"):
            return calls[0]["function"]["arguments"]
        return delta.get("content") or ""


class Floor:
    """On asyncio or trio."""

    def __init__(self, url: str, messages: bool = False) -> None:
        self._wire = Wire(url, messages)
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=None, max_keepalive_connections=None
        )

    async def plain(self, model: str) -> int:
        wire = self._wire
        content = wire.body(model, False)
        reply = await self._pool.request("POST", wire.url, headers=wire.headers, content=content)
        return wire.reply(reply.content)

    async def stream(self, model: str) -> int:
        return len("".join([piece async for piece in self._pieces(model)]))

    async def arguments(self, model: str) -> int:
        text = "".join([piece async for piece in self._pieces(model)])
        return len(_decode(text)["document"])

    async def first(self, model: str) -> float:
        began, spent = time.perf_counter(), 0.0
        async for piece in self._pieces(model):
            if piece and not spent:
                spent = time.perf_counter() - began
        return spent

    async def _pieces(self, model: str) -> AsyncIterator[str]:
        wire, rest = self._wire, b""
        content = wire.body(model, True)
        async with self._pool.stream(
            "POST", wire.url, headers=wire.headers, content=content
        ) as reply:
            async for data in reply.aiter_stream():
                *whole, rest = (rest + data).split(b"\n\n")
                for frame in whole:
                    yield wire.delta(frame)


class BlockingFloor:
    """The same without an event loop."""

    def __init__(self, url: str, messages: bool = False) -> None:
        self._wire = Wire(url, messages)
        self._pool = httpcore.ConnectionPool(max_connections=None, max_keepalive_connections=None)

    def plain(self, model: str) -> int:
        wire = self._wire
        content = wire.body(model, False)
        reply = self._pool.request("POST", wire.url, headers=wire.headers, content=content)
        return wire.reply(reply.content)

    def stream(self, model: str) -> int:
        return len("".join(self._pieces(model)))

    def arguments(self, model: str) -> int:
        return len(_decode("".join(self._pieces(model)))["document"])

    def first(self, model: str) -> float:
        began, spent = time.perf_counter(), 0.0
        for piece in self._pieces(model):
            if piece and not spent:
                spent = time.perf_counter() - began
        return spent

    def _pieces(self, model: str) -> Iterator[str]:
        wire, rest = self._wire, b""
        content = wire.body(model, True)
        with self._pool.stream("POST", wire.url, headers=wire.headers, content=content) as reply:
            for data in reply.iter_stream():
                *whole, rest = (rest + data).split(b"\n\n")
                for frame in whole:
                    yield wire.delta(frame)
