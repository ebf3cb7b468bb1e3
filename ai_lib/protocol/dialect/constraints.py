"""Constraints: what of a request excludes, needs or replaces what, as data.

A constraint holds for the bodies for which `when` does. There `$` is the body as it would be sent,
with all that the caller merged into it, and `@` the request in standard words: `@.model`,
`@.stream` and `@.parameters`, those that the caller set.
"""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.query.expression import Expression, compile_expression
from ai_lib.protocol.query.expression_grammar import (
    AllOf,
    AnyOf,
    Comparison,
    Exists,
    Literal,
    Tree,
)
from ai_lib.protocol.query.path import JsonPath
from ai_lib.types.json import JsonDict, JsonValue

# Members that most bodies have: none of them says that a constraint may hold.
_USUAL: Final = frozenset(
    {"model", "messages", "contents", "input", "system", "instructions", "stream", "max_tokens"}
    | {"generationConfig"}
)


class ConstraintRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done to a body for which `when` holds; without `when`, to every body.

    `models` are patterns (`*`, `?`) of the models it is about, `not_models` of those that it is not
    about. Paths are dotted. `drop` leaves members out, `set` gives them values, `raise` adds the
    number at one path to that at another. `family` asks by another API family of the manifest. What
    can't be is refused, and `refuse` says what to do instead; a typed answer is then asked for in
    another form, where there is one. `capability` is what the refused part needs, `why` says what
    the provider refuses.
    """

    when: str | None = None
    models: tuple[str, ...] = ()
    not_models: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    values: JsonDict = msgspec.field(default_factory=dict, name="set")
    sums: dict[str, str] = msgspec.field(default_factory=dict, name="raise")
    family: str | None = None
    refuse: str | None = None
    capability: str = "tools"
    why: str


class CompiledConstraintRule(msgspec.Struct, frozen=True, kw_only=True):
    """A constraint with its condition compiled; `needs` are the members it can't hold without."""

    name: str
    rule: ConstraintRule
    condition: Expression | None
    needs: frozenset[str]


class ModelConstraintRules(msgspec.Struct, frozen=True, kw_only=True):
    """The constraints of one model. None holds for a body without any of `members`.

    With `is_always_read`, one of them may hold for any body.
    """

    rules: tuple[CompiledConstraintRule, ...]
    members: frozenset[str]
    is_always_read: bool


def read_constraints(
    section: Mapping[str, JsonValue], section_path: str
) -> dict[str, ConstraintRule]:
    """Return the constraints of a section by their names; those that are null are left out.

    Raises:
        ProtocolError: one has an unknown or misshapen part; the message names its place.
    """
    constraints: dict[str, ConstraintRule] = {}
    for name, value in section.items():
        if value is None:
            continue
        try:
            constraints[name] = msgspec.convert(value, ConstraintRule)
        except msgspec.ValidationError as error:
            raise ProtocolError(f"{section_path}.{name} is misshapen: {error}") from error
    return constraints


def compile_constraints(
    constraints: Mapping[str, ConstraintRule],
) -> tuple[CompiledConstraintRule, ...]:
    """Return the constraints with their conditions compiled.

    Raises ManifestSyntaxError for a condition that does not parse.
    """
    return tuple(_compile_constraint(name, rule) for name, rule in constraints.items())


def _compile_constraint(name: str, rule: ConstraintRule) -> CompiledConstraintRule:
    condition = None if rule.when is None else compile_expression(rule.when)
    needs = frozenset[str]() if condition is None else frozenset(_list_needs(condition.tree))
    return CompiledConstraintRule(name=name, rule=rule, condition=condition, needs=needs)


def select_constraints(
    compiled: Iterable[CompiledConstraintRule], names: Iterable[str]
) -> ModelConstraintRules | None:
    """Return the constraints of the model with these names, or None when it has none."""
    names = tuple(filter(None, names))
    rules = tuple(constraint for constraint in compiled if _is_about(constraint.rule, names))
    if not rules:
        return None
    telling = [constraint.needs - _USUAL or constraint.needs for constraint in rules]
    return ModelConstraintRules(
        rules=rules,
        members=frozenset(min(needs) for needs in telling if needs),
        is_always_read=not all(telling),
    )


def _is_about(rule: ConstraintRule, names: tuple[str, ...]) -> bool:
    if any(fnmatchcase(name, pattern) for name in names for pattern in rule.not_models):
        return False
    return not rule.models or any(
        fnmatchcase(name, pattern) for name in names for pattern in rule.models
    )


def _list_needs(tree: Tree) -> Iterator[str]:
    """Yield the members of the body without which a condition can't hold."""
    match tree:
        case Exists(path):
            yield from _first_member(path)
        case AllOf(conditions):
            for condition in conditions:
                yield from _list_needs(condition)
        case AnyOf(conditions):
            yield from frozenset.intersection(*(frozenset(_list_needs(c)) for c in conditions))
        case Comparison(left, operator, right) if operator != "!=":
            for side, other in ((left, right), (right, left)):
                if isinstance(side, JsonPath) and _excludes_null(operator, other):
                    yield from _first_member(side)
        case _:
            pass


def _excludes_null(operator: str, other: JsonPath | Literal) -> bool:
    """Whether a comparison can't hold for a path that selects nothing, which stands for null."""
    if operator in ("<", ">", "<=", ">="):
        return True
    if not isinstance(other, Literal):
        return False
    return other.value is not None and not (isinstance(other.value, list) and None in other.value)


def _first_member(path: JsonPath) -> Iterator[str]:
    syntax = path.syntax
    if syntax.origin == "$" and syntax.segments and isinstance(syntax.segments[0].key, str):
        yield syntax.segments[0].key
