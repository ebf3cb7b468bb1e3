"""JSON lines: one JSON value a line (https://jsonlines.org)."""

from typing import Final

from ai_lib.pipeline.frame import BOM, MAX_FRAME_BYTES, Decoder, Frame

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
