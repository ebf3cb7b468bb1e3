"""Tokens of images, sound and documents, by what their first bytes tell of them."""

import base64
import binascii
import math
import re
import struct
from typing import Final

from ai_lib.protocol.token_shape import ImageShape, TokenShape
from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock

# Enough for every header but that of a JPEG with large metadata; its size is then unknown.
_HEAD: Final = 1 << 18
_PAGE: Final = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
# Of a document that does not say how many pages it has, and of sound that is no WAV (64 kbit/s).
_BYTES_A_PAGE: Final = 50_000
_BYTES_A_SECOND: Final = 8_000
_UNKNOWN_PAGES: Final = 10
_UNKNOWN_SECONDS: Final = 60.0


def image_tokens(block: ImageBlock, shape: ImageShape) -> tuple[int, bool]:
    """Return the tokens of an image, and whether its size is known."""
    if block.detail == "low" and shape.low is not None:
        return shape.low, True
    if shape.rule == "fixed":
        return shape.base, True
    size = image_size(_head(block.data)) if block.data else None
    if size is None:
        return shape.assumed, False
    return _of_size(*size, shape), True


def audio_tokens(block: AudioBlock, shape: TokenShape) -> int:
    """Return the tokens of a sound, about: of a WAV its header says how long it takes."""
    seconds = _UNKNOWN_SECONDS
    if block.data:
        size, head = len(block.data) * 3 // 4, _head(block.data)
        rate = _BYTES_A_SECOND
        if head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt " and len(head) >= 32:
            rate = struct.unpack("<I", head[28:32])[0] or rate
        seconds = size / rate
    return math.ceil(seconds * shape.audio_second)


def document_pages(block: DocumentBlock) -> int:
    """Return the pages of a document, about: a PDF is searched for them."""
    if not block.data:
        return _UNKNOWN_PAGES
    data = _decoded(block.data)
    return len(_PAGE.findall(data)) or max(1, len(data) // _BYTES_A_PAGE)


def document_text(block: DocumentBlock) -> str | None:
    """Return the text of a document that is plain text."""
    if block.data and (block.media_type or "").startswith("text/"):
        return _decoded(block.data).decode("utf-8", "replace")
    return None


def image_size(head: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG, GIF, WebP or JPEG; None if it does not say."""
    try:
        if head[:8] == b"\x89PNG\r\n\x1a\n":
            return _positive(*struct.unpack(">II", head[16:24]))
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return _positive(*struct.unpack("<HH", head[6:10]))
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 25:
            return _positive(*_webp(head))
        if head[:2] == b"\xff\xd8":
            return _jpeg(head)
    except (struct.error, IndexError):
        return None
    return None


def _of_size(width: int, height: int, shape: ImageShape) -> int:
    if shape.small is not None and max(width, height) <= shape.small:
        return shape.each
    scale = 1.0
    if shape.longest:
        scale = min(scale, shape.longest / max(width, height))
    if shape.shortest:
        scale = min(scale, shape.shortest / min(width, height))
    if shape.pixels:
        scale = min(scale, math.sqrt(shape.pixels / (width * height)))
    across, down = width * scale, height * scale
    if shape.rule == "area":
        tokens = math.ceil(across * down / shape.per_token)
        return tokens if shape.most is None else min(tokens, shape.most)
    # A pixel is whole: 767.9999 of them are 768.
    squares = math.ceil(round(across, 3) / shape.side) * math.ceil(round(down, 3) / shape.side)
    if shape.rule == "tiles":
        return shape.base + shape.each * squares
    return math.ceil((squares if shape.most is None else min(squares, shape.most)) * shape.factor)


def _positive(width: int, height: int) -> tuple[int, int] | None:
    return (width, height) if width > 0 and height > 0 else None


def _webp(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return (
            int.from_bytes(head[24:27], "little") + 1,
            int.from_bytes(head[27:30], "little") + 1,
        )
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while head[at] == 0xFF:
        marker = head[at + 1]
        # Start of frame, whichever kind; C4, C8 and CC are tables.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return _positive(width, height)
        at += 2 + struct.unpack(">H", head[at + 2 : at + 4])[0]
    return None


def _head(data: str) -> bytes:
    return _decoded(data[: _HEAD * 4 // 3 // 4 * 4])


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return b""
