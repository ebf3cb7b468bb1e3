"""Content codings (RFC 9110 section 8.4): compressed bytes in, bounded pieces of content out."""

import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from ai_lib.transport.errors import RemoteProtocolError

_PIECE = 256 * 1024
# A block of zstd is at most 128 KiB and takes four bytes at least: so few bytes at a time keep a
# piece within a megabyte and a half. The window is that of RFC 9659.
_ZSTD_CHUNK = 32
_ZSTD_WINDOW = 8 * 1024 * 1024


class Decoder(Protocol):
    """Decodes one coding. A piece is bounded, however well the content is compressed."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the content of these bytes."""
        ...

    def finish(self) -> None:
        """Raise `RemoteProtocolError` when the content is not complete."""
        ...


class _ZlibDecoder:
    def __init__(self, window: int) -> None:
        self._window = window
        self._state = zlib.decompressobj(window)
        self._is_started = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            self._is_started = True
            try:
                piece = self._state.decompress(data, _PIECE)
            except zlib.error as error:
                raise RemoteProtocolError(
                    f"the compressed response is damaged ({error})"
                ) from error
            if piece:
                yield piece
            data = self._state.unconsumed_tail or self._next_member()

    def _next_member(self) -> bytes:
        if not self._state.eof:
            return b""
        data = self._state.unused_data.lstrip(b"\0")
        if data:
            self._state = zlib.decompressobj(self._window)
        return data

    def finish(self) -> None:
        if self._is_started and not self._state.eof:
            raise RemoteProtocolError("the compressed response ended too early")


class _DeflateDecoder:
    """Decodes zlib's format, as the RFC asks, or raw deflate, as some servers send."""

    def __init__(self) -> None:
        self._first_bytes = b""
        self._inner: _ZlibDecoder | None = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            self._first_bytes += data
            if len(self._first_bytes) < 2:
                return
            data = self._first_bytes
            has_header = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inner = _ZlibDecoder(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        yield from self._inner.decode(data)

    def finish(self) -> None:
        if self._inner is not None:
            self._inner.finish()
        elif self._first_bytes:
            raise RemoteProtocolError("the compressed response ended too early")


class _BrotliDecoder:
    """Decodes with the package `brotli`, 1.2 or later, which bounds what it returns."""

    def __init__(self) -> None:
        self._state = import_module("brotli").Decompressor()
        self._is_started = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        has_more = bool(data)
        while has_more:
            self._is_started = True
            try:
                piece = self._state.process(data, output_buffer_limit=_PIECE)
            except Exception as error:
                raise _build_damage_error(error) from error
            data = b""
            has_more = bool(piece)
            if piece:
                yield piece

    def finish(self) -> None:
        if self._is_started and not self._state.is_finished():
            raise RemoteProtocolError("the compressed response ended too early")


class _ZstandardDecoder:
    """Decodes with the package `zstandard`, all frames of a body."""

    def __init__(self) -> None:
        package = import_module("zstandard")
        self._context = package.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._state = self._context.decompressobj()
        self._is_started = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_CHUNK):
            chunk = data[start : start + _ZSTD_CHUNK]
            while chunk:
                if self._state.eof:
                    self._state = self._context.decompressobj()
                self._is_started = True
                try:
                    piece = self._state.decompress(chunk)
                except Exception as error:
                    raise _build_damage_error(error) from error
                if piece:
                    yield piece
                chunk = self._state.unused_data if self._state.eof else b""

    def finish(self) -> None:
        if self._is_started and not self._state.eof:
            raise RemoteProtocolError("the compressed response ended too early")


def _build_damage_error(error: Exception) -> RemoteProtocolError:
    return RemoteProtocolError(f"the compressed response is damaged ({error})")


def _bounds_brotli() -> bool:
    """Whether the installed `brotli` can bound its output; earlier ones expand without a bound."""
    try:
        return hasattr(import_module("brotli").Decompressor, "can_accept_more_data")
    except (ImportError, AttributeError):
        return False


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _ZlibDecoder(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _ZlibDecoder(zlib.MAX_WBITS | 16),
    "deflate": _DeflateDecoder,
}
if find_spec("brotli") and _bounds_brotli():
    _DECODERS["br"] = _BrotliDecoder
if find_spec("zstandard"):
    _DECODERS["zstd"] = _ZstandardDecoder

ACCEPTED = ", ".join(name for name in _DECODERS if name != "x-gzip")


class ContentDecoder:
    """Decodes one body, through all codings that its `Content-Encoding` lists."""

    def __init__(self, encoding: str | None) -> None:
        self._decoders: list[Decoder] = []
        if not encoding:
            return
        names = [name.strip().lower() for name in encoding.split(",")]
        for name in reversed([name for name in names if name not in ("", "identity")]):
            if name not in _DECODERS:
                # The name is not shown: it is whatever the server sent.
                raise RemoteProtocolError("the response has an encoding that was not asked for")
            self._decoders.append(_DECODERS[name]())

    @property
    def is_plain(self) -> bool:
        """Whether the content is the bytes as received."""
        return not self._decoders

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the content of these bytes, piece by piece."""
        pieces: Iterator[bytes] = iter((data,))
        for decoder in self._decoders:
            pieces = _chain(decoder, pieces)
        return pieces

    def finish(self) -> None:
        """Raise `RemoteProtocolError` when the content is not complete."""
        for decoder in self._decoders:
            decoder.finish()


def _chain(decoder: Decoder, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from decoder.decode(piece)
