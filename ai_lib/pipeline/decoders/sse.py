"""Server-sent events: bytes in, events out (WHATWG HTML, section 9.2.6)."""

from typing import Final

from ai_lib.pipeline.decoders.frame import BOM, MAX_FRAME_BYTES, Decoder, Frame

_WHAT: Final = "one frame of the stream"
_FIELD: Final = len(b"data: ")


class SseDecoder(Decoder):
    """Splits a byte stream into server-sent events, however the bytes were cut.

    Lines end at CR, LF or CRLF and nowhere else. Comments, `id`, `retry` and events without data
    are passed over. Several `data` lines join with LF. A last event counts without its blank line.
    Cost is linear in the bytes received.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._line: list[bytes] = []  # pieces of a line whose end has not come yet
        self._line_size = 0
        self._data_size = 0  # with a line end for each piece: empty ones take room as well
        self._after_cr = False
        self._first = True
        self._event: bytes | None = None
        self._data: list[bytes] = []

    def _read(self, chunk: bytes, frames: list[Frame]) -> None:
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        elif whole := self.aligned(chunk):
            chunk = self._whole_frames(whole, frames)
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
            self._bound(self._line_size - _FIELD, _WHAT)

    def aligned(self, chunk: bytes) -> bytes:
        """Return the chunk from where a frame begins; empty unless a frame ends in it."""
        if self._first or self._data or self._after_cr or self._refused is not None:
            return b""  # in the middle of a frame of several lines, or at the very start
        if b"\n\n" not in chunk or self._line_size + len(chunk) > self._limit:
            return b""
        if self._line or self._event is not None:
            begun = b"" if self._event is None else b"event: " + self._event + b"\n"
            chunk = b"".join([begun, *self._line, chunk])
            self._event = None
            self._line.clear()
            self._line_size = 0
        return chunk

    def _whole_frames(self, chunk: bytes, frames: list[Frame]) -> bytes:
        """Take frames of one `data: ` line each, perhaps named, as most are; return what is left.

        A chunk that is not of this kind is returned as it is.
        """
        parts = chunk.split(b"\n\n")
        rest = parts.pop()
        found: list[Frame] = []
        for part in parts:
            event = None
            if part.startswith(b"event: "):
                name, _, part = part.partition(b"\n")
                event = name[7:]
            if not part.startswith(b"data: ") or b"\n" in part:
                return chunk
            data = part[6:]
            if data and not data.isspace():
                found.append(Frame(data, event))
        frames += found
        return rest

    def _read_rest(self, frames: list[Frame]) -> None:
        if self._line:
            self._take(b"".join(self._line), frames)
            self._line.clear()
        self._take(b"", frames)

    def _take(self, line: bytes, frames: list[Frame]) -> None:
        if not line:
            self._first = False
            self._dispatch(frames)
            return
        self._bound(len(line) - _FIELD, _WHAT)
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
            self._bound(self._data_size - 1, _WHAT)
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
    """The same decoder under the name some manifests use; the framing is that of all SSE."""
