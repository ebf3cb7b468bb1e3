"""Finds manifests in a folder: the protocol's own layout, a flat folder, or a single file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.manifest.model import Origin
from ai_lib.protocol.manifest.reader import ID_PATTERN
from ai_lib.protocol.sources.document import MAX_BYTES, read_text
from ai_lib.protocol.sources.file_stamp import FileStamp
from ai_lib.types.json import JsonValue

IDENTITY_PATH: Final = "dist/provider-identity.json"


def find_canonical_id(document: JsonValue, name: str, version: str) -> str | None:
    """Return the id of the provider `name` in the folder of a protocol version, or None.

    `document` is the identity map as published: `families`, each with a `canonical_id`, `aliases`
    and, for each version, a `primary_id`. Misshapen parts are skipped.
    """
    families = document.get("families") if isinstance(document, Mapping) else None
    for family in families if isinstance(families, list) else ():
        if isinstance(family, Mapping) and name in _read_family_names(family):
            return _read_primary_id(family, version)
    return None


def _read_family_names(family: Mapping[str, JsonValue]) -> list[object]:
    aliases = family.get("aliases")
    return [family.get("canonical_id"), *(aliases if isinstance(aliases, list) else ())]


def _read_primary_id(family: Mapping[str, JsonValue], version: str) -> str | None:
    trees = family.get("trees")
    tree = trees.get(version) if isinstance(trees, Mapping) else None
    primary_id = tree.get("primary_id") if isinstance(tree, Mapping) else None
    primary_id = primary_id or family.get("canonical_id")
    return primary_id if isinstance(primary_id, str) else None


Version = Literal["v1", "v2", "v2-alpha"]

# v1 is the wire authority; v2-alpha, the sandbox, is searched only when it is named.
_ORDER: Final[dict[Version, tuple[Version, ...]]] = {
    "v1": ("v1", "v2"),
    "v2": ("v2", "v1"),
    "v2-alpha": ("v2-alpha",),
}
# Compiled files come before their sources.
_FILE_PATHS: Final = ("dist/{version}/providers/{id}.json", "{version}/providers/{id}.yaml")
_FLAT_PATHS: Final = ("providers/{id}.yaml", "{id}.yaml", "{id}.json")


def order_versions(prefer: Version) -> tuple[Version, ...]:
    """Return the versions of the protocol to search, in order."""
    return _ORDER[prefer]


def list_file_paths(provider: str, version: Version) -> tuple[str, ...]:
    """Return the paths in a folder that a provider's file of a version may have, in order."""
    return tuple(pattern.format(id=provider, version=version) for pattern in _FILE_PATHS)


class ManifestDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest's document with its source.

    `text` is the text it was read from, `stamp` the state of the file just before it was read.
    `schemas` is the `schemas` folder beside it, where there is one.
    """

    document: JsonValue
    source: str
    origin: Origin
    text: str | None = None
    path: Path | None = None
    stamp: FileStamp = FileStamp()
    schemas: Path | None = None


class ManifestFolder:
    """A folder laid out as the protocol's, a flat folder of manifests, or a single file."""

    def __init__(self, root: Path, origin: Origin, prefer: Version = "v1") -> None:
        self.root = root
        self.origin: Origin = origin
        self._prefer: Version = prefer

    def find(self, provider: str) -> ManifestDocument | None:
        """Return the document of the provider of that id or alias, or None.

        Raises:
            ProtocolError: there is such a file, but it can't be read or has another id.
        """
        if self.root.is_file():
            manifest_document = self._read(self.root)
            own_id, *aliases = read_names(manifest_document.document) or (None,)
            # A single file without an id is returned too: validation reports what it lacks.
            return (
                manifest_document
                if not isinstance(own_id, str) or provider in (own_id, *aliases)
                else None
            )
        for version in order_versions(self._prefer):
            if path := self._find_path(provider, version):
                return check_document_id(self._read(path), path.stem)
        flat_paths = (self.root / pattern.format(id=provider) for pattern in _FLAT_PATHS)
        path = next((path for path in flat_paths if path.is_file()), None)
        if path is None:
            path = self._find_by_alias(self._list_flat_files(), provider)
        return check_document_id(self._read(path), path.stem) if path else None

    def read(self, schemas: Path | None = None) -> ManifestDocument:
        """Return the document of the single file at the root, whatever its id."""
        return msgspec.structs.replace(self._read(self.root), schemas=schemas)

    def list_manifests(self) -> Iterator[Path]:
        """Yield the paths of all manifests, in the order in which they are searched."""
        if self.root.is_file():
            yield self.root
            return
        for version in order_versions(self._prefer):
            yield from self._list_files(version)
        yield from self._list_flat_files()

    def list_model_files(self) -> Iterator[Path]:
        """Yield the paths of all model files."""
        for folder, ending in (("dist/v1/models", "json"), ("v1/models", "yaml")):
            yield from _list_matching(self.root / folder, f"*.{ending}")

    def _find_path(self, provider: str, version: Version) -> Path | None:
        exact_paths = (self.root / relative for relative in list_file_paths(provider, version))
        path = next((path for path in exact_paths if path.is_file()), None)
        if path is not None:
            return path
        path = self._find_by_alias(self._list_files(version), provider)
        if path is not None:
            return path
        canonical = self._find_canonical(provider, version)
        if canonical is None or canonical == provider:
            return None
        mapped_paths = (self.root / relative for relative in list_file_paths(canonical, version))
        return next((path for path in mapped_paths if path.is_file()), None)

    def _find_canonical(self, provider: str, version: Version) -> str | None:
        path = self.root / IDENTITY_PATH
        canonical = (
            find_canonical_id(read_document(path), provider, version) if path.is_file() else None
        )
        return canonical if canonical and ID_PATTERN.fullmatch(canonical) else None

    def _find_by_alias(self, files: Iterator[Path], provider: str) -> Path | None:
        for path in files:
            text = read_file(path)
            # Reading YAML takes milliseconds, and few files have an alias.
            if "aliases" in text and provider in text:
                if provider in read_names(read_text(text, str(path))):
                    return path
        return None

    def _list_files(self, version: Version) -> Iterator[Path]:
        for relative in list_file_paths("*", version):
            folder, _, pattern = relative.rpartition("/")
            yield from _list_matching(self.root / folder, pattern)

    def _list_flat_files(self) -> Iterator[Path]:
        for pattern in _FLAT_PATHS:
            yield from _list_matching(self.root, pattern.format(id="*"))

    def _read(self, path: Path) -> ManifestDocument:
        stamp = FileStamp.read(path)
        text = read_file(path)
        schemas = self.root / "schemas"
        return ManifestDocument(
            document=read_text(text, str(path)),
            text=text,
            source=str(path),
            path=path,
            stamp=stamp,
            origin=self.origin,
            schemas=schemas if schemas.is_dir() else None,
        )


def _list_matching(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError as error:
        raise ProtocolError(f"{folder}: can't be read: {error}", source=str(folder)) from error


def check_document_id(manifest_document: ManifestDocument, stem: str) -> ManifestDocument:
    """Return the document of the file named `stem`; raise ProtocolError for another id."""
    document = manifest_document.document
    document_id = document.get("id") if isinstance(document, dict) else None
    if document_id is not None and document_id != stem:
        raise ProtocolError(
            f"{manifest_document.source}: stands in the place of {stem!r} but says that its "
            f"id is {document_id!r}; rename the file or correct the id",
            source=manifest_document.source,
        )
    return manifest_document


def read_document(path: Path) -> JsonValue:
    """Return the YAML 1.2 or JSON document in a file.

    Raises ProtocolError, with line and column, when it can't be read.
    """
    return read_text(read_file(path), str(path))


def read_file(path: Path) -> str:
    """Return the text of a file; raises ProtocolError when it can't be read or is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProtocolError(f"{path}: is larger than {MAX_BYTES} bytes", source=str(path))
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ProtocolError(f"{path}: can't be read: {error}", source=str(path)) from error


def read_names(document: JsonValue) -> tuple[object, ...]:
    """Return the id and aliases of a manifest, without checking that they are text."""
    if not isinstance(document, dict):
        return ()
    aliases = document.get("aliases")
    return (document.get("id"), *(aliases if isinstance(aliases, list) else ()))
