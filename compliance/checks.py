"""Compares actual values with what a case expects."""

from collections.abc import Mapping
from typing import Any


class Mismatch(Exception):
    """The library did something other than the case expects."""


class CaseUnsupported(Exception):
    """The case needs an unsupported part of the library; the message names it."""


def check(subject: str, actual: object, expected: object) -> None:
    """Compare two values; `{min, max}` bounds a number."""
    if isinstance(expected, Mapping) and expected.keys() <= {"min", "max"} and expected:
        low, high = expected.get("min", float("-inf")), expected.get("max", float("inf"))
        if not isinstance(actual, int | float) or not low <= actual <= high:
            raise Mismatch(f"{subject} is {actual!r}, expected {low} to {high}")
    elif actual != expected:
        raise Mismatch(f"{subject} is {actual!r}, expected {expected!r}")


def check_contains(subject: str, actual: Any, expected: Any) -> None:
    """Check that `found` has all that `expected` has, however deep; lists match item by item."""
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            raise Mismatch(f"{subject} is {actual!r}, expected an object")
        for key, value in expected.items():
            if key not in actual:
                raise Mismatch(f"{subject} has no {key!r}: {actual!r}")
            check_contains(f"{subject}.{key}", actual[key], value)
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            raise Mismatch(f"{subject} is {actual!r}, expected {expected!r}")
        for index, (actual_item, expected_item) in enumerate(zip(actual, expected, strict=True)):
            check_contains(f"{subject}[{index}]", actual_item, expected_item)
    else:
        check(subject, actual, expected)


def get_value(document: Any, dotted: str) -> Any:
    """Return what is at a dotted path such as `results.0.ok`."""
    for part in dotted.split("."):
        try:
            document = document[int(part)] if isinstance(document, list) else document[part]
        except (KeyError, IndexError, TypeError):
            raise Mismatch(f"there is no {dotted!r} in {document!r}") from None
    return document


def check_hidden(text: str, secrets: list[str]) -> None:
    """Check that no secret is in a text."""
    visible_secrets = [secret for secret in secrets if secret in text]
    if visible_secrets:
        raise Mismatch(f"{visible_secrets!r} can be read in {text!r}")
