"""Sorts the project's files by colour: those with a twin, those copied, those that exist once."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from codegen.refusal import Refusal, SourceRefused
from codegen.rooms import is_room, map_public_names
from codegen.source import ImportedName, Source, read_source

ASYNC, BLOCKING = "ai_lib", "ai_lib_sync"
TESTS, BLOCKING_TESTS = "tests", "tests/_sync"

# Written by hand in both packages, with the same names and signatures.
BY_HAND = (
    "_runtime/backend.py",
    "_runtime/httpcore.py",
    "_runtime/process.py",
    "_runtime/stream.py",
    "_runtime/workers.py",
)
_WRITTEN = frozenset(f"{ASYNC}/{name}" for name in BY_HAND)


class Project:
    """Every source of `ai_lib` and `tests`, and the colour of each module."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.refusals: list[Refusal] = []
        self.library = {source.module: source for source in self._read(ASYNC)}
        self.tests = {source.module: source for source in self._read(TESTS)}
        self.twins = [s for s in self.library.values() if self.has_twin(s.module)]
        self.copies = self._find_copies()
        coloured = {s.path for s in (*self.twins, *self.copies)} | _WRITTEN
        self.plain = [s for s in self.library.values() if s.path not in coloured]

    def _read(self, folder: str) -> Iterator[Source]:
        for path in sorted((self.root / folder).rglob("*.py")):
            if path.is_relative_to(self.root / BLOCKING_TESTS):
                continue
            try:
                yield read_source(self.root, path)
            except SourceRefused as refused:
                self.refusals.append(refused.refusal)

    def _find_copies(self) -> list[Source]:
        # Rooms, and the parents of a twin.
        in_both = [*(source.path for source in self.twins), *_WRITTEN]
        parents = {folder for path in in_both for folder in list_folders(path)}
        return [
            source
            for source in self.library.values()
            if source.is_package and (is_room(source) or _get_folder(source.path) in parents)
        ]

    def has_twin(self, module: str) -> bool:
        """Return whether a module of the library is generated a second time."""
        source = self.library.get(module)
        return (
            source is not None
            and source.waits
            and not source.is_package
            and source.path not in _WRITTEN
        )

    def is_own(self, module: str, name: str = "") -> bool:
        """Return whether a module, a whole room or one of its names exists once per package."""
        source = self.library.get(module)
        if source is None:
            return False
        if source.is_package:
            names = map_public_names(source)
            reached = [names.get(name, "")] if name else names.values()
            return any(module.startswith(".") for module in reached)
        return source.path in _WRITTEN or self.has_twin(module)

    def is_mirrored(self, module: str) -> bool:
        """Return whether `ai_lib_sync` has a module of the same path."""
        source = self.library.get(module)
        if source is None:
            return False
        return source in self.copies if source.is_package else self.is_own(module)

    def resolve_import(self, imported: ImportedName) -> tuple[str, str]:
        """Return the module that an import reaches and the name in it, empty for the module."""
        submodule = f"{imported.base}.{imported.name}"
        if submodule in self.library or submodule in self.tests:
            return submodule, ""
        return imported.base, imported.name


def _get_folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def list_folders(path: str) -> Iterable[str]:
    """Return every folder above a path, the nearest first."""
    return [folder.as_posix() for folder in PurePosixPath(path).parents if folder.name]
