"""How many pixels an image has, read from its first bytes without decoding it."""

from collections.abc import Iterator
from typing import Final

Pixels = tuple[int, int]

_WEBP_VP8_START: Final = b"\x9d\x01\x2a"
# Start-of-frame markers of JPEG (ITU-T T.81, table B.1), without DHT, JPG and DAC among them.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def pixels_of(head: bytes, media_type: str) -> Pixels | None:
    """Return width and height of a PNG, JPEG, GIF, WebP or BMP; None when they are not in `head`.

    48 bytes are enough for all but JPEG, whose metadata comes before them.
    """
    match media_type:
        case "image/png" if head[12:16] == b"IHDR" and len(head) >= 24:
            return _both(head, 16, 4, "big")
        case "image/gif" if len(head) >= 10:
            return _both(head, 6, 2, "little")
        case "image/bmp" if len(head) >= 26:
            return _of_bmp(head)
        case "image/webp":
            return _of_webp(head)
        case "image/jpeg":
            return _of_jpeg(head)
        case _:
            return None


def _both(head: bytes, at: int, size: int, order: str) -> Pixels:
    width, height = head[at : at + size], head[at + size : at + 2 * size]
    if order == "big":
        return int.from_bytes(width, "big"), int.from_bytes(height, "big")
    return int.from_bytes(width, "little"), int.from_bytes(height, "little")


def _of_bmp(head: bytes) -> Pixels:
    if head[14] == 12:  # the oldest header has short numbers
        return _both(head, 18, 2, "little")
    width = int.from_bytes(head[18:22], "little", signed=True)
    height = int.from_bytes(head[22:26], "little", signed=True)
    return abs(width), abs(height)  # a negative height says that rows go down


def _of_webp(head: bytes) -> Pixels | None:
    """RFC 9649: three layouts."""
    match head[12:16]:
        case b"VP8X" if len(head) >= 30:
            width, height = _both(head, 24, 3, "little")
            return width + 1, height + 1
        case b"VP8L" if len(head) >= 25 and head[20] == 0x2F:
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if len(head) >= 30 and head[23:26] == _WEBP_VP8_START:
            width, height = _both(head, 26, 2, "little")
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None


def _of_jpeg(head: bytes) -> Pixels | None:
    for marker, at in _segments(head):
        if marker in _FRAMES and len(head) >= at + 9:
            height, width = _both(head, at + 5, 2, "big")
            return width, height
    return None


def _segments(head: bytes) -> Iterator[tuple[int, int]]:
    """Give the markers before the picture, with where they stand."""
    at = 2
    while at + 4 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:  # fill bytes may precede a marker
            at += 1
            continue
        yield marker, at
        if marker == 0xDA:
            return
        at += 2 if marker in _WITHOUT_LENGTH else 2 + int.from_bytes(head[at + 2 : at + 4], "big")
