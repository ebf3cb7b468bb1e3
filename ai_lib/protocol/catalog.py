"""The manifests that can be had without waiting: registered, in folders, bundled; read once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from ai_lib._log import LOG
from ai_lib.errors.exceptions import ManifestNotFound, ProtocolError
from ai_lib.protocol.build import build_manifest
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.reader import ID_PATTERN
from ai_lib.protocol.registry import (
    ModelRegistry,
    build_bundle_layer,
    build_document_layer,
    build_folder_layer,
)
from ai_lib.protocol.sources.document import copy_as_json
from ai_lib.protocol.sources.file_stamp import SETTLE_SECONDS, FileStamp, hash_text
from ai_lib.protocol.sources.folder import ManifestDocument, ManifestFolder, Version
from ai_lib.protocol.sources.remote_address import is_address
from ai_lib.types.json import JsonObject

_USUAL_FOLDERS: Final = ("ai-protocol", "../ai-protocol", "../../ai-protocol")

ManifestLike = ProtocolManifest | JsonObject | str | Path


class LoadedManifest(msgspec.Struct, kw_only=True):
    """One manifest in force, and what it was read from."""

    compiled: CompiledManifest
    family: str | None = None
    path: Path | None = None
    schemas: Path | None = None
    stamp: FileStamp = FileStamp()
    digest: str = ""
    tried_at: float | None = None
    is_reloading: bool = False


class ManifestCatalog:
    """Finds, reads and keeps manifests; what waits (remote addresses) is `ProtocolLoader`'s.

    With `now`, files are looked at on every use: a changed one replaces what is in force, one that
    can't be used is reported in `last_error` and to the logger `ai_lib`, and the last good stays.
    """

    def __init__(
        self,
        base_path: str | Path | None = None,
        *,
        prefer: Version = "v1",
        strict: bool = False,
        cache_enabled: bool = True,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._base_path = base_path
        self._prefer: Version = prefer
        self._strict = strict
        self._cache_enabled = cache_enabled
        self._now = now
        self._registered: dict[str, ManifestDocument] = {}
        self._entries: dict[tuple[str, str | None], LoadedManifest] = {}
        self._lock = Lock()
        self.last_error: ProtocolError | None = None

    def load(self, provider: str, family: str | None = None) -> CompiledManifest:
        """Return the compiled manifest of a provider, by id or alias.

        `family` is one of the API families the manifest lists; else its default counts.

        Raises:
            ManifestNotFound: there is none; near matches are in the message.
            ProtocolError: it can't be read or used; the message names file and place.
        """
        found = self.find_loaded(check_provider_id(provider), family)
        for tree in self.list_folders():
            found = found or self.load_from_folder(tree, provider, family)
        found = found or self.load_bundled(provider, family)
        if found is None:
            raise self.build_not_found_error(provider)
        return found

    def load_model(self, model: str, family: str | None = None) -> tuple[CompiledManifest, str]:
        """Return the manifest and the wire name for `provider/model`, or for a listed name.

        Raises as `load`.
        """
        provider, name = self.split_model_name(model)
        return self.load(provider, family), name

    def split_model_name(self, model: str) -> tuple[str, str]:
        """Return the provider and the wire name of a model.

        The provider is what stands before the first slash; the rest, slashes included, is sent as
        the model's name. A name without a slash is looked up among the listed models.

        Raises:
            ManifestNotFound: no model or several have that name; near matches are listed.
        """
        provider, slash, name = model.partition("/")
        if slash and name:
            return provider, name
        record = self.build_registry().find(model)
        return record.provider, record.model_id

    @property
    def is_watching(self) -> bool:
        """Whether files are looked at on every use."""
        return self._now is not None

    def register(self, manifest: ManifestLike) -> CompiledManifest:
        """Put a manifest in force for its id and aliases, before any that is found.

        Raises ProtocolError when it can't be used; nothing changes then.
        """
        if isinstance(manifest, ProtocolManifest):
            found = ManifestDocument(
                document=manifest.raw, source=manifest.source, origin=manifest.origin
            )
        elif isinstance(manifest, str | Path):
            found = ManifestFolder(Path(manifest), "given").read()
        else:
            found = ManifestDocument(
                document=copy_as_json(manifest, "manifest"), source="manifest", origin="given"
            )
        compiled = build_manifest(found, strict=self._strict)
        names = (compiled.id, *compiled.manifest.aliases)
        with self._lock:
            self._registered.update(dict.fromkeys(names, found))
            for key in [key for key in self._entries if key[0] in names]:
                del self._entries[key]
        for name in names:
            self.load_document(name, found, None, compiled)
        return compiled

    def forget(self, provider: str | None = None) -> None:
        """Forget what was read of one provider, or of all; what was registered stays."""
        with self._lock:
            gone = [
                key
                for key, entry in self._entries.items()
                if provider in (None, key[0], entry.compiled.id, *entry.compiled.manifest.aliases)
            ]
            for key in gone:
                del self._entries[key]

    def find_loaded(self, provider: str, family: str | None = None) -> CompiledManifest | None:
        """Return what is in force for that name, after a look at its file where that is wanted."""
        with self._lock:
            entry = self._entries.get((provider, family))
            registered = self._registered.get(provider)
        if entry is None:
            return self.load_document(provider, registered, family) if registered else None
        if self._now is not None and entry.path is not None:
            self._reload_if_changed(entry, provider, self._now())
        return entry.compiled

    def load_document(
        self,
        provider: str,
        found: ManifestDocument,
        family: str | None = None,
        compiled: CompiledManifest | None = None,
    ) -> CompiledManifest:
        """Compile and keep what was found; what was kept under that name meanwhile stays."""
        compiled = compiled or build_manifest(found, strict=self._strict, api_family=family)
        if not self._cache_enabled:
            return compiled
        watched = found.path if provider not in self._registered else None
        entry = LoadedManifest(
            compiled=compiled,
            family=family,
            path=watched,
            schemas=found.schemas,
            stamp=found.stamp,
            digest=hash_text(found.text or ""),
        )
        with self._lock:
            entry = self._entries.setdefault((provider, family), entry)
            self._entries.setdefault((entry.compiled.id, family), entry)
        return entry.compiled

    def load_from_folder(
        self, tree: ManifestFolder, provider: str, family: str | None = None
    ) -> CompiledManifest | None:
        """Return the manifest from a folder, or None when it has none."""
        found = tree.find(provider)
        return self.load_document(provider, found, family) if found else None

    def load_bundled(self, provider: str, family: str | None = None) -> CompiledManifest | None:
        """Return the bundled manifest of that id or alias."""
        document = find_bundled_manifest(provider)
        if document is None:
            return None
        source = f"bundled manifest {document['id']}"
        found = ManifestDocument(document=document, source=source, origin="bundled")
        return self.load_document(provider, found, family)

    def list_locations(self) -> Iterator[ManifestFolder | str]:
        """Give the folders to look into and the addresses to ask, in order.

        Raises ProtocolError when a folder that was named is not there.
        """
        for place in (self._base_path, read_environment_location()):
            if is_address(place):
                yield str(place)
            elif place:
                root = Path(place)
                if not root.exists():
                    raise ProtocolError(f"there is no protocol folder {place!s}", source=str(place))
                yield ManifestFolder(root, "given", self._prefer)
        usual = next((path for path in map(Path, _USUAL_FOLDERS) if path.is_dir()), None)
        if usual is not None:
            yield ManifestFolder(usual, "found", self._prefer)

    def list_folders(self) -> Iterator[ManifestFolder]:
        """Give the folders among the places."""
        yield from (place for place in self.list_locations() if isinstance(place, ManifestFolder))

    def list_providers(self) -> tuple[str, ...]:
        """Return the ids of all providers that can be had, sorted."""
        found = {path.stem for tree in self.list_folders() for path in tree.list_manifests()}
        with self._lock:
            found |= {str(one.document["id"]) for one in self._registered.values()}
        return tuple(sorted(found | set(list_bundled_names("manifests"))))

    def build_registry(self) -> ModelRegistry:
        """Return the models that what was registered, folders and bundle list, in that order."""
        with self._lock:
            own = list({id(one): one for one in self._registered.values()}.values())
        registered = build_document_layer(lambda: ((one.document, one.source) for one in own))
        return ModelRegistry(
            [registered, *map(build_folder_layer, self.list_folders()), build_bundle_layer()]
        )

    def build_not_found_error(self, provider: str) -> ManifestNotFound:
        """Return the error for a provider that is nowhere."""
        known = self.list_providers()
        from difflib import get_close_matches

        near = get_close_matches(provider, known, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(known)}"
        roots = [str(tree.root) for tree in self.list_folders()]
        where = f" in {', '.join(roots)} or" if roots else ""
        message = f"no manifest for {provider!r}{where} among the bundled{hint}"
        return ManifestNotFound(message, near=near)

    def _reload_if_changed(self, entry: LoadedManifest, provider: str, now: float) -> None:
        """Read the entry's file again if it has changed."""
        path = entry.path
        if path is None or (stamp := FileStamp.read(path)) == entry.stamp:
            return
        with self._lock:
            waits = entry.tried_at is not None and now - entry.tried_at < SETTLE_SECONDS
            if entry.is_reloading or waits:
                return
            entry.is_reloading = True
        try:
            self._reload(entry, path)
        except ProtocolError as error:
            self._report_failure(error, provider)
        finally:
            entry.stamp, entry.tried_at, entry.is_reloading = stamp, now, False

    def _reload(self, entry: LoadedManifest, path: Path) -> None:
        found = ManifestFolder(path, entry.compiled.manifest.origin).read(entry.schemas)
        text = found.text or ""
        if hash_text(text) == entry.digest:
            return
        compiled = build_manifest(found, strict=self._strict, api_family=entry.family)
        if compiled.id != entry.compiled.id:
            raise ProtocolError(
                f"{path}: its id changed from {entry.compiled.id!r} to {compiled.id!r}",
                source=str(path),
            )
        entry.compiled, entry.digest = compiled, hash_text(text)
        self.last_error = None

    def _report_failure(self, error: ProtocolError, provider: str) -> None:
        self.last_error = error
        LOG.warning("the manifest of %s stays as it was: %s", provider, error.message)


def check_provider_id(provider: str) -> str:
    """Return the name if it could be a provider's; it becomes part of a path."""
    if not ID_PATTERN.fullmatch(provider):
        raise ManifestNotFound(f"{provider[:80]!r} can't be a provider id: {ID_PATTERN.pattern}")
    return provider


def read_environment_location() -> str:
    """Return what `AI_PROTOCOL_DIR`, else `AI_PROTOCOL_PATH`, names."""
    return os.environ.get("AI_PROTOCOL_DIR") or os.environ.get("AI_PROTOCOL_PATH") or ""
