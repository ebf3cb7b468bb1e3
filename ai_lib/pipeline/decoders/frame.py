"""The frames of a stream, and the interface of the decoders that split a body into them."""

from typing import Final

import msgspec

from ai_lib.errors.exceptions import DecodeError, ResponseTooLarge

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
BOM: Final = b"\xef\xbb\xbf"


class Frame(msgspec.Struct, frozen=True):
    """One frame of a stream: its data, and the event name when the wire gives one."""

    data: bytes
    event: bytes | None = None


class Decoder:
    """Splits a body into frames. The frames do not depend on how the bytes are cut into chunks."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._error: ResponseTooLarge | DecodeError | None = None

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take bytes as they come; return the frames they complete.

        Raises ResponseTooLarge when one frame is over its bound, DecodeError when it breaks the
        format. When the same bytes complete other frames before it, those are returned and the
        error is raised at the next call.
        """
        if self._error is not None:
            raise self._error
        frames: list[Frame] = []
        try:
            self._split(chunk, frames)
        except (ResponseTooLarge, DecodeError) as error:
            self._error = error
            if not frames:
                raise
        return frames

    def join_pending(self, chunk: bytes) -> bytes:
        """Return the pending bytes and the chunk, if together they begin where a frame begins.

        The decoder then forgets its pending bytes: the caller must feed the result, or what follows
        some complete frames at its beginning. Otherwise the result is empty and nothing changes.
        """
        return b""

    def close(self) -> list[Frame]:
        """End the body; return the frames that end with it."""
        if self._error is not None:
            raise self._error
        frames: list[Frame] = []
        self._split_rest(frames)
        return frames

    def _split(self, chunk: bytes, frames: list[Frame]) -> None:
        raise NotImplementedError

    def _split_rest(self, frames: list[Frame]) -> None:
        raise NotImplementedError

    def _check_size(self, size: int, subject: str) -> None:
        if size > self._limit:
            raise ResponseTooLarge(f"{subject} is over {self._limit} bytes", limit=self._limit)
