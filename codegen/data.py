"""Compiles the bundled protocol data from YAML, for people, to JSON, for the program."""

import json
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from codegen.refusal import SourceRefused

_FOLDERS = ("ai_lib/protocol/manifests", "ai_lib/protocol/dialects")


def list_documents(root: Path) -> Iterator[str]:
    """Yield the path of each YAML file that is compiled."""
    yield from _list_files(root, "*.yaml")


def list_compiled_files(root: Path) -> Iterator[str]:
    """Yield the path of each compiled file that exists."""
    yield from _list_files(root, "*.json")


def get_compiled_path(document: str) -> str:
    """Return the path of a document's compiled form."""
    return document.removesuffix(".yaml") + ".json"


def compile_document(root: Path, document: str) -> str:
    """Read a YAML 1.2 document and write it as one line of JSON, in the document's own order."""
    try:
        # The C loader reads YAML 1.1.
        value = YAML(typ="safe", pure=True).load(root / document)
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SourceRefused(document, line, f"not YAML: {error.problem}") from error
    except (TypeError, ValueError) as error:
        raise SourceRefused(document, 1, f"has no JSON form: {error}") from error


def _list_files(root: Path, pattern: str) -> Iterator[str]:
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob(pattern)):
            yield path.relative_to(root).as_posix()
