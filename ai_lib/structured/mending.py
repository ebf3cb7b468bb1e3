"""Reads what is nearly JSON: trailing commas, comments, other quotes, line breaks, Python words."""

import json
import re
from collections.abc import Iterator
from typing import Final

from ai_lib.types.json import JsonValue
from ai_lib.types.schema.reading import MISFIT, read_json_text

_CLOSING: Final = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u201e": "\u201c"}
_WORDS: Final = {"True": "true", "False": "false", "None": "null", "undefined": "null"}
_COMMENT: Final = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_BLANK: Final = re.compile(rf"(?:\s+|{_COMMENT.pattern})*", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z_$][\w$-]*")
_NUMBER: Final = re.compile(r"[-+]?[0-9.][0-9.eE+_-]*")
_ENDS: Final = frozenset(",:]}")
_FENCE: Final = re.compile(r"```[\w-]*\n(.*?)```", re.DOTALL)
_MOST_LETTERS: Final = 1_000_000


def find_mended_json(text: str) -> Iterator[JsonValue]:
    """Yield what may be meant by texts that are nearly JSON, the likeliest first."""
    fences = [fence[1] for fence in _FENCE.finditer(text)]
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    middle = text[min(starts) : max(text.rfind("}"), text.rfind("]")) + 1] if starts else ""
    for candidate in (text, *reversed(fences), middle):
        if candidate.strip():
            value = mend_json(candidate)
            if value is not MISFIT:
                yield value


def mend_json(text: str) -> JsonValue:
    """Return the value of a text that is nearly JSON, `MISFIT` when it is not even that.

    Cost is linear in the text's length; more than a million characters are not looked at.
    """
    if len(text) > _MOST_LETTERS:
        return MISFIT
    try:
        return read_json_text("".join(_rewrite(text.strip())))
    except ValueError:
        return MISFIT


def _rewrite(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        position = _skip_blank(text, position)
        if position == len(text):
            return
        character = text[position]
        if character in _CLOSING:
            string, position = _read_string(text, position)
            yield json.dumps(string, ensure_ascii=False)
        elif word := _WORD.match(text, position):
            position = word.end()
            is_name = _peek(text, position) == ":"
            yield json.dumps(word[0]) if is_name else _WORDS.get(word[0], word[0])
        elif number := _NUMBER.match(text, position):
            position = number.end()
            yield number[0].replace("_", "").removeprefix("+")
        else:
            position += 1
            following = _peek(text, position)
            if character != "," or following not in ("]", "}", ""):
                yield character


def _skip_blank(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank is not None else position


def _peek(text: str, position: int) -> str:
    """Return the next character that is neither blank nor in a comment, empty at the end."""
    position = _skip_blank(text, position)
    return text[position : position + 1]


def _read_string(text: str, start: int) -> tuple[str, int]:
    """Return the text in quotes that begins at `start`, and where it ends.

    Raises ValueError when it has no end.
    """
    closing = _CLOSING[text[start]]
    parts: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            escape = text[position : position + (6 if text[position + 1] == "u" else 2)]
            parts.append(_read_escape(escape))
            position += len(escape)
        elif character == closing and (closing == '"' or _ends_string(text, position)):
            return "".join(parts), position + 1
        else:
            parts.append(character)
            position += 1
    raise ValueError("a text in quotes has no end")


def _ends_string(text: str, position: int) -> bool:
    """Whether a quote ends its text: one within a word is an apostrophe."""
    return _peek(text, position + 1) in ("", *_ENDS)


def _read_escape(escape: str) -> str:
    if escape[1] == "'":
        return "'"
    if escape[1] == "\n":
        return ""
    value = read_json_text(f'"{escape}"')
    return value if isinstance(value, str) else escape
