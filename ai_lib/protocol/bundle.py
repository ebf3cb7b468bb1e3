"""The manifests and dialects that ship with the library, in their compiled (JSON) form."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.types.json import JsonDict

if TYPE_CHECKING:
    from importlib.abc import Traversable


def _folder(kind: str) -> "Path | Traversable":
    folder = Path(__file__).with_name(kind)
    if folder.is_dir():
        return folder
    # The library is in an archive. This takes longer to import than all else here takes to read.
    from importlib.resources import files

    return files("ai_lib.protocol").joinpath(kind)


@functools.cache
def bundled_names(kind: str) -> tuple[str, ...]:
    """Return the names of what is bundled under `manifests` or `dialects`, sorted."""
    names = (item.name for item in _folder(kind).iterdir())
    return tuple(sorted(name[:-5] for name in names if name.endswith(".json")))


@functools.cache
def _document(kind: str, name: str) -> JsonDict:
    data = _folder(kind).joinpath(f"{name}.json").read_bytes()
    return msgspec.json.decode(data, type=JsonDict)


def bundled_manifest(name: str) -> JsonDict | None:
    """Return the bundled manifest document of a provider id or alias, or None."""
    if name in bundled_names("manifests"):
        return _document("manifests", name)
    for other in bundled_names("manifests"):
        document = _document("manifests", other)
        if name in document.get("aliases", ()):
            return document
    return None


def bundled_dialect_names() -> tuple[str, ...]:
    """Return the names of the bundled dialects."""
    return bundled_names("dialects")


def bundled_dialect(name: str) -> JsonDict:
    """Return a bundled dialect's document.

    Raises:
        ProtocolError: there is none of that name.
    """
    if name not in bundled_dialect_names():
        known = ", ".join(bundled_dialect_names())
        raise ProtocolError(f"no wire dialect {name!r}; the bundled ones are {known}")
    return _document("dialects", name)
