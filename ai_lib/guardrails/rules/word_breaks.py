"""Tells where words begin and end, and normalizes them, in any script."""

import re
from typing import Final

# Scripts without spaces between words, and Hangul, in which endings follow a word directly:
# Thai to Khmer, Hangul, kana, Han.
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u312f\u3130-\u318f"
    "\u31a0-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED: Final = re.compile(f"[{UNSPACED}]")


def fold_case(text: str) -> str:
    """Return the text in lower case, with the same offsets and all spaces alike."""
    lower = text.lower() if text.isascii() else "".join(map(_fold, text))
    return lower.translate(_SPACES)


def normalize_spaces(text: str) -> str:
    """Return the text with all spaces and line ends alike."""
    return text.translate(_SPACES)


_SPACES: Final = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\xa0\u2009\u202f\u2028\u2029\u3000"), " ")


def _fold(character: str) -> str:
    lower = character.casefold()
    return lower if len(lower) == 1 else character


def needs_word_break(character: str) -> bool:
    """Say whether a word with this character at its edge must end there, as in most scripts."""
    is_word = character.isalnum() or character == "_" or bool(_MARK.match(character))
    return is_word and not _UNSPACED.match(character)


# Accents and vowel signs continue a word, but `\w` does not match them.
_MARKS: Final = "[\u0300-\u036f\u0900-\u0963\u0966-\u0dff]"
_MARK: Final = re.compile(_MARKS)
# A letter, digit or mark that continues a word beside it.
WORD_CHARACTER: Final = f"(?:[^\\W{UNSPACED}]|{_MARKS})"
