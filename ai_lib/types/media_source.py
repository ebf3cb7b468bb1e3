"""Converts media from files, bytes and data URLs to base64 and a media type, as blocks have it."""

import base64
import binascii
import mimetypes
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from ai_lib.errors.exceptions import MediaError
from ai_lib.types.media_type import DETECTABLE_TYPES, detect_media_type, normalize_media_type

Family = Literal["image", "audio", "document"]

_EXCERPT_LENGTH: Final = 16
_URLSAFE_TO_STANDARD: Final = str.maketrans("-_", "+/")


class Media(msgspec.Struct, frozen=True):
    """Base64 `data` of a `media_type`."""

    data: str
    media_type: str


def read_file(path: str | Path, family: Family, media_type: str | None) -> Media:
    """Return a file's content; without `media_type` its type is detected, or guessed by name.

    Raises:
        MediaError: the file can't be read, is empty, or is no media of this family.
    """
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MediaError(
            f"the {family} file {str(path)!r} can't be read: {reason}", path=str(path)
        ) from error
    return from_bytes(content, family, media_type, name=str(path))


def from_bytes(
    content: bytes, family: Family, media_type: str | None, *, name: str | None = None
) -> Media:
    """Return the content as base64; `name` is the file's, where there is one.

    Raises:
        MediaError: the content is empty, or is no media of this family.
    """
    if not content:
        raise MediaError(f"{_subject(family, name)} is empty", path=name, size=0)
    kind = media_type or _find_media_type(content, family, name)
    return Media(base64.b64encode(content).decode("ascii"), kind)


def from_base64(data: str, media_type: str) -> Media:
    """Return base64 text without line breaks; a data URL says its own type.

    Raises MediaError for a malformed data URL.
    """
    if data[:5].lower() == "data:":
        return from_data_url(data)
    if "\n" in data or "\r" in data or " " in data:
        data = "".join(data.split())
    return Media(data, media_type)


def from_data_url(url: str) -> Media:
    """Return the content of a data URL (RFC 2397).

    Raises MediaError when it has no comma, or what follows is not base64 as it says.
    """
    head, comma, text = url[5:].partition(",")
    kind, *parameters = head.split(";")
    if not comma:
        raise MediaError(f"{url[:40]!r} is no data URL: it has no comma before the data")
    if "base64" not in (parameter.strip().lower() for parameter in parameters):
        data = base64.b64encode(unquote_to_bytes(text)).decode("ascii")
    else:
        data = text if "%" not in text else unquote_to_bytes(text).decode("ascii", "replace")
    return Media(from_base64(data, "").data, kind.strip().lower() or "text/plain")


def is_data_url(url: str) -> bool:
    """Return whether a URL holds its own content."""
    return url[:5].lower() == "data:"


def decode_base64(data: str, subject: str = "the data") -> bytes:
    """Return the bytes of base64 text, of either alphabet.

    Raises MediaError when it is not base64.
    """
    try:
        return base64.b64decode(data.translate(_URLSAFE_TO_STANDARD), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaError(f"{subject} is not base64: {error}") from error


def find_family(media_type: str) -> Family:
    """Return the family of a media type; a type that is no image or audio is a document."""
    kind = normalize_media_type(media_type).partition("/")[0]
    return "image" if kind == "image" else "audio" if kind == "audio" else "document"


def _find_media_type(content: bytes, family: Family, name: str | None) -> str:
    detected = detect_media_type(content[:1024])
    if detected is not None and find_family(detected) == family:
        return detected
    # Content that can't be detected is believed to be what its name says.
    guessed = mimetypes.guess_type(name)[0] if name else None
    if detected is None and guessed and find_family(guessed) == family and not _is_broken(guessed):
        return guessed
    if family == "document" and detected is None and not _is_broken(guessed) and _is_text(content):
        return "text/plain"
    beginning = f"it begins {content[:_EXCERPT_LENGTH]!r}"
    reason = f"it is {detected}" if detected else beginning
    is_known = detected or _is_broken(guessed)
    hint = "" if is_known else "; pass media_type= if you know what it is"
    raise MediaError(
        f"{_subject(family, name)} holds no {family} of a known type: {reason}{hint}",
        path=name,
        media_type=detected,
        size=len(content),
    )


def _is_broken(guessed: str | None) -> bool:
    """Return whether content of this type would have been detected."""
    return guessed is not None and normalize_media_type(guessed) in DETECTABLE_TYPES


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in content


def _subject(family: Family, name: str | None) -> str:
    return f"the {family} file {name!r}" if name else f"the {family}"
