"""Writes to the terminal: all that the commands say, as text that can't act on it.

No other module of the commands writes to standard output or standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from ai_lib.errors.printable import to_printable

if TYPE_CHECKING:
    from ai_lib.types.json import JsonObject

_WIDTH = 88
_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Output:
    """Writes text as it arrives and wraps it; styles it only on a terminal."""

    def __init__(self, out: TextIO | None = None, width: int = _WIDTH) -> None:
        self._out = sys.stdout if out is None else out
        self._width = width
        self._column = 0
        self._styled = self._out.isatty()

    def write_title(self, text: str) -> None:
        """Write a title line."""
        self._end_line()
        self._write(f"\n{self._style(_BOLD, to_printable(text))}\n")

    def write_line(self, text: str = "") -> None:
        """Write one line."""
        self._end_line()
        self._write(f"{to_printable(text)}\n")

    def write_note(self, text: str) -> None:
        """Write one line in dim style."""
        self._end_line()
        self._write(f"{self._style(_DIM, to_printable(text))}\n")

    def begin_paragraph(self, label: str) -> None:
        """Begin a paragraph that `write_piece` continues."""
        self._end_line()
        label = to_printable(label)
        self._write(label)
        self._column = self._indent = len(label)

    def write_piece(self, text: str) -> None:
        """Write the next piece of the paragraph, on a new line when the line is full."""
        text = to_printable(text)
        word = text.strip()
        if self._column + len(text) > self._width and word:
            self._write("\n" + " " * self._indent)
            self._column, text = self._indent, text.lstrip()
        self._write(text)
        self._column += len(text)

    def _end_line(self) -> None:
        if self._column:
            self._write("\n")
        self._column = 0

    def _style(self, code: str, text: str) -> str:
        return f"{code}{text}{_PLAIN}" if self._styled else text

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def format_table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as aligned text under a line of column names; numbers are right-aligned."""
    rows = [{name: to_printable(cell) for name, cell in row.items()} for row in rows]
    lines = [dict(zip(columns, columns, strict=True)), *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in columns}
    right = {name for name in columns if rows and all(_is_number(row[name]) for row in rows)}
    return "".join(
        "  ".join(
            line[name].rjust(widths[name]) if name in right else line[name].ljust(widths[name])
            for name in columns
        ).rstrip()
        + "\n"
        for line in lines
    )


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "", 1).replace(",", "").partition(" ")[0].isdecimal()


def write_text(text: str) -> None:
    """Write text to standard output."""
    sys.stdout.write(to_printable(text))


def write_piece(text: str) -> None:
    """Write a piece of text to standard output, to be seen at once."""
    write_text(text)
    sys.stdout.flush()


def write_json(value: Sequence[JsonObject]) -> None:
    """Write a value to standard output as indented JSON."""
    # The escapes of `to_printable` are JSON's own.
    write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_note(text: str) -> None:
    """Write text to standard error."""
    sys.stderr.write(to_printable(text))


def write_problem(problem: object) -> None:
    """Write a line to standard error that says what is wrong."""
    write_note(f"ai-lib: {problem}\n")
