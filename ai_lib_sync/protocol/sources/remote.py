# Generated from ai_lib/protocol/sources/remote.py by codegen; do not edit.
"""Fetches manifests from an address, checks them against their pin and keeps them on disk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
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

from ..._runtime.backend import run_in_thread

_SECONDS = 10.0


class FetchResponse(msgspec.Struct, frozen=True):
    """The response to a request for a manifest."""

    status: int
    body: bytes


class Fetch(Protocol):
    """Fetches at most `limit` bytes from a URL within `seconds`; it follows no redirect."""

    def __call__(self, url: str, *, limit: int, seconds: float) -> FetchResponse: ...


class RemoteFolder:
    """A folder of manifests, or a single one, at a pinned address."""

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

    def find(self, provider: str) -> ManifestDocument | None:
        """Return the document of the provider of that id or alias, or None.

        Raises:
            ProtocolError: the text differs from its pin, is no document, or has no pin.
            TransportError: the address can't be reached.
        """
        address = self._address
        if address.is_file:
            manifest_document = self._load_document(
                address.url, address.sha256 or self._pins.get(provider)
            )
            return (
                manifest_document
                if manifest_document and provider in read_names(manifest_document.document)
                else None
            )
        for version in order_versions(self._prefer):
            for name in self._list_names(provider, version):
                for path in list_file_paths(name, version):
                    manifest_document = self._load_document(
                        address.join(path), self._pins.get(provider)
                    )
                    if manifest_document is not None:
                        return check_document_id(manifest_document, name)
        return None

    def _list_names(self, provider: str, version: Version) -> list[str]:
        """Return the names to search: the given one, then the one in the identity map."""
        if not self._address.is_pinned:
            return [provider]
        identity_map = self._load_document(self._address.join(IDENTITY_PATH), None)
        canonical = (
            find_canonical_id(identity_map.document, provider, version) if identity_map else None
        )
        is_another_name = canonical and ID_PATTERN.fullmatch(canonical) and canonical != provider
        return [provider, str(canonical)] if is_another_name else [provider]

    def _load_document(self, url: str, pin: str | None) -> ManifestDocument | None:
        if pin is None and not self._address.is_pinned:
            raise ProtocolError(
                f"{url}: nothing pins it; name a commit or release tag in the address, or its "
                "digest in pins",
                source=url,
            )
        text = self._cache.get(url)
        if text is None or (pin is not None and not _matches_pin(text, url, pin)):
            text = self._fetch_text(url)
            if text is None:
                return None
            check_digest(text, url, pin)
            document: JsonValue = run_in_thread(partial(read_text, text, url))
            self._cache.put(url, text)
        else:
            document = run_in_thread(partial(read_text, text, url))
        return ManifestDocument(document=document, source=url, origin="remote", text=text)

    def _fetch_text(self, url: str) -> str | None:
        """Fetch and return a text, or None when there is nothing at that address."""
        if self._fetch is None:
            raise ProtocolError(
                f"{url}: this loader has nothing to fetch it with: load through a client, or pass "
                "fetch=fetch_manifest of the client room",
                source=url,
            )
        response = self._fetch(url, limit=MAX_BYTES, seconds=_SECONDS)
        if response.status in (404, 410):
            return None
        if response.status != 200:
            raise ProtocolError(f"{url}: answered {response.status}, not a manifest", source=url)
        try:
            return response.body.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError(f"{url}: is not UTF-8 text: {error}", source=url) from error


def _matches_pin(text: str, url: str, pin: str) -> bool:
    try:
        check_digest(text, url, pin)
    except ProtocolError:
        return False
    return True
