"""Follows the brackets of JSON text that comes in pieces, without parsing it."""

import re
from collections.abc import Iterator
from typing import Final

_MARK: Final = re.compile(r'["\\{}\[\],]')


class BracketScanner:
    """Finds brackets and commas outside strings. Feed each piece once; a piece may end anywhere."""

    def __init__(self) -> None:
        self._in_string = False
        self._escaped = False  # the last piece ended in a backslash

    def marks(self, piece: str) -> Iterator[tuple[str, int]]:
        """Yield each of `{ } [ ] ,` with the position after it."""
        at = 0
        if self._escaped and piece:
            self._escaped = False
            at = 1
        while found := _MARK.search(piece, at):
            mark, at = found[0], found.end()
            if mark == '"':
                self._in_string = not self._in_string
            elif mark == "\\":
                self._escaped = at == len(piece)
                at += 1
            elif not self._in_string:
                yield mark, at
