"""The plan against what lies on the disk: missing, different, orphaned, foreign."""

from collections.abc import Iterator
from pathlib import Path

from codegen import data
from codegen.plan import Plan
from codegen.project import BLOCKING, BLOCKING_TESTS, BY_HAND
from codegen.twin import is_marked

# What people write in the folders that are otherwise codegen's.
_BY_HAND = frozenset(f"{BLOCKING}/{name}" for name in (*BY_HAND, "py.typed"))


def differences(plan: Plan) -> list[str]:
    """List every file that is not what the plan says, in words for the terminal."""
    found = [f"{path}: {kind}" for path, kind in _changes(plan)]
    found += [f"{path}: orphan, its source is gone" for path in _strangers(plan, marked=True)]
    return sorted(found + foreign(plan))


def foreign(plan: Plan) -> list[str]:
    """List files in codegen's folders that nobody generated."""
    return [f"{path}: {_stranger(path)}" for path in _strangers(plan, marked=False)]


def write(plan: Plan) -> list[str]:
    """Bring the disk to the plan; give what was written or removed."""
    changed = [path for path, _ in _changes(plan)]
    for path in changed:
        (plan.root / path).parent.mkdir(parents=True, exist_ok=True)
        (plan.root / path).write_text(plan.texts[path], encoding="utf-8", newline="\n")
    removed = list(_strangers(plan, marked=True))
    for path in removed:
        (plan.root / path).unlink()
    return [f"wrote {path}" for path in changed] + [f"removed {path}" for path in removed]


def _changes(plan: Plan) -> Iterator[tuple[str, str]]:
    for path, text in sorted(plan.texts.items()):
        file = plan.root / path
        if not file.exists():
            yield path, "missing"
        elif file.read_bytes() != text.encode():
            yield path, "stale"


def _strangers(plan: Plan, *, marked: bool) -> Iterator[str]:
    for path in _owned(plan.root):
        if path not in plan.texts and path not in _BY_HAND and not plan.keeps(path):
            if marked == is_marked(_text(plan.root / path)):
                yield path


def _stranger(path: str) -> str:
    if path.startswith(BLOCKING):
        return f"neither generated, copied nor written by hand ({', '.join(BY_HAND)})"
    return "nothing generates it"


def _owned(root: Path) -> Iterator[str]:
    for folder in (BLOCKING, BLOCKING_TESTS):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix()
    yield from data.compiled_files(root)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
