"""Reads the description of a function and its parameters from its docstring."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Final

_FIELD: Final = re.compile(
    r"^[:@](?:param|parameter|arg|argument|key|keyword)\s+(?:[^:]*\s)?[*\\]*(\w+)\s*:(.*)$"
)
_OTHER_FIELD: Final = re.compile(r"^[:@]\w+[^:]*:?")
_SECTIONS: Final = (
    "args|arguments|parameters|params|keyword args|keyword arguments|other parameters|inputs?"
)
_HEAD: Final = re.compile(rf"^#*\s*\**(?:{_SECTIONS})\**\s*:?\**\s*$", re.IGNORECASE)
_ENTRY: Final = re.compile(
    r"^(?:[-*+\u2022]\s+)?[`*\\]*(\w+)[`*]*\s*"
    r"(?:[\[(][^()]*(?:\([^()]*\)[^()]*)*[\])])?[`*]*\s*(?::|--|\u2013|\u2014|\s-\s)\s*(.*)$"
)
_NUMPY: Final = re.compile(r"^\*{0,2}(\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?$")
_NEXT_HEAD: Final = re.compile(
    r"^#*\s*\**(?:returns?|raises?|yields?|examples?|notes?|see also|warnings?|references|todo)"
    r"\**\s*:?\**\s*$",
    re.IGNORECASE,
)


def describe(function: Callable[..., object]) -> str | None:
    """Return the first paragraph of a function's docstring, on one line."""
    paragraph: list[str] = []
    for line in _read_lines(function):
        is_other = _HEAD.match(line.strip()) or _OTHER_FIELD.match(line.strip())
        if is_other or (paragraph and not line.strip()):
            break
        paragraph.append(line.strip())
    return " ".join(filter(None, paragraph)) or None


def describe_parameters(function: Callable[..., object]) -> dict[str, str]:
    """Return the description of each parameter, each on one line.

    The docstring may be in the form of Google (`Args:`), NumPy (`Parameters` underlined),
    reStructuredText (`:param name:`), epytext (`@param name:`), or a Markdown list under a heading.
    """
    lines = _read_lines(function)
    pieces: dict[str, list[str]] = {}
    for name, text in (*_read_fields(lines), *_read_sections(lines)):
        pieces.setdefault(name, []).append(text)
    texts = {name: " ".join(filter(None, lines)) for name, lines in pieces.items()}
    return {name: text for name, text in texts.items() if text}


def _read_lines(function: Callable[..., object]) -> list[str]:
    text = inspect.getdoc(function) or ""
    return [line.expandtabs(4).rstrip() for line in text.replace("\r\n", "\n").split("\n")]


def _read_fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    name = ""
    for line in lines:
        match = _FIELD.match(line.strip())
        if match:
            name = match[1]
            yield name, match[2].strip()
        elif not line.strip() or _OTHER_FIELD.match(line.strip()):
            name = ""
        elif name and line.startswith(" "):
            yield name, line.strip()


def _read_sections(lines: list[str]) -> Iterator[tuple[str, str]]:
    for start, line in enumerate(lines):
        if not _HEAD.match(line.strip()):
            continue
        below = lines[start + 1 :]
        if below and _is_rule(below[0]):
            yield from _read_numpy_entries(below[1:])
        else:
            yield from _read_entries(_find_section(below, _measure_indent(line)))


def _find_section(lines: list[str], indent: int) -> list[str]:
    """Return the lines that belong to a heading: indented ones, or a list, up to the next one."""
    section: list[str] = []
    for line in lines:
        text = line.strip()
        if text and _measure_indent(line) <= indent:
            is_entry = _ENTRY.match(text) is not None
            if _NEXT_HEAD.match(text) or _HEAD.match(text) or not is_entry:
                break
        section.append(line)
    return section


def _read_entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    name, depth = "", 1000
    for line in lines:
        indent = _measure_indent(line)
        match = _ENTRY.match(line.strip()) if indent <= depth and line.strip() else None
        if match:
            name, depth = match[1], indent
            yield name, match[2].strip()
        elif name and indent > depth:
            yield name, line.strip()


def _read_numpy_entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    names: list[str] = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.strip() and _is_rule(below):
            return  # the heading of the next section
        if line and line[0] != " ":
            match = _NUMPY.match(line)
            names = [name.strip(" *") for name in match[1].split(",")] if match else []
        elif line.strip():
            for name in names:
                yield name, line.strip()


def _is_rule(line: str) -> bool:
    text = line.strip()
    return len(text) > 2 and not text.strip("-=~")


def _measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
