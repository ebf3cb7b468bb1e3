"""Checks a generated file: nothing in it may wait or import an event loop."""

from collections.abc import Iterator

from codegen.refusal import Refusal
from codegen.renames import RUNTIMES
from codegen.source import Source, find_imports, is_waiting


def check(twin: Source) -> Iterator[Refusal]:
    """Refuse everything in a twin that is still async."""
    for node in twin.nodes:
        if is_waiting(node):
            yield Refusal(twin.path, getattr(node, "lineno", 1), "the generated text still waits")
    for imported in find_imports(twin):
        if (imported.base or imported.name).split(".")[0] in RUNTIMES:
            yield Refusal(twin.path, imported.line, f"the generated text imports {imported.base}")
