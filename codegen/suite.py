"""Finds the tests that get a twin, and converts their imports to the blocking package."""

import ast
import re
from collections.abc import Iterator

from codegen.project import ASYNC, BLOCKING, BLOCKING_TESTS, TESTS, Project, list_folders
from codegen.refusal import Refusal
from codegen.source import ImportedName, Source, find_imports


class Suite:
    """The test files that get a twin: those that wait, and the coloured files that they import."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._twinned = self._add_reached_modules(self._find_waiting())
        self.twins = [project.tests[module] for module in sorted(self._twinned)]

    def _find_waiting(self) -> set[str]:
        # Every conftest.py above such a file counts; the one of `tests` itself is shared.
        tests = self._project.tests.values()
        waiting = {s.path for s in tests if s.waits and not _is_async_only(s)}
        above = {folder for path in waiting for folder in list_folders(path)} - {TESTS}
        settings = {f"{folder}/conftest.py" for folder in above}
        return {source.module for source in tests if source.path in waiting | settings}

    def _add_reached_modules(self, waiting: set[str]) -> set[str]:
        reached, todo = set(waiting), list(waiting)
        while todo:
            for imported in find_imports(self._project.tests[todo.pop()]):
                module, _ = self._project.resolve_import(imported)
                if module not in reached and self._is_coloured(module, frozenset()):
                    reached.add(module)
                    todo.append(module)
        return reached

    def _is_coloured(self, module: str, visited: frozenset[str]) -> bool:
        source = self._project.tests.get(module)
        if source is None or module in visited:
            return False
        return source.waits or any(
            (imported.base == ASYNC and not imported.name)
            or self._project.is_own(*self._project.resolve_import(imported))
            or self._is_coloured(self._project.resolve_import(imported)[0], visited | {module})
            for imported in find_imports(source)
        )

    def convert_imports(self, source: Source) -> str:
        """Return a test's text, importing `ai_lib_sync` wherever that package has the module."""
        lines = source.text.split("\n")
        for imported in find_imports(source):
            number = imported.line - 1
            for package, twin in self._find_package_renames(imported):
                pattern = rf"\b(from|import)(\s+){package}\b(?!\._sync\b)"
                lines[number] = re.sub(pattern, rf"\1\2{twin}", lines[number], count=1)
        for name in _find_uses(source):
            line = lines[name.lineno - 1].encode()
            start, end = name.col_offset, name.end_col_offset or 0
            lines[name.lineno - 1] = (line[:start] + BLOCKING.encode() + line[end:]).decode()
        return "\n".join(lines)

    def check(self, source: Source) -> Iterator[Refusal]:
        """Refuse the parts of a test that can't be converted."""
        for imported in find_imports(source):
            reason = self._explain_wrong_import(imported)
            if reason:
                yield Refusal(source.path, imported.line, reason)
        for node in source.nodes:
            if isinstance(node, ast.JoinedStr):
                if any(isinstance(part, ast.Name) and part.id == ASYNC for part in ast.walk(node)):
                    yield Refusal(source.path, node.lineno, f"`{ASYNC}` inside an f-string")
            elif isinstance(node, ast.Name) and node.id == "__file__":
                reason = "`__file__` is elsewhere in the twin: take the path from a plain module"
                yield Refusal(source.path, node.lineno, reason)

    def _explain_wrong_import(self, imported: ImportedName) -> str:
        if imported.relative:
            return "tests import absolutely: `from tests.room.module import name`"
        if not imported.name and re.match(rf"({ASYNC}|{TESTS})\.", imported.base):
            return f"write `from {imported.base} import name`"
        if imported.base.split(".")[0] == ASYNC and self._is_mixed(imported):
            return f"`{imported.base}` has modules of both kinds: import from each by itself"
        return ""

    def _find_package_renames(self, imported: ImportedName) -> Iterator[tuple[str, str]]:
        module, _ = self._project.resolve_import(imported)
        in_library = imported.base.split(".")[0] == ASYNC
        if in_library and (not imported.name or self._project.is_mirrored(module)):
            yield ASYNC, BLOCKING
        elif module in self._twinned:
            yield TESTS, BLOCKING_TESTS.replace("/", ".")

    def _is_mixed(self, imported: ImportedName) -> bool:
        library = self._project.library
        modules = [f"{imported.base}.{item.name}" for item in imported.node.names]
        reached = {module if module in library else imported.base for module in modules}
        return len({self._project.is_mirrored(module) for module in reached}) > 1


def get_twin_path(path: str) -> str:
    """Return the path of a test's twin: the same path under `tests/_sync`."""
    return BLOCKING_TESTS + path.removeprefix(TESTS)


def _is_async_only(source: Source) -> bool:
    # `pytestmark = pytest.mark.async_only`, alone or in a list
    return any("pytestmark" in line and "async_only" in line for line in source.text.split("\n"))


def _find_uses(source: Source) -> list[ast.Name]:
    # From the right, so that replacing one leaves the columns of the others.
    if not any(i.base == ASYNC and not i.name and not i.alias for i in find_imports(source)):
        return []
    names = [node for node in source.nodes if isinstance(node, ast.Name)]
    return sorted((n for n in names if n.id == ASYNC), key=lambda n: -n.col_offset)
