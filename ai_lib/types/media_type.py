"""How many pixels an image has, read from its first bytes without decoding it."""

from collections.abc import Iterator, Mapping
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


# How files of a type begin. https://en.wikipedia.org/wiki/List_of_file_signatures
_BEGINNINGS: Final = (
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
# Other names for the same type; what is not here has one name.
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
# The words of manifests and of wire formats, where they are not the second half of the type.
_WORDS: Final[Mapping[str, str]] = {
    "jpg": "image/jpeg",
    "ico": "image/x-icon",
    "svg": "image/svg+xml",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "opus": "audio/ogg",
    "wma": "audio/x-ms-wma",
    "pdf": "application/pdf",
}
RECOGNISED: Final = frozenset(
    {name for _, name in _BEGINNINGS}
    | {*_RIFF.values(), *_IFF.values(), *_BRANDS.values(), "image/bmp", "audio/aac"}
)
"""The media types that `recognised` can tell."""


def recognised(head: bytes) -> str | None:
    """Return the media type of bytes that begin so, None for one that is not known.

    The first 48 bytes are enough, but for a PDF, which may begin within the first 1,024.
    """
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM":
        return _IFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[:1] == b"\xff" and len(head) > 1:
        return _of_frame(head[1])
    if head[:2] == b"BM" and len(head) >= _SMALLEST_BMP and head[6:10] == b"\x00\x00\x00\x00":
        return "image/bmp"
    return "application/pdf" if b"%PDF-" in head[:1024] else None


def _of_frame(second: int) -> str | None:
    """Tell what a frame of MPEG audio is by its second byte: 11 bits of 1, version, layer."""
    if second & 0xF6 == 0xF0:
        return "audio/aac"
    is_third_layer = second & 0b110 == 0b010
    return "audio/mpeg" if second & 0xE0 == 0xE0 and is_third_layer else None


def one_name(media_type: str) -> str:
    """Return the usual name of a media type, without parameters: `image/jpg` is `image/jpeg`."""
    plain = media_type.partition(";")[0].strip().lower()
    return _OTHER_NAMES.get(plain, plain)


def of_word(word: str, family: str) -> str:
    """Return the media type that a manifest's word for a format means: `mp3` is `audio/mpeg`."""
    lowered = word.strip().lower()
    return one_name(_WORDS.get(lowered) or (lowered if "/" in lowered else f"{family}/{lowered}"))


def word_of(media_type: str) -> str:
    """Return the word for a media type that wire formats use: `audio/mpeg` is `mp3`."""
    name = one_name(media_type)
    short = name.rpartition("/")[2].removeprefix("x-")
    return {"audio/mpeg": "mp3", "audio/mp4": "m4a"}.get(name, short)
