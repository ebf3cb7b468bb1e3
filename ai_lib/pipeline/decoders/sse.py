"""Decodes server-sent events (WHATWG HTML, section 9.2.6)."""

from typing import Final

from ai_lib.pipeline.decoders.frame import BOM, MAX_FRAME_BYTES, Decoder, Frame

_SUBJECT: Final = "one frame of the stream"
_FIELD: Final = len(b"data: ")


class SseDecoder(Decoder):
    """Splits a byte stream into server-sent events, however the bytes are cut into chunks.

    Lines end at CR, LF or CRLF and nowhere else. Comments, `id`, `retry` and events without data
    are ignored. Several `data` lines are joined with LF. The last event needs no blank line. Cost
    is linear in the bytes received.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._line: list[bytes] = []  # the pieces of a line that has not ended
        self._line_size = 0
        self._data_size = 0  # with a line end for each line, as empty ones need memory too
        self._after_cr = False
        self._first = True
        self._event: bytes | None = None
        self._data: list[bytes] = []

    def _split(self, chunk: bytes, frames: list[Frame]) -> None:
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        elif joined := self.join_pending(chunk):
            chunk = self._split_simple_frames(joined, frames)
        *lines, unfinished = chunk.split(b"\n")
        if lines and self._line:
            self._line.append(lines[0])
            lines[0] = b"".join(self._line)
            self._line.clear()
            self._line_size = 0
        for line in lines:
            self._read_line(line, frames)
        if unfinished:
            self._line.append(unfinished)
            self._line_size += len(unfinished)
            self._check_size(self._line_size - _FIELD, _SUBJECT)

    def join_pending(self, chunk: bytes) -> bytes:
        """Return the pending bytes and the chunk; empty unless a frame ends in the chunk."""
        if self._first or self._data or self._after_cr or self._error is not None:
            return b""  # in the middle of a frame of several lines, or at the very start
        if b"\n\n" not in chunk or self._line_size + len(chunk) > self._limit:
            return b""
        if self._line or self._event is not None:
            event_line = b"" if self._event is None else b"event: " + self._event + b"\n"
            chunk = b"".join([event_line, *self._line, chunk])
            self._event = None
            self._line.clear()
            self._line_size = 0
        return chunk

    def _split_simple_frames(self, chunk: bytes, frames: list[Frame]) -> bytes:
        """Split frames of one `data: ` line and perhaps an event line; return the other bytes.

        Most frames are of this kind. A chunk with any other frame is returned unchanged.
        """
        parts = chunk.split(b"\n\n")
        unfinished = parts.pop()
        simple_frames: list[Frame] = []
        for part in parts:
            event = None
            if part.startswith(b"event: "):
                name, _, part = part.partition(b"\n")
                event = name[7:]
            if not part.startswith(b"data: ") or b"\n" in part:
                return chunk
            data = part[6:]
            if data and not data.isspace():
                simple_frames.append(Frame(data, event))
        frames += simple_frames
        return unfinished

    def _split_rest(self, frames: list[Frame]) -> None:
        if self._line:
            self._read_line(b"".join(self._line), frames)
            self._line.clear()
        self._read_line(b"", frames)

    def _read_line(self, line: bytes, frames: list[Frame]) -> None:
        if not line:
            self._first = False
            self._dispatch(frames)
            return
        self._check_size(len(line) - _FIELD, _SUBJECT)
        if self._first:
            self._first = False
            line = line.removeprefix(BOM)
            if not line:
                self._dispatch(frames)
                return
        name, _, value = line.partition(b":")
        if name == b"data":
            data = value.removeprefix(b" ")
            self._data.append(data)
            self._data_size += len(data) + 1
            self._check_size(self._data_size - 1, _SUBJECT)
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


class AnthropicSseDecoder(SseDecoder):
    """The same decoder under the name that some manifests use."""
