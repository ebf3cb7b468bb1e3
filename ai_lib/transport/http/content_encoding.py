"""Content codings (RFC 9110 section 8.4): compressed bytes in, bounded pieces of content out."""

import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from ai_lib.transport.errors import RemoteProtocolError

_PIECE = 256 * 1024
# Packages without a bound on their output are fed this little at a time.
_SIP = 1024


class Decoder(Protocol):
    """One coding's state. A piece is bounded, however well the content is compressed."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give the content of these bytes."""
        ...

    def finish(self) -> None:
        """Raise `RemoteProtocolError` when the content is not complete."""
        ...


class _Zlib:
    def __init__(self, window: int) -> None:
        self._window = window
        self._state = zlib.decompressobj(window)
        self._began = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data:
            self._began = True
            try:
                piece = self._state.decompress(data, _PIECE)
            except zlib.error as error:
                raise RemoteProtocolError(f"the compressed reply is damaged ({error})") from error
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
        if self._began and not self._state.eof:
            raise RemoteProtocolError("the compressed reply ended too early")


class _Deflate:
    """Zlib's format, as the RFC asks, or bare deflate, as some servers send."""

    def __init__(self) -> None:
        self._first = b""
        self._inner: _Zlib | None = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            self._first += data
            if len(self._first) < 2:
                return
            data = self._first
            has_header = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inner = _Zlib(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)
        yield from self._inner.decode(data)

    def finish(self) -> None:
        if self._inner is not None:
            self._inner.finish()
        elif self._first:
            raise RemoteProtocolError("the compressed reply ended too early")


class _PackageDecoder:
    """A decoder of an installed package: `step` turns bytes into content."""

    def __init__(self, step: Callable[[bytes], bytes]) -> None:
        self._step = step

    def decode(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _SIP):
            try:
                piece = self._step(data[start : start + _SIP])
            except Exception as error:
                raise RemoteProtocolError(f"the compressed reply is damaged ({error})") from error
            if piece:
                yield piece

    def finish(self) -> None:
        pass


def _brotli() -> Decoder:
    return _PackageDecoder(import_module("brotli").Decompressor().process)


def _zstandard() -> Decoder:
    return _PackageDecoder(import_module("zstandard").ZstdDecompressor().decompressobj().decompress)


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": _Deflate,
}
if find_spec("brotli"):
    _DECODERS["br"] = _brotli
if find_spec("zstandard"):
    _DECODERS["zstd"] = _zstandard

ACCEPTED = ", ".join(name for name in _DECODERS if name != "x-gzip")


class ContentDecoder:
    """The content of one body, through all codings its `Content-Encoding` lists."""

    def __init__(self, encoding: str | None) -> None:
        self._decoders: list[Decoder] = []
        if not encoding:
            return
        names = [name.strip().lower() for name in encoding.split(",")]
        for name in reversed([name for name in names if name not in ("", "identity")]):
            if name not in _DECODERS:
                raise RemoteProtocolError(
                    f"the reply is encoded as {name!r}, which was not asked for"
                )
            self._decoders.append(_DECODERS[name]())

    @property
    def is_plain(self) -> bool:
        """Whether content is what was received."""
        return not self._decoders

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give the content of these bytes, piece by piece."""
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
