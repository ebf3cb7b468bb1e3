"""The manifests and dialects that ship with the library, in their compiled (JSON) form."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.types.json import JsonDict

if TYPE_CHECKING:
    from importlib.abc import Traversable


def _find_folder(kind: str) -> "Path | Traversable":
    folder = Path(__file__).with_name(kind)
    if folder.is_dir():
        return folder
    # The library is in an archive. The import takes longer than reading all the data.
    from importlib.resources import files

    return files("ai_lib.protocol").joinpath(kind)


@functools.cache
def list_bundled_names(kind: str) -> tuple[str, ...]:
    """Return the names of the bundled `manifests` or `dialects` (the values of `kind`), sorted."""
    try:
        names = [item.name for item in _find_folder(kind).iterdir()]
    except OSError as error:
        raise _read_error(kind, error) from error
    return tuple(sorted(name[:-5] for name in names if name.endswith(".json")))


def _read_error(kind: str, error: OSError) -> ProtocolError:
    return ProtocolError(f"the bundled {kind} can't be read: {error}", source="bundled")


@functools.cache
def _load_document(kind: str, name: str) -> JsonDict:
    try:
        data = _find_folder(kind).joinpath(f"{name}.json").read_bytes()
    except OSError as error:
        raise _read_error(kind, error) from error
    return msgspec.json.decode(data, type=JsonDict)


def find_bundled_manifest(name: str) -> JsonDict | None:
    """Return the bundled manifest document of a provider id or alias, or None."""
    if name in list_bundled_names("manifests"):
        return _load_document("manifests", name)
    for other in list_bundled_names("manifests"):
        document = _load_document("manifests", other)
        if name in document.get("aliases", ()):
            return document
    return None


def list_bundled_dialects() -> tuple[str, ...]:
    """Return the names of the bundled dialects."""
    return list_bundled_names("dialects")


def load_bundled_dialect(name: str) -> JsonDict:
    """Return a bundled dialect's document.

    Raises:
        ProtocolError: there is no bundled dialect of that name.
    """
    if name not in list_bundled_dialects():
        names = ", ".join(list_bundled_dialects())
        raise ProtocolError(f"no wire dialect {name!r}; the bundled ones are {names}")
    return _load_document("dialects", name)
