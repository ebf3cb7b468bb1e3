"""How an answer's bytes are sent: framed, cut into chunks, slowed down, truncated."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import msgspec

from ai_lib.protocol.dialect.model import DecoderShape
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.serve_shape import StreamedShape
from ai_lib.testing.mock.server import Answer, Chunk
from ai_lib.testing.mock.stream_writer import Frame

Headers = tuple[tuple[str, str], ...]


def plain_answer(reply: Reply, status: int, headers: Headers, body: bytes) -> Answer:
    """Return the answer that sends one body."""
    sent, end = _truncated([body], reply)
    length = len(body) if end != "end" else sum(map(len, sent))
    chunks = tuple(Chunk(piece) for part in sent for piece in _cut(part, reply))
    return Answer(
        status=status,
        headers=headers,
        chunks=chunks,
        length=length,
        delay=reply.delay,
        linger=reply.linger,
        end=end,
    )


def streamed_answer(
    reply: Reply,
    headers: Headers,
    shape: StreamedShape,
    decoder: DecoderShape,
    frames: Sequence[Frame],
    *,
    complete: bool,
) -> Answer:
    """Return the answer that sends frames; the done signal follows when it is `complete`."""
    writer = _FrameWriter(shape, decoder)
    parts, end = _truncated(writer.parts(frames, complete), reply)
    return Answer(
        headers=headers,
        chunks=tuple(_chunks(parts, reply, writer.heartbeat())),
        delay=reply.delay,
        linger=reply.linger,
        end=end,
    )


class _FrameWriter:
    """Writes frames as the dialect's decoder reads them."""

    def __init__(self, shape: StreamedShape, decoder: DecoderShape) -> None:
        self.shape = shape
        self.format = decoder.format
        self.done = decoder.done_signal
        self.line_end = shape.line_end

    def parts(self, frames: Sequence[Frame], complete: bool) -> list[bytes]:
        parts = [self.frame(frame) for frame in frames]
        if complete and self.done is not None:
            parts.append(self.lines(f"data: {self.done}" if self.format == "sse" else self.done))
        return parts

    def frame(self, frame: Frame) -> bytes:
        event, data = frame
        text = msgspec.json.encode(data).decode()
        if self.format != "sse":
            return self.lines(text)
        name = f"event: {event}{self.line_end}" if event else ""
        return self.lines(f"{name}data: {text}")

    def heartbeat(self) -> bytes:
        if self.shape.heartbeat:
            return b"".join(self.frame((one.event, one.data)) for one in self.shape.heartbeat)
        return self.lines(": keep-alive") if self.format == "sse" else self.line_end.encode()

    def lines(self, text: str) -> bytes:
        ending = self.line_end * (2 if self.format == "sse" else 1)
        return f"{text}{ending}".encode()


def _truncated(
    parts: Sequence[bytes], reply: Reply
) -> tuple[list[bytes], Literal["end", "close", "reset"]]:
    if reply.truncate is None:
        return list(parts), "end"
    if reply.truncate_unit == "frames":
        return list(parts[: reply.truncate]), reply.cut
    left = reply.truncate
    kept = []
    for part in parts:
        kept.append(part[:left])
        left = max(0, left - len(part))
    return [part for part in kept if part], reply.cut


def _chunks(parts: Sequence[bytes], reply: Reply, heartbeat: bytes) -> Iterator[Chunk]:
    if reply.chunking == "whole":
        yield Chunk(b"".join(heartbeat * reply.heartbeats + part for part in parts))
        return
    for index, part in enumerate(parts):
        pause = reply.pause if index else 0.0
        beats = reply.heartbeats
        for _ in range(beats):
            yield Chunk(heartbeat, pause / (beats + 1))
        for number, piece in enumerate(_cut(part, reply)):
            yield Chunk(piece, 0.0 if number else pause / (beats + 1))


def _cut(part: bytes, reply: Reply) -> Iterator[bytes]:
    size = {"frame": len(part), "whole": len(part), "byte": 1}.get(
        str(reply.chunking), reply.chunking
    )
    step = max(1, size if isinstance(size, int) else len(part))
    edges = [*range(0, len(part), step), len(part)]
    for start, end in pairwise(edges):
        yield part[start:end]
