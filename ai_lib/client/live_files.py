"""The files that are stored at a provider, by the client's key and under its protection."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator, Callable

import msgspec

from ai_lib.errors.exceptions import DecodeError
from ai_lib.pipeline.operations.result import OperationResult, find_number, find_text
from ai_lib.request.operations.media import MediaLike, to_media_file
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.content import DocumentBlock, ImageBlock
from ai_lib.types.json import JsonDict, JsonValue

from .execution.provider_runner import ProviderRunner


class StoredFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file at a provider; what the provider does not say is None or empty.

    `state` and `purpose` are the provider's words, `url` is the address under which a message may
    name the file, where that is not by its id; `raw` is what it said, as decoded.
    """

    id: str
    filename: str = ""
    bytes: int | None = None
    state: str | None = None
    purpose: str | None = None
    media_type: str | None = None
    url: str | None = None
    raw: JsonValue = None

    def to_block(self) -> ImageBlock | DocumentBlock:
        """Return the file as a content block of a message to the same provider.

        What its name or type says is an image is an image, anything else a document.
        """
        kind = self.media_type or mimetypes.guess_type(self.filename)[0]
        file_id = self.id if self.url is None else None
        if kind is not None and kind.startswith("image/"):
            return ImageBlock(url=self.url, file_id=file_id, media_type=kind)
        return DocumentBlock(
            url=self.url, file_id=file_id, media_type=kind, filename=self.filename or None
        )


class FileService:
    """Stores files at a provider, lists them, and gets them back."""

    def __init__(self, operations: ProviderRunner) -> None:
        self._operations = operations

    async def upload(
        self,
        file: MediaLike,
        purpose: str | None = None,
        *,
        progress: Callable[[int], object] | None = None,
        timeout: float | None = None,
    ) -> StoredFile:
        """Store a file, and return what the provider says of it.

        A file is a path, bytes, a file opened in binary mode, or a `FilePart` with a name of its
        own; it is read while it is sent. `purpose` is the provider's word for what it is for,
        where there is one. `progress` is called with the bytes that were read so far, in the thread
        that reads them. `timeout` is in seconds.

        Raises:
            MediaError: the file can't be read.
            InvalidInput: it is empty or too large. Nothing was sent.
            CapabilityError: the provider stores no files. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            DecodeError: the response has no id of a file.
        """
        media_file = to_media_file(file)
        if progress is not None:
            media_file = msgspec.structs.replace(media_file, on_read=progress)
        request = OperationRequest(
            name="files.upload", values={"purpose": purpose}, files={"file": [media_file]}
        )
        result = await self._run(request, timeout)
        return self._make_file(result.facts, result.document)

    async def get(self, id: str, *, timeout: float | None = None) -> StoredFile:
        """Return what the provider says of a file. Raises as `upload`."""
        result = await self._run(OperationRequest(name="files.get", values={"id": id}), timeout)
        return self._make_file({"id": id, **result.facts}, result.document)

    async def delete(self, id: str, *, timeout: float | None = None) -> bool:
        """Delete a file; return whether the provider says that it is gone. Raises as `upload`."""
        result = await self._run(OperationRequest(name="files.delete", values={"id": id}), timeout)
        return result.facts.get("deleted") is not False

    async def content(self, id: str, *, timeout: float | None = None) -> bytes:
        """Return the bytes of a file, at most the transport's bound. Raises as `upload`."""
        result = await self._run(OperationRequest(name="files.content", values={"id": id}), timeout)
        return result.data

    async def list(
        self,
        purpose: str | None = None,
        *,
        page_size: int | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[StoredFile]:
        """Yield the stored files, page by page. `timeout` is in seconds, for each page.

        Raises as `upload`.
        """
        request = OperationRequest(
            name="files.list", values={"purpose": purpose, "limit": page_size}
        )
        async for page in self._operations.iterate_pages(request, timeout):
            for item in page.items:
                yield self._make_file(item, item)

    async def _run(self, request: OperationRequest, timeout: float | None) -> OperationResult:
        return await self._operations.run(request, timeout)

    def _make_file(self, facts: JsonDict, raw: JsonValue) -> StoredFile:
        file_id = find_text(facts, "id")
        if file_id is None:
            provider = self._operations.provider_id
            raise DecodeError(
                f"{provider} gave no id of a file", excerpt=str(raw)[:200], provider=provider
            )
        size = find_number(facts, "bytes")
        return StoredFile(
            id=file_id,
            filename=find_text(facts, "filename") or "",
            bytes=None if size is None else int(size),
            state=find_text(facts, "state"),
            purpose=find_text(facts, "purpose"),
            media_type=find_text(facts, "media_type"),
            url=find_text(facts, "url"),
            raw=raw,
        )
