"""Media as callers have it: files, bytes and data URLs; as blocks have it: base64 and a type."""

import base64
import binascii
import mimetypes
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from ai_lib.errors.exceptions import MediaError
from ai_lib.types.media_type import RECOGNISED, one_name, recognised

Family = Literal["image", "audio", "document"]

_SHOWN: Final = 16
_STANDARD: Final = str.maketrans("-_", "+/")


class Media(msgspec.Struct, frozen=True):
    """Base64 `data` of a `media_type`."""

    data: str
    media_type: str


def read_file(path: str | Path, family: Family, media_type: str | None) -> Media:
    """Return a file's content; its type is `media_type`, else told from how it begins, else named.

    Raises:
        MediaError: it can't be read, is empty, or is no media of this family.
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
    """Return the content as a block has it; `name` is the file's, where there is one.

    Raises:
        MediaError: it is empty, or is no media of this family.
    """
    if not content:
        raise MediaError(f"{_subject(family, name)} is empty", path=name, size=0)
    kind = media_type or _kind(content, family, name)
    return Media(base64.b64encode(content).decode("ascii"), kind)


def from_base64(data: str, media_type: str) -> Media:
    """Return base64 text without line breaks; a data URL says its own type.

    Raises MediaError for a data URL that is none.
    """
    if data[:5].lower() == "data:":
        return from_data_url(data)
    if "\n" in data or "\r" in data or " " in data:
        data = "".join(data.split())
    return Media(data, media_type)


def from_data_url(url: str) -> Media:
    """Return what is in a data URL (RFC 2397).

    Raises MediaError when it has no comma, or what follows is not base64 as it says.
    """
    head, comma, text = url[5:].partition(",")
    kind, *parameters = head.split(";")
    if not comma:
        raise MediaError(f"{url[:40]!r} is no data URL: it has no comma before the data")
    if "base64" not in (one.strip().lower() for one in parameters):
        data = base64.b64encode(unquote_to_bytes(text)).decode("ascii")
    else:
        data = text if "%" not in text else unquote_to_bytes(text).decode("ascii", "replace")
    return Media(from_base64(data, "").data, kind.strip().lower() or "text/plain")


def is_data_url(url: str) -> bool:
    """Whether an address holds its own content."""
    return url[:5].lower() == "data:"


def decoded(data: str, what: str = "the data") -> bytes:
    """Return the bytes of base64 text, of either alphabet; raises MediaError when it is none."""
    try:
        return base64.b64decode(data.translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaError(f"{what} is not base64: {error}") from error


def family_of(media_type: str) -> Family:
    """Return which family a media type belongs to; what is no image or audio is a document."""
    kind = one_name(media_type).partition("/")[0]
    return "image" if kind == "image" else "audio" if kind == "audio" else "document"


def _kind(content: bytes, family: Family, name: str | None) -> str:
    found = recognised(content[:1024])
    if found is not None and family_of(found) == family:
        return found
    # Unless it was told to be something else, what a name promises is true of what can't be told.
    named = mimetypes.guess_type(name)[0] if name else None
    if found is None and named and family_of(named) == family and not _is_broken(named):
        return named
    if family == "document" and found is None and not _is_broken(named) and _is_text(content):
        return "text/plain"
    begins = f"it begins {content[:_SHOWN]!r}"
    is_what = f"it is {found}" if found else begins
    hint = "" if found or _is_broken(named) else "; pass media_type= if you know what it is"
    raise MediaError(
        f"{_subject(family, name)} holds no {family} that can be told: {is_what}{hint}",
        path=name,
        media_type=found,
        size=len(content),
    )


def _is_broken(named: str | None) -> bool:
    """Whether content that was not recognised can't be of this type: it would have been."""
    return named is not None and one_name(named) in RECOGNISED


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in content


def _subject(family: Family, name: str | None) -> str:
    return f"the {family} file {name!r}" if name else f"the {family}"
