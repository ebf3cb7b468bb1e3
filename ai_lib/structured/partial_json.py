"""Reads JSON that comes in pieces, as far as it has come; reads each character once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from ai_lib.types.json import JsonValue
from ai_lib.types.schema.reading import read_fraction, to_float

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLAIN_TEXT: Final = re.compile(r'[^"\\\x00-\x1f]*')
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
    """A partial JSON object; its members are attributes too, None until they come.

    A member with the name of a dictionary method, such as `items`, is read as `["items"]`.
    `finished_members` has the names of those that are complete.
    """

    def __init__(self) -> None:
        super().__init__()
        self.finished_members: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


class _NotJson(Exception):
    """The text is no JSON; `at` is the offset of the first wrong character."""

    def __init__(self, at: int) -> None:
        self.at = at


class _TextMissing(Exception):
    """The text from `at` on can't be read before more of it comes."""

    def __init__(self, at: int) -> None:
        self.at = at


class PartialJson:
    """Reads the first object or array in a text that comes in pieces.

    Text before it is skipped, and so is text that looks like JSON but is not. `value` grows as
    pieces come: a string as far as it has come, a number or word once it is complete, a member once
    its value begins. `value` is always the same object; copy it to keep a state. `is_complete` says
    that it is closed; `end` is then its end in the last piece. `start` is where it began there.

    A text for whose path `shows_text` is false is shown once it is complete: it may be one of a few
    words that begin alike. The path has the names and positions that lead to it.
    """

    def __init__(
        self,
        opens: str = "{[",
        *,
        read_fraction: Callable[[str], object] | None = None,
        shows_text: Callable[[Sequence[str | int]], bool] | None = None,
    ) -> None:
        self._read_fraction = read_fraction or _read_float
        self._shows_text = shows_text
        self._hides_text = False
        self.start = 0
        self.value: JsonValue = None
        self.is_complete = False
        self.end = 0
        self._opens = re.compile(f"[{re.escape(opens)}]")
        self._held = ""
        self._reset()

    def _reset(self) -> None:
        self.value = None
        self._stack: list[dict[str, JsonValue] | list[JsonValue]] = []
        self._keys: list[str] = []
        self._pieces: list[str] = []
        self._step = self._find_start

    @property
    def has_begun(self) -> bool:
        """Whether `value` has begun."""
        return bool(self._stack) or self.is_complete

    def feed(self, piece: str, at: int = 0) -> bool:
        """Take more text, from `at` on; return whether any of it belongs to the value."""
        if self.is_complete or len(piece) <= at:
            return False
        if self._held:
            piece, at, self._held = self._held + piece[at:], 0, ""
        had_begun = self.has_begun
        while at < len(piece) and not self.is_complete:
            try:
                at = self._step(piece, at)
            except _TextMissing as missing:
                self._held = piece[missing.at :]
                break
            except _NotJson as error:
                self._reset()
                at = max(error.at, at)
        self._show_open_string()
        self.end = at
        return had_begun or self.has_begun

    def _find_start(self, text: str, at: int) -> int:
        bracket = self._opens.search(text, at)
        if bracket is None:
            return len(text)
        self.start = bracket.start()
        return self._open(text, bracket.start())

    def _open(self, text: str, at: int) -> int:
        if len(self._stack) >= _MOST_DEPTH:
            raise _NotJson(at + 1)
        opened: dict[str, JsonValue] | list[JsonValue]
        opened = PartialObject() if text[at] == "{" else []
        self._add_value(opened)
        self._stack.append(opened)
        self._keys.append("")
        self._step = self._read_key_or_end if text[at] == "{" else self._read_value_or_end
        return at + 1

    def _add_value(self, value: JsonValue) -> None:
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
        self._finish_value()
        self.is_complete = not self._stack
        return at + 1

    def _finish_value(self) -> None:
        self._step = self._read_comma_or_end
        if self._stack and isinstance(self._stack[-1], PartialObject):
            self._stack[-1].finished_members.add(self._keys[-1])

    def _read_key_or_end(self, text: str, at: int) -> int:
        at = _skip_space(text, at)
        return self._close(at) if text[at] == "}" else self._read_key(text, at)

    def _read_key(self, text: str, at: int) -> int:
        at = _skip_space(text, at)
        if text[at] != '"':
            raise _NotJson(at)
        self._step = self._read_key_text
        return at + 1

    def _read_key_text(self, text: str, at: int) -> int:
        at, closed = self._read_string_part(text, at)
        if closed:
            self._keys[-1] = "".join(self._pieces)
            self._pieces.clear()
            self._step = self._read_colon
        return at

    def _read_colon(self, text: str, at: int) -> int:
        at = _skip_space(text, at)
        if text[at] != ":":
            raise _NotJson(at)
        self._step = self._read_value
        return at + 1

    def _read_value_or_end(self, text: str, at: int) -> int:
        at = _skip_space(text, at)
        return self._close(at) if text[at] == "]" else self._read_value(text, at)

    def _read_value(self, text: str, at: int) -> int:
        at = _skip_space(text, at)
        character = text[at]
        if character in "{[":
            return self._open(text, at)
        if character == '"':
            self._hides_text = self._shows_text is not None and not self._shows_text(self._path())
            if not self._hides_text:
                self._add_value("")
            self._step = self._read_string_text
            return at + 1
        if character in _BEGINS_NUMBER:
            return self._read_number(text, at)
        return self._read_word(text, at)

    def _read_string_text(self, text: str, at: int) -> int:
        at, closed = self._read_string_part(text, at)
        if closed:
            if self._hides_text:
                self._add_value("")
                self._hides_text = False
            self._show_open_string()
            self._finish_value()
        return at

    def _path(self) -> list[str | int]:
        path: list[str | int] = []
        for depth, (parent, key) in enumerate(zip(self._stack, self._keys, strict=True), 1):
            # Of the innermost list the text is not an item yet.
            index = len(parent) - (depth < len(self._stack))
            path.append(index if isinstance(parent, list) else key)
        return path

    def _show_open_string(self) -> None:
        if self._step != self._read_string_text or not self._pieces or self._hides_text:
            return
        parent: Any = self._stack[-1]
        key: Any = -1 if isinstance(parent, list) else self._keys[-1]
        text: str = parent[key]
        parent[key] = ""  # with one reference only, a text grows without being copied
        text += "".join(self._pieces)
        parent[key] = text
        self._pieces.clear()

    def _read_string_part(self, text: str, at: int) -> tuple[int, bool]:
        plain = _PLAIN_TEXT.match(text, at)
        assert plain is not None
        if plain[0]:
            self._pieces.append(plain[0])
        at = plain.end()
        if at == len(text):
            return at, False
        if text[at] == '"':
            return at + 1, True
        if text[at] != "\\":
            raise _NotJson(at)
        character, at = _read_escape(text, at)
        self._pieces.append(character)
        return at, False

    def _read_number(self, text: str, at: int) -> int:
        run = _NUMBER_SO_FAR.match(text, at)
        assert run is not None
        if len(run[0]) > _MOST_DIGITS:
            raise _NotJson(run.end())
        if run.end() == len(text):
            raise _TextMissing(at)
        if not _NUMBER.fullmatch(run[0]):
            raise _NotJson(run.end())
        is_integer = run[0].lstrip("-").isdecimal()
        try:
            number = int(run[0]) if is_integer else self._read_fraction(run[0])
        except ValueError as error:
            raise _NotJson(run.end()) from error
        self._add_value(number)
        self._finish_value()
        return run.end()

    def _read_word(self, text: str, at: int) -> int:
        run = _WORD.match(text, at)
        if run is None or len(run[0]) > 5:
            raise _NotJson(at)
        if run.end() == len(text) and run[0] not in _WORDS:
            raise _TextMissing(at)
        if run[0] not in _WORDS:
            raise _NotJson(at)
        self._add_value(_WORDS[run[0]])
        self._finish_value()
        return run.end()

    def _read_comma_or_end(self, text: str, at: int) -> int:
        at = _skip_space(text, at)
        in_list = isinstance(self._stack[-1], list)
        if text[at] == ",":
            self._step = self._read_value if in_list else self._read_key
            return at + 1
        if text[at] == ("]" if in_list else "}"):
            return self._close(at)
        raise _NotJson(at)


def _read_float(text: str) -> object:
    """Return a float; for a number beyond all floats a `Decimal`."""
    number = float(text)
    return number if number and math.isfinite(number) else to_float(read_fraction(text))


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None
    if space.end() == len(text):
        raise _TextMissing(len(text))
    return space.end()


def _read_escape(text: str, at: int) -> tuple[str, int]:
    """Read one escape, or both escapes of a surrogate pair; return the character and its end."""
    if at + 1 == len(text):
        raise _TextMissing(at)
    if text[at + 1] != "u":
        character = _ESCAPES.get(text[at + 1])
        if character is None:
            raise _NotJson(at + 1)
        return character, at + 2
    unit, at = _read_unit(text, at)
    if 0xD800 <= unit <= 0xDBFF:
        start = at - 6
        if len(text) < at + 6 and "\\u".startswith(text[at : at + 2]):
            raise _TextMissing(start)
        low = _UNICODE.match(text, at)
        if low and 0xDC00 <= int(low[1], 16) <= 0xDFFF:
            return chr(0x10000 + ((unit - 0xD800) << 10) + int(low[1], 16) - 0xDC00), at + 6
    return chr(unit), at


def _read_unit(text: str, at: int) -> tuple[int, int]:
    escape = _UNICODE.match(text, at)
    if escape:
        return int(escape[1], 16), at + 6
    if len(text) < at + 6 and '"' not in text[at:]:
        raise _TextMissing(at)
    raise _NotJson(at + 2)


def find_objects_and_arrays(text: str) -> Iterator[JsonValue]:
    """Yield every complete object and array in a text, in order; cost is linear."""
    at = 0
    while at < len(text):
        partial = PartialJson(read_fraction=read_fraction)
        partial.feed(text, at)
        if not partial.is_complete:
            return
        yield partial.value
        at = partial.end
