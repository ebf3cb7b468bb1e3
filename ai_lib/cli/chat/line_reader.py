'''Reads entries in the terminal: with history, pasted lines as one entry, and `"""` blocks.'''

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from ai_lib._runtime.private_files import create_private
from ai_lib.cli.user.folder import make_user_folder

_FILE: Final = "history"
_MOST_LINES: Final = 2000
_QUOTES: Final = '"""'


class LineReader:
    """Reads with the editing and the history of readline, where Python has it."""

    def __init__(self) -> None:
        self._readline: ModuleType | None = None
        self._history: Path | None = None

    def __enter__(self) -> LineReader:
        try:
            self._readline = import_module("readline")
        except ImportError:
            return self
        # What is pasted comes as one entry, whatever lines it has (GNU readline 7, 2016).
        self._readline.parse_and_bind("set enable-bracketed-paste on")
        if sys.stdin.isatty():
            self._read_history(self._readline)
        return self

    def __exit__(self, *_: object) -> None:
        if self._readline is None or self._history is None:
            return
        try:
            self._readline.set_history_length(_MOST_LINES)
            self._readline.write_history_file(str(self._history))
        except OSError:  # a history that can't be kept is no reason to fail
            pass

    def read(self) -> str:
        """Return the next entry without the white space around it.

        Raises:
            EOFError: there is none.
            KeyboardInterrupt: the entry was given up by Ctrl-C.
        """
        entry = input("> ")
        if entry.lstrip().startswith(_QUOTES):
            entry = _read_block(entry.lstrip().removeprefix(_QUOTES))
        return entry.strip()

    def _read_history(self, readline: ModuleType) -> None:
        try:
            path = make_user_folder() / _FILE
            create_private(path)
            readline.read_history_file(str(path))
        except OSError:  # so there is none
            return
        self._history = path


def _read_block(first: str) -> str:
    """Return the lines up to one that ends with three quotes."""
    lines = [first]
    while not lines[-1].rstrip().endswith(_QUOTES):
        lines.append(input("... "))
    lines[-1] = lines[-1].rstrip().removesuffix(_QUOTES)
    return "\n".join(lines)
