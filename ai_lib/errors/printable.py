"""Makes text of strangers fit for a terminal: what would act on it is shown as an escape."""

from typing import Final

# C0 without tab and line feed, delete and C1 (ECMA-48), and what reorders text (Unicode UAX #9).
_ACTING: Final = (
    *(code for code in range(0x20) if code not in (0x09, 0x0A)),
    *range(0x7F, 0xA0),
    0x061C,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)
_ESCAPES: Final = {code: f"\\u{code:04x}" for code in _ACTING}


def to_printable(text: str) -> str:
    """Return the text with control characters and direction overrides as `\\u001b` and the like.

    Tabs and line feeds stay; a carriage return before a line feed goes.
    """
    return text.replace("\r\n", "\n").translate(_ESCAPES)
