"""Writes to the terminal: all that the commands say, as text that can't act on it.

No other module of the commands writes to standard output or standard error.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from ai_lib.errors.printable import to_printable

if TYPE_CHECKING:
    from ai_lib.types.json import JsonObject

_WIDTH = 88
_NARROWEST_COLUMN = 8
_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class OutputError(Exception):
    """Standard output can't be written to; the message says why."""


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
        _write_to(self._out, text, flush=True)


def format_table(
    columns: Sequence[str], rows: Sequence[Mapping[str, str]], *, width: int | None = None
) -> str:
    """Return rows as aligned text under a line of column names; numbers are right-aligned.

    With `width`, in characters, the widest columns of text are wrapped until a line fits.
    """
    rows = [{name: to_printable(cell) for name, cell in row.items()} for row in rows]
    lines = [dict(zip(columns, columns, strict=True)), *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in columns}
    right = {name for name in columns if rows and all(_is_number(row[name]) for row in rows)}
    if width is not None:
        _narrow(widths, [name for name in columns if name not in right], width)
    return "".join(_format_line(line, columns, widths, right) for line in lines)


def find_width() -> int | None:
    """Return the width of the terminal in characters; None when the output is none."""
    out = sys.stdout
    return shutil.get_terminal_size().columns if out is not None and out.isatty() else None


def _narrow(widths: dict[str, int], names: Sequence[str], width: int) -> None:
    """Take from the widest of the named columns until all of them fit, or can't be narrower."""
    excess = sum(widths.values()) + 2 * (len(widths) - 1) - width
    while excess > 0 and names:
        widest = max(names, key=lambda name: widths[name])
        if widths[widest] <= _NARROWEST_COLUMN:
            return
        widths[widest] -= 1
        excess -= 1


def _format_line(
    line: Mapping[str, str], columns: Sequence[str], widths: Mapping[str, int], right: set[str]
) -> str:
    cells = [
        textwrap.wrap(line[name], widths[name]) if len(line[name]) > widths[name] else [line[name]]
        for name in columns
    ]
    text = ""
    for index in range(max(map(len, cells))):
        parts = [
            (cell[index] if index < len(cell) else "").rjust(widths[name])
            if name in right
            else (cell[index] if index < len(cell) else "").ljust(widths[name])
            for name, cell in zip(columns, cells, strict=True)
        ]
        text += "  ".join(parts).rstrip() + "\n"
    return text


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "", 1).replace(",", "").partition(" ")[0].isdecimal()


def write_text(text: str) -> None:
    """Write text to standard output. Raises OutputError, or BrokenPipeError if nobody reads it."""
    _write_to(sys.stdout, to_printable(text), flush=False)


def write_piece(text: str) -> None:
    """Write a piece of text to standard output, to be seen at once. Raises as `write_text`."""
    _write_to(sys.stdout, to_printable(text), flush=True)


def write_bytes(data: bytes) -> None:
    """Write bytes to standard output, such as a sound. Raises as `write_text`."""
    out = getattr(sys.stdout, "buffer", None)
    if out is None:
        raise OutputError("standard output takes no bytes; name a file with -o")
    try:
        out.write(data)
        out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output can't be written: {error.strerror}") from error


def is_piped() -> bool:
    """Whether standard output is a file or a pipe, and no terminal."""
    return sys.stdout is not None and not sys.stdout.isatty()


def flush_output() -> None:
    """Write what is still buffered of standard output. Raises as `write_text`."""
    if sys.stdout is not None:
        _write_to(sys.stdout, "", flush=True)


def discard_output() -> None:
    """Let what is still buffered of standard output go nowhere, so that it fails no second time."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # it is closed, or no file
        pass


def _write_to(out: TextIO | None, text: str, *, flush: bool) -> None:
    # There is no stream at all where its descriptor was closed before the start.
    if out is None:
        raise OutputError("standard output is closed")
    try:
        out.write(text)
        if flush:
            out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output can't be written: {error.strerror}") from error


def write_json(value: Sequence[JsonObject] | JsonObject) -> None:
    """Write a value to standard output as indented JSON."""
    # The escapes of `to_printable` are JSON's own.
    write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_note(text: str) -> None:
    """Write text to standard error; where that can't be written, there is nobody to tell."""
    try:
        sys.stderr.write(to_printable(text))
        sys.stderr.flush()
    except (OSError, AttributeError):
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def write_problem(problem: object) -> None:
    """Write a line to standard error that says what is wrong."""
    write_note(f"ai-lib: {problem}\n")
