"""Parses a Python file: its text, its tree, its imports, and whether it waits."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import tokenize_rt

from codegen.refusal import SourceRefused

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
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree. The tree is walked once and looked at by many."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def tokens(self) -> list[tokenize_rt.Token]:
        """The tokens of the text."""
        tokens: list[tokenize_rt.Token] = tokenize_rt.src_to_tokens(self.text)
        return tokens

    @cached_property
    def imports(self) -> "tuple[ImportedName, ...]":
        """What its import statements bind."""
        return tuple(_read_imports(self, self.nodes))

    @cached_property
    def waits(self) -> bool:
        """Whether it contains `async` or `await`."""
        return any(is_waiting(node) for node in self.nodes)


@dataclass(frozen=True)
class ImportedName:
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


def read_source(root: Path, path: Path) -> Source:
    """Parse a file of the project; raises `SourceRefused` when it is not Python."""
    relative = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8")
    return parse_source(relative, text)


def parse_source(path: str, text: str) -> Source:
    """Parse text as the file at `path`; raises `SourceRefused` when it is not Python."""
    try:
        return Source(path, text, ast.parse(text))
    except SyntaxError as error:
        raise SourceRefused(path, error.lineno or 1, f"not Python: {error.msg}") from error


def find_imports(source: Source, within: ast.AST | None = None) -> Iterator[ImportedName]:
    """Walk the import statements of a file, or of one part of it."""
    return _read_imports(source, ast.walk(within)) if within else iter(source.imports)


def _read_imports(source: Source, nodes: Iterable[ast.AST]) -> Iterator[ImportedName]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                yield ImportedName(node, item.name, "", item.asname, relative=False)
        elif isinstance(node, ast.ImportFrom):
            base = _resolve_base(source, node)
            for item in node.names:
                yield ImportedName(node, base, item.name, item.asname, relative=node.level > 0)


def _resolve_base(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parents = source.package.split(".")
    parts = parents[: len(parents) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def is_waiting(node: ast.AST) -> bool:
    """Return whether a node is an `async` or an `await`."""
    return isinstance(node, _WAITING) or (isinstance(node, ast.comprehension) and node.is_async > 0)
