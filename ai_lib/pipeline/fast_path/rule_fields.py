"""Which parts of a frame a manifest's rules look at, by name."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from ai_lib.protocol.compiled import CompiledResponse, CompiledRule
from ai_lib.protocol.query.expression import Expression
from ai_lib.protocol.query.expression_grammar import (
    AllOf,
    AnyOf,
    Comparison,
    Not,
    Tree,
)
from ai_lib.protocol.query.path import Path

_WORD: Final = re.compile(r"\w+")


class RuleFields(NamedTuple):
    """Names of members: those whose value a condition compares, and all that are spoken of.

    When `known` is false, a condition compares things that names don't tell.
    """

    compared: frozenset[str]
    mentioned: frozenset[str]
    known: bool


_NAMES: Final[WeakKeyDictionary[CompiledResponse, RuleFields]] = WeakKeyDictionary()


def names_of(reply: CompiledResponse) -> RuleFields:
    """Return the names that the rules and conditions of a reply look at."""
    names = _NAMES.get(reply)
    if names is None:
        names = _NAMES[reply] = _names(reply)
    return names


def _names(reply: CompiledResponse) -> RuleFields:
    rules = list(_all_rules(reply.rules))
    conditions = [reply.select, reply.end, reply.complete, reply.known]
    conditions += [rule.match for rule in rules]
    expressions = [one for one in conditions if one is not None]
    paths = [path for rule in rules for path in _paths(rule)]
    paths += [path for _, path in reply.envelope]
    paths += [path for one in expressions for path in one.paths]
    compared: set[str] = set()
    known = True
    for comparison in _comparisons(expressions):
        sides = [side for side in (comparison.left, comparison.right) if isinstance(side, Path)]
        known = known and len(sides) < 2 and all(_is_named(side) for side in sides)
        compared.update(word for side in sides for word in _words(side)[-1:])
    for path in paths:
        if not path.syntax.is_plain:  # a filter compares whatever it names
            compared.update(_words(path))
    mentioned = frozenset(word for path in paths for word in _words(path))
    return RuleFields(frozenset(compared), mentioned, known)


def _all_rules(rules: Iterable[CompiledRule]) -> Iterator[CompiledRule]:
    for rule in rules:
        yield rule
        yield from _all_rules(rule.rules)
        yield from _all_rules(rule.otherwise)


def _paths(rule: CompiledRule) -> Iterator[Path]:
    yield from rule.levels
    yield from (path for _, _, path in rule.paths)
    yield from (path for path in (rule.each, rule.candidate) if path is not None)


def _comparisons(expressions: Iterable[Expression]) -> Iterator[Comparison]:
    for expression in expressions:
        yield from _within(expression.tree)


def _within(tree: Tree) -> Iterator[Comparison]:
    match tree:
        case Comparison():
            yield tree
        case Not(inner):
            yield from _within(inner)
        case AnyOf(inner) | AllOf(inner):
            for each in inner:
                yield from _within(each)
        case _:
            pass


def _is_named(path: Path) -> bool:
    """Whether the path says by name what is compared."""
    segments = path.syntax.segments
    return bool(segments) and isinstance(segments[-1].key, str) and path.syntax.is_plain


def _words(path: Path) -> list[str]:
    if not path.syntax.is_plain:
        return _WORD.findall(path.text)
    return [segment.key for segment in path.syntax.segments if isinstance(segment.key, str)]
