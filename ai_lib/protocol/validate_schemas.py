"""The schemas manifests are checked against: ours, or those of a tree, compiled once."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ai_lib.errors.tree import ProtocolError
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Kind = Literal["v1", "v2", "models"]

# Where a tree keeps them, and the address that its files refer to one another by.
_IN_TREE: Final[Mapping[Kind, str]] = {"v1": "v1.json", "v2": "v2/provider.json"}
_ADDRESS: Final = "https://raw.githubusercontent.com/ailib-official/ai-protocol/main/schemas/"


@functools.cache
def own_validator(kind: Kind) -> "Validator":
    """Return the validator of one of the library's own schemas."""
    from importlib.resources import files

    folder = files("ai_lib.protocol").joinpath("schemas")
    documents = {
        item.name: json.loads(item.read_bytes())
        for item in folder.iterdir()
        if item.name.endswith(".json")
    }
    known = {document["$id"]: document for document in documents.values()}
    return _validator(documents[f"{kind}.json"], known)


def tree_validator(folder: Path, kind: Kind) -> "Validator | None":
    """Return the validator of a tree's own schema in `folder`, or None when it has none.

    Raises:
        ProtocolError: the schema is there and is no JSON Schema.
    """
    path = folder / _IN_TREE.get(kind, "")
    if not path.is_file():
        return None
    stamp = tuple(sorted((p, p.stat().st_mtime_ns) for p in folder.rglob("*.json")))
    return _tree_validator(folder, path, stamp)


@functools.lru_cache(maxsize=16)
def _tree_validator(folder: Path, path: Path, stamp: tuple[tuple[Path, int], ...]) -> "Validator":
    from jsonschema.exceptions import SchemaError

    documents = {found: _read(found) for found, _ in stamp}
    known: JsonDict = {}
    for found, document in documents.items():
        known[_ADDRESS + found.relative_to(folder).as_posix()] = document
        # Some declare another $id than the address they are referred to by.
        if isinstance(document, dict) and isinstance(name := document.get("$id"), str):
            known[name] = document
    try:
        return _validator(documents[path], known)
    except SchemaError as error:
        raise ProtocolError(
            f"{path}: is no JSON Schema: {error.message[:200]}", source=str(path)
        ) from error


def _read(path: Path) -> JsonValue:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ProtocolError(f"{path}: can't be read: {error}", source=str(path)) from error


def _validator(schema: JsonValue, known: JsonObject) -> "Validator":
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    Draft202012Validator.check_schema(schema)
    resources = [(name, DRAFT202012.create_resource(each)) for name, each in known.items()]
    registry: Registry[JsonValue] = Registry().with_resources(resources)
    return Draft202012Validator(schema, registry=registry)
