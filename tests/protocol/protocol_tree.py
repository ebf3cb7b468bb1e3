"""The public protocol tree beside the checkout, when it is there; tests read it in place."""

import functools
from pathlib import Path

from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.sources.folder import read_document

TREE = Path(__file__).resolve().parents[2].parent / "shared" / "ai-protocol"
_PLACES = ("v*/providers/*.yaml", "dist/*/providers/*.json")


def manifest_files() -> list[Path]:
    """Every provider manifest of every version in the tree."""
    return sorted(path for pattern in _PLACES for path in TREE.glob(pattern))


def name_of(path: Path) -> str:
    """The file's place in the tree, as a test's name."""
    return str(path.relative_to(TREE))


@functools.cache
def compiled_file(path: Path) -> CompiledManifest:
    """Return the manifest in this file, compiled once for all tests."""
    return compile_manifest(read_manifest(read_document(path), str(path)))
