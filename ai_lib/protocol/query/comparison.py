"""Compares JSON values as filters and expressions do (RFC 9535 section 2.3.5.2.2)."""

from typing import Any


def are_equal(left: object, right: object) -> bool:
    """Whether two JSON values are equal (RFC 9535 section 2.3.5.2.2): `1 == 1.0`, `1 != true`."""
    pending = [(left, right)]
    while pending:
        first, second = pending.pop()
        if isinstance(first, dict) and isinstance(second, dict):
            if first.keys() != second.keys():
                return False
            pending += [(value, second[key]) for key, value in first.items()]
        elif isinstance(first, list) and isinstance(second, list):
            if len(first) != len(second):
                return False
            pending += zip(first, second, strict=True)
        elif isinstance(first, bool) is not isinstance(second, bool) or first != second:
            return False
    return True


def is_less(left: Any, right: Any) -> bool:
    """Whether `left < right`: two numbers or two strings; nothing else has an order."""
    if isinstance(left, str):
        return isinstance(right, str) and left < right
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    return isinstance(left, (int, float)) and isinstance(right, (int, float)) and left < right
