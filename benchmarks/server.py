"""A loopback provider in a process of its own, fast enough never to be what is measured.

It speaks OpenAI's chat dialect, and Anthropic's at `/messages`. What it answers is in the model's
name: `plain`, `bulk-5000` (a stream of so many frames in large chunks), `framed-5000` (each frame
in a chunk of its own), `arguments-4000` (one tool call whose 200 KB of arguments come in so many
pieces), `paced-20-5` (twenty frames, five milliseconds apart; the last comes in one write with the
end of the body, as providers send it), `slow-200` (a plain answer after so many milliseconds).
`/cpu` says how many seconds of CPU it has used.
"""

import argparse
import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from benchmarks.frames import Wanted, frames, plain
from benchmarks.machine import ROOT, pin

_MODEL = re.compile(rb'"model":\s*"([^"]+)"')
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_BULK = 16_384


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@cache
def _chunks(wanted: Wanted) -> tuple[bytes, ...]:
    if wanted.kind in ("framed", "paced"):
        return tuple(map(_chunk, frames(wanted)))
    body = b"".join(frames(wanted))
    return tuple(_chunk(body[at : at + _BULK]) for at in range(0, len(body), _BULK))


def _json(body: bytes) -> bytes:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@cache
def _whole(wanted: Wanted) -> bytes:
    if wanted.kind in ("bulk", "framed", "arguments"):
        return _STREAM_HEAD + b"".join(_chunks(wanted)) + b"0\r\n\r\n"
    return _json(plain(wanted.messages))


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
        path = head.split(b" ", 2)[1]
        model = _MODEL.search(rest[:length])
        self._answer(path, model[1].decode() if model else "plain")

    def _answer(self, path: bytes, model: str) -> None:
        assert self._transport is not None
        if path.endswith(b"/cpu"):
            self._transport.write(_json(str(time.process_time()).encode()))
            return
        wanted = Wanted.read(path, model)
        if wanted.kind == "paced":
            self._task = asyncio.ensure_future(self._paced(wanted))
        elif wanted.kind == "slow":
            seconds = wanted.numbers[0] / 1000
            asyncio.get_running_loop().call_later(seconds, self._transport.write, _whole(wanted))
        else:
            self._transport.write(_whole(wanted))

    async def _paced(self, wanted: Wanted) -> None:
        assert self._transport is not None
        self._transport.write(_STREAM_HEAD)
        *chunks, last = _chunks(wanted)
        for chunk in chunks:
            self._transport.write(chunk)
            await asyncio.sleep(wanted.numbers[1] / 1000)
        self._transport.write(last + b"0\r\n\r\n")


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Provider, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def running() -> Iterator[str]:
    """Start the server in a process of its own, and give its address as a base URL."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    pin("server")
    asyncio.run(_serve())
