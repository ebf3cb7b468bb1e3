"""Finds the brackets of JSON text that comes in pieces, without parsing it."""

import re
from collections.abc import Iterator
from typing import Final

_BRACKET: Final = re.compile(r'["\\{}\[\],]')


class BracketScanner:
    """Finds brackets and commas outside strings. Feed each piece once; a piece may end anywhere."""

    def __init__(self) -> None:
        self._in_string = False
        self._escaped = False  # the last piece ended in a backslash

    def scan(self, piece: str) -> Iterator[tuple[str, int]]:
        """Yield each of `{ } [ ] ,` with the position after it."""
        at = 0
        if self._escaped and piece:
            self._escaped = False
            at = 1
        while match := _BRACKET.search(piece, at):
            bracket, at = match[0], match.end()
            if bracket == '"':
                self._in_string = not self._in_string
            elif bracket == "\\":
                self._escaped = at == len(piece)
                at += 1
            elif not self._in_string:
                yield bracket, at
