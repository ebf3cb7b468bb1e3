"""Finds the members of a frame that a manifest's rules look at, by name."""

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
from ai_lib.protocol.query.path import JsonPath

_WORD: Final = re.compile(r"\w+")


class RuleFields(NamedTuple):
    """Names of members: those whose value a condition compares, and all that rules mention.

    `ignored` are those of no interest, which may differ from frame to frame.
    `is_exact` is False when a condition compares values that no name identifies.
    """

    compared: frozenset[str]
    mentioned: frozenset[str]
    ignored: frozenset[str]
    is_exact: bool


_FIELDS: Final[WeakKeyDictionary[CompiledResponse, RuleFields]] = WeakKeyDictionary()


def rule_fields(response: CompiledResponse) -> RuleFields:
    """Return the names that the rules and conditions of a response look at."""
    fields = _FIELDS.get(response)
    if fields is None:
        fields = _FIELDS[response] = _collect_fields(response)
    return fields


def _collect_fields(response: CompiledResponse) -> RuleFields:
    rules = list(_all_rules((*response.rules, *response.finals)))
    conditions = [response.select, response.end, response.complete, response.known]
    conditions += [rule.match for rule in rules]
    expressions = [condition for condition in conditions if condition is not None]
    paths = [path for rule in rules for path in _paths(rule)]
    paths += [path for _, path in response.envelope]
    paths += [path for expression in expressions for path in expression.paths]
    compared: set[str] = set()
    is_exact = True
    for comparison in _comparisons(expressions):
        sides = [side for side in (comparison.left, comparison.right) if isinstance(side, JsonPath)]
        is_exact = is_exact and len(sides) < 2 and all(_ends_in_name(side) for side in sides)
        compared.update(word for side in sides for word in _words(side)[-1:])
    for path in paths:
        if not path.syntax.is_plain:  # a filter compares whatever it names
            compared.update(_words(path))
    mentioned = frozenset(word for path in paths for word in _words(path))
    ignored = frozenset(word for path in response.ignored for word in _words(path)[-1:])
    return RuleFields(frozenset(compared), mentioned, ignored - mentioned, is_exact)


def _all_rules(rules: Iterable[CompiledRule]) -> Iterator[CompiledRule]:
    for rule in rules:
        yield rule
        yield from _all_rules(rule.rules)
        yield from _all_rules(rule.otherwise)


def _paths(rule: CompiledRule) -> Iterator[JsonPath]:
    yield from rule.levels
    yield from (path for _, _, path in rule.paths)
    yield from (path for path in (rule.each, rule.candidate, rule.index) if path is not None)


def _comparisons(expressions: Iterable[Expression]) -> Iterator[Comparison]:
    for expression in expressions:
        yield from _comparisons_in(expression.tree)


def _comparisons_in(tree: Tree) -> Iterator[Comparison]:
    match tree:
        case Comparison():
            yield tree
        case Not(inner):
            yield from _comparisons_in(inner)
        case AnyOf(inner) | AllOf(inner):
            for subtree in inner:
                yield from _comparisons_in(subtree)
        case _:
            pass


def _ends_in_name(path: JsonPath) -> bool:
    """Say whether the path ends in the name of a member."""
    segments = path.syntax.segments
    return bool(segments) and isinstance(segments[-1].key, str) and path.syntax.is_plain


def _words(path: JsonPath) -> list[str]:
    if not path.syntax.is_plain:
        return _WORD.findall(path.text)
    return [segment.key for segment in path.syntax.segments if isinstance(segment.key, str)]
