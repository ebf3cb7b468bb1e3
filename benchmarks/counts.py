"""Functions that a request and a frame of a stream call, counted: `python -m benchmarks.counts`.

A count does not depend on the machine or on what else runs there, so a gate can hold it: at most
a twentieth more than `COMMITTED`, which is what was counted last. Counted are the functions of the
library, in the second call of a client over a connection that is kept alive; the least of some
calls, since the bytes of a response may come in several pieces.
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Final

import anyio

import ai_lib
import ai_lib_sync
from benchmarks.loopback import PLAIN_BODY, serve_bodies

RUNTIMES: Final = ("blocking", "asyncio", "trio")
# By runtime, on CPython 3.11; newer ones call less.
COMMITTED: Final = {"request": (292.0, 300.0, 300.0), "frame": (8.2, 7.9, 8.2)}
_ROUNDS: Final = 7
_FRAMES: Final = 400
_PACKAGES = tuple(
    str(Path(__file__).parent.parent / name) + "/" for name in ("ai_lib", "ai_lib_sync")
)
_CHUNK = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o",'
    b'"choices":[{"index":0,"delta":%s,"finish_reason":%s}]}\n\n'
)
_END = _CHUNK % (b"{}", b'"stop"') + b"data: [DONE]\n\n"


def write_stream(frames: int) -> bytes:
    """Return the body of a stream with so many frames of text."""
    texts = (b'{"content":"word%d "}' % number for number in range(frames))
    return b"".join(_CHUNK % (text, b"null") for text in texts) + _END


class Counter:
    """Counts the functions of the library that are called while it is on."""

    def __init__(self) -> None:
        self.calls = 0

    def __enter__(self) -> "Counter":
        sys.setprofile(self._observe)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _observe(self, frame: FrameType, event: str, argument: object) -> None:
        self.calls += event == "call" and frame.f_code.co_filename.startswith(_PACKAGES)


def count_blocking(url: str, streamed: bool) -> int:
    """Return the functions that one call of a blocking client calls."""
    builder = ai_lib_sync.AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(url)
    counts = []
    with builder.build() as client:
        for _ in range(_ROUNDS):
            with Counter() as counter:
                if streamed:
                    for _event in client.chat().user("Hi").stream():
                        pass
                else:
                    client.chat().user("Hi").execute()
            counts.append(counter.calls)
    return min(counts[1:])


async def count_async(url: str, streamed: bool) -> int:
    """Return the functions that one call of a client on this event loop calls."""
    builder = ai_lib.AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(url)
    counts = []
    async with await builder.build() as client:
        for _ in range(_ROUNDS):
            with Counter() as counter:
                if streamed:
                    async for _event in client.chat().user("Hi").stream():
                        pass
                else:
                    await client.chat().user("Hi").execute()
            counts.append(counter.calls)
    return min(counts[1:])


def count(runtime: str, body: bytes, streamed: bool) -> int:
    """Return the functions that one call calls on a runtime, when it is answered so."""
    media_type = b"text/event-stream" if streamed else b"application/json"
    with serve_bodies(body, media_type) as url:
        if runtime == "blocking":
            return count_blocking(url, streamed)
        function: Callable[[str, bool], Awaitable[int]] = count_async
        return anyio.run(function, url, streamed, backend=runtime)


def measure_counts() -> dict[str, tuple[float, ...]]:
    """Return the functions called for a request, and for each frame of a stream, by runtime."""
    requests = tuple(float(count(runtime, PLAIN_BODY, False)) for runtime in RUNTIMES)
    frames = []
    for runtime in RUNTIMES:
        many = count(runtime, write_stream(2 * _FRAMES), True)
        frames.append((many - count(runtime, write_stream(_FRAMES), True)) / _FRAMES)
    return {"request": requests, "frame": tuple(frames)}


if __name__ == "__main__":
    for name, counts in measure_counts().items():
        print(name, dict(zip(RUNTIMES, counts, strict=True)), "committed:", COMMITTED[name])
