"""A folder of manifests: where in it a provider's file is, and how the file is read."""

import json
from pathlib import Path
from typing import Final

from ai_lib.errors.tree import ProtocolError

# The order of a tree: compiled before source, v1 (the wire authority) before v2.
_PLACES: Final = (
    "dist/v1/providers/{id}.json",
    "v1/providers/{id}.yaml",
    "dist/v2/providers/{id}.json",
    "v2/providers/{id}.yaml",
    "providers/{id}.yaml",
    "{id}.yaml",
    "{id}.json",
)


def find_manifest(root: Path, provider: str) -> Path | None:
    """Return the file that describes `provider` in the tree at `root`, or None.

    `root` may also be that file itself.
    """
    if root.is_file():
        return root
    candidates = (root / place.format(id=provider) for place in _PLACES)
    return next((path for path in candidates if path.is_file()), None)


def read_document(path: Path) -> object:
    """Return the YAML 1.2 or JSON document in a file.

    Raises ProtocolError, with line and column, when it can't be read.
    """
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            return json.loads(text)
        return _read_yaml(text, path)
    except (OSError, ValueError) as error:
        raise ProtocolError(f"{path}: can't be read: {error}", source=str(path)) from error


def _read_yaml(text: str, path: Path) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        document: object = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ProtocolError(f"{path}: {place}{error.problem}", source=str(path)) from error
    return document
