"""Server-sent events: bytes in, events out (WHATWG HTML, section 9.2.6)."""

from typing import Final

import msgspec

from ai_lib.errors.tree import ResponseTooLarge

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"


class Frame(msgspec.Struct, frozen=True):
    """One frame of a stream: its data, and the event name when the wire gives one."""

    data: bytes
    event: bytes | None = None


class SseDecoder:
    """Splits a byte stream into server-sent events, however the bytes were cut.

    Lines end at CR, LF or CRLF and nowhere else. Comments, `id`, `retry` and events without data
    are passed over. Several `data` lines join with LF. Cost is linear in the bytes received.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._line: list[bytes] = []  # pieces of a line whose end has not come yet
        self._line_size = 0
        self._data_size = 0
        self._after_cr = False
        self._first = True
        self._event: bytes | None = None
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take bytes as they come; return the frames they complete.

        Raises ResponseTooLarge when one frame is over its bound.
        """
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        frames: list[Frame] = []
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        elif self._line_size + len(chunk) <= self._limit and b"\n\n" in chunk:
            chunk = self._whole_frames(chunk, frames)
        *lines, rest = chunk.split(b"\n")
        if lines and self._line:
            self._line.append(lines[0])
            lines[0] = b"".join(self._line)
            self._line.clear()
            self._line_size = 0
        for line in lines:
            self._take(line, frames)
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
            self._bound()
        return frames

    def _whole_frames(self, chunk: bytes, frames: list[Frame]) -> bytes:
        """Take the frames of one `data: ` line each, as most streams have; return what is left.

        A chunk that is not of this kind is returned as it is.
        """
        if self._first or self._data or self._event is not None:
            return chunk  # in the middle of a frame of several lines, or at the very start
        begun = b"".join(self._line)
        parts = (begun + chunk).split(b"\n\n")
        rest = parts.pop()
        if chunk.count(b"\n") != 2 * len(parts) + rest.count(b"\n"):
            return chunk  # `begun` has no line's end in it
        for part in parts:
            if not part.startswith(b"data: "):
                return chunk
        for part in parts:
            data = part[6:]
            if data and not data.isspace():
                frames.append(Frame(data))
        self._line.clear()
        self._line_size = 0
        return rest

    def close(self) -> list[Frame]:
        """Say that no more bytes follow; a last event counts without its blank line."""
        frames: list[Frame] = []
        if self._line:
            self._take(b"".join(self._line), frames)
            self._line.clear()
        self._take(b"", frames)
        return frames

    def _take(self, line: bytes, frames: list[Frame]) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(BOM)
        if not line:
            self._dispatch(frames)
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._data_size += len(value)
            self._bound()
        elif name == b"event":
            self._event = value.removeprefix(b" ")

    def _dispatch(self, frames: list[Frame]) -> None:
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            if data.strip():
                frames.append(Frame(data, self._event))
            self._data.clear()
        self._event = None
        self._data_size = 0

    def _bound(self) -> None:
        if self._line_size + self._data_size > self._limit:
            raise ResponseTooLarge(
                f"one frame of the stream is over {self._limit} bytes", limit=self._limit
            )


class AnthropicSseDecoder(SseDecoder):
    """The same decoder under the name some manifests use; the framing is that of all SSE."""
