"""A request body that is read while it is sent: a form with files (RFC 7578)."""

import io
import mimetypes
import os
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final, Protocol, TypeAlias, cast

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.json import JsonObject, JsonValue, encode_json

_UNKNOWN_TYPE: Final = "application/octet-stream"
# What a browser does with the characters that would end a name.
_ESCAPED: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})

FileSource: TypeAlias = bytes | bytearray | os.PathLike[str] | BinaryIO


class FilePart(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a form.

    `content` is bytes, a path, or a file opened in binary mode, which is sent from where it
    stands and left open. `filename` is otherwise the path's or the file's own, `content_type` is
    otherwise guessed from that. `on_read` is called with the bytes that were read so far, in the
    thread that reads; it begins anew when the file is sent again.
    """

    content: FileSource
    filename: str | None = None
    content_type: str | None = None
    on_read: Callable[[int], object] | None = None

    def __repr__(self) -> str:
        return f"FilePart({_get_filename(self)!r})"


FileLike: TypeAlias = FileSource | FilePart


class UploadSource(Protocol):
    """Content that is read while it is sent. `length` is in bytes, None when it is unknown.

    `can_rewind` is true when it can be read again, `may_block_long` when reading may take long.
    """

    length: int | None
    can_rewind: bool
    may_block_long: bool

    def open(self) -> BinaryIO: ...

    def close(self, file: BinaryIO) -> None: ...


class Multipart:
    """A form of text fields and files.

    A list becomes several fields of one name, an object becomes JSON, None is left out; pairs of
    a name and a file may have a name twice. It can be sent again unless one of its files can only
    be read once.

    Raises:
        RequestError: a file can't be read, or is no file.
    """

    def __init__(
        self, fields: JsonObject, files: Mapping[str, FileLike] | Sequence[tuple[str, FileLike]]
    ) -> None:
        self.boundary = uuid.uuid4().hex
        self.is_started = False
        named_files = files.items() if isinstance(files, Mapping) else files
        self.segments = tuple(_encode_segments(self.boundary, fields, named_files))

    @property
    def content_type(self) -> str:
        """The value of its Content-Type header."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int | None:
        """Its length in bytes, None when a file's is unknown."""
        total = 0
        for segment in self.segments:
            size = len(segment) if isinstance(segment, bytes) else segment.length
            if size is None:
                return None
            total += size
        return total

    @property
    def is_spent(self) -> bool:
        """Whether the form was read and can't be read again."""
        sources = [segment for segment in self.segments if not isinstance(segment, bytes)]
        return self.is_started and not all(source.can_rewind for source in sources)

    def __repr__(self) -> str:
        size = "unknown length" if self.length is None else f"{self.length} bytes"
        return f"<Multipart {size}>"


class FileBody(Multipart):
    """One file that is the whole body, of the type `media_type`.

    Raises:
        RequestError: the file can't be read, or is no file.
    """

    def __init__(self, file: FilePart, media_type: str) -> None:
        self.boundary = ""
        self.is_started = False
        self.segments = (_open_part(file, "file"),)
        self._media_type = media_type

    @property
    def content_type(self) -> str:
        """The value of its Content-Type header."""
        return self._media_type


class _PathSource:
    """A file by its path, opened anew each time it is sent."""

    can_rewind = True
    may_block_long = False

    def __init__(self, path: str, field: str) -> None:
        self._path = path
        try:
            status = os.stat(path)
        except OSError as error:
            raise _unreadable_error(field, error) from error
        # A pipe or a device has no length of its own.
        self.length = status.st_size if stat.S_ISREG(status.st_mode) else None

    def open(self) -> BinaryIO:
        return open(self._path, "rb")

    def close(self, file: BinaryIO) -> None:
        file.close()


class _FileSource:
    """A file that the caller opened, sent from its position."""

    may_block_long = True

    def __init__(self, file: BinaryIO, field: str) -> None:
        self._file = file
        self.length: int | None = None
        try:
            self.can_rewind = file.seekable()
            if self.can_rewind:
                self._start = file.tell()
                self.length = file.seek(0, io.SEEK_END) - self._start
                file.seek(self._start)
        except (OSError, ValueError) as error:  # ValueError: it was closed
            raise _unreadable_error(field, error) from error
        except AttributeError:
            self.can_rewind = False

    def open(self) -> BinaryIO:
        if self.can_rewind:
            self._file.seek(self._start)
        return self._file

    def close(self, file: BinaryIO) -> None:
        """Leave the file open: it is the caller's."""


def _unreadable_error(field: str, error: Exception) -> RequestError:
    return RequestError(f"the file of {field!r} can't be read: {error}; nothing was sent")


def _encode_segments(
    boundary: str, fields: JsonObject, files: Iterable[tuple[str, FileLike]]
) -> Iterator[bytes | UploadSource]:
    begin = f"--{boundary}\r\n".encode()
    for name, value in fields.items():
        for text, content_type in _encode_values(value):
            yield begin + _encode_part_head(name, None, content_type) + text + b"\r\n"
    for name, file in files:
        part = file if isinstance(file, FilePart) else FilePart(content=file)
        filename = _get_filename(part) or "upload"
        content_type = part.content_type or mimetypes.guess_type(filename)[0] or _UNKNOWN_TYPE
        yield begin + _encode_part_head(name, filename, content_type)
        yield _open_part(part, name)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _encode_values(value: JsonValue) -> Iterator[tuple[bytes, str | None]]:
    is_list = isinstance(value, list | tuple)
    for element in cast("Sequence[JsonValue]", value if is_list else (value,)):
        if isinstance(element, str):
            yield element.encode(), None
        elif element is not None:
            is_composite = isinstance(element, Mapping | list | tuple)
            yield encode_json(cast("object", element)), "application/json" if is_composite else None


def _encode_part_head(name: str, filename: str | None, content_type: str | None) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{name.translate(_ESCAPED)}"']
    if filename is not None:
        lines[0] += f'; filename="{filename.translate(_ESCAPED)}"'
    if content_type is not None:
        lines.append(f"Content-Type: {content_type.translate(_ESCAPED)}")
    return "\r\n".join([*lines, "", ""]).encode()


def _get_filename(part: FilePart) -> str | None:
    if part.filename is not None:
        return part.filename
    content = part.content
    if isinstance(content, os.PathLike):
        return os.path.basename(os.fspath(content))
    path = getattr(content, "name", None)
    # An opened descriptor has a number for a name.
    return os.path.basename(path) if isinstance(path, str) else None


def _open_part(part: FilePart, field: str) -> bytes | UploadSource:
    content = _open_content(part.content, field)
    return content if part.on_read is None else _WatchedSource(content, part.on_read)


class _WatchedSource:
    """Content whose reading is told."""

    def __init__(self, content: bytes | UploadSource, on_read: Callable[[int], object]) -> None:
        self._content = content
        self._on_read = on_read
        self.length: int | None
        if isinstance(content, bytes):
            self.length, self.can_rewind, self.may_block_long = len(content), True, False
        else:
            self.length, self.can_rewind = content.length, content.can_rewind
            self.may_block_long = content.may_block_long

    def open(self) -> BinaryIO:
        file = (
            io.BytesIO(self._content) if isinstance(self._content, bytes) else self._content.open()
        )
        return cast("BinaryIO", _WatchedFile(file, self._on_read))

    def close(self, file: BinaryIO) -> None:
        inner = cast("_WatchedFile", file).file
        if isinstance(self._content, bytes):
            inner.close()
        else:
            self._content.close(inner)


class _WatchedFile:
    """An open file that tells how much was read of it."""

    def __init__(self, file: BinaryIO, on_read: Callable[[int], object]) -> None:
        self.file = file
        self._on_read = on_read
        self._total = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self.file.read(size)
        if data:
            self._total += len(data)
            self._on_read(self._total)
        return data


def _open_content(content: FileSource, field: str) -> bytes | UploadSource:
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    if isinstance(content, os.PathLike):
        return _PathSource(os.fspath(content), field)
    if hasattr(content, "read") and not isinstance(content, io.TextIOBase):
        return _FileSource(content, field)
    raise RequestError(
        f"the file of {field!r} is a {type(content).__name__}; give bytes, a pathlib.Path, or a "
        "file opened in binary mode"
    )
