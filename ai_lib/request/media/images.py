"""Re-encodes images with Pillow, the vision extra, which is imported when first needed."""

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
_TAKEN_EVERYWHERE: Final = ("image/png", "image/jpeg")
# What cameras write, where a photo in PNG would be many times as large.
_CAMERAS: Final = ("image/heic", "image/heif", "image/avif")
_QUALITIES: Final = (90, 75)
_SCALINGS: Final = 8
_SMALLEST_EDGE: Final = 16


class Unfit(Exception):
    """The image can't be made to fit; the text says why."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """An image file: its bytes, type and pixels, and of how many frames it was one."""

    data: bytes
    media_type: str
    pixels: tuple[int, int]
    frames: int = 1


def has_pillow() -> bool:
    """Whether the vision extra is there."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        return False
    return True


def refit(
    data: bytes, media_type: str, pixels: tuple[int, int] | None, limits: MediaLimits
) -> Picture:
    """Return the image as `limits` allow it: turned upright, scaled, re-encoded, without metadata.

    The aspect is kept. Of an animation the first frame is taken. What is transparent stays so
    where a type that is allowed can say it, and becomes white otherwise. `pixels` are those its
    header says, as far as it was read.

    Raises:
        Unfit: it can't be decoded, has more pixels than Pillow's `Image.MAX_IMAGE_PIXELS`, or is
            too large at any size.
    """
    from PIL import Image

    _refuse_bomb(pixels, Image.MAX_IMAGE_PIXELS)
    image, frames = _read(data, limits)
    return _encoded(_within(image, limits), media_type, limits, frames)


def _read(data: bytes, limits: MediaLimits) -> tuple[Image, int]:
    """Return the first frame, upright and in plain colours, and how many frames there are."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as opened:
            _refuse_bomb(opened.size, Image.MAX_IMAGE_PIXELS)
            frames = getattr(opened, "n_frames", 1)
            opened.seek(0)
            # A JPEG decoder can scale as it reads, much faster than what it read can be scaled.
            opened.draft(None, _box(opened.size, limits))
            return _plain(ImageOps.exif_transpose(opened)), frames
    except Unfit:
        raise
    except UnidentifiedImageError as error:
        why = "it is broken, or of a type that Pillow does not read"
        raise Unfit(f"it can't be decoded: {why}") from error
    except Exception as error:  # Pillow's decoders raise nearly anything for a broken file
        raise Unfit(f"it can't be decoded: {error}") from error


def _refuse_bomb(size: tuple[int, int] | None, most: int | None) -> None:
    width, height = size or (0, 0)
    if most is not None and width * height > most:
        raise Unfit(
            f"{width}x{height} pixels are more than the {most:,} that are decoded; scale it "
            "yourself, or raise PIL.Image.MAX_IMAGE_PIXELS"
        )


def _plain(image: Image) -> Image:
    """Return the image in grey, colours, or colours with transparency."""
    if image.mode not in ("RGB", "RGBA", "P"):
        image.info.pop("icc_profile", None)  # it is for colours that are left behind here
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda level: level * (1 / 256))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        is_transparent = any(image.getchannel("A").histogram()[:255])
        return image if is_transparent else image.convert("RGB")
    return image.convert("L" if image.mode in ("1", "L", "I", "F") else "RGB")


def _box(size: tuple[int, int], limits: MediaLimits) -> tuple[int, int]:
    """Return the largest size of the same aspect that is within the limit."""
    if limits.max_pixels is None:
        return size
    longer, shorter = limits.max_pixels
    factor = min(1.0, longer / max(size), shorter / min(size))
    return size if factor == 1.0 else _times(size, factor)


def _times(size: tuple[int, int], factor: float) -> tuple[int, int]:
    width, height = size
    return max(1, math.floor(width * factor)), max(1, math.floor(height * factor))


def _within(image: Image, limits: MediaLimits) -> Image:
    box = _box(image.size, limits)
    return image if box == image.size else _resized(image, box)


def _resized(image: Image, size: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    return image.resize(size, Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image, media_type: str, limits: MediaLimits, frames: int) -> Picture:
    """Try what is allowed, from the most faithful on, then smaller and smaller."""
    ways = _ways(image, media_type, limits)
    for _ in range(_SCALINGS):
        sizes = []
        for kind, quality in ways:
            data = _written(image, kind, quality)
            if limits.max_bytes is None or len(data) <= limits.max_bytes:
                return Picture(data=data, media_type=kind, pixels=image.size, frames=frames)
            sizes.append(len(data))
        # What loses nothing, and is too large, would have to shrink much further.
        ways = [way for way in ways if way[1] is not None] or ways
        factor = math.sqrt((limits.max_bytes or 0) / min(sizes))
        size = _times(image.size, min(0.9, 0.95 * factor))
        if min(size) < _SMALLEST_EDGE:
            break
        image = _resized(image, size)
    raise Unfit("it is still too large when it is scaled down")


def _ways(image: Image, media_type: str, limits: MediaLimits) -> list[tuple[str, int | None]]:
    """Return the types and qualities to write it in, the best first."""
    allowed = [kind for kind in limits.media_types or _TAKEN_EVERYWHERE if kind in _WRITERS]
    if not allowed:
        raise Unfit("none of the types that are taken can be written here")
    lossy = [kind for kind in allowed if kind in ("image/jpeg", "image/webp")]
    lossy.sort(key="image/webp".__eq__)  # WebP takes many times as long to write
    if image.mode == "RGBA":
        order = [kind for kind in allowed if kind in ("image/png", "image/webp")] or lossy
    elif media_type in lossy:
        order = [media_type]
    elif media_type in _CAMERAS:
        order = lossy[:1]
    else:
        order = [kind for kind in allowed if kind == "image/png"] + lossy[:1]
    return [
        (kind, quality)
        for kind in order or allowed
        for quality in (_QUALITIES if kind in lossy else (None,))
    ]


def _written(image: Image, media_type: str, quality: int | None) -> bytes:
    if media_type == "image/jpeg" and image.mode == "RGBA":
        image = _on_white(image)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    image = image.copy()
    image.info = {}  # comments, and what else some writers would take over
    options: dict[str, object] = {} if quality is None else {"quality": quality}
    if profile and media_type in ("image/jpeg", "image/png", "image/webp"):
        options["icc_profile"] = profile
    buffer = io.BytesIO()
    image.save(buffer, _WRITERS[media_type], **options)
    return buffer.getvalue()


def _on_white(image: Image) -> Image:
    from PIL.Image import new

    ground = new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    ground.info = dict(image.info)
    return ground
