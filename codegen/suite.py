"""Tests of the twin: the same test text, with the imports of the blocking package."""

import ast
import re
from collections.abc import Iterator

from codegen.project import ASYNC, BLOCKING, BLOCKING_TESTS, TESTS, Project, folders
from codegen.refusal import Refusal
from codegen.source import Imported, Source, imports


class Suite:
    """The test files that get a twin: those that wait, and what they rely on in one colour."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._twinned = self._with_what_they_reach(self._waiting())
        self.twins = [project.tests[module] for module in sorted(self._twinned)]

    def _waiting(self) -> set[str]:
        # With every conftest.py such a file depends on; the one of `tests` itself is shared.
        tests = self._project.tests.values()
        waiting = {s.path for s in tests if s.waits and not _is_async_only(s)}
        above = {folder for path in waiting for folder in folders(path)} - {TESTS}
        settings = {f"{folder}/conftest.py" for folder in above}
        return {source.module for source in tests if source.path in waiting | settings}

    def _with_what_they_reach(self, waiting: set[str]) -> set[str]:
        found, todo = set(waiting), list(waiting)
        while todo:
            for imported in imports(self._project.tests[todo.pop()]):
                module, _ = self._project.target(imported)
                if module not in found and self._is_coloured(module, frozenset()):
                    found.add(module)
                    todo.append(module)
        return found

    def _is_coloured(self, module: str, seen: frozenset[str]) -> bool:
        source = self._project.tests.get(module)
        if source is None or module in seen:
            return False
        return source.waits or any(
            (imported.base == ASYNC and not imported.name)
            or self._project.is_own(*self._project.target(imported))
            or self._is_coloured(self._project.target(imported)[0], seen | {module})
            for imported in imports(source)
        )

    def with_blocking_imports(self, source: Source) -> str:
        """Give a test's text, importing `ai_lib_sync` wherever that package has the module."""
        lines = source.text.split("\n")
        for imported in imports(source):
            number = imported.line - 1
            for package, twin in self._renamed(imported):
                pattern = rf"\b(from|import)(\s+){package}\b(?!\._sync\b)"
                lines[number] = re.sub(pattern, rf"\1\2{twin}", lines[number], count=1)
        for name in _uses(source):
            line = lines[name.lineno - 1].encode()
            start, end = name.col_offset, name.end_col_offset or 0
            lines[name.lineno - 1] = (line[:start] + BLOCKING.encode() + line[end:]).decode()
        return "\n".join(lines)

    def check(self, source: Source) -> Iterator[Refusal]:
        """Refuse what cannot be turned in a test."""
        for imported in imports(source):
            reason = self._wrong(imported)
            if reason:
                yield Refusal(source.path, imported.line, reason)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.JoinedStr):
                if any(isinstance(part, ast.Name) and part.id == ASYNC for part in ast.walk(node)):
                    yield Refusal(source.path, node.lineno, f"`{ASYNC}` inside an f-string")
            elif isinstance(node, ast.Name) and node.id == "__file__":
                reason = "`__file__` is elsewhere in the twin: take the path from a plain module"
                yield Refusal(source.path, node.lineno, reason)

    def _wrong(self, imported: Imported) -> str:
        if imported.relative:
            return "tests import absolutely: `from tests.room.module import name`"
        if not imported.name and re.match(rf"({ASYNC}|{TESTS})\.", imported.base):
            return f"write `from {imported.base} import name`"
        if imported.base.split(".")[0] == ASYNC and self._is_mixed(imported):
            return f"`{imported.base}` has modules of both kinds: import from each by itself"
        return ""

    def _renamed(self, imported: Imported) -> Iterator[tuple[str, str]]:
        module, _ = self._project.target(imported)
        in_library = imported.base.split(".")[0] == ASYNC
        if in_library and (not imported.name or self._project.is_mirrored(module)):
            yield ASYNC, BLOCKING
        elif module in self._twinned:
            yield TESTS, BLOCKING_TESTS.replace("/", ".")

    def _is_mixed(self, imported: Imported) -> bool:
        library = self._project.library
        modules = [f"{imported.base}.{item.name}" for item in imported.node.names]
        reached = {module if module in library else imported.base for module in modules}
        return len({self._project.is_mirrored(module) for module in reached}) > 1


def twin_path(path: str) -> str:
    """Give the place of a test's twin: the same path under `tests/_sync`."""
    return BLOCKING_TESTS + path.removeprefix(TESTS)


def _is_async_only(source: Source) -> bool:
    # `pytestmark = pytest.mark.async_only`, alone or in a list
    return any("pytestmark" in line and "async_only" in line for line in source.text.split("\n"))


def _uses(source: Source) -> list[ast.Name]:
    # From the right, so that replacing one leaves the columns of the others.
    if not any(i.base == ASYNC and not i.name and not i.alias for i in imports(source)):
        return []
    names = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name)]
    return sorted((n for n in names if n.id == ASYNC), key=lambda n: -n.col_offset)
