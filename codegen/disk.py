"""Compares the plan with the files on disk (missing, stale, orphaned, foreign) and writes it."""

from collections.abc import Iterator
from pathlib import Path

from codegen import data
from codegen.plan import Plan
from codegen.project import BLOCKING, BLOCKING_TESTS, BY_HAND
from codegen.twin import is_marked

# The files that people write in codegen's folders.
_BY_HAND = frozenset(f"{BLOCKING}/{name}" for name in (*BY_HAND, "py.typed"))


def find_differences(plan: Plan) -> list[str]:
    """Return a line for every file that differs from the plan."""
    problems = [f"{path}: {kind}" for path, kind in _find_changes(plan)]
    problems += [
        f"{path}: orphan, its source is gone" for path in _find_unplanned(plan, marked=True)
    ]
    return sorted(problems + find_foreign_files(plan))


def find_foreign_files(plan: Plan) -> list[str]:
    """Return a line for every file in codegen's folders that was not generated."""
    return [f"{path}: {_explain_foreign(path)}" for path in _find_unplanned(plan, marked=False)]


def write_plan(plan: Plan) -> list[str]:
    """Write and remove files as planned; return a line for each."""
    changed = [path for path, _ in _find_changes(plan)]
    for path in changed:
        (plan.root / path).parent.mkdir(parents=True, exist_ok=True)
        (plan.root / path).write_text(plan.texts[path], encoding="utf-8", newline="\n")
    removed = list(_find_unplanned(plan, marked=True))
    for path in removed:
        (plan.root / path).unlink()
    return [f"wrote {path}" for path in changed] + [f"removed {path}" for path in removed]


def _find_changes(plan: Plan) -> Iterator[tuple[str, str]]:
    for path, text in sorted(plan.texts.items()):
        file = plan.root / path
        if not file.exists():
            yield path, "missing"
        elif file.read_bytes() != text.encode():
            yield path, "stale"


def _find_unplanned(plan: Plan, *, marked: bool) -> Iterator[str]:
    for path in _list_owned_files(plan.root):
        if path not in plan.texts and path not in _BY_HAND and not plan.is_protected(path):
            if marked == is_marked(_read_text(plan.root / path)):
                yield path


def _explain_foreign(path: str) -> str:
    if path.startswith(BLOCKING):
        return f"neither generated, copied nor written by hand ({', '.join(BY_HAND)})"
    return "nothing generates it"


def _list_owned_files(root: Path) -> Iterator[str]:
    for folder in (BLOCKING, BLOCKING_TESTS):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix()
    yield from data.list_compiled_files(root)


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
