"""Builds a frame for which conditions hold, with values at given paths."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice, pairwise
from typing import Final

from ai_lib.protocol.query.expression import Expression, compile_expression
from ai_lib.protocol.query.expression_grammar import (
    AllOf,
    AnyOf,
    Comparison,
    Exists,
    Literal,
    Tree,
)
from ai_lib.protocol.query.path import MISSING, JsonPath, compile_path

Frame = dict[str, object]
_Key = str | int

_MOST_WAYS: Final = 256  # ways to satisfy the alternatives of one condition
_MOST_ELEMENTS: Final = 64


class UnwritableError(Exception):
    """No frame has this value at this path, or satisfies these conditions."""


def build_frame(base: Frame, values: Mapping[str, object], conditions: Sequence[str]) -> Frame:
    """Return `base` with the values at their paths, so that all conditions hold.

    A value that is there already stays. A wildcard in a path is the first element.

    Raises:
        UnwritableError: there is no such frame, or none was found.
    """
    frame = deepcopy(base)
    for path, value in values.items():
        put_value(frame, compile_path(path), value)
    expressions = [compile_expression(condition) for condition in conditions]
    everything = AllOf(tuple(expression.tree for expression in expressions))
    for changed in islice(_satisfy(frame, everything), _MOST_WAYS):
        if all(expression(changed) for expression in expressions):
            return changed
    raise UnwritableError(_explain(frame, expressions))


def _explain(frame: Frame, expressions: Sequence[Expression]) -> str:
    failed = [expression.text for expression in expressions if not expression(frame)]
    return f"no frame was found for which {' and '.join(failed)} holds"


def put_value(frame: Frame, path: JsonPath, value: object) -> None:
    """Write a value into a frame, with the objects and arrays above it.

    Raises:
        UnwritableError: the path is not of names, indexes and wildcards, or another value is there.
    """
    keys = _list_keys(path)
    node: object = frame
    for key, next_key in pairwise(keys):
        child = _get_child(node, key, path)
        if child is None or child == "":
            child = [] if isinstance(next_key, int) else {}
            _set_child(node, key, child)
        node = child
    if _get_child(node, keys[-1], path) not in (None, "", value):
        raise UnwritableError(f"{path.text} has to be two values at once")
    _set_child(node, keys[-1], value)


def _list_keys(path: JsonPath) -> list[_Key]:
    if not path.syntax.is_plain or not path.syntax.segments:
        raise UnwritableError(f"{path.text} names no place that can be written")
    # A negative index counts from the end, and the array has one element.
    written_keys = [0 if segment.key is None else segment.key for segment in path.syntax.segments]
    keys = [max(key, 0) if isinstance(key, int) else key for key in written_keys]
    if any(isinstance(key, int) and key >= _MOST_ELEMENTS for key in keys):
        raise UnwritableError(f"{path.text} is too far into an array")
    return keys


def _get_child(node: object, key: _Key, path: JsonPath) -> object:
    if isinstance(node, dict) and isinstance(key, str):
        return node.get(key)
    if isinstance(node, list) and isinstance(key, int):
        return node[key] if key < len(node) else None
    raise UnwritableError(f"{path.text} reads an array and an object at one place")


def _set_child(node: object, key: _Key, value: object) -> None:
    if isinstance(node, dict):
        node[key] = value
    elif isinstance(node, list) and isinstance(key, int):
        node.extend({} for _ in range(key + 1 - len(node)))
        node[key] = value


def _satisfy(frame: Frame, tree: Tree) -> Iterator[Frame]:
    """Yield frames for which the condition may hold; what must not be is checked by the caller."""
    match tree:
        case AllOf(()):
            yield frame
        case AllOf((first, *others)):
            for changed in _satisfy(frame, first):
                yield from _satisfy(changed, AllOf(tuple(others)))
        case AnyOf(alternatives):
            for alternative in alternatives:
                yield from _satisfy(frame, alternative)
        case Exists(path):
            yield from _put_somewhere(frame, path, "", is_missing=_is_absent(frame, path))
        case Comparison(left, operator, right):
            if isinstance(left, Literal) and isinstance(right, JsonPath) and operator != "in":
                left, right, operator = right, left, _MIRRORED.get(operator, operator)
            if isinstance(left, JsonPath) and isinstance(right, Literal):
                yield from _satisfy_comparison(frame, left, operator, right.value)
            else:
                yield frame
        case _:
            yield frame


_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _satisfy_comparison(
    frame: Frame, path: JsonPath, operator: str, value: object
) -> Iterator[Frame]:
    if operator == "!=":
        is_missing = value is None and _is_absent(frame, path)
        yield from _put_somewhere(frame, path, "", is_missing=is_missing)
        return
    yield frame
    for fitting_value in _list_fitting_values(operator, value):
        # A dollar sign would be a placeholder in the template that the frame is.
        if fitting_value is not None and "$" not in str(fitting_value):
            yield from _put_somewhere(frame, path, fitting_value, is_missing=True)


def _list_fitting_values(operator: str, value: object) -> list[object]:
    if operator == "in":
        return list(value) if isinstance(value, list) else []
    if operator in ("<", ">") and isinstance(value, (int, float)):
        return [value - 1 if operator == "<" else value + 1]
    if operator == ">" and isinstance(value, str):
        return [f"{value} "]
    return [value] if operator != "<" else [""]


def _is_absent(frame: Frame, path: JsonPath) -> bool:
    return path.first(frame, frame) in (MISSING, None)


def _put_somewhere(
    frame: Frame, path: JsonPath, value: object, *, is_missing: bool
) -> Iterator[Frame]:
    if not is_missing:
        yield frame
        return
    changed = deepcopy(frame)
    try:
        put_value(changed, path, value)
    except UnwritableError:
        return
    yield changed
