"""Images and sounds of every kind, made by the libraries that know how, and opened again."""

import base64
import io
import math
from typing import Any

import numpy
import soundfile
from PIL import Image

from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock

_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def picture(format: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **how: Any) -> bytes:
    """Give the file of a plain red image."""
    red: Any = {"RGB": (200, 30, 30), "RGBA": (200, 30, 30, 90), "CMYK": (0, 200, 200, 20)}
    return saved(Image.new(mode, size, red.get(mode, 90)), format, **how)


def noise(format: str, size: tuple[int, int], **how: Any) -> bytes:
    """Give the file of an image that hardly compresses."""
    width, height = size
    dots = numpy.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=numpy.uint8)
    return saved(Image.fromarray(dots), format, **how)


def saved(image: Image.Image, format: str, **how: Any) -> bytes:
    """Give an image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **how)
    return buffer.getvalue()


def opened(block: object) -> Image.Image:
    """Give the image of a block; its media type must be what the content is."""
    assert isinstance(block, ImageBlock)
    image = Image.open(io.BytesIO(content(block)))
    image.load()
    assert block.media_type == _TYPES[image.format or ""]
    return image


def content(block: object) -> bytes:
    """Give the bytes that a block holds."""
    assert isinstance(block, ImageBlock | AudioBlock | DocumentBlock)
    assert block.data is not None
    return base64.b64decode(block.data, validate=True)


def sound(
    format: str, seconds: float = 0.5, rate: int = 8000, channels: int = 1, **how: Any
) -> bytes:
    """Give the file of a tone of 440 Hz."""
    times = numpy.arange(int(seconds * rate)) / rate
    wave = 0.5 * numpy.sin(2 * math.pi * 440 * times)
    buffer = io.BytesIO()
    soundfile.write(buffer, numpy.column_stack([wave] * channels), rate, format=format, **how)
    return buffer.getvalue()


def heard(block: object) -> tuple[str, float, int, float]:
    """Give what an audio block holds: container, seconds, the loudest pitch in Hz, the volume."""
    with soundfile.SoundFile(io.BytesIO(content(block))) as source:
        wave = source.read(always_2d=True)[:, 0]
        spectrum = numpy.abs(numpy.fft.rfft(wave))
        pitch = round(int(spectrum.argmax()) * source.samplerate / len(wave))
        volume = round(float(numpy.percentile(numpy.abs(wave), 99)), 1)
        return source.format, source.frames / source.samplerate, pitch, volume
