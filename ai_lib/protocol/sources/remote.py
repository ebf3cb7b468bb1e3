"""Manifests behind an address: fetched once, checked against their pin, kept on disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.manifest.reader import ID_PATTERN
from ai_lib.protocol.sources.document import MAX_BYTES, read_text
from ai_lib.protocol.sources.folder import (
    IDENTITY_PATH,
    ManifestDocument,
    Version,
    check_document_id,
    find_canonical_id,
    list_file_paths,
    order_versions,
    read_names,
)
from ai_lib.protocol.sources.remote_address import RemoteAddress, RemoteCache, check_digest
from ai_lib.types.json import JsonValue

_SECONDS = 10.0


class FetchResponse(msgspec.Struct, frozen=True):
    """The answer to a request for a manifest."""

    status: int
    body: bytes


class Fetch(Protocol):
    """Gets an address: at most `limit` bytes within `seconds`. It follows no redirect."""

    async def __call__(self, url: str, *, limit: int, seconds: float) -> FetchResponse: ...


class RemoteFolder:
    """A tree of manifests, or one file, at an address that is pinned."""

    def __init__(
        self,
        address: RemoteAddress,
        fetch: Fetch | None,
        disk: RemoteCache,
        *,
        prefer: Version = "v1",
        pins: Mapping[str, str],
    ) -> None:
        self._address = address
        self._fetch = fetch
        self._cache = disk
        self._prefer: Version = prefer
        self._pins = pins

    async def find(self, provider: str) -> ManifestDocument | None:
        """Return the document of the provider of that id or alias, or None.

        Raises:
            ProtocolError: it is not what is pinned, not a document, or nothing pins it.
            TransportError: the address can't be reached.
        """
        address = self._address
        if address.is_file:
            found = await self._load_document(
                address.url, address.sha256 or self._pins.get(provider)
            )
            return found if found and provider in read_names(found.document) else None
        for version in order_versions(self._prefer):
            for name in await self._list_names(provider, version):
                for place in list_file_paths(name, version):
                    found = await self._load_document(address.join(place), self._pins.get(provider))
                    if found is not None:
                        return check_document_id(found, name)
        return None

    async def _list_names(self, provider: str, version: Version) -> list[str]:
        """Return the names to look for: the provider's own, then the one the tree's map gives."""
        if not self._address.is_pinned:
            return [provider]
        found = await self._load_document(self._address.join(IDENTITY_PATH), None)
        canonical = find_canonical_id(found.document, provider, version) if found else None
        known = canonical and ID_PATTERN.fullmatch(canonical) and canonical != provider
        return [provider, str(canonical)] if known else [provider]

    async def _load_document(self, url: str, pin: str | None) -> ManifestDocument | None:
        if pin is None and not self._address.is_pinned:
            raise ProtocolError(
                f"{url}: nothing pins it; name a commit or release tag in the address, or its "
                "digest in pins",
                source=url,
            )
        text = self._cache.get(url)
        if text is None or (pin is not None and not _matches_pin(text, url, pin)):
            text = await self._fetch_text(url)
            if text is None:
                return None
            check_digest(text, url, pin)
            document: JsonValue = read_text(text, url)
            self._cache.put(url, text)
        else:
            document = read_text(text, url)
        return ManifestDocument(document=document, source=url, origin="remote", text=text)

    async def _fetch_text(self, url: str) -> str | None:
        """Fetch a text; None when there is nothing at that address."""
        if self._fetch is None:
            raise ProtocolError(
                f"{url}: this loader has nothing to fetch it with: load through a client, or pass "
                "fetch=fetch_manifest of the client room",
                source=url,
            )
        reply = await self._fetch(url, limit=MAX_BYTES, seconds=_SECONDS)
        if reply.status in (404, 410):
            return None
        if reply.status != 200:
            raise ProtocolError(f"{url}: answered {reply.status}, not a manifest", source=url)
        try:
            return reply.body.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError(f"{url}: is not UTF-8 text: {error}", source=url) from error


def _matches_pin(text: str, url: str, pin: str) -> bool:
    try:
        check_digest(text, url, pin)
    except ProtocolError:
        return False
    return True
