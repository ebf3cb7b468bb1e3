"""A request body that is read while it is sent: a form with files (RFC 7578)."""

import io
import mimetypes
import os
import stat
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final, Protocol, TypeAlias, cast

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.json import JsonObject, JsonValue

_UNKNOWN_TYPE: Final = "application/octet-stream"
# What a browser does with the signs that would end a name.
_ESCAPED: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})

FileSource: TypeAlias = bytes | bytearray | os.PathLike[str] | BinaryIO


class FilePart(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a form.

    `content` is bytes, a path, or a file opened in binary mode, which is sent from where it
    stands and left open. `filename` is otherwise the path's or the file's own, `content_type` is
    otherwise guessed from that.
    """

    content: FileSource
    filename: str | None = None
    content_type: str | None = None

    def __repr__(self) -> str:
        return f"FilePart({_name(self)!r})"


FileLike: TypeAlias = FileSource | FilePart


class Source(Protocol):
    """Content that is read while it is sent. `length` is in bytes, None when nobody knows.

    `rewinds` says whether it can be read again; `patient` whether reading it may take long.
    """

    length: int | None
    rewinds: bool
    patient: bool

    def open(self) -> BinaryIO: ...

    def close(self, opened: BinaryIO) -> None: ...


class Multipart:
    """A form: fields as text, files as they are.

    A list becomes several fields of one name, an object becomes JSON, None is left out. It can be
    sent again unless one of its files can only be read once.

    Raises:
        RequestError: a file can't be read, or is none.
    """

    def __init__(self, fields: JsonObject, files: Mapping[str, FileLike]) -> None:
        self.boundary = uuid.uuid4().hex
        self.began = False
        self.segments = tuple(_segments(self.boundary, fields, files))

    @property
    def content_type(self) -> str:
        """The value of its Content-Type header."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int | None:
        """Its length in bytes, None when a file's is not known."""
        total = 0
        for segment in self.segments:
            size = len(segment) if isinstance(segment, bytes) else segment.length
            if size is None:
                return None
            total += size
        return total

    @property
    def is_spent(self) -> bool:
        """Whether it was read, and can't be read again."""
        sources = [segment for segment in self.segments if not isinstance(segment, bytes)]
        return self.began and not all(source.rewinds for source in sources)

    def __repr__(self) -> str:
        size = "unknown length" if self.length is None else f"{self.length} bytes"
        return f"<Multipart {size}>"


class _Path:
    """A file by its name, opened anew each time it is sent."""

    rewinds = True
    patient = False

    def __init__(self, path: str, field: str) -> None:
        self._path = path
        try:
            found = os.stat(path)
        except OSError as error:
            raise _unreadable(field, error) from error
        # A pipe or a device has no length of its own.
        self.length = found.st_size if stat.S_ISREG(found.st_mode) else None

    def open(self) -> BinaryIO:
        return open(self._path, "rb")

    def close(self, opened: BinaryIO) -> None:
        opened.close()


class _Stream:
    """A file the caller opened, sent from where it stood."""

    patient = True

    def __init__(self, file: BinaryIO, field: str) -> None:
        self._file = file
        self.length: int | None = None
        try:
            self.rewinds = file.seekable()
            if self.rewinds:
                self._start = file.tell()
                self.length = file.seek(0, io.SEEK_END) - self._start
                file.seek(self._start)
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise _unreadable(field, error) from error
        except AttributeError:
            self.rewinds = False

    def open(self) -> BinaryIO:
        if self.rewinds:
            self._file.seek(self._start)
        return self._file

    def close(self, opened: BinaryIO) -> None:
        """It is the caller's."""


def _unreadable(field: str, error: Exception) -> RequestError:
    return RequestError(f"the file of {field!r} can't be read: {error}; nothing was sent")


def _segments(
    boundary: str, fields: JsonObject, files: Mapping[str, FileLike]
) -> Iterator[bytes | Source]:
    begin = f"--{boundary}\r\n".encode()
    for name, value in fields.items():
        for text, kind in _texts(value):
            yield begin + _head(name, None, kind) + text + b"\r\n"
    for name, given in files.items():
        part = given if isinstance(given, FilePart) else FilePart(content=given)
        filename = _name(part) or "upload"
        kind = part.content_type or mimetypes.guess_type(filename)[0] or _UNKNOWN_TYPE
        yield begin + _head(name, filename, kind)
        yield _content(part.content, name)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _texts(value: JsonValue) -> Iterator[tuple[bytes, str | None]]:
    is_several = isinstance(value, list | tuple)
    for one in cast("Sequence[JsonValue]", value if is_several else (value,)):
        if isinstance(one, str):
            yield one.encode(), None
        elif isinstance(one, Mapping | list | tuple):
            yield msgspec.json.encode(one), "application/json"
        elif one is not None:
            yield msgspec.json.encode(one), None


def _head(name: str, filename: str | None, kind: str | None) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{name.translate(_ESCAPED)}"']
    if filename is not None:
        lines[0] += f'; filename="{filename.translate(_ESCAPED)}"'
    if kind is not None:
        lines.append(f"Content-Type: {kind.translate(_ESCAPED)}")
    return "\r\n".join([*lines, "", ""]).encode()


def _name(part: FilePart) -> str | None:
    if part.filename is not None:
        return part.filename
    named = part.content if isinstance(part.content, os.PathLike) else None
    path = getattr(part.content, "name", None) if named is None else os.fspath(named)
    # An opened descriptor has a number for a name.
    return os.path.basename(path) if isinstance(path, str) else None


def _content(content: FileSource, field: str) -> bytes | Source:
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    if isinstance(content, os.PathLike):
        return _Path(os.fspath(content), field)
    if hasattr(content, "read") and not isinstance(content, io.TextIOBase):
        return _Stream(content, field)
    raise RequestError(
        f"the file of {field!r} is a {type(content).__name__}; give bytes, a pathlib.Path, or a "
        "file opened in binary mode"
    )
