"""Writes a response as it arrives: as plain text, or as Markdown in a terminal."""

import sys
from importlib.util import find_spec
from typing import Any, Protocol

from ai_lib.cli.output import write_piece
from ai_lib.errors.printable import to_printable


class Writer(Protocol):
    """Writes one response, in pieces."""

    def write(self, text: str) -> None:
        """Write the next piece of the response."""
        ...

    def finish(self) -> None:
        """Finish the response, also one that was cut short."""
        ...


def make_writer(*, plain: bool) -> Writer:
    """Return a Markdown writer on a terminal with rich, unless `plain`; else a plain one."""
    if plain or not sys.stdout.isatty() or find_spec("rich") is None:
        return PlainWriter()
    return MarkdownWriter()


class PlainWriter:
    """Writes each piece as it comes, and ends the last line."""

    def __init__(self) -> None:
        self._at_line_end = True

    def write(self, text: str) -> None:
        """Write the next piece of the response."""
        if text:
            self._at_line_end = text.endswith("\n")
            write_piece(text)

    def finish(self) -> None:
        """Finish the response."""
        if not self._at_line_end:
            write_piece("\n")


class MarkdownWriter:
    """Renders the text so far as Markdown, a few times a second."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._text = ""
        self._live: Any = Live(console=Console(), refresh_per_second=8, vertical_overflow="visible")
        self._live.start()

    def write(self, text: str) -> None:
        """Write the next piece of the response."""
        from rich.markdown import Markdown

        self._text += to_printable(text)
        self._live.update(Markdown(self._text, hyperlinks=False))

    def finish(self) -> None:
        """Finish the response."""
        self._live.stop()
