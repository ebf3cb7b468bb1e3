"""Finds the manifest of a provider and compiles it, once."""

import os
from difflib import get_close_matches
from pathlib import Path
from threading import Lock

from ai_lib.errors.tree import ManifestNotFound, ProtocolError
from ai_lib.protocol.bundle import bundled_manifest, bundled_names
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.reading import ID_PATTERN, read_manifest
from ai_lib.protocol.tree import find_manifest, read_document

_USUAL_FOLDERS = ("ai-protocol", "../ai-protocol", "../../ai-protocol")


class ProtocolLoader:
    """Loads manifests: from `base_path`, else from a tree the environment or the folder names,
    else from those that ship with the library.

    `base_path` is a protocol tree, or one manifest file. Without it, `AI_PROTOCOL_DIR`, then
    `AI_PROTOCOL_PATH`, then `ai-protocol/` in this folder or up to two above are looked at. What
    was loaded is kept unless `cache_enabled` is false.
    """

    def __init__(self, base_path: str | Path | None = None, *, cache_enabled: bool = True) -> None:
        self._base_path = None if base_path is None else Path(base_path)
        self._cache_enabled = cache_enabled
        self._cache: dict[tuple[str, str | None], CompiledManifest] = {}
        self._lock = Lock()

    def load_provider(self, provider: str, api_family: str | None = None) -> CompiledManifest:
        """Return the compiled manifest of a provider, by id or alias.

        `api_family` is one of those the manifest lists; without it, the manifest's default.

        Raises:
            ManifestNotFound: there is none; near matches are in the message.
            ProtocolError: it can't be read or used; the message names file and place.
        """
        with self._lock:
            found = self._cache.get((provider, api_family))
        if found is not None:
            return found
        document, source = self._document(provider)
        compiled = compile_manifest(read_manifest(document, source, api_family))
        if self._cache_enabled:
            with self._lock:
                self._cache[provider, api_family] = compiled
        return compiled

    def load_model(self, model: str, api_family: str | None = None) -> tuple[CompiledManifest, str]:
        """Return the manifest and the wire name for `provider/model`.

        The provider is what stands before the first slash; the rest, slashes included, is sent as
        the model's name.
        """
        provider, slash, name = model.partition("/")
        if not slash or not name:
            raise ManifestNotFound(
                f"{model!r} names no provider; write provider/model, for example "
                f"{_example(model)!r}",
                near=(_example(model),),
            )
        return self.load_provider(provider, api_family), name

    def invalidate(self, provider: str | None = None) -> None:
        """Forget one loaded manifest, or all of them."""
        with self._lock:
            if provider is None:
                self._cache.clear()
            else:
                for key in [key for key in self._cache if key[0] == provider]:
                    del self._cache[key]

    def _document(self, provider: str) -> tuple[object, str]:
        if not ID_PATTERN.fullmatch(provider):
            raise ManifestNotFound(f"{provider!r} can't be a provider id: {ID_PATTERN.pattern}")
        root = self._root()
        if root is not None and (path := find_manifest(root, provider)):
            return read_document(path), str(path)
        bundled = bundled_manifest(provider)
        if bundled is None:
            raise _not_found(provider, root)
        return bundled, f"bundled manifest {bundled['id']}"

    def _root(self) -> Path | None:
        declared = os.environ.get("AI_PROTOCOL_DIR") or os.environ.get("AI_PROTOCOL_PATH")
        root = self._base_path or (Path(declared) if declared else None)
        if root is not None:
            if not root.exists():
                raise ProtocolError(f"there is no protocol folder {str(root)!r}", source=str(root))
            return root
        return next((path for path in map(Path, _USUAL_FOLDERS) if path.is_dir()), None)


def _not_found(provider: str, root: Path | None) -> ManifestNotFound:
    known = bundled_names("manifests")
    near = get_close_matches(provider, known, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; bundled are {', '.join(known)}"
    where = f" in {root} or" if root else ""
    return ManifestNotFound(
        f"no manifest for {provider!r}{where} among the bundled{hint}", near=near
    )


def _example(model: str) -> str:
    known = bundled_names("manifests")
    near = get_close_matches(model, known, n=1) or list(known[-1:])
    return f"{near[0]}/{model or 'model'}"
