"""Writes content to files: a whole one appears at once, with the ending of its type."""

import os
import tempfile
from pathlib import Path
from typing import BinaryIO, Final

from ai_lib.types.media_type import normalize_media_type, to_format_name

_RAW_TYPES: Final = frozenset({"audio/l16", "audio/pcm", "audio/x-pcm", "audio/raw"})
_ENDINGS: Final = {
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "image/jpeg": ".jpg",
    "image/svg+xml": ".svg",
    "video/quicktime": ".mov",
    "text/plain": ".txt",
    "application/json": ".json",
    "application/octet-stream": "",
}
_DEFAULT_RATE: Final = 24000


def add_ending(path: str | os.PathLike[str], media_type: str) -> Path:
    """Return the path; one without an ending gets that of the media type."""
    target = Path(path)
    return target if target.suffix else target.with_name(target.name + find_ending(media_type))


def find_ending(media_type: str) -> str:
    """Return the usual ending of files of a media type; of raw sound it is `.pcm`."""
    kind = normalize_media_type(media_type)
    if is_raw_sound(media_type):
        return ".pcm"
    if not kind:
        return ""
    return _ENDINGS[kind] if kind in _ENDINGS else f".{to_format_name(kind)}"


def is_raw_sound(media_type: str) -> bool:
    """Whether sound of this type is samples alone, without a head that says their rate."""
    return normalize_media_type(media_type) in _RAW_TYPES


def read_rate(media_type: str) -> int:
    """Return the samples a second that a type such as `audio/L16;rate=24000` says."""
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "rate" and value.isdecimal():
            return int(value)
    return _DEFAULT_RATE


def make_wav_head(size: int, rate: int) -> bytes:
    """Return the 44 bytes before 16-bit samples of one channel (RIFF, WAVE)."""
    numbers = b"".join(
        value.to_bytes(length, "little")
        for value, length in ((16, 4), (1, 2), (1, 2), (rate, 4), (rate * 2, 4), (2, 2), (16, 2))
    )
    total = min(size + 36, 0xFFFFFFFF).to_bytes(4, "little")
    length_field = min(size, 0xFFFFFFFF).to_bytes(4, "little")
    return b"RIFF" + total + b"WAVEfmt " + numbers + b"data" + length_field


class FileWriter:
    """Writes a file under a temporary name beside it, which it is renamed from at its end.

    Raw sound that is saved as `.wav` gets a head.
    """

    def __init__(self, path: str | os.PathLike[str], media_type: str) -> None:
        self.path = add_ending(path, media_type)
        self._has_head = self.path.suffix.lower() == ".wav" and is_raw_sound(media_type)
        self._rate = read_rate(media_type)
        self._size = 0
        descriptor, self._temporary = tempfile.mkstemp(
            prefix=f".{self.path.name}.", dir=self.path.parent
        )
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        if self._has_head:
            self._file.write(make_wav_head(0, self._rate))

    def write(self, data: bytes) -> None:
        """Write the next bytes."""
        self._file.write(data)
        self._size += len(data)

    def finish(self) -> Path:
        """Let the file appear under its name, and return that."""
        if self._has_head:
            self._file.seek(0)
            self._file.write(make_wav_head(self._size, self._rate))
        self._file.close()
        os.chmod(self._temporary, 0o666 & ~_read_umask())
        os.replace(self._temporary, self.path)
        return self.path

    def discard(self) -> None:
        """Remove what was written."""
        self._file.close()
        Path(self._temporary).unlink(missing_ok=True)


def write_file(path: str | os.PathLike[str], data: bytes, media_type: str) -> Path:
    """Write content to a file, and return its path.

    Raises:
        OSError: it can't be written.
    """
    writer = FileWriter(path, media_type)
    try:
        writer.write(data)
        return writer.finish()
    except BaseException:
        writer.discard()
        raise


def _read_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
