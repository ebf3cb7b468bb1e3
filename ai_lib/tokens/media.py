"""Counts the tokens of images, audio and documents, by what their first bytes tell."""

import base64
import binascii
import math
import re
import struct
from typing import Final

from ai_lib.protocol.dialect.token_rules import ImageShape, TokenShape
from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock
from ai_lib.types.media_type import Pixels, detect_media_type, read_pixel_size

# Enough for every header but that of a JPEG with large metadata; its size is then unknown.
_HEAD: Final = 1 << 18
_PAGE: Final = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
# For a document that does not say its pages, and for audio that is no WAV (64 kbit/s).
_BYTES_A_PAGE: Final = 50_000
_BYTES_A_SECOND: Final = 8_000
_UNKNOWN_PAGES: Final = 10
# What nothing tells the pages of has no more than these.
_MOST_UNKNOWN_PAGES: Final = 100
_LEAST_BYTES_A_PAGE: Final = 3_000
_UNKNOWN_SECONDS: Final = 60.0


def count_image_tokens(block: ImageBlock, shape: ImageShape) -> tuple[int, bool]:
    """Return the tokens of an image, and whether its size is known."""
    if block.detail == "low" and shape.low is not None:
        return shape.low, True
    if shape.rule == "fixed":
        return shape.base, True
    size = read_image_size(_decode_head(block.data)) if block.data else None
    if size is None:
        return shape.assumed, False
    return _count_for_size(*size, shape), True


def count_audio_tokens(block: AudioBlock, shape: TokenShape) -> int:
    """Return the approximate tokens of audio. The header of a WAV has its duration."""
    seconds = _UNKNOWN_SECONDS
    if block.data:
        size, head = len(block.data) * 3 // 4, _decode_head(block.data)
        rate = _BYTES_A_SECOND
        if head[:4] == b"RIFF" and head[8:16] == b"WAVEfmt " and len(head) >= 32:
            rate = struct.unpack("<I", head[28:32])[0] or rate
        seconds = size / rate
    return math.ceil(seconds * shape.audio_second)


def count_document_pages(block: DocumentBlock) -> tuple[int, int]:
    """Return the approximate pages of a document, and the most it has.

    A PDF is searched for them. Where it packs them, its size bounds them.
    """
    if not block.data:
        return _UNKNOWN_PAGES, _MOST_UNKNOWN_PAGES
    data = _decode(block.data)
    pages = len(_PAGE.findall(data))
    if pages:
        return pages, pages
    return max(1, len(data) // _BYTES_A_PAGE), max(1, len(data) // _LEAST_BYTES_A_PAGE + 1)


def read_document_text(block: DocumentBlock) -> str | None:
    """Return the text of a document that is plain text, None for any other."""
    if block.data and (block.media_type or "").startswith("text/"):
        return _decode(block.data).decode("utf-8", "replace")
    return None


def read_image_size(head: bytes) -> Pixels | None:
    """Return width and height of an image in pixels; None if its first bytes don't say."""
    size = read_pixel_size(head, detect_media_type(head) or "")
    return size if size is not None and min(size) > 0 else None


def _count_for_size(width: int, height: int, shape: ImageShape) -> int:
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


def _decode_head(data: str) -> bytes:
    return _decode(data[: _HEAD * 4 // 3 // 4 * 4])


def _decode(data: str) -> bytes:
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return b""
