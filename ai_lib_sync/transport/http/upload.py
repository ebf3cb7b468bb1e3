# Generated from ai_lib/transport/http/upload.py by codegen; do not edit.
"""Reads a form's body while it is sent."""

from __future__ import annotations

from typing import BinaryIO

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.upload import Multipart, UploadSource

from ..._runtime.backend import run_in_thread

# So many bytes are read at a time.
_PIECE_SIZE = 64 * 1024


class Upload:
    """Iterates over the pieces of one body, for sending it once. Close it after that.

    Raises:
        RequestError: a file can't be read, or changed since its size was taken.
    """

    def __init__(self, body: Multipart) -> None:
        if body.is_spent:
            raise RequestError("a file of this request was read, once and for all; open it anew")
        body.is_started = True
        self.length = body.length
        self._segments = list(reversed(body.segments))
        self._source: UploadSource | None = None
        self._file: BinaryIO | None = None
        self._bytes_left: int | None = None

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
        self._source, self._bytes_left = segment, segment.length
        return b""

    def _read(self, source: UploadSource) -> bytes:
        try:
            piece = run_in_thread(self._read_piece, abandon_on_cancel=source.may_block_long)
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise RequestError(f"a file can't be read while it is sent: {error}") from error
        if not isinstance(piece, bytes):
            raise RequestError("a file gives text; open it in binary mode")
        if self._bytes_left is not None:
            self._bytes_left -= len(piece)
            if self._bytes_left < 0 or (not piece and self._bytes_left):
                raise RequestError("a file changed its size while it was sent; send it again")
        if not piece:
            self.close()
        return piece

    def _read_piece(self) -> bytes:
        if self._source is None:  # closed meanwhile
            return b""
        if self._file is None:
            self._file = self._source.open()
        return self._file.read(_PIECE_SIZE)

    def close(self) -> None:
        """Close the file that is being read."""
        source, self._source = self._source, None
        file, self._file = self._file, None
        if source is not None and file is not None:
            source.close(file)
