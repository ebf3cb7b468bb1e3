"""Finds the manifest of a provider in folders, at addresses or in the bundle; compiles it once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
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

from .._runtime.backend import now, run_in_thread
from .sources.remote import Fetch, RemoteFolder


class ProtocolLoader:
    """Loads manifests from several locations.

    The first location that has the provider counts: registered manifests; `base_path`; the value
    of `AI_PROTOCOL_DIR`, else of `AI_PROTOCOL_PATH`; what `ai-lib update` put in force; the folder
    `ai-protocol/` here or up to two levels above; the bundled manifests; and, with
    `fallback_to_github`, the protocol's repository at `github_ref`.

    `base_path` and the environment may name a folder, one file, or an https address. A manifest
    decides where an API key is sent, so an address must be pinned: by a commit or release tag in
    it, by `#sha256=...` at the end of a file's address, or by `pins`, which maps providers to
    digests. Manifests at an address are fetched with `fetch` (clients pass their own), at most
    1 MiB within 10 s, and kept in `cache_dir` or the system's cache folder. `allow_loopback`
    allows plain http to this machine, for tests.

    `prefer` is the version of the protocol that comes first in a folder; `v2-alpha` is used only
    when it is named here. `strict` refuses unknown fields. Manifests are kept after loading unless
    `cache_enabled` is false. With `hot_reload`, a changed file replaces its manifest; a file that
    can't be used is reported in `last_error`, and the last good manifest stays.
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

    async def load_provider(self, provider: str, api_family: str | None = None) -> CompiledManifest:
        """Return the compiled manifest of a provider, by id or alias.

        `api_family` is one of the API families that the manifest lists, or None for its default.

        Raises:
            ManifestNotFound: there is none; near matches are in the message.
            ProtocolError: it can't be read or used; the message names the file and the position.
            TransportError: an address can't be reached.
        """
        compiled = self.catalog.find_loaded(check_provider_id(provider), api_family)
        compiled = compiled or await self._find_and_load(provider, api_family)
        if compiled is None:
            raise self.catalog.build_not_found_error(provider)
        return compiled

    async def load_model(
        self, model: str, api_family: str | None = None
    ) -> tuple[CompiledManifest, str]:
        """Return the manifest and the wire name of `provider/model` or of a listed model.

        The provider is the part before the first slash; the rest, slashes included, is the wire
        name. A name without a slash is looked up among the models that manifests and model files
        list, by id and alias.

        Raises:
            ManifestNotFound: there is no such provider or model; near matches are in the message.
            ProtocolError: the manifest can't be read or used.
        """
        provider, name = self.catalog.split_model_name(model)
        return await self.load_provider(provider, api_family), name

    def find_model(self, name: str) -> ModelRecord:
        """Return a listed model by its name or alias, with or without its provider.

        Raises:
            ManifestNotFound: it is not listed, or several providers have it; near matches are
                listed.
        """
        return self.catalog.build_registry().find(name)

    def register_provider(self, manifest: ManifestLike) -> CompiledManifest:
        """Register a manifest, a document or a file; it comes before any manifest that is found.

        A file is read now and not watched. Raises ProtocolError when it can't be used; nothing
        changes then.
        """
        return self.catalog.register(manifest)

    def invalidate(self, provider: str | None = None) -> None:
        """Forget the loaded manifests of one provider, or of all; registered ones stay."""
        self.catalog.forget(provider)

    @property
    def last_error(self) -> ProtocolError | None:
        """The error of the last changed file that could not be used, or None."""
        return self.catalog.last_error

    async def _find_and_load(self, provider: str, family: str | None) -> CompiledManifest | None:
        for location in self.catalog.list_locations():
            if isinstance(location, ManifestFolder):
                # YAML takes its time, which other calls must not wait for.
                compiled = await run_in_thread(
                    partial(self.catalog.load_from_folder, location, provider, family)
                )
            else:
                allowed = self._allow_loopback
                address = parse_address(location, pins=self._pins, allow_loopback=allowed)
                compiled = await self._load_from_address(address, provider, family)
            if compiled is not None:
                return compiled
        bundled = self.catalog.load_bundled(provider, family)
        if bundled is None and self._github is not None:
            return await self._load_from_address(self._github, provider, family)
        return bundled

    async def _load_from_address(
        self, address: RemoteAddress, provider: str, family: str | None
    ) -> CompiledManifest | None:
        folder = RemoteFolder(
            address, self._fetch, self._cache, prefer=self._prefer, pins=self._pins
        )
        manifest_document = await folder.find(provider)
        return (
            self.catalog.admit_document(provider, manifest_document, family)
            if manifest_document
            else None
        )
