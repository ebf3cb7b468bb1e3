"""Reads and converts audio with soundfile, the audio extra, which is imported at the first use."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib.protocol.manifest.media import MediaLimits
from ai_lib.request.media.images import ConversionError

if TYPE_CHECKING:
    from soundfile import SoundFile

# The types that can be written, lossless ones first: type, container and coding.
_WRITERS: Final = (
    ("audio/wav", "WAV", "PCM_16"),
    ("audio/flac", "FLAC", "PCM_16"),
    ("audio/mpeg", "MP3", "MPEG_LAYER_III"),
    ("audio/ogg", "OGG", "VORBIS"),
    ("audio/aiff", "AIFF", "PCM_16"),
)
_UNCOMPRESSED: Final = ("audio/wav", "audio/aiff")
_SAMPLE_BYTES: Final = 2
_FLOAT_BYTES: Final = 4
_FRAMES_AT_ONCE: Final = 65536
# An hour of stereo is 635 MB: a small file that claims more is not unpacked.
_MAX_SAMPLE_BYTES: Final = 1 << 30


class AudioFile(msgspec.Struct, frozen=True, kw_only=True):
    """An audio file: its bytes, type and duration in seconds."""

    data: bytes
    media_type: str
    seconds: float


def has_soundfile() -> bool:
    """Whether the audio extra and its C library are installed."""
    try:
        import soundfile  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


def read_duration(data: bytes) -> float | None:
    """Return the duration of the audio in seconds, None when it is unknown."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as source:
            return float(source.frames / source.samplerate)
    except (soundfile.SoundFileError, ZeroDivisionError):
        return None


def convert_audio(data: bytes, limits: MediaLimits) -> AudioFile:
    """Return the audio in a type and size that `limits` allow, with 16 bits a sample.

    Raises:
        Unfit: it can't be decoded, or is too large in every allowed type.
    """
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as source:
            return _convert(source, limits)
    except soundfile.SoundFileError as error:
        raise ConversionError(f"it can't be decoded: {error}") from error


def _convert(source: SoundFile, limits: MediaLimits) -> AudioFile:
    samples = source.frames * source.channels * _SAMPLE_BYTES
    if not 0 < samples <= _MAX_SAMPLE_BYTES:
        raise ConversionError(f"it has {source.frames:,} frames, more than are converted, or none")
    encodings = list(_list_encodings(limits))
    if not encodings:
        raise ConversionError("none of the types that are taken can be written here")
    for media_type, container, coding in encodings:
        if media_type in _UNCOMPRESSED and _is_over(samples, limits):
            continue
        source.seek(0)
        encoded, frames = _encode(source, container, coding)
        if not frames:
            raise ConversionError("there is no sound in it")
        if not _is_over(len(encoded), limits):
            seconds = frames / source.samplerate
            return AudioFile(data=encoded, media_type=media_type, seconds=seconds)
    raise ConversionError("it is too large in every type that is taken; make it shorter")


def _list_encodings(limits: MediaLimits) -> Iterator[tuple[str, str, str]]:
    import soundfile

    formats = soundfile.available_formats()
    for media_type, container, coding in _WRITERS:
        if container in formats and media_type in (limits.media_types or (media_type,)):
            yield media_type, container, coding


def _is_over(size: int, limits: MediaLimits) -> bool:
    return limits.max_bytes is not None and size > limits.max_bytes


def _encode(source: SoundFile, container: str, coding: str) -> tuple[bytes, int]:
    """Return the audio in another coding, and its number of frames."""
    import soundfile

    size = source.channels * _FLOAT_BYTES
    block, total = bytearray(_FRAMES_AT_ONCE * size), 0
    buffer = io.BytesIO()
    shape = {"samplerate": source.samplerate, "channels": source.channels}
    with soundfile.SoundFile(buffer, "w", format=container, subtype=coding, **shape) as target:
        # A header may state more frames than there are, as that of an MP3 is an estimate.
        # Only floats are scaled alike for every sample format.
        while frames := source.buffer_read_into(block, dtype="float32"):
            target.buffer_write(bytes(block[: frames * size]), dtype="float32")
            total += frames
    return buffer.getvalue(), total
