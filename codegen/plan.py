"""Everything that codegen writes, as paths and texts, before a file is touched."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tokenize_rt

from codegen import colours, data, output, traps, twin
from codegen.project import ASYNC, BLOCKING, Project
from codegen.refusal import Refusal, Refused
from codegen.renames import RENAMES
from codegen.rooms import is_room, with_table
from codegen.source import Source, parse
from codegen.suite import Suite, twin_path
from codegen.words import turned


@dataclass(frozen=True)
class Plan:
    """The text that each derived file must have, and what was refused on the way."""

    root: Path
    texts: dict[str, str]
    refusals: tuple[Refusal, ...]
    unused_renames: tuple[str, ...]

    def keeps(self, path: str) -> bool:
        """Say whether a derived file stays although it is not planned: its source was refused."""
        return path in {_derived_path(refusal.path) for refusal in self.refusals}


def make(root: Path) -> Plan:
    """Read the project and derive every file that follows from it."""
    project = Project(root)
    refusals = [*project.refusals, *colours.check(project)]
    refusals += [r for source in project.twins for r in traps.check(source)]
    suite = Suite(project)
    for source in suite.twins:
        refusals += [*traps.check(source), *suite.check(source)]
    refused = {refusal.path for refusal in refusals}

    texts = _twins(project, suite, refused)
    refusals += [r for path, text in texts.items() for r in output.check(parse(path, text))]
    texts |= _rooms(project, refused)
    for document in data.documents(root):
        try:
            texts[data.compiled_path(document)] = data.compiled(root, document)
        except Refused as error:
            refusals.append(error.refusal)
    unused = _unused_renames([*project.twins, *suite.twins])
    return Plan(root, texts, tuple(sorted(set(refusals))), tuple(unused))


def _twins(project: Project, suite: Suite, refused: set[str]) -> dict[str, str]:
    library = {s.path: s.text for s in project.twins if s.path not in refused}
    tests = {
        source.path: suite.with_blocking_imports(source)
        for source in suite.twins
        if source.path not in refused
    }
    marked = {
        _twin_path(path): twin.generated(path, text)
        for path, text in twin.blocking(library | tests).items()
    }
    return twin.formatted(project.root, marked)


def _rooms(project: Project, refused: set[str]) -> dict[str, str]:
    texts = {}
    for source in project.copies:
        if source.path not in refused:
            text = with_table(source)
            if is_room(source):
                texts[source.path] = text
            copy = turned(parse(source.path, text).tree, text)
            texts[_twin_path(source.path)] = twin.copied(source.path, copy)
    return texts


def _derived_path(path: str) -> str:
    return data.compiled_path(path) if path.endswith(".yaml") else _twin_path(path)


def _twin_path(path: str) -> str:
    if path.startswith(f"{ASYNC}/"):
        return BLOCKING + path.removeprefix(ASYNC)
    return twin_path(path)


def _unused_renames(sources: Iterable[Source]) -> list[str]:
    seen = {
        token.src.strip("\"'")
        for source in sources
        for token in tokenize_rt.src_to_tokens(source.text)
        if token.name in {"NAME", "STRING"}
    }
    return [name for name in RENAMES if name not in seen]
