"""Mutants of source and of dialects: one small fault each, of one kind."""

from __future__ import annotations

import ast
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

BOUNDARIES = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
COMPARISONS = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not", ast.IsNot: "is", ast.In: "not in",
    ast.NotIn: "in",
}  # fmt: skip
RELEASES = frozenset({"release", "discard", "close", "aclose", "abandon", "drain", "_discard"})
# A dialect's conditions, and the last member of its paths.
CONDITION = re.compile(r"(match: .*?)(==|!=|exists\()")
PATH = re.compile(r"^(\s*[\w-]+: \"?[$@][\w.\[\]*]*\.)(\w+)")
FIELD = re.compile(r"^(\s+)([a-z_]+)(: \"?[$@])")


class Mutant(NamedTuple):
    """One fault: in `path`, `old` at this offset of the line (from 1) becomes `new`."""

    path: str
    kind: str
    line: int
    start: int
    old: str
    new: str
    text: str  # of the line

    @property
    def key(self) -> str:
        """What names it in `equivalent.txt`: line numbers move, texts do not."""
        return f"{self.path} | {self.kind} | {self.text.strip()} | {self.old} -> {self.new}"

    def apply(self, source: str) -> str:
        """Return the source with the fault in it."""
        lines = source.split("\n")
        line = lines[self.line - 1].encode()
        end = self.start + len(self.old.encode())
        changed = line[: self.start] + self.new.encode() + line[end:]
        return "\n".join([*lines[: self.line - 1], changed.decode(), *lines[self.line :]])


def find_mutants(path: str, source: str) -> list[Mutant]:
    """Return every mutant of a file, in the order of its lines."""
    found = _find_in_dialect(path, source) if path.endswith(".yaml") else _find_in(path, source)
    return sorted(set(found), key=lambda mutant: (mutant.line, mutant.start, mutant.kind))


def choose_mutants(mutants: Sequence[Mutant], count: int, seed: str) -> list[Mutant]:
    """Return so many of them, the same ones for the same seed, of every kind alike."""
    by_kind: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_kind[mutant.kind].append(mutant)
    chance = random.Random(seed)
    for of_kind in by_kind.values():
        chance.shuffle(of_kind)
    chosen: list[Mutant] = []
    while len(chosen) < min(count, len(mutants)):
        for kind in sorted(by_kind):
            if by_kind[kind] and len(chosen) < count:
                chosen.append(by_kind[kind].pop())
    return chosen


def _find_in(path: str, source: str) -> Iterator[Mutant]:
    lines = source.split("\n")
    tree = ast.parse(source)
    annotations = {
        inner
        for node in ast.walk(tree)
        for name in ("annotation", "returns")
        if isinstance(outer := getattr(node, name, None), ast.AST)
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if node in annotations:
            continue
        for kind, place, new in _change(node):
            line = getattr(place, "lineno", 0)
            if not line or place.end_lineno != line:  # type: ignore[attr-defined]
                continue
            text = lines[line - 1]
            start, end = place.col_offset, place.end_col_offset  # type: ignore[attr-defined]
            old = text.encode()[start:end].decode()
            yield Mutant(path, kind, line, start, old, new, text)


def _change(node: ast.AST) -> Iterator[tuple[str, ast.AST, str]]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        for kind, table in (("boundary", BOUNDARIES), ("comparison", COMPARISONS)):
            if type(node.ops[0]) in table:
                yield kind, node, f"({left} {table[type(node.ops[0])]} {right})"
    elif isinstance(node, ast.BoolOp):
        word = " or " if isinstance(node.op, ast.And) else " and "
        yield "boolean", node, f"({word.join(f'({ast.unparse(v)})' for v in node.values)})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "boolean", node, f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.Return) and not _is_none(node.value):
        yield "returned None", node, "return None"
    elif isinstance(node, ast.Constant) and type(node.value) in (bool, int, float):
        changed = not node.value if isinstance(node.value, bool) else node.value + 1
        yield "constant", node, repr(changed)
    elif isinstance(node, ast.Expr):
        yield from _remove(node)
    elif isinstance(node, ast.Call) and _has_order(node):
        swapped = [node.args[1], node.args[0], *node.args[2:]]
        call = ast.Call(node.func, swapped, node.keywords)
        yield "swapped arguments", node, ast.unparse(call)


def _remove(node: ast.Expr) -> Iterator[tuple[str, ast.AST, str]]:
    call = node.value.value if isinstance(node.value, ast.Await) else node.value
    if isinstance(call, ast.Call):
        is_release = isinstance(call.func, ast.Attribute) and call.func.attr in RELEASES
        yield ("dropped release" if is_release else "removed statement"), node, "pass"


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _has_order(call: ast.Call) -> bool:
    """Whether the first two arguments may be swapped, and that makes a difference."""
    is_symmetric = isinstance(call.func, ast.Name) and call.func.id in ("max", "min")
    has_star = any(isinstance(argument, ast.Starred) for argument in call.args)
    return len(call.args) > 1 and not has_star and not (is_symmetric and len(call.args) == 2)


def _find_in_dialect(path: str, source: str) -> Iterator[Mutant]:
    changed = {"==": "!=", "!=": "==", "exists(": "!exists("}
    for number, text in enumerate(source.split("\n"), 1):
        if match := CONDITION.search(text):
            kind, old, new = "condition", match[2], changed[match[2]]
            yield Mutant(path, kind, number, len(text[: match.start(2)].encode()), old, new, text)
        if match := PATH.search(text):
            start = len(text[: match.start(2)].encode())
            yield Mutant(path, "path", number, start, match[2], f"{match[2]}_x", text)
        if match := FIELD.search(text):
            start = len(text[: match.start(2)].encode())
            yield Mutant(path, "field", number, start, match[2], f"{match[2]}_x", text)


def read_equivalents(path: Path) -> dict[str, str]:
    """Return the reasons of `equivalent.txt` by the keys of their mutants."""
    entries = path.read_text(encoding="utf-8").split("\n\n")
    pairs = (entry.strip().split("\n", 1) for entry in entries if not entry.startswith("#"))
    return {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2}
