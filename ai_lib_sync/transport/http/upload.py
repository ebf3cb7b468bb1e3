# Generated from ai_lib/transport/http/upload.py by codegen; do not edit.
"""Reads a body while it is sent."""

from __future__ import annotations

from typing import BinaryIO

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.upload import Multipart, Source

from ..._runtime.backend import in_thread

# So much is read at a time.
_PIECE = 64 * 1024


class Upload:
    """The pieces of one body, for one sending of it. Close it when that is over.

    Raises `RequestError` when a file can't be read, or is not what it was when it was measured.
    """

    def __init__(self, body: Multipart) -> None:
        if body.is_spent:
            raise RequestError("a file of this request was read, once and for all; open it anew")
        body.began = True
        self.length = body.length
        self._segments = list(reversed(body.segments))
        self._source: Source | None = None
        self._opened: BinaryIO | None = None
        self._left: int | None = None

    def __iter__(self) -> Upload:
        return self

    def __next__(self) -> bytes:
        while self._source is not None or self._segments:
            piece = self._next()
            if piece:
                return piece
        raise StopIteration

    def _next(self) -> bytes:
        if self._source is not None:
            return self._read(self._source)
        segment = self._segments.pop()
        if isinstance(segment, bytes):
            return segment
        self._source, self._left = segment, segment.length
        return b""

    def _read(self, source: Source) -> bytes:
        try:
            piece = in_thread(self._take, leave=source.patient)
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise RequestError(f"a file can't be read while it is sent: {error}") from error
        if not isinstance(piece, bytes):
            raise RequestError("a file gives text; open it in binary mode")
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0 or (not piece and self._left):
                raise RequestError("a file changed its size while it was sent; send it again")
        if not piece:
            self.close()
        return piece

    def _take(self) -> bytes:
        if self._source is None:  # closed meanwhile
            return b""
        if self._opened is None:
            self._opened = self._source.open()
        return self._opened.read(_PIECE)

    def close(self) -> None:
        """Let go of the file that is being read."""
        source, self._source = self._source, None
        opened, self._opened = self._opened, None
        if source is not None and opened is not None:
            source.close(opened)
