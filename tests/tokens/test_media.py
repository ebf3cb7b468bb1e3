"""Tokens of images by each vendor's published rule, from what the file's first bytes say."""

import base64
import struct

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.dialect.token_rules import ImageShape, TokenShape
from ai_lib.tokens.media import (
    count_audio_tokens,
    count_document_pages,
    count_image_tokens,
    read_document_text,
    read_image_size,
)
from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height)


def jpeg(width: int, height: int) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 102) + b"x" * 100
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3)
    return b"\xff\xd8" + exif + frame


def webp(kind: bytes, width: int, height: int) -> bytes:
    head = b"RIFF\x00\x00\x00\x00WEBP" + kind
    if kind == b"VP8X":
        sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        return head + b"\x0a\x00\x00\x00\x00\x00\x00\x00" + sizes
    if kind == b"VP8L":
        bits = (width - 1) | (height - 1) << 14
        return head + b"\x00\x00\x00\x00\x2f" + bits.to_bytes(4, "little")
    return head + b"\x00" * 7 + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)


@pytest.mark.parametrize(
    "data",
    [
        png(640, 480),
        gif(640, 480),
        jpeg(640, 480),
        *(webp(kind, 640, 480) for kind in (b"VP8X", b"VP8L", b"VP8 ")),
    ],
)
def test_the_size_is_read_from_every_usual_format(data: bytes) -> None:
    assert read_image_size(data) == (640, 480)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\x00\x02" * 3,
        b"GIF89a",
        b"<svg/>",
        png(0, 5),
        b"RIFF\x00\x00\x00\x00WEBPVP8X",
    ],
)
def test_what_does_not_say_its_size_has_none(data: bytes) -> None:
    assert read_image_size(data) is None


def tokens(model: str, data: bytes, detail: str | None = None) -> int:
    provider, _, name = model.partition("/")
    shape = ManifestCatalog().load(provider).dialect.tokens.find_image_shape(name)
    block = ImageBlock(data=base64.b64encode(data).decode(), detail=detail)
    return count_image_tokens(block, shape)[0]


@pytest.mark.parametrize(
    ("model", "width", "height", "expected"),
    [
        # 1024 square fits into 768: 4 tiles of 170, and 85. 2048 x 4096: 768 x 1536, 6 tiles.
        ("openai/gpt-4o", 1024, 1024, 765),
        ("openai/gpt-4o", 2048, 4096, 1105),
        ("openai/gpt-4o-mini", 1024, 1024, 2833 + 4 * 5667),
        ("openai/o1", 512, 512, 75 + 150),
        # 32 x 32 patches of 32 pixels, times 1.62, and at most 1536 of them.
        ("openai/gpt-4.1-mini", 1024, 1024, 1659),
        ("openai/gpt-4.1-mini", 4096, 4096, 2489),
        # Width times height through 750; at most 1568 pixels a side.
        ("anthropic/claude-sonnet-4-6", 1000, 1000, 1334),
        ("anthropic/claude-sonnet-4-6", 200, 200, 54),
        ("anthropic/claude-sonnet-4-6", 4000, 4000, 1600),
        # 258 a tile of 768, or for all that is no larger than 384.
        ("gemini/gemini-2.5-flash", 384, 384, 258),
        ("gemini/gemini-2.5-flash", 768, 768, 258),
        ("gemini/gemini-2.5-flash", 1024, 1024, 4 * 258),
    ],
)
def test_an_image_costs_what_its_vendor_publishes(
    model: str, width: int, height: int, expected: int
) -> None:
    assert tokens(model, png(width, height)) == expected


def test_low_detail_is_cheap_where_there_is_such_a_thing() -> None:
    assert tokens("openai/gpt-4o", png(4096, 4096), "low") == 85
    assert tokens("anthropic/claude-sonnet-4-6", png(200, 200), "low") == 54


def test_an_image_of_unknown_size_is_counted_as_a_large_one() -> None:
    shape = ManifestCatalog().load("openai").dialect.tokens.find_image_shape("gpt-4o")
    counted, known = count_image_tokens(ImageBlock(url="https://example.com/a.png"), shape)
    assert (counted, known) == (1445, False)
    assert count_image_tokens(ImageBlock(data="!"), shape) == (1445, False)


def test_a_fixed_price_needs_no_size() -> None:
    assert count_image_tokens(ImageBlock(url="https://a.b/c"), ImageShape(base=64)) == (64, True)


def test_sound_is_counted_by_the_second() -> None:
    head = (
        b"RIFF" + b"\x00" * 4 + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    )
    wav = head + b"\x00" * (160_000 - len(head))
    block = AudioBlock(data=base64.b64encode(wav).decode(), media_type="audio/wav")
    assert count_audio_tokens(block, TokenShape(audio_second=32)) == pytest.approx(320, abs=1)


def test_pages_are_found_in_a_pdf_and_text_is_text() -> None:
    pdf = b"%PDF-1.4 /Type /Pages /Type /Page /Type/Page "
    encoded = base64.b64encode(pdf).decode()
    assert count_document_pages(DocumentBlock(data=encoded)) == (2, 2)
    packed = base64.b64encode(b"%PDF-1.7" + b"0" * 9000).decode()
    assert count_document_pages(DocumentBlock(data=packed)) == (1, 4)
    assert count_document_pages(DocumentBlock(url="https://a.b/c.pdf")) == (10, 100)
    plain = base64.b64encode("Grüße".encode()).decode()
    assert read_document_text(DocumentBlock(data=plain, media_type="text/plain")) == "Grüße"
    assert read_document_text(DocumentBlock(data=encoded, media_type="application/pdf")) is None


def test_an_image_that_is_no_base64_has_no_known_size() -> None:
    image = ImageBlock(data="a", media_type="image/png")
    assert count_image_tokens(image, ImageShape(rule="tiles", each=1)) == (1105, False)
