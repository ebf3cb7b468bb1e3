"""Compiles match expressions, the conditions of a manifest, to closures over JSON values.

Rules of the language (`frame_selector`, `match`, `stop_condition`, `flush_on`) that are easily
missed:

- `exists(path)`, `has("path")` and a bare path hold when some selected node is not null.
- In a comparison, a path that selects nothing stands for null. `path == x` holds when some
  selected node equals x, `!=` is its negation. Types are never converted: `1 == 1.0`, but
  `"1" != 1` and `1 != true`. Objects and arrays are compared by their content.
- `<`, `<=`, `>`, `>=` hold between two numbers or two strings (by code point) only.
- `path in [a, b]` holds when some selected node equals an element. `x in path` holds when some
  selected node is an array that contains x; where the path has wildcards or filters, the selected
  nodes are themselves a list, and one that equals x counts too.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from ai_lib.protocol.query.comparison import are_equal, is_less
from ai_lib.protocol.query.expression_grammar import (
    AllOf,
    AnyOf,
    Comparison,
    Exists,
    Literal,
    Not,
    Tree,
    parse_expression,
)
from ai_lib.protocol.query.path import MISSING, JsonPath

Condition: TypeAlias = Callable[[object, object], bool]
_Nodes: TypeAlias = Callable[[object, object], list[object]]
_Test: TypeAlias = Callable[[object, object], bool]


class Expression(msgspec.Struct, frozen=True, eq=False):
    """A compiled condition, made by `compile_expression`. Call it with a node and, where it
    differs, the root. It never raises for JSON values.

    `paths` are the paths in it, `tree` is its syntax tree, and `condition` is the bare closure,
    which needs both arguments.
    """

    text: str
    paths: tuple[JsonPath, ...]
    tree: Tree
    condition: Condition

    def __call__(self, node: object, root: object = MISSING) -> bool:
        return self.condition(node, node if root is MISSING else root)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def compile_expression(text: str, *, trusted: bool = True) -> Expression:
    """Compile a condition; the same text gives the same object.

    `trusted` is as for `compile_path`. Raises ManifestSyntaxError with the position of the mistake.
    """
    return _compile(text, trusted)


@lru_cache(maxsize=1024)
def _compile(text: str, trusted: bool) -> Expression:
    tree, paths = parse_expression(text, trusted=trusted)
    return Expression(text, paths, tree, _compile_condition(tree))


def _compile_condition(tree: Tree) -> Condition:
    match tree:
        case Exists(path):
            return _compile_exists(path)
        case Not(parts):
            return _negate(_compile_condition(parts))
        case AnyOf(parts):
            return _join_any([_compile_condition(condition) for condition in parts])
        case AllOf(parts):
            return _join_all([_compile_condition(condition) for condition in parts])
        case Comparison():
            return _compile_comparison(tree)
        case Literal(value):
            return lambda node, root: value is True


def _compile_exists(path: JsonPath) -> Condition:
    if path.is_singular:
        return _negate(_compile_is_null(path))
    select = path.select

    def exists(node: object, root: object) -> bool:
        values = select(node, root)
        return len(values) > values.count(None)

    return exists


def _compile_is_null(path: JsonPath) -> Condition:
    first, select = path.first, path.select

    def is_null(node: object, root: object) -> bool:
        value = first(node, root)
        return value is MISSING or value is None

    def has_null(node: object, root: object) -> bool:
        values = select(node, root)
        return not values or None in values

    return is_null if path.is_singular else has_null


def _negate(condition: Condition) -> Condition:
    return lambda node, root: not condition(node, root)


def _join_any(conditions: list[Condition]) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    # Halving keeps the closures of a long chain from nesting as deep as the chain is long.
    middle = len(conditions) // 2
    left, right = _join_any(conditions[:middle]), _join_any(conditions[middle:])
    return lambda node, root: left(node, root) or right(node, root)


def _join_all(conditions: list[Condition]) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    left, right = _join_all(conditions[:middle]), _join_all(conditions[middle:])
    return lambda node, root: left(node, root) and right(node, root)


def _compile_comparison(tree: Comparison) -> Condition:
    left, operator, right = tree
    if operator == "!=":
        if isinstance(left, JsonPath) and left.is_singular and isinstance(right, Literal):
            first, value = left.first, right.value
            if isinstance(value, str):
                return lambda node, root: first(node, root) != value
        return _negate(_compile_comparison(Comparison(left, "==", right)))
    if operator == "==" and isinstance(left, Literal):
        left, right = right, left
    if isinstance(left, JsonPath) and isinstance(right, Literal):
        if operator == "==":
            return _compile_equals_some(left, [right.value])
        if operator == "in" and isinstance(right.value, list):
            return _compile_equals_some(left, right.value)
    if operator == "in":
        many = isinstance(right, JsonPath) and not right.is_singular
        return _compile_some_pair(
            _compile_nodes(left),
            _equals_or_is_in_list if many else _is_in_list,
            _compile_values(right),
        )
    return _compile_some_pair(_compile_nodes(left), _TESTS[operator], _compile_nodes(right))


def _compile_equals_some(path: JsonPath, values: list[object]) -> Condition:
    if values == [None]:
        return _compile_is_null(path)
    if not path.is_singular:
        return _compile_some_pair(_compile_nodes(path), _is_in_list, lambda node, root: [values])
    first = path.first
    texts = frozenset(value for value in values if isinstance(value, str))
    if len(texts) < len(values):
        nodes = _compile_nodes(path)
        return lambda node, root: _is_in_list(nodes(node, root)[0], values)
    if len(values) == 1:
        text = values[0]
        return lambda node, root: first(node, root) == text

    def is_listed(node: object, root: object) -> bool:
        value = first(node, root)
        return isinstance(value, str) and value in texts

    return is_listed


def _compile_some_pair(lefts: _Nodes, test: _Test, rights: _Nodes) -> Condition:
    def some_pair(node: object, root: object) -> bool:
        others = rights(node, root)
        return any(test(left, right) for left in lefts(node, root) for right in others)

    return some_pair


def _compile_nodes(operand: JsonPath | Literal) -> _Nodes:
    listed = _compile_values(operand)
    return lambda node, root: listed(node, root) or [None]


def _compile_values(operand: JsonPath | Literal) -> _Nodes:
    if isinstance(operand, JsonPath):
        return operand.select
    values = [operand.value]
    return lambda node, root: values


def _is_in_list(value: object, values: object) -> bool:
    return isinstance(values, list) and any(are_equal(value, element) for element in values)


def _equals_or_is_in_list(value: object, node: object) -> bool:
    return are_equal(value, node) or _is_in_list(value, node)


def _is_at_most(left: object, right: object) -> bool:
    return is_less(left, right) or (_has_order(left) and are_equal(left, right))


def _has_order(value: object) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


_TESTS: Final[dict[str, _Test]] = {
    "==": are_equal,
    "<": is_less,
    ">": lambda left, right: is_less(right, left),
    "<=": _is_at_most,
    ">=": lambda left, right: _is_at_most(right, left),
}
