"""Plans everything that codegen writes, as paths and texts, before a file is touched."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codegen import colours, constructs, data, output, twin
from codegen.project import ASYNC, BLOCKING, Project
from codegen.refusal import Refusal, SourceRefused
from codegen.renames import RENAMES
from codegen.rooms import is_room, write_table
from codegen.source import Source, parse_source
from codegen.suite import Suite, get_twin_path
from codegen.words import convert_docstrings


@dataclass(frozen=True)
class Plan:
    """The text that each derived file must have, and the refusals of its source."""

    root: Path
    texts: dict[str, str]
    refusals: tuple[Refusal, ...]
    unused_renames: tuple[str, ...]

    def is_protected(self, path: str) -> bool:
        """Return whether an unplanned file stays because its source was refused."""
        return path in {_get_derived_path(refusal.path) for refusal in self.refusals}


def build_plan(root: Path) -> Plan:
    """Read the project and derive every file that follows from it."""
    project = Project(root)
    refusals = [*project.refusals, *colours.check(project)]
    refusals += [r for source in project.twins for r in constructs.check(source)]
    suite = Suite(project)
    for source in suite.twins:
        refusals += [*constructs.check(source), *suite.check(source)]
    refused = {refusal.path for refusal in refusals}

    texts = _build_twins(project, suite, refused)
    refusals += [r for path, text in texts.items() for r in output.check(parse_source(path, text))]
    texts |= _build_rooms(project, refused)
    for document in data.list_documents(root):
        try:
            texts[data.get_compiled_path(document)] = data.compile_document(root, document)
        except SourceRefused as error:
            refusals.append(error.refusal)
    unused = _find_unused_renames([*project.twins, *suite.twins])
    return Plan(root, texts, tuple(sorted(set(refusals))), tuple(unused))


def _build_twins(project: Project, suite: Suite, refused: set[str]) -> dict[str, str]:
    library = {s.path: s.text for s in project.twins if s.path not in refused}
    tests = {
        source.path: suite.convert_imports(source)
        for source in suite.twins
        if source.path not in refused
    }
    marked = {
        _get_path_of_twin(path): twin.mark_generated(path, text)
        for path, text in twin.convert_to_blocking(library | tests).items()
    }
    return twin.format_texts(project.root, marked)


def _build_rooms(project: Project, refused: set[str]) -> dict[str, str]:
    texts = {}
    for source in project.copies:
        if source.path not in refused:
            text = write_table(source)
            if is_room(source):
                texts[source.path] = text
            copy = convert_docstrings(parse_source(source.path, text).tree, text)
            texts[_get_path_of_twin(source.path)] = twin.mark_copied(source.path, copy)
    return texts


def _get_derived_path(path: str) -> str:
    return data.get_compiled_path(path) if path.endswith(".yaml") else _get_path_of_twin(path)


def _get_path_of_twin(path: str) -> str:
    if path.startswith(f"{ASYNC}/"):
        return BLOCKING + path.removeprefix(ASYNC)
    return get_twin_path(path)


def _find_unused_renames(sources: Iterable[Source]) -> list[str]:
    used_words = {
        token.src.strip("\"'")
        for source in sources
        for token in source.tokens
        if token.name in {"NAME", "STRING"}
    }
    return [name for name in RENAMES if name not in used_words]
