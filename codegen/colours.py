"""The import rule: a relative import means "my own colour", an absolute one means "shared"."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from codegen.project import ASYNC, Project
from codegen.refusal import Refusal
from codegen.rooms import find_exports, is_room
from codegen.source import ImportedName, Source, find_imports


def check(project: Project) -> Iterator[Refusal]:
    """Refuse every import of the library that would reach the wrong colour."""
    for source in project.twins:
        for imported in find_imports(source):
            yield from _check_twin_import(project, source, imported)
    for source in project.plain:
        for imported in find_imports(source):
            yield from _check_plain_import(project, source, imported)
    for source in project.copies:
        if is_room(source):
            yield from _check_room(project, source)
    yield from _check_root_modules(project)
    yield from _check_packages(project)


def _check_packages(project: Project) -> Iterator[Refusal]:
    for source in project.library.values():
        if source.is_package and source.waits:
            yield Refusal(
                source.path, 1, "a package is a table of names: move what waits to a file"
            )


def _check_twin_import(
    project: Project, source: Source, imported: ImportedName
) -> Iterator[Refusal]:
    module, name = project.resolve_import(imported)
    subject = f"`{name or module}`"
    if imported.relative and module not in project.library:
        yield _build_refusal(source, imported, f"there is no module `{module}`")
    elif imported.relative and not project.is_mirrored(module):
        yield _build_refusal(
            source,
            imported,
            f"{subject} exists once: a relative import means one's own colour, so write "
            f"`from {module} import ...`",
        )
    elif not imported.relative and project.is_own(module, name):
        yield _build_refusal(
            source,
            imported,
            f"{subject} exists once per package: an absolute import means shared, so import it "
            f"relatively, or the twin reaches the async one",
        )


def _check_plain_import(
    project: Project, source: Source, imported: ImportedName
) -> Iterator[Refusal]:
    module, name = project.resolve_import(imported)
    if project.is_own(module, name):
        yield _build_refusal(
            source,
            imported,
            f"`{module}` exists once per package, and this file, which does not wait, exists "
            f"once: move what needs it into a file that waits, or hand it in as an argument",
        )


def _check_room(project: Project, source: Source) -> Iterator[Refusal]:
    for imported in find_exports(source):
        module, name = project.resolve_import(imported)
        if not imported.name or imported.alias != imported.name:
            yield _build_refusal(source, imported, "re-export as `from module import Name as Name`")
        elif f"{source.module}.{imported.name}" in project.library:
            yield _build_refusal(
                source,
                imported,
                f"`{name or imported.name}` is also a module of this package, which would hide "
                f"it once imported: rename one of them",
            )
        elif imported.base.split(".")[0] == ASYNC and module not in project.library:
            yield _build_refusal(source, imported, f"there is no module `{module}`")
        elif imported.relative and not project.is_mirrored(module):
            yield _build_refusal(
                source, imported, f"`{module}` exists once: write `from {module} import ...`"
            )
        elif not imported.relative and project.is_own(module, name):
            yield _build_refusal(
                source,
                imported,
                f"`{name}` of `{module}` exists once per package: import it relatively",
            )


def _build_refusal(source: Source, imported: ImportedName, reason: str) -> Refusal:
    return Refusal(source.path, imported.line, reason)


def _check_root_modules(project: Project) -> Iterator[Refusal]:
    """Refuse a public module beside the rooms: the twin package would lack it."""
    for source in project.plain:
        path = PurePosixPath(source.path)
        if path.parent.name == ASYNC and not path.name.startswith("_"):
            reason = f"a public module of the root: make it a room, `{path.stem}/__init__.py`"
            yield Refusal(source.path, 1, reason)
