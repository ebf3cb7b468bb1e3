"""Detects media types by their first bytes, names them, and reads the pixel size of images."""

from collections.abc import Iterator, Mapping
from typing import Final

Pixels = tuple[int, int]

_WEBP_VP8_START: Final = b"\x9d\x01\x2a"
# Start-of-frame markers of JPEG (ITU-T T.81, table B.1), without DHT, JPG and DAC among them.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def read_pixel_size(head: bytes, media_type: str) -> Pixels | None:
    """Return width and height of a PNG, JPEG, GIF, WebP or BMP; None when they are not in `head`.

    48 bytes are enough for all but JPEG, whose metadata comes before them.
    """
    match media_type:
        case "image/png" if head[12:16] == b"IHDR" and len(head) >= 24:
            return _read_two_numbers(head, 16, 4, "big")
        case "image/gif" if len(head) >= 10:
            return _read_two_numbers(head, 6, 2, "little")
        case "image/bmp" if len(head) >= 26:
            return _read_bmp_size(head)
        case "image/webp":
            return _read_webp_size(head)
        case "image/jpeg":
            return _read_jpeg_size(head)
        case _:
            return None


def _read_two_numbers(head: bytes, at: int, size: int, order: str) -> Pixels:
    width, height = head[at : at + size], head[at + size : at + 2 * size]
    if order == "big":
        return int.from_bytes(width, "big"), int.from_bytes(height, "big")
    return int.from_bytes(width, "little"), int.from_bytes(height, "little")


def _read_bmp_size(head: bytes) -> Pixels:
    if head[14] == 12:  # the oldest header has short numbers
        return _read_two_numbers(head, 18, 2, "little")
    width = int.from_bytes(head[18:22], "little", signed=True)
    height = int.from_bytes(head[22:26], "little", signed=True)
    return abs(width), abs(height)  # a negative height says that rows go down


def _read_webp_size(head: bytes) -> Pixels | None:
    """RFC 9649: three layouts."""
    match head[12:16]:
        case b"VP8X" if len(head) >= 30:
            width, height = _read_two_numbers(head, 24, 3, "little")
            return width + 1, height + 1
        case b"VP8L" if len(head) >= 25 and head[20] == 0x2F:
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if len(head) >= 30 and head[23:26] == _WEBP_VP8_START:
            width, height = _read_two_numbers(head, 26, 2, "little")
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None


def _read_jpeg_size(head: bytes) -> Pixels | None:
    for marker, at in _read_segments(head):
        if marker in _FRAMES and len(head) >= at + 9:
            height, width = _read_two_numbers(head, at + 5, 2, "big")
            return width, height
    return None


def _read_segments(head: bytes) -> Iterator[tuple[int, int]]:
    """Yield the markers before the picture, with their offsets."""
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


# The first bytes of files by type. https://en.wikipedia.org/wiki/List_of_file_signatures
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)
# The four letters after the length of a RIFF file, and after that of an IFF file.
_RIFF: Final = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
_IFF: Final = {b"AIFF": "audio/aiff", b"AIFC": "audio/aiff"}
# The main brand of a file in boxes (ISO 14496-12).
_BRANDS: Final = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
}
_SMALLEST_BMP: Final = 26
# Other names of a type, and the usual one.
_OTHER_NAMES: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "image/x-bmp": "image/bmp",
    "image/ico": "image/x-icon",
    "image/vnd.microsoft.icon": "image/x-icon",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-aiff": "audio/aiff",
    "audio/opus": "audio/ogg",
    "audio/x-aac": "audio/aac",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "application/ogg": "audio/ogg",
    "application/x-pdf": "application/pdf",
}
# The format names of manifests and wire formats that are not the type's second half.
_FORMAT_NAMES: Final[Mapping[str, str]] = {
    "jpg": "image/jpeg",
    "ico": "image/x-icon",
    "svg": "image/svg+xml",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "opus": "audio/ogg",
    "wma": "audio/x-ms-wma",
    "pdf": "application/pdf",
}
DETECTABLE_TYPES: Final = frozenset(
    {name for _, name in _SIGNATURES}
    | {*_RIFF.values(), *_IFF.values(), *_BRANDS.values(), "image/bmp", "audio/aac"}
)
"""The media types that `detect_media_type` knows."""


def detect_media_type(head: bytes) -> str | None:
    """Return the media type of content by its first bytes, or None when they match none.

    The first 48 bytes are enough, but for a PDF, which may begin within the first 1,024.
    """
    for beginning, name in _SIGNATURES:
        if head.startswith(beginning):
            return name
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM":
        return _IFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[:1] == b"\xff" and len(head) > 1:
        return _detect_mpeg_frame(head[1])
    if head[:2] == b"BM" and len(head) >= _SMALLEST_BMP and head[6:10] == b"\x00\x00\x00\x00":
        return "image/bmp"
    return "application/pdf" if b"%PDF-" in head[:1024] else None


def _detect_mpeg_frame(second: int) -> str | None:
    """Return the type of an MPEG audio frame by its second byte: 11 bits of 1, version, layer."""
    if second & 0xF6 == 0xF0:
        return "audio/aac"
    is_third_layer = second & 0b110 == 0b010
    return "audio/mpeg" if second & 0xE0 == 0xE0 and is_third_layer else None


def normalize_media_type(media_type: str) -> str:
    """Return the usual name of a media type, without parameters: `image/jpg` is `image/jpeg`."""
    plain = media_type.partition(";")[0].strip().lower()
    return _OTHER_NAMES.get(plain, plain)


def to_media_type(format_name: str, family: str) -> str:
    """Return the media type of a manifest's format name: `mp3` is `audio/mpeg`."""
    lowered = format_name.strip().lower()
    return normalize_media_type(
        _FORMAT_NAMES.get(lowered) or (lowered if "/" in lowered else f"{family}/{lowered}")
    )


def to_format_name(media_type: str) -> str:
    """Return the format name of a media type in wire formats: `audio/mpeg` is `mp3`."""
    name = normalize_media_type(media_type)
    short = name.rpartition("/")[2].removeprefix("x-")
    return {"audio/mpeg": "mp3", "audio/mp4": "m4a"}.get(name, short)
