"""`ai-lib diff`: what changes from one manifest to another, and what a caller will notice."""

import sys
from pathlib import Path

from ai_lib.protocol.catalogue import Catalogue
from ai_lib.protocol.lab_diff import changes
from ai_lib.protocol.tree import read_document
from ai_lib.types.json import JsonValue


def diff(old: str, new: str) -> int:
    """Write the changes to standard output; return 0 when there are none, else 1.

    Raises:
        ProtocolError: a file can't be read, or there is no such provider.
    """
    found = changes(_document(old), _document(new))
    for change in found:
        sys.stdout.write(f"{change}\n")
    return 1 if found else 0


def _document(name: str) -> JsonValue:
    path = Path(name)
    if path.suffix in (".yaml", ".yml", ".json") or path.is_file():
        return read_document(path)
    return Catalogue().load(name).manifest.raw
