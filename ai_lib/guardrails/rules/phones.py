"""Finds phone numbers: by `+`, by the punctuation of their country, or behind a word for phones."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from ai_lib.guardrails.rules.numbering_plans import (
    has_plans,
    is_international_number,
    is_national_number,
)
from ai_lib.guardrails.rules.plain_digits import Span

MAX_PHONE_LENGTH: Final = 64
_AFTER: Final = r"(?!\w|[.-]\d)"
_NO_DATE: Final = (
    r"(?!\d{1,2}([./-])\d{1,2}\1\d{4}(?!\d)|\d{4}([./-])\d{2}\2\d{2}(?!\d)"
    r"|(?:19|20)\d\d-(?:19|20)\d\d)"
)
# Between the groups of a number: a blank, point, dash or slash, with brackets or blanks around.
_GAP: Final = r"(?: ?[./-] ?| ?\(| ?\) ?[./-]?|  ?)"

# A calling code and groups of two digits or more, of which the first two may be of one digit.
_INTERNATIONAL: Final = re.compile(
    rf"(?:\+|00(?=[1-9]\d{{0,2}}[ (./-])) ?[1-9]\d*(?:{_GAP}\(?\d\)?){{0,2}}"
    rf"(?:{_GAP}\d{{2,}}){{0,6}}(?!\d)",
    re.ASCII,
)
_PLANNED: Final = re.compile(rf"(?:\+|00) ?[1-9]\d*(?:{_GAP}\d+){{0,7}}", re.ASCII)
_REGIONAL: Final = re.compile(rf"{_NO_DATE}\(?\d+\)?(?:{_GAP}\d+){{0,7}}", re.ASCII)
_NATIONAL: Final = re.compile(
    rf"{_NO_DATE}(?:"
    # (555) 123-4567, 555-123-4567, 1 555 123 4567
    r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])\d{3}[ .-]\d{4}"
    r"|1[ -][2-9]\d{2}[ -]\d{3}[ -]\d{4}"
    # 030/12345678, 06 12 34 56 78, (021) 234 56 78, 090-1234-5678: a trunk 0, nine digits or more
    rf"|(?P<trunk>\(?0[1-9]\d{{0,4}}\)?(?:{_GAP}\d{{2,9}}){{1,5}})"
    # 8 (912) 345-67-89
    r"|[78][ -]?\(?\d{3}\)?[ -]?\d{3}[ -]\d{2}[ -]\d{2}"
    # (11) 96123-4567
    r"|\([1-9]\d\) ?9?\d{4}-\d{4}"
    # 612 34 56 78
    r"|[6-9]\d{2}([ .-])\d{2}(?:\4\d{2}){2}"
    # 138 0013 8000
    r"|1[3-9]\d([ -])\d{4}\5\d{4}"
    rf"){_AFTER}",
    re.ASCII,
)
_ENOUGH_DIGITS: Final = re.compile(r"[+(]?\d(?:[ .()/-]{0,3}\d){6}", re.ASCII)
# Words that say that a number is one to call. What follows is any number of seven digits or more.
_NOUNS: Final = re.compile(
    r"(?:(?<![^\W\d_])(?:tele)?(?:phones?|fono|foon|fon|fax|fone)(?: (?:no|number)\b)?"
    r"|(?<![^\W\d_])(?:tel|telf?|tfno|tlf|tél|téléphone|fone|mob|mobile?|mobil[ae]?|cell|celular"
    r"|cellulare|móvil|portable|handy|gsm|whats ?app|sms|hotline|telefonn?\w{0,6}|telemóvel"
    r"|puhelin|puh|telefoon\w{0,6}|numéro de tél\w{0,8})(?![^\W\d_])"
    r"|(?<![^\W\d_])(?:тел|телефон\w{0,3}|моб|мобильн\w{2,4})(?![^\W\d_])"
    r"|τηλ(?:έφωνο)?|טלפון|هاتف\w{0,2}|الهاتف|جوال\w{0,2}|تلفن|फ़ोन|फोन|मोबाइल|โทร|điện thoại|sđt"
    r"|电话|電話|手机号?码?|手機|携帯|携带|전화(?:번호)?|휴대폰|핸드폰)"
    r"[^\d\n+(]{0,20}\(?\Z",
    re.IGNORECASE,
)
_VERBS: Final = re.compile(
    r"(?<![^\W\d_])(?:call|dial|ring|text|reach me|appelez|ll[aá]m\w{2,4}|ligue|zadzwo\w{1,3}"
    r"|chiam\w{1,5}|bel(?: me)?|звони\w{0,3}|позвони\w{0,3}|anrufen|ruf\w{0,3}|اتصل)(?![^\W\d_])"
    r"(?: (?:me|us|him|her|on|at|le|al|en|me on|me at|us at|us on|unter|على|по))?[: ]{1,3}\(?\Z",
    re.IGNORECASE,
)
_AFTER_WORD: Final = re.compile(
    rf"{_NO_DATE}\(?\d{{1,15}}\)?"
    rf"(?:{_GAP}(?!\d{{4}}-\d\d-|\d\d?([./])\d\d?\3)\d{{2,9}}){{0,6}}{_AFTER}",
    re.ASCII,
)
_AMOUNT: Final = re.compile(r"\d{1,3}(?:([ .])\d{3})(?:\1\d{3})*\Z", re.ASCII)
_LONGEST_WORDS: Final = 48
_GROUP: Final = re.compile(r"\d+", re.ASCII)
_YEAR: Final = re.compile(r"(?:19|20)\d\d", re.ASCII)
_PUNCTUATION: Final = re.compile(r"[()./-]")
_BOUND: Final = re.compile(r"[\w+-]\Z", re.ASCII)
_GOES_ON: Final = re.compile(r"\w|[.-]\d", re.ASCII)

# The digits of the longest numbers of a calling code, the code included, where they are not 13.
# Source: the numbering plans of fixed lines and mobiles (ITU-T E.164, national plans).
_MOST_DIGITS: Final = {
    code: size
    for size, codes in {
        8: "247 290 500 682",
        9: "298 299 672 681 687",
        10: "238 239 246 248 269 291 297 45 47 501 592 597 65 673 674 676 677 678 679 680 683 688"
        " 690 691 692 960",
        11: "1 216 222 223 226 227 228 230 232 235 236 241 253 257 266 267 268 27 32 33 34 350 356"
        " 357 36 370 371 372 373 374 382 386 389 40 41 46 48 502 503 504 505 506 507 509 51 56 591"
        " 598 599 61 66 670 675 686 689 7 852 853 93 94 961 965 968 973 974 975 993",
        12: "20 211 212 213 218 220 221 224 231 233 237 240 242 244 245 249 250 251 252 254 255 256"
        " 258 260 261 262 263 264 265 30 351 354 355 359 375 376 377 380 385 387 420 421 423 44 508"
        " 52 53 57 58 590 593 594 595 596 60 63 64 81 82 84 855 886 90 91 92 95 962 963 966 967 970"
        " 971 98 992 994 995 996 998",
        14: "352 39 62",
        15: "381 383 43 49 870 882 972",
    }.items()
    for code in codes.split()
}
_USUAL_DIGITS: Final = 13


def find_phones(text: str, start: int = 0, regions: Sequence[str] = ()) -> Iterator[Span]:
    """Find phone numbers from `start` on.

    With `phonenumbers` installed, its numbering plans say where a number with a calling code ends,
    and find those that are dialled within `regions`.
    """
    at = start
    previous_end = max(0, start - _LONGEST_WORDS)
    for run in _GROUP.finditer(text, start):
        words_start, previous_end = max(previous_end, run.start() - _LONGEST_WORDS), run.end()
        has_sign = run.start() > at and text[run.start() - 1] in "+("
        for begin in (run.start() - 1, run.start()) if has_sign else (run.start(),):
            end = _find_one(text, begin, at, words_start, regions) if begin >= at else 0
            if end:
                yield begin, end
                at = end
                break


def _find_one(
    text: str, start: int, previous_end: int, words_start: int, regions: Sequence[str]
) -> int:
    """Return the end of the phone number that begins here; 0 if none does."""
    if not _begins(text, start) or not _ENOUGH_DIGITS.match(text, start):
        return 0
    end = (
        _match_international(text, start)
        or _match_region(text, start, regions)
        or _match_national(text, start, previous_end)
        or _match_named(text, start, words_start)
    )
    # Brackets may stand around the number, and not in it.
    return 0 if text[start] == "(" and ")" not in text[start:end] else end


def _begins(text: str, start: int) -> bool:
    """Say whether a number may begin here, as it is no part of a word or another number."""
    before = text[max(0, start - 2) : start]
    if before[-1:] == ".":
        return not before[0].isdigit()
    return not _BOUND.search(before)


def _match_international(text: str, start: int) -> int:
    match = _INTERNATIONAL.match(text, start)
    if not match or (text[start] == "0" and _follows_digit(text, start)):
        return 0
    number = match[0]
    code_and_rest = "".join(_GROUP.findall(number)).removeprefix("00")
    # The 0 of "+49 (0)30" is dialled at home only.
    max_digits = count_most(code_and_rest) + 2 * number.startswith("00") + ("(0)" in number)
    planned = _find_planned_end(_PLANNED.match(text, start)) if has_plans() else 0
    size = planned or _find_end(number, 8, max_digits)
    return start + size if size and not _GOES_ON.match(text, start + size) else 0


def _find_planned_end(match: re.Match[str] | None) -> int:
    """Return the end of the longest number that is whole by its country's plan; 0 if none is."""
    plain = match[0].replace("(0)", "   ") if match else ""
    return _find_longest(plain, lambda digits: is_international_number(digits.removeprefix("00")))


def _match_region(text: str, start: int, regions: Sequence[str]) -> int:
    number = _REGIONAL.match(text, start) if regions else None
    if not number or _follows_digit(text, start):
        return 0
    size = _find_longest(
        number[0], lambda digits: any(is_national_number(digits, name) for name in regions)
    )
    if size < len(number[0]) and _AMOUNT.match(number[0]):
        return 0
    return start + size if size and not _GOES_ON.match(text, start + size) else 0


def _find_longest(number: str, is_whole: Callable[[str], bool]) -> int:
    """Return the end of the most groups whose digits are a whole number; 0 if none are."""
    digits, best = "", 0
    for group in _GROUP.finditer(number):
        digits += group[0]
        if len(digits) > 17:
            break
        # One digit at the end is a number of its own: "+49 30 123456 7 days".
        if len(group[0]) > 1 and is_whole(digits):
            best = group.end()
    return best


def _match_national(text: str, start: int, previous_end: int) -> int:
    match = _NATIONAL.match(text, start)
    if not match:
        return 0
    size = len(match[0])
    if match["trunk"]:
        size = _find_end(match[0], 9, 12)
        # Groups with blanks alone may be a part of a longer number.
        is_part = start - 1 != previous_end and not _PUNCTUATION.search(match[0])
        if is_part and _follows_digit(text, start):
            return 0
    return 0 if _is_row(match[0][:size]) else start + size if size else 0


def _match_named(text: str, start: int, words_start: int) -> int:
    number = _AFTER_WORD.match(text, start) if start - words_start > 2 else None
    if not number:
        return 0
    words = text[words_start:start]
    for pattern, fewest in ((_NOUNS, 7), (_VERBS, 9)):
        size = _find_end(number[0], fewest, 15)
        digits = number[0][:size]
        is_amount = fewest > 7 and size != 11 and bool(_AMOUNT.match(digits))
        if size and not is_amount and not _is_row(digits) and pattern.search(words):
            return start + size
    return 0


def _follows_digit(text: str, start: int) -> bool:
    return start > 1 and text[start - 1] == " " and text[start - 2].isdigit()


def _find_end(number: str, fewest: int, max_digits: int) -> int:
    """Return the end of the first number, which has so many digits; 0 if it has less.

    Groups beyond that are numbers of their own, as are a year and what begins anew after a slash.
    """
    groups = list(_GROUP.finditer(number))
    sizes = {len(group[0]) for group in groups}
    digits = end = 0
    for group in groups:
        size = len(group[0])
        if digits + size > max_digits:
            # Four and four digits, and more than a number has: a card, an account, a serial number.
            if sizes == {4} and not _PUNCTUATION.search(number):
                return 0
            break
        is_year = digits > 8 and number[end] == " " and _YEAR.fullmatch(group[0])
        is_next = digits >= 8 and "/" in number[end : group.start()] and group[0][0] == "0"
        if is_year or is_next:
            break
        digits, end = digits + size, group.end()
    if number[end : end + 1] == ")" and number.count("(", 0, end) > number.count(")", 0, end):
        end += 1
    return end if digits >= fewest else 0


def count_most(digits: str) -> int:
    sizes = (_MOST_DIGITS.get(digits[:size]) for size in (1, 2, 3))
    return next((size for size in sizes if size), _USUAL_DIGITS)


def _is_row(number: str) -> bool:
    """Say whether the groups are numbers of equal distance, as in `01 02 03 04 05`."""
    groups = [int(group) for group in _GROUP.findall(number)]
    steps = {after - before for before, after in pairwise(groups)}
    return len(groups) > 2 and len(steps) == 1 and steps != {0}
