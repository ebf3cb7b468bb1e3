"""JSON lines: one JSON value a line (https://jsonlines.org)."""

from ai_lib.errors.tree import ResponseTooLarge
from ai_lib.pipeline.sse import BOM, MAX_FRAME_BYTES, Frame


class JsonLinesDecoder:
    """Splits a byte stream into lines, however the bytes were cut; empty lines are passed over."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._line: list[bytes] = []
        self._size = 0
        self._first = True

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take bytes as they come; return the frames they complete.

        Raises ResponseTooLarge when one line is over its bound.
        """
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._line, lines[0]])
            self._line.clear()
            self._size = 0
        if rest:
            self._line.append(rest)
            self._size += len(rest)
        if self._size > self._limit:
            raise ResponseTooLarge(f"one line is over {self._limit} bytes", limit=self._limit)
        return self._frames(lines)

    def close(self) -> list[Frame]:
        """Say that no more bytes follow; a last line counts without its line end."""
        line = b"".join(self._line)
        self._line.clear()
        return self._frames([line])

    def _frames(self, lines: list[bytes]) -> list[Frame]:
        if lines and self._first:
            self._first = False
            lines[0] = lines[0].removeprefix(BOM)
        return [Frame(line) for line in lines if line.strip()]
