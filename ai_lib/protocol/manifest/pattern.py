"""Compiles the regular expressions of manifests, and refuses those that could run forever."""

import re
from typing import Final

_LONGEST: Final = 200
_MOST_REPEATS: Final = 3
# Escapes and character classes, in which no character is syntax.
_ATOMS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_REPEAT: Final = re.compile(r"[*+]|\{\d*,\}")
_REPEATED_GROUP: Final = re.compile(r"\)(?:[*+]|\{\d*,\d*\}|\{\d{2,}\})")


def compile_bounded_pattern(text: str) -> re.Pattern[str]:
    """Return a manifest's regular expression, compiled to ignore case.

    Raises ValueError when it does not compile or could run long: over 200 characters, a repeated
    group, a back reference, or more than three open repeats.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"the pattern is longer than {_LONGEST} characters")
    if re.search(r"\\[1-9]|\(\?P=|\(\?\(", text):
        raise ValueError(f"{text!r} has a back reference")
    syntax = _ATOMS.sub("x", text)
    if _REPEATED_GROUP.search(syntax):
        raise ValueError(f"{text!r} repeats a group without an upper end")
    if len(_REPEAT.findall(syntax)) > _MOST_REPEATS:
        raise ValueError(f"{text!r} has more than {_MOST_REPEATS} open repeats")
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
