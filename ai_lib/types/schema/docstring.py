"""Reads the description of a function and its parameters from its docstring."""

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
    """Return the description of each parameter, each on one line.

    The docstring may be in the form of Google (`Args:`), NumPy (`Parameters` underlined) or
    reStructuredText (`:param name:`).
    """
    lines = (inspect.getdoc(function) or "").split("\n")
    pieces: dict[str, list[str]] = {}
    for name, text in (*_read_fields(lines), *_read_google(lines), *_read_numpy(lines)):
        pieces.setdefault(name, []).append(text)
    texts = {name: " ".join(filter(None, lines)) for name, lines in pieces.items()}
    return {name: text for name, text in texts.items() if text}


def _read_fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    name = ""
    for line in lines:
        match = _FIELD.match(line)
        if match:
            name = match[1]
            yield name, match[2].strip()
        elif not line.strip() or _OTHER_FIELD.match(line):
            name = ""
        elif name and line.startswith(" "):
            yield name, line.strip()


def _read_google(lines: list[str]) -> Iterator[tuple[str, str]]:
    for start, line in enumerate(lines):
        if _GOOGLE_HEAD.match(line):
            yield from _read_google_entries(_find_section(lines[start + 1 :]))


def _find_section(lines: list[str]) -> list[str]:
    """Return the indented lines that follow a heading."""
    end = next((at for at, line in enumerate(lines) if line and line[0] != " "), len(lines))
    return lines[:end]


def _read_google_entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    depth = min((_measure_indent(line) for line in lines if line.strip()), default=0)
    name = ""
    for line in lines:
        match = _GOOGLE.match(line.strip()) if _measure_indent(line) == depth else None
        if match:
            name = match[1]
            yield name, match[2].strip()
        elif name and _measure_indent(line) > depth:
            yield name, line.strip()


def _read_numpy(lines: list[str]) -> Iterator[tuple[str, str]]:
    for start in range(len(lines) - 1):
        rule = lines[start + 1].strip()
        if lines[start].strip() == "Parameters" and rule and not rule.strip("-"):
            yield from _read_numpy_entries(lines[start + 2 :])


def _read_numpy_entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    names: list[str] = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if below and not below.strip("-"):
            return  # the heading of the next section
        if line and line[0] != " ":
            match = _NUMPY.match(line)
            names = [name.strip() for name in match[1].split(",")] if match else []
        elif line.strip():
            for name in names:
                yield name, line.strip()


def _measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
