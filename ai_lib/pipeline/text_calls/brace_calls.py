"""Reads calls of the form `call:look_up{word:<escape>fog<escape>,count:2}`.

Texts stand between delimiters, names and numbers have none.
https://ai.google.dev/gemma/docs/functiongemma/formatting-and-best-practices
"""

import re
from typing import Final

from ai_lib.pipeline.text_calls.call import TextCall, TextCallContext, parse_value
from ai_lib.types.json import JsonDict, JsonValue

_CALL: Final = re.compile(r"\s*call:([\w.-]+)\s*(?=\{)")
_DELIMITERS: Final = ("<escape>", '<|"|>')
_KEY: Final = re.compile(r"\s*([\w.-]+|\"[^\"]*\")\s*:")
_PLAIN: Final = re.compile(r"[^,\]}]*")
_BLANKS: Final = re.compile(r"[\s,]*")
_MOST_LEVELS: Final = 64


def read_brace_calls(text: str, context: TextCallContext) -> list[TextCall]:
    """Return the calls in a text; none when it has anything else."""
    del context
    calls: list[TextCall] = []
    position = 0
    while opening := _CALL.match(text, position):
        try:
            arguments, position = _BraceReader(text).read(opening.end())
        except ValueError:
            return []
        if not isinstance(arguments, dict):
            return []
        calls.append(TextCall(opening[1], arguments))
    return [] if text[position:].strip() else calls


class _BraceReader:
    """Reads one value after the other of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._level = 0

    def read(self, position: int) -> tuple[JsonValue, int]:
        """Return the value at a position and where it ends. Raises ValueError when it is open."""
        for delimiter in _DELIMITERS:
            if self._text.startswith(delimiter, position):
                start = position + len(delimiter)
                end = self._text.index(delimiter, start)
                return self._text[start:end], end + len(delimiter)
        opening = self._text[position : position + 1]
        if opening in ("{", "["):
            self._level += 1
            if self._level > _MOST_LEVELS:
                raise ValueError("the value is nested too deeply")
            read = self._read_object if opening == "{" else self._read_list
            value, position = read(position + 1)
            self._level -= 1
            return value, position
        if opening == '"':
            end = self._text.index('"', position + 1) + 1
            return parse_value(self._text[position:end]), end
        plain = _PLAIN.match(self._text, position)
        word = plain[0] if plain else ""
        return parse_value(word.strip()), position + len(word)

    def _read_object(self, position: int) -> tuple[JsonDict, int]:
        members: JsonDict = {}
        while True:
            position = self._skip_blanks(position)
            if self._text.startswith("}", position):
                return members, position + 1
            key = _KEY.match(self._text, position)
            if key is None:
                raise ValueError("the object is not closed")
            start = self._skip_blanks(key.end())
            members[key[1].strip('"')], position = self.read(start)

    def _read_list(self, position: int) -> tuple[JsonValue, int]:
        items: list[JsonValue] = []
        while True:
            position = self._skip_blanks(position)
            if self._text.startswith("]", position):
                return items, position + 1
            if position >= len(self._text) or self._text[position] == "}":
                raise ValueError("the list is not closed")
            item, position = self.read(position)
            items.append(item)

    def _skip_blanks(self, position: int) -> int:
        blanks = _BLANKS.match(self._text, position)
        return blanks.end() if blanks else position
