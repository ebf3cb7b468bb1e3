"""A JSON array sent piece by piece: every element is a frame, as soon as it is whole."""

from typing import Final

from ai_lib.pipeline.decoders.frame import BOM, MAX_FRAME_BYTES, Decoder, Frame
from ai_lib.pipeline.decoders.json_brackets import BracketScanner


class JsonArrayDecoder(Decoder):
    """Splits a byte stream that is one JSON array into its elements, however the bytes were cut.

    A body that is no array is one frame, so that an error object in its place is read as well.
    Cost is linear in the bytes received.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._held: list[bytes] = []  # of the element that is not whole yet
        self._size = 0
        self._marked = False  # a BOM has come, or can't come any more
        self._begun = False
        self._nesting = BracketScanner()
        self._floor = 0  # the depth elements stand at: 1 in an array
        self._depth = 0

    def _read(self, chunk: bytes, frames: list[Frame]) -> None:
        if not self._begun:
            chunk = self._begin(chunk)
        start = 0
        for mark, at in self._nesting.marks(chunk.decode("latin-1")):
            end = self._end(mark, at)
            if end is not None:
                self._hold(chunk[start:end])
                self._release(frames)
                start = at
        self._hold(chunk[start:])

    def _read_rest(self, frames: list[Frame]) -> None:
        self._release(frames)

    def _begin(self, chunk: bytes) -> bytes:
        """Pass over a BOM and white space, and the bracket that opens the array."""
        if not self._marked:
            chunk = b"".join([*self._held, chunk])
            self._held.clear()
            self._size = 0
            if len(chunk) < len(BOM) and BOM.startswith(chunk):
                self._hold(chunk)  # nothing to tell from yet
                return b""
            self._marked = True
            chunk = chunk.removeprefix(BOM)
        body = chunk.lstrip()
        if not body:
            return b""
        self._begun = True
        if body.startswith(b"["):
            self._floor = self._depth = 1
            return body[1:]
        return body

    def _end(self, mark: str, at: int) -> int | None:
        """Return where the element ends that `mark` completes, or None."""
        if mark in "{[":
            self._depth += 1
            return None
        if mark == ",":
            return at - 1 if self._depth == self._floor else None
        self._depth -= 1
        if self._depth > self._floor:
            return None
        return at if self._depth == self._floor else at - 1

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._held.append(piece)
            self._size += len(piece)
            self._bound(self._size, "one element of the reply")

    def _release(self, frames: list[Frame]) -> None:
        element = b"".join(self._held).strip()
        self._held.clear()
        self._size = 0
        if element:
            frames.append(Frame(element))


_WHAT: Final = "one line"


class JsonLinesDecoder(Decoder):
    """Splits a byte stream into lines, however the bytes were cut; empty lines are passed over.

    A last line counts without its line end.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._line: list[bytes] = []
        self._size = 0
        self._first = True

    def _read(self, chunk: bytes, frames: list[Frame]) -> None:
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._line, lines[0]])
            self._line.clear()
            self._size = 0
        for line in lines:
            self._take(line, frames)
        if rest:
            self._line.append(rest)
            self._size += len(rest)
            self._bound(self._size, _WHAT)

    def _read_rest(self, frames: list[Frame]) -> None:
        self._take(b"".join(self._line), frames)
        self._line.clear()

    def _take(self, line: bytes, frames: list[Frame]) -> None:
        self._bound(len(line), _WHAT)
        if self._first:
            self._first = False
            line = line.removeprefix(BOM)
        if line.strip():
            frames.append(Frame(line))


class WholeBodyDecoder(Decoder):
    """Keeps the bytes until the body ends; then they are the one frame."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        super().__init__(max_frame_bytes)
        self._held: list[bytes] = []
        self._size = 0

    def _read(self, chunk: bytes, frames: list[Frame]) -> None:
        if chunk:
            self._held.append(chunk)
            self._size += len(chunk)
            self._bound(self._size, "the reply")

    def _read_rest(self, frames: list[Frame]) -> None:
        body = b"".join(self._held).removeprefix(BOM)
        self._held.clear()
        if body.strip():
            frames.append(Frame(body))
