"""What a provider takes of images, audio and documents, as its manifest says."""

import re
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.manifest.schema import RawManifest, Section, describe_validation_error
from ai_lib.types.json import JsonValue
from ai_lib.types.media_type import of_word


class MediaLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken of one kind of media; what is None or empty the manifest does not say.

    `max_bytes` is for one file, before it is written in base64; `max_count` for one request.
    `max_pixels` are those of the longer and of the shorter edge, `max_seconds` is a duration.
    `encodings` are `base64_inline`, `url` and `file_uri` (a file the provider already has).
    """

    supported: bool | None = None
    media_types: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_pixels: tuple[int, int] | None = None
    max_count: int | None = None
    max_seconds: float | None = None
    encodings: frozenset[str] = frozenset()


class Multimodal(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken of each kind of media; of documents only whether they are."""

    image: MediaLimits = MediaLimits()
    audio: MediaLimits = MediaLimits()
    document: MediaLimits = MediaLimits()

    def refuses(self, capability: str) -> bool:
        """Whether the manifest says that what needs this capability is not taken."""
        match capability:
            case "vision":
                return self.image.supported is False
            case "audio":
                return self.audio.supported is False
            case "document":
                return self.document.supported is False
        return False


# Vendors count a megabyte as 1,048,576 bytes when they say nothing else.
_UNITS: Final = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|)", re.IGNORECASE)
_RESOLUTION: Final = re.compile(r"(\d+)\s*x\s*(\d+)")
_DURATION: Final = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


class RawMedia(Section, frozen=True, kw_only=True):
    supported: bool | None = None
    formats: list[str] | None = None
    max_file_size: str | int | None = None
    max_size: str | int | None = None
    max_resolution: str | None = None
    max_images_per_request: int | None = None
    max_duration: str | None = None
    encoding_methods: list[str] | None = None
    document_understanding: bool | None = None


class RawInput(Section, frozen=True, kw_only=True):
    vision: RawMedia | None = None
    audio: RawMedia | None = None


class RawMultimodal(Section, frozen=True, kw_only=True):
    input: RawInput


def read_multimodal(written: RawManifest, source: str) -> Multimodal:
    """Return what is taken of each kind of media.

    Protocol 1.x leaves the section's fields open: there, what has another shape says nothing.

    Raises ProtocolError when `multimodal.input` has a size or another field that can't be read.
    """
    block = written.multimodal
    if not isinstance(block, dict):
        return Multimodal()
    if block.get("input") is None:
        loose = {
            name: _read_lenient_limits(block.get(name), name)
            for name in ("image", "audio", "document")
        }
        return Multimodal(**loose)
    try:
        found = msgspec.convert(block, RawMultimodal, strict=False).input
        vision = found.vision or RawMedia()
        return Multimodal(
            image=_read_limits(vision, "image"),
            audio=_read_limits(found.audio or RawMedia(), "audio"),
            document=MediaLimits(supported=vision.document_understanding),
        )
    except msgspec.ValidationError as error:
        problem = describe_validation_error(error, "$.multimodal")
    except ValueError as error:
        problem = f"$.multimodal.input: {error}"
    raise ProtocolError(f"{source}: {problem}", source=source)


def _read_lenient_limits(block: JsonValue, family: str) -> MediaLimits:
    if isinstance(block, bool):
        return MediaLimits(supported=block)
    try:
        return _read_limits(msgspec.convert(block, RawMedia, strict=False), family)
    except ValueError:  # ValidationError is one
        return MediaLimits()


def _read_limits(block: RawMedia, family: str) -> MediaLimits:
    size = block.max_size if block.max_file_size is None else block.max_file_size
    words = dict.fromkeys(of_word(word, family) for word in block.formats or ())
    return MediaLimits(
        supported=block.supported,
        media_types=tuple(words),
        max_bytes=None if size is None else _parse_bytes(size, family),
        max_pixels=_parse_pixels(block.max_resolution) if block.max_resolution else None,
        max_count=block.max_images_per_request,
        max_seconds=_parse_seconds(block.max_duration) if block.max_duration else None,
        encodings=frozenset(block.encoding_methods or ()),
    )


def _parse_bytes(text: str | int, family: str) -> int | None:
    found = _SIZE.fullmatch(str(text).strip())
    if found is None and family != "image":
        return None  # the schema has a pattern for images only
    if found is None:
        raise ValueError(f"{text!r} is no size such as 20MB")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _parse_pixels(text: str) -> tuple[int, int]:
    found = _RESOLUTION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no resolution such as 4096x4096")
    shorter, longer = sorted((int(found[1]), int(found[2])))
    return longer, shorter


def _parse_seconds(text: str) -> float | None:
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None or not any(found.groups()):
        return None  # the schema has no pattern for it
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
