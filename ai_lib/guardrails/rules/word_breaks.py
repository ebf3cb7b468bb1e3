"""Where words begin and end, and when they are the same, in the scripts of the world."""

import re
from typing import Final

# Scripts written without spaces between words, where a word may stand against any other letter,
# and Hangul, where endings do: Thai to Khmer, Hangul, kana, Han.
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u312f\u3130-\u318f"
    "\u31a0-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED: Final = re.compile(f"[{UNSPACED}]")


def folded(text: str) -> str:
    """Return the text without regard to case, each character at its place; spaces are all alike."""
    folding = text.lower() if text.isascii() else "".join(map(_fold, text))
    return folding.translate(_SPACES)


def spaced(text: str) -> str:
    """Return the text with all spaces and line ends alike."""
    return text.translate(_SPACES)


_SPACES: Final = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\xa0\u2009\u202f\u2028\u2029\u3000"), " ")


def _fold(character: str) -> str:
    low = character.casefold()
    return low if len(low) == 1 else character


def needs_edge(character: str) -> bool:
    """Whether a word that begins or ends with this character must not go on beside it."""
    is_word = character.isalnum() or character == "_" or bool(_MARK.match(character))
    return is_word and not _UNSPACED.match(character)


# Accents and vowel signs go on with a word, which `\w` does not know.
_MARKS: Final = "[\u0300-\u036f\u0900-\u0963\u0966-\u0dff]"
_MARK: Final = re.compile(_MARKS)
# A letter, digit or mark that goes on with a word beside it.
EDGE: Final = f"(?:[^\\W{UNSPACED}]|{_MARKS})"
