"""Finds and keeps the manifests that need no waiting: registered, in folders, or bundled."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from ai_lib._log import LOG
from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import ManifestNotFound, ProtocolError
from ai_lib.protocol.build import build_bundled_manifest, build_manifest
from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import TRUSTED_ORIGINS, ProtocolManifest
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.protocol.manifest.reader import ID_PATTERN
from ai_lib.protocol.model import Model
from ai_lib.protocol.registry import (
    Layer,
    ModelRegistry,
    build_bundle_layer,
    build_document_layer,
    build_folder_layer,
)
from ai_lib.protocol.sources.document import copy_as_json
from ai_lib.protocol.sources.file_stamp import SETTLE_SECONDS, FileStamp, hash_text
from ai_lib.protocol.sources.folder import ManifestDocument, ManifestFolder, Version
from ai_lib.protocol.sources.remote_address import find_cache_folder, is_address
from ai_lib.types.json import JsonObject

_NEARBY_FOLDERS: Final = ("ai-protocol", "../ai-protocol", "../../ai-protocol")

ManifestLike = ProtocolManifest | JsonObject | str | Path


class LoadedManifest(msgspec.Struct, kw_only=True):
    """A compiled manifest and the file that it was read from."""

    compiled: CompiledManifest
    family: str | None = None
    path: Path | None = None
    schemas: Path | None = None
    stamp: FileStamp = FileStamp()
    digest: str = ""
    tried_at: float | None = None
    is_reloading: bool = False


class ManifestCatalog(ForkedState):
    """Finds, reads and keeps manifests. `ProtocolLoader` adds those at remote addresses.

    With `now`, every use checks the manifest's file. A changed file replaces the manifest. A file
    that can't be used is reported in `last_error` and to the logger `ai_lib`, and the last good
    manifest stays.

    `refusals` says, by source, why a manifest that nobody named is not used in place of a bundled
    one.
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
        renew_after_fork(self)
        self.last_error: ProtocolError | None = None
        self.refusals: dict[str, str] = {}

    def load(self, provider: str, family: str | None = None) -> CompiledManifest:
        """Return the compiled manifest of a provider, by id or alias.

        `family` is one of the API families that the manifest lists, or None for its default.

        Raises:
            ManifestNotFound: there is none; near matches are in the message.
            ProtocolError: it can't be read or used; the message names the file and the position.
        """
        compiled = self.find_loaded(check_provider_id(provider), family)
        for folder in self.list_folders():
            compiled = compiled or self.load_from_folder(folder, provider, family)
        compiled = compiled or self.load_bundled(provider, family)
        if compiled is None:
            raise self.build_not_found_error(provider)
        return compiled

    def load_model(self, model: str, family: str | None = None) -> tuple[CompiledManifest, str]:
        """Return the manifest and the wire name of `provider/model` or of a listed model.

        Raises as `load`.
        """
        provider, name = self.split_model_name(model)
        return self.load(provider, family), name

    def split_model_name(self, model: str) -> tuple[str, str]:
        """Return the provider and the wire name of a model.

        The provider is the part before the first slash; the rest, slashes included, is the wire
        name. A name without a slash is looked up among the listed models.

        Raises:
            ManifestNotFound: no model or several have that name; near matches are listed.
        """
        provider, slash, name = model.partition("/")
        if slash and name:
            return provider, name
        record = self.build_registry().find(model)
        return record.provider, record.model_id

    def find_model(self, compiled: CompiledManifest, name: str) -> Model:
        """Return a model by any of its names: its requests as its manifest has them, its prices,
        sizes and life as the first that lists it does.
        """
        model = compiled.find_model(name)
        variables = compiled.manifest.variable_values
        record = self.build_registry().get(compiled.id, name, variables) or model.record
        if record is None or (record.prices.input is None and record.prices.output is None):
            record = _ask_package(compiled, name, record)
        return model if record is None else msgspec.structs.replace(model, record=record)

    @property
    def is_watching(self) -> bool:
        """Whether every use checks the manifest's file."""
        return self._now is not None

    def register(self, manifest: ManifestLike) -> CompiledManifest:
        """Register a manifest for its id and aliases; it comes before any that is found.

        Raises ProtocolError when it can't be used; nothing changes then.
        """
        if isinstance(manifest, ProtocolManifest):
            manifest_document = ManifestDocument(
                document=manifest.raw, source=manifest.source, origin=manifest.origin
            )
        elif isinstance(manifest, str | Path):
            manifest_document = ManifestFolder(Path(manifest), "given").read()
        else:
            manifest_document = ManifestDocument(
                document=copy_as_json(manifest, "manifest"), source="manifest", origin="given"
            )
        compiled = build_manifest(manifest_document, strict=self._strict)
        names = (compiled.id, *compiled.manifest.aliases)
        with self._lock:
            self._registered.update(dict.fromkeys(names, manifest_document))
            for key in [key for key in self._entries if key[0] in names]:
                del self._entries[key]
        for name in names:
            self.load_document(name, manifest_document, None, compiled)
        return compiled

    def forget(self, provider: str | None = None) -> None:
        """Forget the loaded manifests of one provider, or of all; registered ones stay."""
        with self._lock:
            forgotten_keys = [
                key
                for key, entry in self._entries.items()
                if provider in (None, key[0], entry.compiled.id, *entry.compiled.manifest.aliases)
            ]
            for key in forgotten_keys:
                del self._entries[key]

    def find_loaded(self, provider: str, family: str | None = None) -> CompiledManifest | None:
        """Return the registered or loaded manifest of that name, reloaded if its file changed."""
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
        manifest_document: ManifestDocument,
        family: str | None = None,
        compiled: CompiledManifest | None = None,
    ) -> CompiledManifest:
        """Compile and keep a manifest. Raises as `build_manifest`."""
        compiled = compiled or build_manifest(
            manifest_document, strict=self._strict, api_family=family
        )
        watched_path = manifest_document.path if provider not in self._registered else None
        entry = LoadedManifest(
            compiled=compiled,
            family=family,
            path=watched_path,
            schemas=manifest_document.schemas,
            stamp=manifest_document.stamp,
            digest=hash_text(manifest_document.text or ""),
        )
        return self._keep(provider, entry)

    def _keep(self, provider: str, entry: LoadedManifest) -> CompiledManifest:
        """Keep an entry under its name and id; one that another thread has kept stays."""
        if not self._cache_enabled:
            return entry.compiled
        key = provider, entry.family
        with self._lock:
            entry = self._entries.setdefault(key, entry)
            self._entries.setdefault((entry.compiled.id, entry.family), entry)
        return entry.compiled

    def load_from_folder(
        self, folder: ManifestFolder, provider: str, family: str | None = None
    ) -> CompiledManifest | None:
        """Return a provider's manifest from a folder, or None when the folder has none."""
        manifest_document = folder.find(provider)
        return (
            self.admit_document(provider, manifest_document, family) if manifest_document else None
        )

    def admit_document(
        self, provider: str, manifest_document: ManifestDocument, family: str | None = None
    ) -> CompiledManifest | None:
        """Compile and keep a manifest, or return None where a bundled one stays in force."""
        if manifest_document.origin in TRUSTED_ORIGINS:
            return self.load_document(provider, manifest_document, family)
        compiled = build_manifest(manifest_document, strict=self._strict, api_family=family)
        compiled_or_none = self._admit(compiled, provider)
        if compiled_or_none is None:
            return None
        return self.load_document(provider, manifest_document, family, compiled_or_none)

    def _admit(self, compiled: CompiledManifest, provider: str) -> CompiledManifest | None:
        from ai_lib.protocol.trust import admit_manifest

        admission = admit_manifest(compiled, provider)
        source = compiled.manifest.source
        if admission.compiled is None and source not in self.refusals:
            self.refusals[source] = admission.refusal
            LOG.warning("%s", admission.refusal)
        return admission.compiled

    def load_bundled(self, provider: str, family: str | None = None) -> CompiledManifest | None:
        """Return the bundled manifest of that id or alias, or None."""
        compiled = build_bundled_manifest(provider, family)
        return compiled and self._keep(provider, LoadedManifest(compiled=compiled, family=family))

    def list_locations(self) -> Iterator[ManifestFolder | str]:
        """Yield the folders and addresses to search, in order.

        Raises ProtocolError when a folder that was named does not exist.
        """
        for location in (self._base_path, read_environment_location()):
            if is_address(location):
                yield str(location)
            elif location:
                root = Path(location)
                if not root.exists():
                    raise ProtocolError(
                        f"there is no protocol folder {location!s}", source=str(location)
                    )
                yield ManifestFolder(root, "given", self._prefer)
        updates = find_cache_folder() / "updates"
        if updates.is_dir():
            from ai_lib.protocol.sources.updates import UpdateStore

            current = UpdateStore(updates).find_current()
            if current is not None:
                yield ManifestFolder(current, "updated", self._prefer)
        nearby_folder = next((path for path in map(Path, _NEARBY_FOLDERS) if path.is_dir()), None)
        if nearby_folder is not None:
            yield ManifestFolder(nearby_folder, "found", self._prefer)

    def list_folders(self) -> Iterator[ManifestFolder]:
        """Yield the folders to search, without the addresses."""
        yield from (
            location for location in self.list_locations() if isinstance(location, ManifestFolder)
        )

    def list_providers(self) -> tuple[str, ...]:
        """Return the ids of all providers that can be loaded, sorted."""
        provider_ids = {
            path.stem for folder in self.list_folders() for path in folder.list_manifests()
        }
        with self._lock:
            provider_ids |= {
                str(registered.document["id"]) for registered in self._registered.values()
            }
        return tuple(sorted(provider_ids | set(list_bundled_names("manifests"))))

    def build_registry(self) -> ModelRegistry:
        """Return the listed models: of registered manifests, then of folders, then bundled ones."""
        with self._lock:
            # One manifest is registered under its id and every alias.
            distinct = {id(registered): registered for registered in self._registered.values()}
        documents = [(registered.document, registered.source) for registered in distinct.values()]
        folders = list(self.list_folders())
        given_layers = [
            build_folder_layer(folder) for folder in folders if folder.origin in TRUSTED_ORIGINS
        ]
        found_layers = [
            build_folder_layer(folder) for folder in folders if folder.origin == "found"
        ]
        return ModelRegistry(
            [
                build_document_layer(documents),
                *given_layers,
                *(self._limit_layer(layer, is_bundled=True) for layer in found_layers),
                build_bundle_layer(),
                *(self._limit_layer(layer, is_bundled=False) for layer in found_layers),
            ]
        )

    def _limit_layer(self, layer: Layer, *, is_bundled: bool) -> Layer:
        """Return the models of a found folder: of our providers, as far as it may stand in the
        place of their manifests, or of all others.
        """
        bundled_names = list_bundled_names("manifests")

        def list_models_in_force(name: str | None, provider: str | None) -> Iterator[ModelRecord]:
            for record in layer(name, provider):
                if (record.provider in bundled_names) == is_bundled and (
                    not is_bundled or self._is_in_force(record.provider)
                ):
                    yield record

        return list_models_in_force

    def _is_in_force(self, provider: str) -> bool:
        """Whether the manifest in force of a bundled provider is another than the bundled one."""
        try:
            return self.load(provider).manifest.origin != "bundled"
        except ProtocolError:
            return False

    def build_not_found_error(self, provider: str) -> ManifestNotFound:
        """Return the error for a provider that has no manifest."""
        provider_ids = self.list_providers()
        from difflib import get_close_matches

        near = get_close_matches(provider, provider_ids, n=3)
        hint = (
            f"; did you mean {' or '.join(near)}?"
            if near
            else f"; there are {', '.join(provider_ids)}"
        )
        roots = [str(folder.root) for folder in self.list_folders()]
        searched_folders = f" in {', '.join(roots)} or" if roots else ""
        message = f"no manifest for {provider!r}{searched_folders} among the bundled{hint}"
        return ManifestNotFound(message, near=near)

    def _reload_if_changed(self, entry: LoadedManifest, provider: str, now: float) -> None:
        """Read the entry's file again if it has changed."""
        path = entry.path
        if path is None or (stamp := FileStamp.read(path)) == entry.stamp:
            return
        with self._lock:
            is_settling = entry.tried_at is not None and now - entry.tried_at < SETTLE_SECONDS
            if entry.is_reloading or is_settling:
                return
            entry.is_reloading = True
        try:
            self._reload(entry, path)
        except ProtocolError as error:
            self._report_failure(error, provider)
        finally:
            entry.stamp, entry.tried_at, entry.is_reloading = stamp, now, False

    def _reload(self, entry: LoadedManifest, path: Path) -> None:
        manifest_document = ManifestFolder(path, entry.compiled.manifest.origin).read(entry.schemas)
        text = manifest_document.text or ""
        if hash_text(text) == entry.digest:
            return
        compiled = build_manifest(manifest_document, strict=self._strict, api_family=entry.family)
        if compiled.manifest.origin not in TRUSTED_ORIGINS:
            admitted = self._admit(compiled, compiled.id)
            if admitted is None:
                raise ProtocolError(self.refusals[compiled.manifest.source], source=str(path))
            compiled = admitted
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


def _ask_package(
    compiled: CompiledManifest, name: str, record: ModelRecord | None
) -> ModelRecord | None:
    """Return the record with the prices that a package of others keeps, where it keeps some."""
    from ai_lib.protocol.price_package import find_package_prices

    prices = find_package_prices(name, compiled.manifest.base_url)
    if prices is None:
        return record
    unlisted = ModelRecord(name=name, provider=compiled.id, model_id=name, source=prices.source)
    return msgspec.structs.replace(record or unlisted, prices=prices)


def check_provider_id(provider: str) -> str:
    """Return the name if it is a valid provider id: it becomes part of a path.

    Raises ManifestNotFound otherwise.
    """
    if not ID_PATTERN.fullmatch(provider):
        likely = provider.strip().lower()
        hint = f"; did you mean {likely!r}?" if ID_PATTERN.fullmatch(likely) else ""
        pattern = ID_PATTERN.pattern
        raise ManifestNotFound(f"{provider[:80]!r} can't be a provider id: {pattern}{hint}")
    return provider


def read_environment_location() -> str:
    """Return the value of `AI_PROTOCOL_DIR`, else of `AI_PROTOCOL_PATH`, else an empty text."""
    return os.environ.get("AI_PROTOCOL_DIR") or os.environ.get("AI_PROTOCOL_PATH") or ""
