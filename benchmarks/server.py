"""A loopback provider in a process of its own, fast enough never to be what is measured.

It speaks OpenAI's chat dialect. What it answers is in the model's name: `plain`, `bulk-5000` (a
stream of so many frames in large chunks), `framed-5000` (each frame in a chunk of its own),
`arguments-4000` (one tool call whose 200 KB of arguments come in so many pieces), `paced-20-5`
(twenty frames, five milliseconds apart), `slow-200` (a plain answer after so many milliseconds).
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

ARGUMENT_BYTES = 200_000
_MODEL = re.compile(rb'"model":\s*"([^"]+)"')
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_BULK = 16_384


def _frame(delta: dict[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    frame = {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion.chunk",
        "created": 1_750_000_000,
        "model": "gpt-4o-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_50cad350e4",
        "choices": [choice],
    }
    return b"data: " + json.dumps(frame, separators=(",", ":")).encode() + b"\n\n"


def _text_frames(count: int) -> list[bytes]:
    words = [_frame({"content": f" word{number % 97}"}) for number in range(count)]
    first = _frame({"role": "assistant", "content": "", "refusal": None})
    return [first, *words, _frame({}, "stop"), b"data: [DONE]\n\n"]


def _argument_frames(count: int) -> list[bytes]:
    text = json.dumps({"document": "x" * (ARGUMENT_BYTES - 16)}, separators=(",", ":"))
    size = -(-len(text) // count)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]

    def call(function: dict[str, object], **more: object) -> bytes:
        return _frame({"tool_calls": [{"index": 0, **more, "function": function}]})

    start = call({"name": "store", "arguments": ""}, id="call_1", type="function")
    parts = [call({"arguments": piece}) for piece in pieces]
    return [start, *parts, _frame({}, "tool_calls"), b"data: [DONE]\n\n"]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _bulk(frames: list[bytes]) -> bytes:
    body = b"".join(frames)
    parts = [body[at : at + _BULK] for at in range(0, len(body), _BULK)]
    return _STREAM_HEAD + b"".join(map(_chunk, parts)) + b"0\r\n\r\n"


@cache
def _plain() -> bytes:
    body = json.dumps(
        {
            "id": "chatcmpl-benchmark",
            "object": "chat.completion",
            "created": 1_750_000_000,
            "model": "gpt-4o-2024-08-06",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "word " * 120, "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 9, "completion_tokens": 120, "total_tokens": 129},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@cache
def _whole(kind: str, count: int) -> bytes:
    if kind == "bulk":
        return _bulk(_text_frames(count))
    if kind == "framed":
        return _STREAM_HEAD + b"".join(map(_chunk, _text_frames(count))) + b"0\r\n\r\n"
    if kind == "arguments":
        return _bulk(_argument_frames(count))
    return _plain()


class _Provider(asyncio.Protocol):
    """Answers one connection's requests in order."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        model = _MODEL.search(rest[:length])
        self._answer(model[1].decode() if model else "plain")

    def _answer(self, model: str) -> None:
        assert self._transport is not None
        kind, *numbers = model.rpartition("/")[2].split("-")
        if kind == "paced":
            self._task = asyncio.ensure_future(self._paced(int(numbers[0]), int(numbers[1])))
        elif kind == "slow":
            loop = asyncio.get_running_loop()
            loop.call_later(int(numbers[0]) / 1000, self._transport.write, _plain())
        else:
            self._transport.write(_whole(kind, int(numbers[0]) if numbers else 0))

    async def _paced(self, count: int, milliseconds: int) -> None:
        assert self._transport is not None
        self._transport.write(_STREAM_HEAD)
        for frame in _text_frames(count):
            self._transport.write(_chunk(frame))
            await asyncio.sleep(milliseconds / 1000)
        self._transport.write(b"0\r\n\r\n")


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Provider, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def running() -> Iterator[str]:
    """Start the server in a process of its own, and give its address as a base URL."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    asyncio.run(_serve())
