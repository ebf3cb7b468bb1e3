"""Compares JSON values, as filters and expressions do (RFC 9535 section 2.3.5.2.2)."""

from typing import Any


def are_equal(left: object, right: object) -> bool:
    """Whether two JSON values are equal (RFC 9535 section 2.3.5.2.2): `1 == 1.0`, `1 != true`."""
    pending = [(left, right)]
    while pending:
        one, other = pending.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pending += [(value, other[key]) for key, value in one.items()]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pending += zip(one, other, strict=True)
        elif isinstance(one, bool) is not isinstance(other, bool) or one != other:
            return False
    return True


def is_less(left: Any, right: Any) -> bool:
    """Whether `left < right`: two numbers or two strings; nothing else has an order."""
    if isinstance(left, str):
        return isinstance(right, str) and left < right
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    return isinstance(left, (int, float)) and isinstance(right, (int, float)) and left < right
