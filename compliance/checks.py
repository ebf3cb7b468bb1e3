"""Comparing what was found with what a case expects."""

from collections.abc import Mapping
from typing import Any


class Mismatch(Exception):
    """The library did something other than the case expects."""


class NotYet(Exception):
    """The case needs a part of the library that is not there; the message names it."""


def check(what: str, found: object, expected: object) -> None:
    """Compare two values; `{min, max}` bounds a number."""
    if isinstance(expected, Mapping) and expected.keys() <= {"min", "max"} and expected:
        low, high = expected.get("min", float("-inf")), expected.get("max", float("inf"))
        if not isinstance(found, int | float) or not low <= found <= high:
            raise Mismatch(f"{what} is {found!r}, expected {low} to {high}")
    elif found != expected:
        raise Mismatch(f"{what} is {found!r}, expected {expected!r}")


def check_contains(what: str, found: Any, expected: Any) -> None:
    """Check that `found` has all that `expected` has, however deep; lists match item by item."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            raise Mismatch(f"{what} is {found!r}, expected an object")
        for key, value in expected.items():
            if key not in found:
                raise Mismatch(f"{what} has no {key!r}: {found!r}")
            check_contains(f"{what}.{key}", found[key], value)
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            raise Mismatch(f"{what} is {found!r}, expected {expected!r}")
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            check_contains(f"{what}[{index}]", one, other)
    else:
        check(what, found, expected)


def at(document: Any, dotted: str) -> Any:
    """Return what is at a dotted place such as `results.0.ok`."""
    for part in dotted.split("."):
        try:
            document = document[int(part)] if isinstance(document, list) else document[part]
        except (KeyError, IndexError, TypeError):
            raise Mismatch(f"there is no {dotted!r} in {document!r}") from None
    return document


def check_hidden(text: str, secrets: list[str]) -> None:
    """Check that no secret is in a text."""
    shown = [secret for secret in secrets if secret in text]
    if shown:
        raise Mismatch(f"{shown!r} can be read in {text!r}")
