"""Decodes JSON bodies into frames: arrays, lines, and whole bodies."""

from typing import Final

from ai_lib.pipeline.decoders.frame import BOM, MAX_FRAME_BYTES, Decoder, Frame
from ai_lib.pipeline.decoders.json_brackets import BracketScanner


class JsonArrayDecoder(Decoder):
    """Splits a byte stream that is one JSON array into its elements.

    Each element is a frame as soon as it is complete. A body that is no array is one frame, so
    that an error object is read as well. Cost is linear in the bytes received.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._held: list[bytes] = []  # the pieces of the element that is not complete
        self._size = 0
        self._after_bom = False
        self._is_open = False
        self._brackets = BracketScanner()
        self._element_depth = 0  # 1 in an array
        self._depth = 0

    def _split(self, chunk: bytes, frames: list[Frame]) -> None:
        if not self._is_open:
            chunk = self._begin(chunk)
        start = 0
        for bracket, at in self._brackets.scan(chunk.decode("latin-1")):
            end = self._element_end(bracket, at)
            if end is not None:
                self._hold(chunk[start:end])
                self._emit(frames)
                start = at
        self._hold(chunk[start:])

    def _split_rest(self, frames: list[Frame]) -> None:
        self._emit(frames)

    def _begin(self, chunk: bytes) -> bytes:
        """Skip a BOM and white space, and the bracket that opens the array."""
        if not self._after_bom:
            chunk = b"".join([*self._held, chunk])
            self._held.clear()
            self._size = 0
            if len(chunk) < len(BOM) and BOM.startswith(chunk):
                self._hold(chunk)  # it may be a BOM
                return b""
            self._after_bom = True
            chunk = chunk.removeprefix(BOM)
        body = chunk.lstrip()
        if not body:
            return b""
        self._is_open = True
        if body.startswith(b"["):
            self._element_depth = self._depth = 1
            return body[1:]
        return body

    def _element_end(self, bracket: str, at: int) -> int | None:
        """Return the end of the element that `bracket` completes, None when it completes none."""
        if bracket in "{[":
            self._depth += 1
            return None
        if bracket == ",":
            return at - 1 if self._depth == self._element_depth else None
        self._depth -= 1
        if self._depth > self._element_depth:
            return None
        return at if self._depth == self._element_depth else at - 1

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._held.append(piece)
            self._size += len(piece)
            self._check_size(self._size, "one element of the response")

    def _emit(self, frames: list[Frame]) -> None:
        element = b"".join(self._held).strip()
        self._held.clear()
        self._size = 0
        if element:
            frames.append(Frame(element))


_SUBJECT: Final = "one line"


class JsonLinesDecoder(Decoder):
    """Splits a byte stream into lines. Empty lines are ignored; the last one needs no line end."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._line: list[bytes] = []
        self._size = 0
        self._first = True

    def _split(self, chunk: bytes, frames: list[Frame]) -> None:
        *lines, unfinished = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._line, lines[0]])
            self._line.clear()
            self._size = 0
        for line in lines:
            self._read_line(line, frames)
        if unfinished:
            self._line.append(unfinished)
            self._size += len(unfinished)
            self._check_size(self._size, _SUBJECT)

    def _split_rest(self, frames: list[Frame]) -> None:
        self._read_line(b"".join(self._line), frames)
        self._line.clear()

    def _read_line(self, line: bytes, frames: list[Frame]) -> None:
        self._check_size(len(line), _SUBJECT)
        if self._first:
            self._first = False
            line = line.removeprefix(BOM)
        if line.strip():
            frames.append(Frame(line))


class WholeBodyDecoder(Decoder):
    """Makes one frame of the whole body when it ends."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._held: list[bytes] = []
        self._size = 0

    def _split(self, chunk: bytes, frames: list[Frame]) -> None:
        if chunk:
            self._held.append(chunk)
            self._size += len(chunk)
            self._check_size(self._size, "the response")

    def _split_rest(self, frames: list[Frame]) -> None:
        body = b"".join(self._held).removeprefix(BOM)
        self._held.clear()
        if body.strip():
            frames.append(Frame(body))
