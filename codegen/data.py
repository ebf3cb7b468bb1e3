"""Bundled protocol data: YAML for people and, beside it, the same as JSON for the program."""

import json
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from codegen.refusal import Refused

_FOLDERS = ("ai_lib/protocol/manifests", "ai_lib/protocol/dialects")


def documents(root: Path) -> Iterator[str]:
    """Give the path of each YAML file that is compiled."""
    yield from _files(root, "*.yaml")


def compiled_files(root: Path) -> Iterator[str]:
    """Give the path of each compiled file that exists."""
    yield from _files(root, "*.json")


def compiled_path(document: str) -> str:
    """Give the place of a document's compiled form."""
    return document.removesuffix(".yaml") + ".json"


def compiled(root: Path, document: str) -> str:
    """Read a YAML 1.2 document and write it as one line of JSON, in the document's own order."""
    try:
        # The C loader reads YAML 1.1.
        value = YAML(typ="safe", pure=True).load(root / document)
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refused(document, line, f"not YAML: {error.problem}") from error
    except (TypeError, ValueError) as error:
        raise Refused(document, 1, f"has no JSON form: {error}") from error


def _files(root: Path, pattern: str) -> Iterator[str]:
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob(pattern)):
            yield path.relative_to(root).as_posix()
