"""Reads the limits of a provider for images, audio and documents from its manifest."""

import re
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.manifest.schema import RawManifest, Section, describe_validation_error
from ai_lib.types.json import JsonValue
from ai_lib.types.media_type import to_media_type


class MediaLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one kind of media; None or empty where the manifest does not say.

    `max_bytes` is for one file before base64, `max_count` for one request. `max_pixels` are those
    of the longer and of the shorter edge, `max_seconds` is a duration. `encodings` are
    `base64_inline`, `url` and `file_uri` (a file that the provider already has).
    """

    supported: bool | None = None
    media_types: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_pixels: tuple[int, int] | None = None
    max_count: int | None = None
    max_seconds: float | None = None
    encodings: frozenset[str] = frozenset()


class Multimodal(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of each kind of media; `document` has `supported` only."""

    image: MediaLimits = MediaLimits()
    audio: MediaLimits = MediaLimits()
    document: MediaLimits = MediaLimits()

    def refuses(self, capability: str) -> bool:
        """Whether the manifest says that media of this capability are not supported."""
        match capability:
            case "vision":
                return self.image.supported is False
            case "audio":
                return self.audio.supported is False
            case "document":
                return self.document.supported is False
        return False


# Vendors count a megabyte as 1,048,576 bytes unless they say otherwise.
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


def read_multimodal(raw_manifest: RawManifest, source: str) -> Multimodal:
    """Return the limits of each kind of media.

    Protocol 1.x leaves the section's fields open: there, a part of another shape is ignored.

    Raises ProtocolError when `multimodal.input` has a size or another field that can't be read.
    """
    block = raw_manifest.multimodal
    if not isinstance(block, dict):
        return Multimodal()
    if block.get("input") is None:
        lenient_limits = {
            name: _read_lenient_limits(block.get(name), name)
            for name in ("image", "audio", "document")
        }
        return Multimodal(**lenient_limits)
    try:
        raw_input = msgspec.convert(block, RawMultimodal, strict=False).input
        vision = raw_input.vision or RawMedia()
        return Multimodal(
            image=_read_limits(vision, "image"),
            audio=_read_limits(raw_input.audio or RawMedia(), "audio"),
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
    words = dict.fromkeys(to_media_type(word, family) for word in block.formats or ())
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
    size_match = _SIZE.fullmatch(str(text).strip())
    if size_match is None and family != "image":
        return None  # the schema has a pattern for images only
    if size_match is None:
        raise ValueError(f"{text!r} is no size such as 20MB")
    return int(float(size_match[1]) * _UNITS[size_match[2].upper()])


def _parse_pixels(text: str) -> tuple[int, int]:
    resolution_match = _RESOLUTION.fullmatch(text.strip())
    if resolution_match is None:
        raise ValueError(f"{text!r} is no resolution such as 4096x4096")
    shorter, longer = sorted((int(resolution_match[1]), int(resolution_match[2])))
    return longer, shorter


def _parse_seconds(text: str) -> float | None:
    duration_match = _DURATION.fullmatch(text.strip().lower())
    if duration_match is None or not any(duration_match.groups()):
        return None  # the schema has no pattern for it
    hours, minutes, seconds = (float(part or 0) for part in duration_match.groups())
    return hours * 3600 + minutes * 60 + seconds
