"""A body that is one frame: what has no framing of its own is read when it has ended."""

from ai_lib.errors.tree import ResponseTooLarge
from ai_lib.pipeline.sse import BOM, MAX_FRAME_BYTES, Frame


class WholeBodyDecoder:
    """Keeps the bytes until the body ends; then they are the one frame."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._held: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take bytes as they come; there is no frame yet.

        Raises ResponseTooLarge when the body is over its bound.
        """
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size > self._limit:
            raise ResponseTooLarge(f"the reply is over {self._limit} bytes", limit=self._limit)
        return []

    def close(self) -> list[Frame]:
        """Say that no more bytes follow; return the body, unless it is blank."""
        body = b"".join(self._held).removeprefix(BOM)
        self._held.clear()
        return [Frame(body)] if body.strip() else []
