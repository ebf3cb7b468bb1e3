"""Finds the numbers of payment cards: a known issuer, its length, and the Luhn check."""

import re
from collections.abc import Iterator
from typing import Final

from ai_lib.guardrails.rules.plain_digits import SEPARATORS, Span

# The digits of a card may stand in groups, up to three blanks or one dash or point between them.
_DIGITS: Final = re.compile(r"(?<!\d)\d+", re.ASCII)
_FEWEST_DIGITS: Final = 13
_MOST_DIGITS: Final = 19
_MOST_BLANKS: Final = 3
MAX_CARD_LENGTH: Final = 4 * _MOST_DIGITS
_NAME_BEFORE: Final = re.compile(r"[A-Za-z_]\Z")
_CARD_BEFORE: Final = re.compile(
    r"(?:card|visa|amex|express|jcb|pan|carte|carta|karte|nummer|number|no|nr|num)_?\Z", re.I
)
# What makes digits the fraction of a number: `3.`, `.` alone, and `0,` or `1/` where they begin.
_WHOLE_PART: Final = re.compile(r"(?:\d|(?:\A|[\s(\[{+=:<>~-]))\.\Z", re.ASCII)
_PART: Final = re.compile(r"(?<![\d,;])\d{1,6}[,/]\Z", re.ASCII)
_LOOK_BEHIND: Final = 10


def find_cards(text: str, start: int = 0) -> Iterator[Span]:
    """Find card numbers from `start` on."""
    groups: list[Span] = []
    for match in _DIGITS.finditer(text, start):
        if groups and not _continues(text, groups[-1][1], match.start()):
            groups.clear()
        # Short numbers in a row are a list: all groups of a card but the last one are longer.
        if groups and groups[-1][1] - groups[-1][0] < 3:
            groups.clear()
        groups.append(match.span())
        size = sum(end - begin for begin, end in groups)
        while size > _MOST_DIGITS:
            begin, end = groups.pop(0)
            size -= end - begin
        for begin, end in groups:
            if size < _FEWEST_DIGITS:
                break
            size -= end - begin
            digits = SEPARATORS.sub("", text[begin : match.end()])
            if _is_card(digits) and _stands_alone(text, begin, match.end()):
                yield begin, match.end()
                groups.clear()
                break


def _continues(text: str, end: int, start: int) -> bool:
    between = text[end:start]
    return between in ("-", ".") or (len(between) <= _MOST_BLANKS and between.isspace())


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether the digits are part of neither a name, such as that of a file, nor a number."""
    following = text[end : end + 1]
    is_point = following == "." and text[end + 1 : end + 2].isdigit()
    if is_point or (following.isascii() and (following.isalpha() or following == "_")):
        return False
    before = text[max(0, start - _LOOK_BEHIND) : start]
    if _NAME_BEFORE.search(before):
        return bool(_CARD_BEFORE.search(before))
    if _WHOLE_PART.search(before):
        return False
    if _PART.search(before):
        # In a row of values another comma or the line's end follows; a fraction has neither.
        is_last = not following or following in ",;\r\n"
        return is_last and before[-1] == "," and not before.endswith("0,")
    return True


def _is_card(digits: str) -> bool:
    return _has_issuer(digits) and passes_luhn(digits)


def _has_issuer(digits: str) -> bool:
    size, prefix = len(digits), int(digits[:2])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if 51 <= prefix <= 55 or 2200 <= int(digits[:4]) <= 2204 or 2221 <= int(digits[:4]) <= 2720:
        return size == 16
    if prefix in (34, 37):
        return size == 15
    if prefix in (30, 36, 38, 39):
        return size == 14
    return (prefix == 35 or digits[0] == "6") and size >= 16


def passes_luhn(digits: str) -> bool:
    """Say whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
