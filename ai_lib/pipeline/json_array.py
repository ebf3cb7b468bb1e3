"""A JSON array sent piece by piece: every element is a frame, as soon as it is whole."""

from ai_lib.errors.tree import ResponseTooLarge
from ai_lib.pipeline.nesting import Nesting
from ai_lib.pipeline.sse import BOM, MAX_FRAME_BYTES, Frame


class JsonArrayDecoder:
    """Splits a byte stream that is one JSON array into its elements, however the bytes were cut.

    A body that is no array is one frame, so that an error object in its place is read as well.
    Cost is linear in the bytes received.
    """

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._held: list[bytes] = []  # of the element that is not whole yet
        self._size = 0
        self._begun = False
        self._nesting = Nesting()
        self._floor = 0  # the depth elements stand at: 1 in an array
        self._depth = 0

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take bytes as they come; return the frames they complete.

        Raises ResponseTooLarge when one element is over its bound.
        """
        if not self._begun:
            chunk = self._begin(chunk)
        frames: list[Frame] = []
        start = 0
        for mark, at in self._nesting.marks(chunk.decode("latin-1")):
            end = self._end(mark, at)
            if end is not None:
                self._hold(chunk[start:end])
                self._release(frames)
                start = at
        self._hold(chunk[start:])
        return frames

    def close(self) -> list[Frame]:
        """Say that no more bytes follow; what is left is a frame, whole or not."""
        frames: list[Frame] = []
        self._release(frames)
        return frames

    def _begin(self, chunk: bytes) -> bytes:
        """Pass over a BOM and white space, and the bracket that opens the array."""
        whole = b"".join([*self._held, chunk])
        self._held.clear()
        self._size = 0
        body = whole.removeprefix(BOM).lstrip()
        if not body or BOM.startswith(whole):
            self._hold(whole)  # nothing to tell from yet
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
        if self._size > self._limit:
            raise ResponseTooLarge(
                f"one element of the reply is over {self._limit} bytes", limit=self._limit
            )

    def _release(self, frames: list[Frame]) -> None:
        element = b"".join(self._held).strip()
        self._held.clear()
        self._size = 0
        if element:
            frames.append(Frame(element))
