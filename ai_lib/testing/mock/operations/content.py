"""Makes the mock provider's content: a tone as long as a text, an image of one colour, a video."""

import math
import struct
import zlib
from array import array
from typing import Final

_RATE: Final = 8000
_SECONDS_A_CHARACTER: Final = 0.01
_LONGEST_SECONDS: Final = 5.0


def make_samples(text: str) -> bytes:
    """Return the 16-bit samples of a tone: a hundredth of a second for each character."""
    seconds = min(_LONGEST_SECONDS, max(0.01, len(text) * _SECONDS_A_CHARACTER))
    pitch = 220 + sum(text.encode()) % 440
    count = int(seconds * _RATE)
    samples = array(
        "h", (int(8000 * math.sin(2 * math.pi * pitch * i / _RATE)) for i in range(count))
    )
    return samples.tobytes()


def make_wav(text: str) -> bytes:
    """Return the tone as a WAV file."""
    samples = make_samples(text)
    head = struct.pack(
        "<4sI8sIHHIIHH4sI",
        b"RIFF", 36 + len(samples), b"WAVEfmt ", 16, 1, 1, _RATE, _RATE * 2, 2, 16,
        b"data", len(samples),
    )  # fmt: skip
    return head + samples


def make_png(size: str, prompt: str) -> bytes:
    """Return a PNG of the size, such as `1024x1024`, in a colour that the prompt decides."""
    width, _, height = size.replace("*", "x").partition("x")
    columns = min(4096, int(width)) if width.isdecimal() else 64
    lines = min(4096, int(height)) if height.isdecimal() else columns
    shade = zlib.crc32(prompt.encode()).to_bytes(4, "big")
    line = b"\0" + shade[:3] * columns
    pixels = zlib.compress(line * lines, 9)
    parts = ((b"IHDR", struct.pack(">IIBBBBB", columns, lines, 8, 2, 0, 0, 0)), (b"IDAT", pixels))
    chunks = (_make_chunk(kind, data) for kind, data in (*parts, (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def make_video() -> bytes:
    """Return an MP4 container with nothing in it."""
    return struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 0, b"isom", b"mp41") + struct.pack(
        ">I4s", 8, b"mdat"
    )


def _make_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
