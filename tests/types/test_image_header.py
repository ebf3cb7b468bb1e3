"""Pixels are read from the header as a decoder reads them."""

import pytest
from PIL import Image

from ai_lib.types.media_type import read_pixel_size
from tests.request.samples import picture, saved

SIZE = (321, 123)
FILES = {
    "png": picture("PNG", SIZE),
    "gif": picture("GIF", SIZE, "P"),
    "bmp": picture("BMP", SIZE),
    "webp lossy": picture("WEBP", SIZE),
    "webp lossless": picture("WEBP", SIZE, lossless=True),
    "webp with alpha": picture("WEBP", SIZE, "RGBA"),
    "webp with metadata": picture("WEBP", SIZE, exif=Image.Exif().tobytes(), xmp=b"<x/>"),
    "jpeg": picture("JPEG", SIZE),
    "progressive jpeg": picture("JPEG", SIZE, progressive=True),
    "grey jpeg": picture("JPEG", SIZE, "L"),
    "jpeg with a comment": picture("JPEG", SIZE, comment=b"x" * 600),
}


@pytest.mark.parametrize("file", FILES)
def test_width_and_height_are_in_the_header(file: str) -> None:
    media_type = "image/" + next(
        word for word in ("png", "gif", "bmp", "webp", "jpeg") if word in file
    )
    assert read_pixel_size(FILES[file][:1026], media_type) == SIZE


@pytest.mark.parametrize("file", FILES)
def test_half_a_header_says_nothing(file: str) -> None:
    media_type = "image/" + next(
        word for word in ("png", "gif", "bmp", "webp", "jpeg") if word in file
    )
    content = FILES[file]
    assert all(read_pixel_size(content[:cut], media_type) in (None, SIZE) for cut in range(40))
    assert read_pixel_size(content[:5], media_type) is None


def test_a_bitmap_from_the_top_down_is_as_high() -> None:
    content = bytearray(saved(Image.new("RGB", (5, 7)), "BMP"))
    content[22:26] = (-7).to_bytes(4, "little", signed=True)
    assert read_pixel_size(bytes(content), "image/bmp") == (5, 7)
    old = b"BM" + bytes(12) + (12).to_bytes(4, "little") + b"\x05\x00\x07\x00" + bytes(4)
    assert read_pixel_size(old, "image/bmp") == (5, 7)


def test_other_types_are_not_read() -> None:
    assert read_pixel_size(picture("TIFF", SIZE), "image/tiff") is None
