"""What the command line shows: text that arrives in pieces, wrapped and plain."""

import sys
from typing import TextIO

_WIDTH = 88
_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Screen:
    """Writes to a stream as text arrives; styles only where a terminal shows them."""

    def __init__(self, out: TextIO | None = None, width: int = _WIDTH) -> None:
        self._out = sys.stdout if out is None else out
        self._width = width
        self._column = 0
        self._styled = self._out.isatty()

    def title(self, text: str) -> None:
        """Write a line that heads what follows."""
        self._end_line()
        self._write(f"\n{self._style(_BOLD, text)}\n")

    def line(self, text: str = "") -> None:
        """Write one line."""
        self._end_line()
        self._write(f"{text}\n")

    def note(self, text: str) -> None:
        """Write one line of lesser weight."""
        self.line(self._style(_DIM, text))

    def begin(self, label: str) -> None:
        """Begin a paragraph that `piece` continues."""
        self._end_line()
        self._write(label)
        self._column = self._indent = len(label)

    def piece(self, text: str) -> None:
        """Write the next piece of the paragraph at once, on a new line where it is full."""
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
