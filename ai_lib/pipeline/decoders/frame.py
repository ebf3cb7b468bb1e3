"""Frames of a stream, and the bound on each that every decoder keeps."""

from typing import Final

import msgspec

from ai_lib.errors.exceptions import ResponseTooLarge

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"


class Frame(msgspec.Struct, frozen=True):
    """One frame of a stream: its data, and the event name when the wire gives one."""

    data: bytes
    event: bytes | None = None


class Decoder:
    """Cuts a body into frames, the same ones however the bytes were cut."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._refused: ResponseTooLarge | None = None

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take bytes as they come; return the frames they complete.

        Raises ResponseTooLarge when one frame is over its bound; of the frames before it none is
        lost: where some came with the same bytes, it is raised at the next call.
        """
        if self._refused is not None:
            raise self._refused
        frames: list[Frame] = []
        try:
            self._read(chunk, frames)
        except ResponseTooLarge as error:
            self._refused = error
            if not frames:
                raise
        return frames

    def aligned(self, chunk: bytes) -> bytes:
        """Return the chunk with what was kept before it, if it then begins where a frame does.

        What was kept is the caller's then: all of it, or what follows some whole frames at its
        beginning, is to be fed. Empty when the chunk itself is.
        """
        return b""

    def close(self) -> list[Frame]:
        """Say that no more bytes follow; return the frames that end with the body."""
        if self._refused is not None:
            raise self._refused
        frames: list[Frame] = []
        self._read_rest(frames)
        return frames

    def _read(self, chunk: bytes, frames: list[Frame]) -> None:
        raise NotImplementedError

    def _read_rest(self, frames: list[Frame]) -> None:
        raise NotImplementedError

    def _bound(self, size: int, what: str) -> None:
        if size > self._limit:
            raise ResponseTooLarge(f"{what} is over {self._limit} bytes", limit=self._limit)
