"""Plans everything that codegen writes, as paths and texts, before a file is touched."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codegen import colours, constructs, data, output, twin
from codegen.memory import Memory
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
    memory = Memory(root)
    project = Project(root)
    refusals = [*project.refusals, *colours.check(project)]
    refusals += [r for source in project.twins for r in _check_constructs(memory, source)]
    suite = Suite(project)
    for source in suite.twins:
        refusals += [*_check_constructs(memory, source), *suite.check(source)]
    refused = {refusal.path for refusal in refusals}

    texts = _build_twins(memory, project, suite, refused)
    refusals += [r for path, text in texts.items() for r in _check_output(memory, path, text)]
    texts |= _build_rooms(project, refused)
    for document in data.list_documents(root):
        try:
            texts[data.get_compiled_path(document)] = _compile(memory, root, document)
        except SourceRefused as error:
            refusals.append(error.refusal)
    unused = _find_unused_renames(memory, [*project.twins, *suite.twins])
    memory.save()
    return Plan(root, texts, tuple(sorted(set(refusals))), tuple(unused))


def _check_constructs(memory: Memory, source: Source) -> Iterable[Refusal]:
    def check() -> list[tuple[int, str]]:
        return [(refusal.line, refusal.reason) for refusal in constructs.check(source)]

    found = memory.get("constructs", source.path, source.text, check)
    return [Refusal(source.path, line, reason) for line, reason in found]


def _check_output(memory: Memory, path: str, text: str) -> Iterable[Refusal]:
    def check() -> list[tuple[int, str]]:
        refusals = output.check(parse_source(path, text))
        return [(refusal.line, refusal.reason) for refusal in refusals]

    found = memory.get("output", path, text, check)
    return [Refusal(path, line, reason) for line, reason in found]


def _compile(memory: Memory, root: Path, document: str) -> str:
    text = (root / document).read_bytes().decode("utf-8", "replace")
    return memory.get("data", document, text, lambda: data.compile_document(root, document))


def _build_twins(
    memory: Memory, project: Project, suite: Suite, refused: set[str]
) -> dict[str, str]:
    library = {s.path: s.text for s in project.twins if s.path not in refused}
    tests = {
        source.path: suite.convert_imports(source)
        for source in suite.twins
        if source.path not in refused
    }
    settings = (project.root / "pyproject.toml").read_text(encoding="utf-8")
    sources = {path: text + settings for path, text in (library | tests).items()}
    texts = {path: memory.find("twin", path, source) for path, source in sources.items()}
    todo = {path: (library | tests)[path] for path, text in texts.items() if text is None}
    marked = {
        _get_path_of_twin(path): twin.mark_generated(path, text)
        for path, text in twin.convert_to_blocking(todo).items()
    }
    formatted = twin.format_texts(project.root, marked)
    for path in todo:
        texts[path] = formatted[_get_path_of_twin(path)]
        memory.store("twin", path, sources[path], texts[path])
    return {_get_path_of_twin(path): text for path, text in texts.items()}


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


def _find_unused_renames(memory: Memory, sources: Iterable[Source]) -> list[str]:
    used: set[str] = set()
    for source in sources:
        used.update(memory.get("renames", source.path, source.text, partial(_list_renames, source)))
    return [name for name in RENAMES if name not in used]


def _list_renames(source: Source) -> list[str]:
    words = {token.src.strip("\"'") for token in source.tokens if token.name in {"NAME", "STRING"}}
    return sorted(words.intersection(RENAMES))
