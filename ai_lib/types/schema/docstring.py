"""What a docstring says of a function and of its parameters, in the usual forms."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Final

_FIELD: Final = re.compile(
    r"^:(?:param|parameter|arg|argument)\s+(?:[^:]*\s)?\*{0,2}(\w+)\s*:(.*)$"
)
_OTHER_FIELD: Final = re.compile(r"^:\w+[^:]*:")
_GOOGLE_HEAD: Final = re.compile(r"^(?:Args|Arguments|Parameters|Params)\s*:\s*$")
_GOOGLE: Final = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*:\s*(.*)$")
_NUMPY: Final = re.compile(r"^\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?$")


def describe(function: Callable[..., object]) -> str | None:
    """Return the first paragraph of a function's docstring, on one line."""
    doc = inspect.getdoc(function)
    first = doc.split("\n\n")[0].replace("\n", " ").strip() if doc else ""
    return first or None


def describe_parameters(function: Callable[..., object]) -> dict[str, str]:
    """Return what a docstring says of each parameter, each on one line.

    It is read in the forms of Google (`Args:`), NumPy (`Parameters` underlined) and
    reStructuredText (`:param name:`).
    """
    lines = (inspect.getdoc(function) or "").split("\n")
    found: dict[str, list[str]] = {}
    for name, text in (*_of_fields(lines), *_of_google(lines), *_of_numpy(lines)):
        found.setdefault(name, []).append(text)
    joined = {name: " ".join(text for text in texts if text) for name, texts in found.items()}
    return {name: text for name, text in joined.items() if text}


def _of_fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    name = ""
    for line in lines:
        found = _FIELD.match(line)
        if found:
            name = found[1]
            yield name, found[2].strip()
        elif not line.strip() or _OTHER_FIELD.match(line):
            name = ""
        elif name and line.startswith(" "):
            yield name, line.strip()


def _of_google(lines: list[str]) -> Iterator[tuple[str, str]]:
    for start, line in enumerate(lines):
        if _GOOGLE_HEAD.match(line):
            yield from _entries(_section(lines[start + 1 :]))


def _section(lines: list[str]) -> list[str]:
    """Return the indented lines that follow a heading."""
    end = next((at for at, line in enumerate(lines) if line and line[0] != " "), len(lines))
    return lines[:end]


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    depth = min((_indent(line) for line in lines if line.strip()), default=0)
    name = ""
    for line in lines:
        found = _GOOGLE.match(line.strip()) if _indent(line) == depth else None
        if found:
            name = found[1]
            yield name, found[2].strip()
        elif name and _indent(line) > depth:
            yield name, line.strip()


def _of_numpy(lines: list[str]) -> Iterator[tuple[str, str]]:
    for start in range(len(lines) - 1):
        rule = lines[start + 1].strip()
        if lines[start].strip() == "Parameters" and rule and not rule.strip("-"):
            yield from _numpy_entries(lines[start + 2 :])


def _numpy_entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    names: list[str] = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and not below.strip("-"):
            return  # the heading of the next section
        if line and line[0] != " ":
            found = _NUMPY.match(line)
            names = [name.strip() for name in found[1].split(",")] if found else []
        elif line.strip():
            for name in names:
                yield name, line.strip()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
