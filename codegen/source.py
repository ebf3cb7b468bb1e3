"""A Python file as codegen sees it: its text, its tree, what it imports, whether it waits."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from codegen.refusal import Refused

_WAITING = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)


@dataclass(frozen=True)
class Source:
    """A parsed file; `path` is relative to the project."""

    path: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """The dotted name it is imported by."""
        parts = PurePosixPath(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if self.is_package else parts)

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__.py` of a package."""
        return self.path.endswith("/__init__.py")

    @property
    def package(self) -> str:
        """The dotted name that its relative imports start from."""
        return self.module if self.is_package else self.module.rpartition(".")[0]

    @cached_property
    def waits(self) -> bool:
        """Whether it contains `async` or `await`."""
        return any(is_waiting(node) for node in ast.walk(self.tree))


@dataclass(frozen=True)
class Imported:
    """One name that an import statement binds: `name` is empty for `import module`."""

    node: ast.Import | ast.ImportFrom
    base: str
    name: str
    alias: str | None
    relative: bool

    @property
    def line(self) -> int:
        """Where the statement starts."""
        return self.node.lineno


def read(root: Path, path: Path) -> Source:
    """Parse a file of the project; raise `Refused` where it is not Python."""
    relative = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8")
    return parse(relative, text)


def parse(path: str, text: str) -> Source:
    """Parse text as the file at `path`; raise `Refused` where it is not Python."""
    try:
        return Source(path, text, ast.parse(text))
    except SyntaxError as error:
        raise Refused(path, error.lineno or 1, f"not Python: {error.msg}") from error


def imports(source: Source, within: ast.AST | None = None) -> Iterator[Imported]:
    """Walk the import statements of a file, or of one part of it."""
    for node in ast.walk(within or source.tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                yield Imported(node, item.name, "", item.asname, relative=False)
        elif isinstance(node, ast.ImportFrom):
            base = _base(source, node)
            for item in node.names:
                yield Imported(node, base, item.name, item.asname, relative=node.level > 0)


def _base(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parents = source.package.split(".")
    parts = parents[: len(parents) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def is_waiting(node: ast.AST) -> bool:
    """Say whether a node is an `async` or an `await`."""
    return isinstance(node, _WAITING) or (isinstance(node, ast.comprehension) and node.is_async > 0)
