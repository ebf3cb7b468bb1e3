"""Finds social security numbers of the United States, by the ranges that are in use."""

import re
from collections.abc import Iterator
from typing import Final

from ai_lib.guardrails.rules.plain_digits import Span

MAX_SSN_LENGTH: Final = 24
_AREA: Final = r"(?!000|666|9)\d{3}"
_DASHED: Final = re.compile(
    rf"(?<![\w-]){_AREA}( ?- ?)(?!00)\d{{2}}\1(?!0000)\d{{4}}(?![\w]|-\d)", re.ASCII
)
# Numbers with blanks between them may be a row of more of them.
_SPACED: Final = re.compile(
    rf"(?<![\w-])(?<!\d ){_AREA}( {{1,3}})(?!00)\d{{2}}\1(?!0000)\d{{4}}(?![\w]|-\d| {{1,3}}\d)",
    re.ASCII,
)
# In one piece, or with points, they are a social security number where a word says so.
_NAMED: Final = re.compile(
    r"\b(?:ssns?|ss ?#|tin|itin|social(?:[ -]security)?(?: (?:number|no\.?|num|#))?)"
    r"[^\w\n]{0,4}(?:is |was )?[^\w\n]{0,2}(?<![\w-])"
    rf"({_AREA}\.?(?!00)\d{{2}}\.?(?!0000)\d{{4}})(?![\w]|[.-]\d)",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_NAME: Final = 40


def find_social_security(text: str, start: int = 0) -> Iterator[Span]:
    """Find social security numbers from `start` on: `123-45-6789`, or digits named as one."""
    spans = [match.span() for match in _DASHED.finditer(text, start)]
    spans += [match.span() for match in _SPACED.finditer(text, start)]
    matches = _NAMED.finditer(text, max(0, start - _LONGEST_NAME))
    spans += [match.span(1) for match in matches if match.start(1) >= start]
    yield from sorted(spans)
