"""The words of the library's definitions: `python -m benchmarks.names [PATH ...]` lists offenders.

Three rules are measured. A class is named by a noun of the field, a local variable says what it
holds, and a function is named by a verb phrase. Prose is free.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.class_nouns import EVENT_ENDINGS, EXCEPTION_ENDINGS, FIELD_NOUNS, PROJECT_NOUNS
from codegen.source import Source

# Words that say that a value exists, and not what it is.
VAGUE_LOCALS = frozenset(
    """
    again all any asked both chosen done each first found given got gone heard here how item
    kept known last lost made mine more most named none next news old one other others ours own
    part place places rest said same second seen shown some spoken stuff taken that theirs there
    these they thing things this those told twice two wanted what when where which who whole why
    """.split()
)
# Names that the field does use for a local: the two sides of a comparison, an item of a sequence.
_COMMON = frozenset({"item", "other", "others", "first", "second", "last", "next", "old", "part"})
VAGUE_LOCALS -= _COMMON

# Irregular participles; the regular ones end in "ed".
_PARTICIPLES = frozenset(
    """
    asked been begun bent bound bought broken brought built caught chosen cut done drawn driven
    fed felt fit found given gone grown heard held hidden kept known laid led left lent lost made
    meant met paid said seen sent shown shut spent split spoken spun stood taken taught thought
    told torn understood woken worn written wrong
    """.split()
)
_VERBS_IN_ED = frozenset(
    {"bed", "embed", "exceed", "feed", "need", "proceed", "seed", "shed", "shred", "succeed"}
)
# What is read as a verb although a participle is written alike.
_VERBS = frozenset({"cut", "split", "shut", "fit"})
# Claims that standard interfaces make in this form, and what makes a hosted tool.
_CLAIMS = frozenset({"cancelled", "hosted", "locked"})

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_PROPERTIES = ("property", "cached_property", "setter", "overload")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]+|[a-z0-9]+")


@dataclass(frozen=True)
class Offence:
    """One name that breaks a rule, and where it is defined."""

    path: str
    line: int
    rule: str
    name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule} {self.name}"


def find_offences(source: Source) -> Iterator[Offence]:
    """Find every name in a file that is not in the field's words."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and not is_field_class(node.name):
            yield Offence(source.path, node.lineno, "class", node.name)
        if isinstance(node, _FUNCTION):
            if not _is_property(node) and is_participle(node.name):
                yield Offence(source.path, node.lineno, "function", node.name)
            for line, name in _vague_locals(node):
                yield Offence(source.path, line, "local", name)


def is_field_class(name: str) -> bool:
    """Say whether the last word of a class name is a noun of the field."""
    words = _WORD.findall(name.strip("_"))
    last = words[-1].lower() if words else ""
    if last in EXCEPTION_ENDINGS or last in EVENT_ENDINGS:
        return len(words) > 1
    return last in FIELD_NOUNS or last in PROJECT_NOUNS


def is_participle(name: str) -> bool:
    """Say whether a function's name begins with a participle, where a verb is due."""
    first = name.strip("_").split("_")[0]
    if first in _VERBS or first in _CLAIMS or first in _VERBS_IN_ED:
        return False
    return first in _PARTICIPLES or (first.endswith("ed") and len(first) > 3)


def _is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(
        ast.unparse(decorator).split("(")[0].split(".")[-1] in _PROPERTIES
        for decorator in function.decorator_list
    )


def _vague_locals(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[int, str]]:
    # Each name once a function; a nested function answers for its own.
    seen: set[str] = set()
    pending: list[ast.AST] = list(ast.iter_child_nodes(function))
    while pending:
        node = pending.pop()
        if isinstance(node, (*_FUNCTION, ast.ClassDef)):
            continue
        pending += ast.iter_child_nodes(node)
        is_stored = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        name = node.id if is_stored else node.arg if isinstance(node, ast.arg) else ""
        if name in VAGUE_LOCALS and name not in seen:
            seen.add(name)
            yield node.lineno, name


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the offenders below the given paths; give 1 where there are any."""
    from benchmarks.numbers import House

    parser = argparse.ArgumentParser(prog="python -m benchmarks.names", description=__doc__)
    parser.add_argument("paths", nargs="*", default=["ai_lib"], metavar="PATH")
    prefixes = tuple(parser.parse_args(arguments).paths)
    sources = [s for s in House().project.library.values() if s.path.startswith(prefixes)]
    offences = [offence for source in sources for offence in find_offences(source)]
    for offence in offences:
        print(offence)
    return int(bool(offences))


if __name__ == "__main__":
    sys.exit(main())
