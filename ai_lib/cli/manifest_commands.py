"""`ai-lib diff`, `lint` and `new`: compare, check and write manifests."""

from collections.abc import Sequence
from pathlib import Path

from ai_lib.cli.output import write_text
from ai_lib.protocol.catalog import ManifestCatalog, check_provider_id
from ai_lib.protocol.lint.diff import compare_manifests
from ai_lib.protocol.lint.linter import lint_file
from ai_lib.protocol.lint.scaffold import scaffold_manifest, sketch_manifest
from ai_lib.protocol.sources.folder import read_document
from ai_lib.types.json import JsonValue


def diff_manifests(old: str, new: str) -> int:
    """Write what changes from one manifest to another; return 0 when nothing does, else 1.

    `old` and `new` are files or ids of providers.

    Raises:
        ProtocolError: a file can't be read, or there is no such provider.
    """
    changes = compare_manifests(_load_document(old), _load_document(new))
    for change in changes:
        write_text(f"{change}\n")
    return 1 if changes else 0


def _load_document(name: str) -> JsonValue:
    path = Path(name)
    if path.suffix in (".yaml", ".yml", ".json") or path.is_file():
        return read_document(path)
    return ManifestCatalog().load(name).manifest.raw


def lint_manifests(files: Sequence[str], *, strict: bool = False) -> int:
    """Write a line for each problem and note; return 1 on an error (strict: or a warning)."""
    errors = warnings = 0
    for name in files:
        for problem in lint_file(Path(name)):
            write_text(f"{problem.severity}: {problem}\n")
            errors += problem.severity == "error"
            warnings += problem.severity == "warning"
    count = f"{len(files)} file{'s' * (len(files) != 1)}"
    write_text(f"{count}: {errors} error(s), {warnings} warning(s)\n")
    return 1 if errors or (strict and warnings) else 0


def write_manifest(
    provider: str, *, like: str, base_url: str | None = None, is_full: bool = False
) -> int:
    """Write a manifest for `provider`, modelled on that of `like`; return the exit code.

    It is as short as it can be; with `is_full` it has every section that may be of use.

    Raises:
        ManifestNotFound: there is no provider `like`, or `provider` is no valid id.
    """
    manifest = ManifestCatalog().load(like).manifest
    write = scaffold_manifest if is_full else sketch_manifest
    write_text(write(manifest, check_provider_id(provider), base_url))
    return 0
