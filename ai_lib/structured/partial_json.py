"""JSON that comes in pieces, read as far as it is known; each character is looked at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ai_lib.types.json import JsonValue

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER_SO_FAR: Final = re.compile(r"[-+.\deE]+", re.ASCII)
_BEGINS_NUMBER: Final = frozenset("-0123456789")
_WORD: Final = re.compile(r"[a-z]+")
_UNICODE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_WORDS: Final = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_MOST_DEPTH: Final = 200
_MOST_DIGITS: Final = 400


class PartialObject(dict[str, Any]):
    """A JSON object as far as it is known; its members are attributes too, None until they come.

    A member that is called like a method of dictionaries, such as `items`, is read as `["items"]`.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


class _NotJson(Exception):
    """What was taken for JSON is none; `at` is the character that says so."""

    def __init__(self, at: int) -> None:
        self.at = at


class _More(Exception):
    """The text from `at` on can't be read before more of it has come."""

    def __init__(self, at: int) -> None:
        self.at = at


class PartialJson:
    """Finds the first object or array in a text that comes in pieces, and follows it.

    Text before it is passed over, and so is what looks like JSON and turns out not to be. `value`
    grows as pieces come: a string is there as far as it came, a number or word once it is whole, a
    member once its value has begun. It is one and the same object all the time; copy what is to be
    kept. `is_complete` says that it is closed; `end` is then where, in the last piece.
    """

    def __init__(self, opens: str = "{[") -> None:
        self.value: JsonValue = None
        self.is_complete = False
        self.end = 0
        self._opens = re.compile(f"[{re.escape(opens)}]")
        self._held = ""
        self._begin()

    def _begin(self) -> None:
        self.value = None
        self._stack: list[dict[str, JsonValue] | list[JsonValue]] = []
        self._keys: list[str] = []
        self._pieces: list[str] = []
        self._read = self._seek

    @property
    def has_begun(self) -> bool:
        """Whether there is a value to look at."""
        return bool(self._stack) or self.is_complete

    def feed(self, piece: str, at: int = 0) -> bool:
        """Take more text, from `at` on; return whether there was anything in it for the value."""
        if self.is_complete or len(piece) <= at:
            return False
        if self._held:
            piece, at, self._held = self._held + piece[at:], 0, ""
        begun = self.has_begun
        while at < len(piece) and not self.is_complete:
            try:
                at = self._read(piece, at)
            except _More as more:
                self._held = piece[more.at :]
                break
            except _NotJson as wrong:
                self._begin()
                at = max(wrong.at, at)
        self._show_open_string()
        self.end = at
        return begun or self.has_begun

    def _seek(self, text: str, at: int) -> int:
        found = self._opens.search(text, at)
        if found is None:
            return len(text)
        return self._open(text, found.start())

    def _open(self, text: str, at: int) -> int:
        if len(self._stack) >= _MOST_DEPTH:
            raise _NotJson(at + 1)
        opened: dict[str, JsonValue] | list[JsonValue]
        opened = PartialObject() if text[at] == "{" else []
        self._place(opened)
        self._stack.append(opened)
        self._keys.append("")
        self._read = self._key_or_end if text[at] == "{" else self._value_or_end
        return at + 1

    def _place(self, value: JsonValue) -> None:
        if not self._stack:
            self.value = value
            return
        parent = self._stack[-1]
        if isinstance(parent, list):
            parent.append(value)
        else:
            parent[self._keys[-1]] = value

    def _close(self, at: int) -> int:
        self._stack.pop()
        self._keys.pop()
        self._read = self._comma_or_end
        self.is_complete = not self._stack
        return at + 1

    def _key_or_end(self, text: str, at: int) -> int:
        at = _past_space(text, at)
        return self._close(at) if text[at] == "}" else self._key(text, at)

    def _key(self, text: str, at: int) -> int:
        at = _past_space(text, at)
        if text[at] != '"':
            raise _NotJson(at)
        self._read = self._in_key
        return at + 1

    def _in_key(self, text: str, at: int) -> int:
        at, closed = self._string(text, at)
        if closed:
            self._keys[-1] = "".join(self._pieces)
            self._pieces.clear()
            self._read = self._colon
        return at

    def _colon(self, text: str, at: int) -> int:
        at = _past_space(text, at)
        if text[at] != ":":
            raise _NotJson(at)
        self._read = self._any_value
        return at + 1

    def _value_or_end(self, text: str, at: int) -> int:
        at = _past_space(text, at)
        return self._close(at) if text[at] == "]" else self._any_value(text, at)

    def _any_value(self, text: str, at: int) -> int:
        at = _past_space(text, at)
        mark = text[at]
        if mark in "{[":
            return self._open(text, at)
        if mark == '"':
            self._place("")
            self._read = self._in_string
            return at + 1
        if mark in _BEGINS_NUMBER:
            return self._number(text, at)
        return self._word(text, at)

    def _in_string(self, text: str, at: int) -> int:
        at, closed = self._string(text, at)
        if closed:
            self._show_open_string()
            self._read = self._comma_or_end
        return at

    def _show_open_string(self) -> None:
        if self._read != self._in_string or not self._pieces:
            return
        parent: Any = self._stack[-1]
        place: Any = -1 if isinstance(parent, list) else self._keys[-1]
        so_far: str = parent[place]
        parent[place] = ""  # held once, it grows in place: nothing is copied at every piece
        so_far += "".join(self._pieces)
        parent[place] = so_far
        self._pieces.clear()

    def _string(self, text: str, at: int) -> tuple[int, bool]:
        found = _PLAIN.match(text, at)
        assert found is not None
        if found[0]:
            self._pieces.append(found[0])
        at = found.end()
        if at == len(text):
            return at, False
        if text[at] == '"':
            return at + 1, True
        if text[at] != "\\":
            raise _NotJson(at)
        character, at = _escape(text, at)
        self._pieces.append(character)
        return at, False

    def _number(self, text: str, at: int) -> int:
        run = _NUMBER_SO_FAR.match(text, at)
        assert run is not None
        if len(run[0]) > _MOST_DIGITS:
            raise _NotJson(run.end())
        if run.end() == len(text):
            raise _More(at)
        if not _NUMBER.fullmatch(run[0]):
            raise _NotJson(run.end())
        is_whole = run[0].lstrip("-").isdecimal()
        self._place(int(run[0]) if is_whole else float(run[0]))
        self._read = self._comma_or_end
        return run.end()

    def _word(self, text: str, at: int) -> int:
        run = _WORD.match(text, at)
        if run is None or len(run[0]) > 5:
            raise _NotJson(at)
        if run.end() == len(text) and run[0] not in _WORDS:
            raise _More(at)
        if run[0] not in _WORDS:
            raise _NotJson(at)
        self._place(_WORDS[run[0]])
        self._read = self._comma_or_end
        return run.end()

    def _comma_or_end(self, text: str, at: int) -> int:
        at = _past_space(text, at)
        in_list = isinstance(self._stack[-1], list)
        if text[at] == ",":
            self._read = self._any_value if in_list else self._key
            return at + 1
        if text[at] == ("]" if in_list else "}"):
            return self._close(at)
        raise _NotJson(at)


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    if found.end() == len(text):
        raise _More(len(text))
    return found.end()


def _escape(text: str, at: int) -> tuple[str, int]:
    """Read one escape, and with it the second half of a pair."""
    if at + 1 == len(text):
        raise _More(at)
    if text[at + 1] != "u":
        character = _ESCAPES.get(text[at + 1])
        if character is None:
            raise _NotJson(at + 1)
        return character, at + 2
    unit, at = _unit(text, at)
    if 0xD800 <= unit <= 0xDBFF:
        start = at - 6
        if len(text) < at + 6 and "\\u".startswith(text[at : at + 2]):
            raise _More(start)
        low = _UNICODE.match(text, at)
        if low and 0xDC00 <= int(low[1], 16) <= 0xDFFF:
            return chr(0x10000 + ((unit - 0xD800) << 10) + int(low[1], 16) - 0xDC00), at + 6
    return chr(unit), at


def _unit(text: str, at: int) -> tuple[int, int]:
    found = _UNICODE.match(text, at)
    if found:
        return int(found[1], 16), at + 6
    if len(text) < at + 6 and '"' not in text[at:]:
        raise _More(at)
    raise _NotJson(at + 2)


def json_values(text: str) -> Iterator[JsonValue]:
    """Yield every whole object and array that stands in a text, in order; cost is linear."""
    at = 0
    while at < len(text):
        found = PartialJson()
        found.feed(text, at)
        if not found.is_complete:
            return
        yield found.value
        at = found.end
