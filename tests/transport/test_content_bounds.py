"""Bodies that expand without end, and packages that decode them."""

import importlib

import pytest

from ai_lib.transport.errors import RemoteProtocolError
from ai_lib.transport.http.content_encoding import ACCEPTED, ContentDecoder

_PIECE = 2 * 1024 * 1024
_SIZE = 64 * 1024 * 1024


def pack_brotli(data: bytes) -> bytes:
    return bytes(pytest.importorskip("brotli").compress(data))


def pack_zstandard(data: bytes) -> bytes:
    return bytes(pytest.importorskip("zstandard").ZstdCompressor(level=19).compress(data))


PACKERS = {"br": pack_brotli, "zstd": pack_zstandard}


@pytest.mark.parametrize("coding", PACKERS)
def test_a_small_body_never_becomes_one_large_piece(coding: str) -> None:
    packed = PACKERS[coding](bytes(_SIZE))
    if coding not in ACCEPTED:
        pytest.skip("the installed package can't bound its output")
    decoder = ContentDecoder(coding)
    size = largest = 0
    for piece in decoder.decode(packed):
        size += len(piece)
        largest = max(largest, len(piece))
    decoder.finish()
    assert size == _SIZE
    assert largest <= _PIECE


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("cut", [1, 7, 100_000])
def test_content_is_the_same_however_it_is_cut(coding: str, cut: int) -> None:
    content = b"".join(b"line %d\n" % number for number in range(5000))
    packed = PACKERS[coding](content)
    if coding not in ACCEPTED:
        pytest.skip("the installed package can't bound its output")
    decoder = ContentDecoder(coding)
    chunks = [packed[start : start + cut] for start in range(0, len(packed), cut)]
    assert b"".join(piece for chunk in chunks for piece in decoder.decode(chunk)) == content
    decoder.finish()
    damaged = ContentDecoder(coding)
    list(damaged.decode(packed[:-3]))
    with pytest.raises(RemoteProtocolError, match="too early"):
        damaged.finish()


def test_brotli_is_offered_only_where_it_is_bounded() -> None:
    try:
        decompressor = importlib.import_module("brotli").Decompressor
    except ImportError:
        assert "br" not in ACCEPTED
    else:
        assert ("br" in ACCEPTED) == hasattr(decompressor, "can_accept_more_data")
