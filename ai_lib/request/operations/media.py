"""MediaFile: an image, a sound or a document of an operation, by its content or by its address."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from ai_lib.errors.exceptions import MediaError
from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock
from ai_lib.types.media_source import decode_base64, from_data_url, is_data_url
from ai_lib.types.media_type import detect_media_type, to_format_name
from ai_lib.types.upload import FilePart, FileSource

MediaLike: TypeAlias = (
    "MediaFile | ImageBlock | AudioBlock | DocumentBlock | FilePart | FileSource | str"
)
_SCHEMES: Final = ("http://", "https://", "gs://", "s3://")
_HEAD_BYTES: Final = 64


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file by `content` (bytes, a path, or an opened file), by `url`, or by a stored file's `id`.

    `filename` and `media_type` are found out where they are None. `on_read` is called with the
    bytes that were read so far, while it is sent as a file.
    """

    content: FileSource | None = None
    url: str | None = None
    id: str | None = None
    filename: str | None = None
    media_type: str | None = None
    on_read: Callable[[int], object] | None = None

    @property
    def is_addressed(self) -> bool:
        """Whether its content is elsewhere: only an address or an id is sent."""
        return self.content is None

    def read(self) -> bytes:
        """Return the content. Raises MediaError when it can't be read, or is elsewhere."""
        content = self.content
        if isinstance(content, bytes | bytearray):
            return bytes(content)
        if content is None:
            raise MediaError(f"the content of {self.url or self.id} is not here")
        try:
            if isinstance(content, os.PathLike):
                return Path(content).read_bytes()
            return content.read()
        except OSError as error:
            raise MediaError(f"the file {self.name!r} can't be read: {error}") from error

    @property
    def name(self) -> str:
        """The name of the file, with the ending of its type; `upload` when it has none."""
        if self.filename is not None:
            return self.filename
        path = self.content if isinstance(self.content, os.PathLike) else None
        path = path or getattr(self.content, "name", None)
        if isinstance(path, str | os.PathLike):
            return os.path.basename(os.fspath(path))
        kind = self.find_media_type()
        return f"upload.{to_format_name(kind)}" if kind else "upload"

    def find_media_type(self) -> str | None:
        """Return the media type: as given, as the content begins, or as its name ends."""
        if self.media_type is not None:
            return self.media_type
        head = self._read_head()
        kind = detect_media_type(head) if head else None
        if kind is not None or isinstance(self.content, bytes | bytearray):
            return kind
        import mimetypes

        name = self.filename or self.url or str(getattr(self.content, "name", self.content) or "")
        return mimetypes.guess_type(name)[0]

    def to_part(self) -> FilePart:
        """Return the file as a part of a form. Raises MediaError when its content is elsewhere."""
        if self.content is None:
            raise MediaError(f"{self.url or self.id} is no content that can be sent as a file")
        return FilePart(
            content=self.content,
            filename=self.name,
            content_type=self.find_media_type(),
            on_read=self.on_read,
        )

    def make_values(self) -> Mapping[str, object]:
        """Return what templates may hold of it: `url`, `id`, or `data` and `media_type`.

        `address` is the URL, or a data URL that holds the content.
        """
        values: dict[str, object] = {"filename": self.filename or None, "id": self.id}
        kind = self.find_media_type()
        if self.content is None:
            values |= {"url": self.url, "address": self.url, "media_type": kind}
        else:
            data = base64.b64encode(self.read()).decode()
            kind = kind or "application/octet-stream"
            data_url = f"data:{kind};base64,{data}"
            values |= {"data": data, "media_type": kind, "data_url": data_url, "address": data_url}
        return {name: value for name, value in values.items() if value is not None}

    def find_size(self) -> int | None:
        """Return the size in bytes, None where it can't be known before it is read."""
        content = self.content
        if isinstance(content, bytes | bytearray):
            return len(content)
        if isinstance(content, os.PathLike):
            try:
                return os.stat(content).st_size
            except OSError:
                return None
        return None

    def _read_head(self) -> bytes:
        content = self.content
        if isinstance(content, bytes | bytearray):
            return bytes(content[:_HEAD_BYTES])
        if isinstance(content, os.PathLike):
            try:
                with open(content, "rb") as file:
                    return file.read(_HEAD_BYTES)
            except OSError:
                return b""
        return b""


def to_media_file(source: MediaLike, subject: str = "the file") -> MediaFile:
    """Return a file of anything that stands for one: a block, bytes, a path, an address.

    A text is an address where it begins with a scheme, else a path.

    Raises:
        MediaError: it is nothing of that kind, or a block without content.
    """
    if isinstance(source, MediaFile):
        return source
    if isinstance(source, str):
        if is_data_url(source):
            media = from_data_url(source)
            return MediaFile(content=decode_base64(media.data), media_type=media.media_type)
        if source.startswith(_SCHEMES):
            return MediaFile(url=source)
        return MediaFile(content=Path(source))
    if isinstance(source, FilePart):
        return MediaFile(
            content=source.content,
            filename=source.filename,
            media_type=source.content_type,
            on_read=source.on_read,
        )
    if isinstance(source, ImageBlock | AudioBlock | DocumentBlock):
        return _read_block(source, subject)
    if isinstance(source, bytes | bytearray | os.PathLike) or hasattr(source, "read"):
        return MediaFile(content=source)
    raise MediaError(
        f"{subject} is a {type(source).__name__}; give bytes, a path, an address, a file opened in "
        "binary mode, or a content block"
    )


def to_media_files(sources: MediaLike | Sequence[MediaLike], subject: str) -> list[MediaFile]:
    """Return a list of files of one or several. Raises as `to_media_file`."""
    if isinstance(sources, list | tuple):
        return [to_media_file(source, subject) for source in sources]
    return [to_media_file(sources, subject)]  # type: ignore[arg-type]


def _read_block(block: ImageBlock | AudioBlock | DocumentBlock, subject: str) -> MediaFile:
    filename = block.filename if isinstance(block, DocumentBlock) else None
    if block.data is not None:
        content = decode_base64(block.data, subject)
        return MediaFile(content=content, filename=filename, media_type=block.media_type)
    if block.url is not None:
        return MediaFile(url=block.url, filename=filename, media_type=block.media_type)
    raise MediaError(f"{subject} is a block without content and without an address")
