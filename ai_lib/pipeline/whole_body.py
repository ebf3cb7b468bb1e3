"""A body that is one frame: what has no framing of its own is read when it has ended."""

from ai_lib.pipeline.frame import BOM, MAX_FRAME_BYTES, Decoder, Frame


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
