"""Writes digits, letters and separators of other scripts and typesetters as those of ASCII."""

import re
from typing import Final

Span = tuple[int, int]

# The zeros of the scripts whose ten digits follow each other (Unicode, general category Nd).
_ZEROS: Final = (
    *(0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6),
    *(0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0),
    *(0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0),
    *(0xAA50, 0xABF0, 0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6),
)
# No-break and thin spaces, and characters without a width: all may stand between digits.
_BLANKS: Final = (0xA0, 0xAD, *range(0x2000, 0x2010), 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF)
_PLAIN: Final = {
    **{zero + digit: str(digit) for zero in _ZEROS for digit in range(10)},
    **{0xFF21 + letter: chr(0x41 + letter) for letter in range(26)},
    **{0xFF41 + letter: chr(0x61 + letter) for letter in range(26)},
    **dict.fromkeys(_BLANKS, " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-"),
    **dict.fromkeys((0xB7, 0x066B, 0x2219, 0xFF0E), "."),
    0x066C: ",",
    0xFF08: "(",
    0xFF09: ")",
    0xFF0B: "+",
    0xFF0F: "/",
    0xFF1A: ":",
}
SEPARATORS: Final = re.compile(r"[\s./-]+")


def to_plain_digits(text: str) -> str:
    """Return the text with the digits, letters and separators of ASCII, at the same offsets."""
    return text if text.isascii() else text.translate(_PLAIN)
