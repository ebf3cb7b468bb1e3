"""Which names stand for one provider: a tree's identity map, read."""

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
    """Return the id under which a tree of that version keeps the provider `name`, or None.

    `document` is the map as published: `families`, each with `canonical_id`, `aliases` and, for
    each version's tree, a `primary_id`. What is misshapen in it is passed over.
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
    found = tree.get("primary_id") if isinstance(tree, Mapping) else None
    found = found or family.get("canonical_id")
    return found if isinstance(found, str) else None


Version = Literal["v1", "v2", "v2-alpha"]

# v1 is the wire authority; the sandbox is never looked into unless it is asked for.
_ORDER: Final[dict[Version, tuple[Version, ...]]] = {
    "v1": ("v1", "v2"),
    "v2": ("v2", "v1"),
    "v2-alpha": ("v2-alpha",),
}
# Compiled before source.
_FILE_PATHS: Final = ("dist/{version}/providers/{id}.json", "{version}/providers/{id}.yaml")
_FLAT_PATHS: Final = ("providers/{id}.yaml", "{id}.yaml", "{id}.json")


def order_versions(prefer: Version) -> tuple[Version, ...]:
    """Return the versions of the protocol to look for, in order."""
    return _ORDER[prefer]


def list_file_paths(provider: str, version: Version) -> tuple[str, ...]:
    """Return where in a tree the provider's file of a version may be, in order."""
    return tuple(place.format(id=provider, version=version) for place in _FILE_PATHS)


class ManifestDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest's document as it was found, with all there is to say of where.

    `text` is what it was read from, `stamp` what the file was like just before; `schemas` is the
    folder of its tree's own schemas.
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
        self._origin: Origin = origin
        self._prefer: Version = prefer

    def find(self, provider: str) -> ManifestDocument | None:
        """Return the document of the provider of that id or alias, or None.

        Raises:
            ProtocolError: there is such a file, but it can't be read, or describes another one.
        """
        if self.root.is_file():
            found = self._read(self.root)
            own, *aliases = read_names(found.document) or (None,)
            # One that does not even say whose it is was meant; validation will say what it lacks.
            return found if not isinstance(own, str) or provider in (own, *aliases) else None
        for version in order_versions(self._prefer):
            if path := self._find_path(provider, version):
                return check_document_id(self._read(path), path.stem)
        flat = (self.root / place.format(id=provider) for place in _FLAT_PATHS)
        path = next((path for path in flat if path.is_file()), None)
        if path is None:
            path = self._find_by_alias(self._list_flat_files(), provider)
        return check_document_id(self._read(path), path.stem) if path else None

    def read(self, schemas: Path | None = None) -> ManifestDocument:
        """Return the document of the one file this is, whatever it describes."""
        return msgspec.structs.replace(self._read(self.root), schemas=schemas)

    def list_manifests(self) -> Iterator[Path]:
        """Give every manifest file, in the order in which they would be found."""
        if self.root.is_file():
            yield self.root
            return
        for version in order_versions(self._prefer):
            yield from self._list_files(version)
        yield from self._list_flat_files()

    def list_model_files(self) -> Iterator[Path]:
        """Give every file of models."""
        for folder, ending in (("dist/v1/models", "json"), ("v1/models", "yaml")):
            yield from sorted((self.root / folder).glob(f"*.{ending}"))

    def _find_path(self, provider: str, version: Version) -> Path | None:
        exact = (self.root / place for place in list_file_paths(provider, version))
        found = next((path for path in exact if path.is_file()), None)
        if found is not None:
            return found
        found = self._find_by_alias(self._list_files(version), provider)
        if found is not None:
            return found
        canonical = self._find_canonical_path_id(provider, version)
        if canonical is None or canonical == provider:
            return None
        mapped = (self.root / place for place in list_file_paths(canonical, version))
        return next((path for path in mapped if path.is_file()), None)

    def _find_canonical_path_id(self, provider: str, version: Version) -> str | None:
        path = self.root / IDENTITY_PATH
        found = (
            find_canonical_id(read_document(path), provider, version) if path.is_file() else None
        )
        return found if found and ID_PATTERN.fullmatch(found) else None

    def _find_by_alias(self, files: Iterator[Path], provider: str) -> Path | None:
        for path in files:
            text = read_file(path)
            # Reading YAML takes milliseconds, and few files name an alias at all.
            if "aliases" in text and provider in text:
                if provider in read_names(read_text(text, str(path))):
                    return path
        return None

    def _list_files(self, version: Version) -> Iterator[Path]:
        for place in list_file_paths("*", version):
            folder, _, pattern = place.rpartition("/")
            yield from sorted((self.root / folder).glob(pattern))

    def _list_flat_files(self) -> Iterator[Path]:
        for place in _FLAT_PATHS:
            yield from sorted(self.root.glob(place.format(id="*")))

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
            origin=self._origin,
            schemas=schemas if schemas.is_dir() else None,
        )


def check_document_id(found: ManifestDocument, stem: str) -> ManifestDocument:
    """Return what was found in the place of `stem`; raise ProtocolError when it is another's."""
    document = found.document
    own = document.get("id") if isinstance(document, dict) else None
    if own is not None and own != stem:
        raise ProtocolError(
            f"{found.source}: stands in the place of {stem!r} but says that its id is {own!r}; "
            "rename the file or correct the id",
            source=found.source,
        )
    return found


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
    """Return a manifest's id and aliases, as far as it has them."""
    if not isinstance(document, dict):
        return ()
    aliases = document.get("aliases")
    return (document.get("id"), *(aliases if isinstance(aliases, list) else ()))
