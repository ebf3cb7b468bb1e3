"""Converts images with Pillow, the vision extra, which is imported at the first use."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib.protocol.manifest.media import MediaLimits

if TYPE_CHECKING:
    from PIL.Image import Image

_WRITERS: Final = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}
_COMMON_TYPES: Final = ("image/png", "image/jpeg")
# Types of cameras, whose photos would be many times as large in PNG.
_CAMERA_TYPES: Final = ("image/heic", "image/heif", "image/avif")
_QUALITIES: Final = (90, 75)
_SCALINGS: Final = 8
_SMALLEST_EDGE: Final = 16


class ConversionError(Exception):
    """A file can't be converted to fit the limits; the message has the reason."""


class ImageFile(msgspec.Struct, frozen=True, kw_only=True):
    """An image file: its bytes, type and pixels, and the number of frames of its source."""

    data: bytes
    media_type: str
    pixels: tuple[int, int]
    frames: int = 1


def has_pillow() -> bool:
    """Whether the vision extra is installed."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        return False
    return True


def convert_image(
    data: bytes, media_type: str, pixels: tuple[int, int] | None, limits: MediaLimits
) -> ImageFile:
    """Return the image within `limits`: upright, scaled, re-encoded, without metadata.

    The aspect is kept. An animation becomes its first frame. Transparency is kept where an allowed
    type supports it, and becomes white otherwise. `pixels` is the size in the header, as far as it
    was read.

    Raises:
        Unfit: it can't be decoded, has more pixels than Pillow's `Image.MAX_IMAGE_PIXELS`, or is
            too large at any size.
    """
    from PIL import Image

    _check_pixel_count(pixels, Image.MAX_IMAGE_PIXELS)
    image, frames = _decode(data, limits)
    return _encode_within(_scale_within(image, limits), media_type, limits, frames)


def _decode(data: bytes, limits: MediaLimits) -> tuple[Image, int]:
    """Return the first frame, upright and in a simple mode, and the number of frames."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as opened:
            _check_pixel_count(opened.size, Image.MAX_IMAGE_PIXELS)
            frames = getattr(opened, "n_frames", 1)
            opened.seek(0)
            # A JPEG decoder can scale as it reads, much faster than what it read can be scaled.
            opened.draft(None, _fit_size(opened.size, limits))
            return _simplify_mode(ImageOps.exif_transpose(opened)), frames
    except ConversionError:
        raise
    except UnidentifiedImageError as error:
        reason = "it is broken, or of a type that Pillow does not read"
        raise ConversionError(f"it can't be decoded: {reason}") from error
    except Exception as error:  # Pillow's decoders raise nearly anything for a broken file
        raise ConversionError(f"it can't be decoded: {error}") from error


def _check_pixel_count(size: tuple[int, int] | None, limit: int | None) -> None:
    width, height = size or (0, 0)
    if limit is not None and width * height > limit:
        raise ConversionError(
            f"{width}x{height} pixels are more than the {limit:,} that are decoded; scale it "
            "yourself, or raise PIL.Image.MAX_IMAGE_PIXELS"
        )


def _simplify_mode(image: Image) -> Image:
    """Return the image in grey, RGB, or RGB with transparency."""
    if image.mode not in ("RGB", "RGBA", "P"):
        image.info.pop("icc_profile", None)  # it describes the colours of the old mode
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda level: level * (1 / 256))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        is_transparent = any(image.getchannel("A").histogram()[:255])
        return image if is_transparent else image.convert("RGB")
    return image.convert("L" if image.mode in ("1", "L", "I", "F") else "RGB")


def _fit_size(size: tuple[int, int], limits: MediaLimits) -> tuple[int, int]:
    """Return the largest size of the same aspect within the limits."""
    if limits.max_pixels is None:
        return size
    longer, shorter = limits.max_pixels
    factor = min(1.0, longer / max(size), shorter / min(size))
    return size if factor == 1.0 else _scale_size(size, factor)


def _scale_size(size: tuple[int, int], factor: float) -> tuple[int, int]:
    width, height = size
    return max(1, math.floor(width * factor)), max(1, math.floor(height * factor))


def _scale_within(image: Image, limits: MediaLimits) -> Image:
    box = _fit_size(image.size, limits)
    return image if box == image.size else _resize(image, box)


def _resize(image: Image, size: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    return image.resize(size, Resampling.LANCZOS, reducing_gap=3.0)


def _encode_within(image: Image, media_type: str, limits: MediaLimits, frames: int) -> ImageFile:
    """Encode in the allowed types, lossless ones first, and scale down until it fits."""
    encodings = _list_encodings(image, media_type, limits)
    for _ in range(_SCALINGS):
        sizes = []
        for kind, quality in encodings:
            data = _encode(image, kind, quality)
            if limits.max_bytes is None or len(data) <= limits.max_bytes:
                return ImageFile(data=data, media_type=kind, pixels=image.size, frames=frames)
            sizes.append(len(data))
        # A lossless encoding that is too large would have to shrink much further.
        encodings = [encoding for encoding in encodings if encoding[1] is not None] or encodings
        factor = math.sqrt((limits.max_bytes or 0) / min(sizes))
        size = _scale_size(image.size, min(0.9, 0.95 * factor))
        if min(size) < _SMALLEST_EDGE:
            break
        image = _resize(image, size)
    raise ConversionError("it is still too large when it is scaled down")


def _list_encodings(
    image: Image, media_type: str, limits: MediaLimits
) -> list[tuple[str, int | None]]:
    """Return the types and qualities to encode in, the best first."""
    allowed = [kind for kind in limits.media_types or _COMMON_TYPES if kind in _WRITERS]
    if not allowed:
        raise ConversionError("none of the types that are taken can be written here")
    lossy = [kind for kind in allowed if kind in ("image/jpeg", "image/webp")]
    lossy.sort(key="image/webp".__eq__)  # WebP takes many times as long to write
    if image.mode == "RGBA":
        order = [kind for kind in allowed if kind in ("image/png", "image/webp")] or lossy
    elif media_type in lossy:
        order = [media_type]
    elif media_type in _CAMERA_TYPES:
        order = lossy[:1]
    else:
        order = [kind for kind in allowed if kind == "image/png"] + lossy[:1]
    return [
        (kind, quality)
        for kind in order or allowed
        for quality in (_QUALITIES if kind in lossy else (None,))
    ]


def _encode(image: Image, media_type: str, quality: int | None) -> bytes:
    if media_type == "image/jpeg" and image.mode == "RGBA":
        image = _flatten_on_white(image)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    image = image.copy()
    image.info = {}  # comments and other metadata that some writers copy
    options: dict[str, object] = {} if quality is None else {"quality": quality}
    if profile and media_type in ("image/jpeg", "image/png", "image/webp"):
        options["icc_profile"] = profile
    buffer = io.BytesIO()
    image.save(buffer, _WRITERS[media_type], **options)
    return buffer.getvalue()


def _flatten_on_white(image: Image) -> Image:
    from PIL.Image import new

    background = new("RGB", image.size, "white")
    background.paste(image, mask=image.getchannel("A"))
    background.info = dict(image.info)
    return background
