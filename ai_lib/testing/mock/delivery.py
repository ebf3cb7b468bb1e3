"""Makes the responses of the mock server: framed, cut into chunks, slowed down, truncated."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from ai_lib.protocol.dialect.model import DecoderShape
from ai_lib.testing.event_stream import write_event
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.serve_shape import StreamedShape
from ai_lib.testing.mock.server import Chunk, ServerResponse
from ai_lib.testing.mock.stream_writer import Frame
from ai_lib.types.json import JSON_ENCODER

Headers = tuple[tuple[str, str], ...]


def make_plain_response(reply: Reply, status: int, headers: Headers, body: bytes) -> ServerResponse:
    """Return the response that sends one body."""
    parts, end = _truncate([body], reply)
    length = len(body) if end != "end" else sum(map(len, parts))
    chunks = tuple(Chunk(piece) for part in parts for piece in _split_part(part, reply))
    return ServerResponse(
        status=status,
        headers=headers,
        chunks=chunks,
        length=length,
        delay=reply.delay,
        linger=reply.linger,
        end=end,
    )


def make_stream_response(
    reply: Reply,
    headers: Headers,
    shape: StreamedShape,
    decoder: DecoderShape,
    frames: Sequence[Frame],
    *,
    complete: bool,
) -> ServerResponse:
    """Return the response that sends frames, then the done signal when it is `complete`."""
    writer = _FrameWriter(shape, decoder)
    parts, end = _truncate(writer.write_all(frames, complete), reply)
    return ServerResponse(
        headers=headers,
        chunks=tuple(_make_chunks(parts, reply, writer.write_heartbeat())),
        delay=reply.delay,
        linger=reply.linger,
        end=end,
    )


class _FrameWriter:
    """Writes frames in the format that the dialect's decoder reads."""

    def __init__(self, shape: StreamedShape, decoder: DecoderShape) -> None:
        self.shape = shape
        self.format = decoder.format
        self.unwrap = decoder.unwrap
        self.done_signal = decoder.done_signal
        self.line_end = shape.line_end

    def write_all(self, frames: Sequence[Frame], complete: bool) -> list[bytes]:
        parts = [self.write_frame(frame) for frame in frames]
        if complete and self.done_signal is not None:
            parts.append(
                self.terminate(
                    f"data: {self.done_signal}" if self.format == "sse" else self.done_signal
                )
            )
        return parts

    def write_frame(self, frame: Frame) -> bytes:
        event, data = frame
        if self.format == "aws_event_stream":
            return write_event(data, self.unwrap)
        text = JSON_ENCODER.encode(data).decode()
        if self.format != "sse":
            return self.terminate(text)
        name = f"event: {event}{self.line_end}" if event else ""
        return self.terminate(f"{name}data: {text}")

    def write_heartbeat(self) -> bytes:
        if self.shape.heartbeat:
            return b"".join(
                self.write_frame((frame.event, frame.data)) for frame in self.shape.heartbeat
            )
        if self.format == "aws_event_stream":
            return b""  # it has no frames that say nothing
        return self.terminate(": keep-alive") if self.format == "sse" else self.line_end.encode()

    def terminate(self, text: str) -> bytes:
        ending = self.line_end * (2 if self.format == "sse" else 1)
        return f"{text}{ending}".encode()


def _truncate(
    parts: Sequence[bytes], reply: Reply
) -> tuple[list[bytes], Literal["end", "close", "reset"]]:
    if reply.truncate is None:
        return list(parts), "end"
    if reply.truncate_unit == "frames":
        return list(parts[: reply.truncate]), reply.cut
    remaining = reply.truncate
    kept_parts = []
    for part in parts:
        kept_parts.append(part[:remaining])
        remaining = max(0, remaining - len(part))
    return [part for part in kept_parts if part], reply.cut


def _make_chunks(parts: Sequence[bytes], reply: Reply, heartbeat: bytes) -> Iterator[Chunk]:
    if reply.chunking == "whole":
        yield Chunk(b"".join(heartbeat * reply.heartbeats + part for part in parts))
        return
    for index, part in enumerate(parts):
        pause = reply.pause if index else 0.0
        heartbeat_count = reply.heartbeats
        for _ in range(heartbeat_count):
            yield Chunk(heartbeat, pause / (heartbeat_count + 1))
        for piece_index, piece in enumerate(_split_part(part, reply)):
            yield Chunk(piece, 0.0 if piece_index else pause / (heartbeat_count + 1))


def _split_part(part: bytes, reply: Reply) -> Iterator[bytes]:
    size = {"frame": len(part), "whole": len(part), "byte": 1}.get(
        str(reply.chunking), reply.chunking
    )
    step = max(1, size if isinstance(size, int) else len(part))
    edges = [*range(0, len(part), step), len(part)]
    for start, end in pairwise(edges):
        yield part[start:end]
