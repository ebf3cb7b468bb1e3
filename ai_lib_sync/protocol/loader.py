# Generated from ai_lib/protocol/loader.py by codegen; do not edit.
"""Finds the manifest of a provider, wherever it is, and compiles it, once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.catalog import ManifestCatalog, ManifestLike, check_provider_id
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.protocol.sources.folder import ManifestFolder, Version
from ai_lib.protocol.sources.remote_address import (
    GITHUB_REF,
    RemoteAddress,
    RemoteCache,
    build_github_address,
    parse_address,
)

from .._runtime.backend import now
from .sources.remote import Fetch, RemoteFolder


class ProtocolLoader:
    """Loads manifests. Looked at, in order: what was registered; `base_path`; what the environment
    names (`AI_PROTOCOL_DIR`, else `AI_PROTOCOL_PATH`); `ai-protocol/` in this folder or up to two
    above; what ships with the library; and, with `fallback_to_github`, the protocol's repository at
    `github_ref`.

    `base_path` is a folder, one file, or an https address; the environment may name the same.
    Manifests from an address decide where an API key is sent, so an address must be pinned: by a
    commit or release tag in it, by `#sha256=...` behind a file's, or by `pins`, digests by
    provider. They are fetched with `fetch` (clients pass their own), at most 1 MiB within 10 s,
    and kept in `cache_dir` (else the system's place for caches). `allow_loopback` allows plain
    http on this machine, for tests.

    In a tree, `prefer` says which version of the protocol comes first; `v2-alpha` is only looked
    for when it is named here. `strict` refuses unknown fields as well. What was loaded is kept
    unless `cache_enabled` is false. With `hot_reload` a changed file takes its manifest's place;
    one that can't be used is reported in `last_error`, and the last good one stays in force.
    """

    def __init__(
        self,
        base_path: str | Path | None = None,
        fallback_to_github: bool = False,
        hot_reload: bool = False,
        cache_enabled: bool = True,
        *,
        prefer: Version = "v1",
        strict: bool = False,
        pins: Mapping[str, str] | None = None,
        github_ref: str = GITHUB_REF,
        cache_dir: str | Path | None = None,
        allow_loopback: bool = False,
        fetch: Fetch | None = None,
    ) -> None:
        self._prefer: Version = prefer
        self._strict = strict
        self._pins = dict(pins or {})
        self._github = build_github_address(github_ref) if fallback_to_github else None
        self._allow_loopback = allow_loopback
        self._fetch = fetch
        self._cache = RemoteCache(cache_dir)
        self.hot_reload = hot_reload
        self.catalog = ManifestCatalog(
            base_path,
            prefer=prefer,
            strict=strict,
            cache_enabled=cache_enabled,
            now=now if hot_reload else None,
        )

    def load_provider(self, provider: str, api_family: str | None = None) -> CompiledManifest:
        """Return the compiled manifest of a provider, by id or alias.

        `api_family` is one of those the manifest lists; without it, the manifest's default.

        Raises:
            ManifestNotFound: there is none; near matches are in the message.
            ProtocolError: it can't be read or used; the message names file and place.
            TransportError: an address can't be reached.
        """
        found = self.catalog.find_loaded(check_provider_id(provider), api_family)
        found = found or self._find(provider, api_family)
        if found is None:
            raise self.catalog.build_not_found_error(provider)
        return found

    def load_model(self, model: str, api_family: str | None = None) -> tuple[CompiledManifest, str]:
        """Return the manifest and the wire name for `provider/model`.

        The provider is what stands before the first slash; the rest, slashes included, is sent as
        the model's name. A name without a slash is looked up among the models that manifests and
        files of models list, by id and alias.

        Raises:
            ManifestNotFound: there is no such provider or model; near matches are in the message.
            ProtocolError: the manifest can't be read or used.
        """
        provider, name = self.catalog.split_model_name(model)
        return self.load_provider(provider, api_family), name

    def find_model(self, name: str) -> ModelRecord:
        """Return what is known of a model, by its name or alias, with or without its provider.

        Raises:
            ManifestNotFound: nothing is, or several providers have it; near matches are listed.
        """
        return self.catalog.build_registry().find(name)

    def register_provider(self, manifest: ManifestLike) -> CompiledManifest:
        """Put a manifest in force, before any that is found: an object, a document, or a file.

        A file is read now and not watched. Raises ProtocolError when it can't be used; nothing
        changes then.
        """
        return self.catalog.register(manifest)

    def invalidate(self, provider: str | None = None) -> None:
        """Forget what was loaded of one provider, or of all; what was registered stays."""
        self.catalog.forget(provider)

    @property
    def last_error(self) -> ProtocolError | None:
        """Why the last change of a file was not taken, or None."""
        return self.catalog.last_error

    def _find(self, provider: str, family: str | None) -> CompiledManifest | None:
        for place in self.catalog.list_locations():
            if isinstance(place, ManifestFolder):
                compiled = self.catalog.load_from_folder(place, provider, family)
            else:
                allowed = self._allow_loopback
                address = parse_address(place, pins=self._pins, allow_loopback=allowed)
                compiled = self._from_address(address, provider, family)
            if compiled is not None:
                return compiled
        bundled = self.catalog.load_bundled(provider, family)
        if bundled is None and self._github is not None:
            return self._from_address(self._github, provider, family)
        return bundled

    def _from_address(
        self, address: RemoteAddress, provider: str, family: str | None
    ) -> CompiledManifest | None:
        tree = RemoteFolder(address, self._fetch, self._cache, prefer=self._prefer, pins=self._pins)
        found = tree.find(provider)
        return self.catalog.load_document(provider, found, family) if found else None
