"""Finds numbers of persons by their check digits: cards, accounts, social security numbers."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

Span = tuple[int, int]

# The digits of a card may stand in groups, one space or dash between them.
_DIGITS: Final = re.compile(r"(?<!\d)\d+")
_MOST_DIGITS: Final = 19
MAX_CARD_LENGTH: Final = 4 * _MOST_DIGITS
_MOST_BLANKS: Final = 3
_SEPARATORS: Final = re.compile(r"[ .-]+")
_IBAN_SEPARATOR: Final = re.compile(r"(?: {1,3}|[.-])(?=[0-9A-Za-z])")
# The digits, blanks and dashes of other scripts and typesetters, each for one of ASCII.
_PLAIN: Final = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{0x0660 + digit: str(digit) for digit in range(10)},
    **{0x06F0 + digit: str(digit) for digit in range(10)},
    **{0x0966 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-"),
    **dict.fromkeys((0xB7, 0x2219, 0xFF0E), "."),
    0xFF0B: "+",
    0xFF08: "(",
    0xFF09: ")",
}

SSN: Final = re.compile(
    r"(?<![\w-])(?!000|666|9)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?![\w]|-\d)", re.ASCII
)
_IBAN: Final = re.compile(r"(?<![0-9A-Za-z])([A-Z]{2})(\d{2})(?=[ .0-9A-Z-])", re.IGNORECASE)
_IBAN_LENGTHS: Final = {
    "AD": 24,
    "AE": 23,
    "AL": 28,
    "AT": 20,
    "AZ": 28,
    "BA": 20,
    "BE": 16,
    "BG": 22,
    "BH": 22,
    "BI": 27,
    "BR": 29,
    "BY": 28,
    "CH": 21,
    "CR": 22,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DJ": 27,
    "DK": 18,
    "DO": 28,
    "EE": 20,
    "EG": 29,
    "ES": 24,
    "FI": 18,
    "FK": 18,
    "FO": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GI": 23,
    "GL": 18,
    "GR": 27,
    "GT": 28,
    "HN": 28,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IL": 23,
    "IQ": 23,
    "IS": 26,
    "IT": 27,
    "JO": 30,
    "KW": 30,
    "KZ": 20,
    "LB": 28,
    "LC": 32,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "LY": 25,
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MN": 20,
    "MR": 27,
    "MT": 31,
    "MU": 30,
    "NI": 28,
    "NL": 18,
    "NO": 15,
    "OM": 23,
    "PK": 24,
    "PL": 28,
    "PS": 29,
    "PT": 25,
    "QA": 29,
    "RO": 24,
    "RS": 22,
    "RU": 33,
    "SA": 24,
    "SC": 31,
    "SD": 18,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "SO": 23,
    "ST": 25,
    "SV": 28,
    "TL": 23,
    "TN": 24,
    "TR": 26,
    "UA": 29,
    "VA": 22,
    "VG": 24,
    "XK": 20,
    "YE": 30,
}
MAX_IBAN_LENGTH: Final = 4 * max(_IBAN_LENGTHS.values())
_IP4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", re.ASCII)
_IP6: Final = re.compile(
    r"(?<![\w:.])[0-9A-F]{0,4}:[0-9A-F:]{1,38}(?:\.[0-9.]{5,11})?(?![\w:])", re.ASCII | re.I
)
MAX_IP_LENGTH: Final = 64
# Text before four numbers which says that they are no address.
_VERSION: Final = re.compile(
    r"(?:versi\w{1,3}|wersj\w|release|build|firmware|driver|patch|v|ver|section|sec|chapter|kapitel"
    r"|chapitre|cap[ií]tulo|capitolo|hoofdstuk|rozdział|глав\w|верси\w|版本|第|章|バージョン|버전|§)"
    r"\.?:?\s{0,2}\Z",
    re.IGNORECASE,
)
PHONE: Final = re.compile(
    r"(?<![\w.+-])(?:"
    # +49 (0)30 123456-78: eight to fifteen digits, as E.164 has them
    r"\+[1-9](?:[ .()/-]{0,3}\d){7,14}"
    # 0049 30 901820
    r"|00[1-9]\d{0,2}[ .()/-]{1,3}\d(?:[ .()/-]{0,3}\d){5,12}"
    # (555) 123-4567, 555-123-4567, 1 555 123 4567
    r"|(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])\d{3}[ .-]\d{4}"
    r"|1[ -][2-9]\d{2} \d{3} \d{4}"
    # 06 12 34 56 78
    r"|0[1-9](?:([ .-])\d{2})(?:\1\d{2}){3}"
    # 020 7946 0958, 030/12345678, 0171 2345678
    r"|(?:\(0[1-9]\d{1,3}\)|0[1-9]\d{1,3})[ /-]\d{3,4}[ -]?\d{3,5}"
    # 138 0013 8000
    r"|1[3-9]\d([ -])\d{4}\2\d{4}"
    r")(?![\w]|[.-]\d)",
    re.ASCII,
)
MAX_PHONE_LENGTH: Final = 64


def to_plain_digits(text: str) -> str:
    """Return the text with the digits and separators of ASCII, at the same offsets."""
    return text if text.isascii() else text.translate(_PLAIN)


def find_cards(text: str, start: int = 0) -> Iterator[Span]:
    """Find card numbers: a known issuer, its length, and the Luhn check."""
    groups: list[Span] = []
    previous_end = start
    for match in _DIGITS.finditer(text, start):
        if groups and not _continues(text, groups[-1][1], match.start()):
            groups.clear()
        groups.append(match.span())
        while groups and groups[-1][1] - groups[0][0] > MAX_CARD_LENGTH:
            groups.pop(0)
        for number, (first, _) in enumerate(groups):
            if first < previous_end or _is_list(groups[number:]):
                continue
            digits = _SEPARATORS.sub("", text[first : match.end()])
            is_whole = not _has_more(text, match.end()) and not _is_fraction(text, first)
            if _is_card(digits) and is_whole:
                yield first, match.end()
                previous_end = match.end()
                groups.clear()
                break


def _continues(text: str, end: int, start: int) -> bool:
    between = text[end:start]
    return between in ("-", ".") or (len(between) <= _MOST_BLANKS and between.isspace())


def _is_list(groups: list[Span]) -> bool:
    """Say whether these are single numbers: the groups of a card are longer."""
    return any(end - start < 3 for start, end in groups[:-1])


def _has_more(text: str, end: int) -> bool:
    # Letters directly after it make it part of a name, such as that of a file.
    following = text[end : end + 1]
    is_point = following == "." and text[end + 1 : end + 2].isdigit()
    return (following.isalpha() and following.isascii()) or is_point


def _is_fraction(text: str, start: int) -> bool:
    """Say whether digits are those behind the point of a number."""
    return start > 1 and text[start - 1] == "." and text[start - 2].isdigit()


def _is_card(digits: str) -> bool:
    if not 13 <= len(digits) <= _MOST_DIGITS or not digits.isascii():
        return False
    return _has_issuer(digits) and passes_luhn(digits)


def _has_issuer(digits: str) -> bool:
    size, prefix = len(digits), int(digits[:2])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if 51 <= prefix <= 55 or 2221 <= int(digits[:4]) <= 2720:
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


def find_ibans(text: str, start: int = 0) -> Iterator[Span]:
    """Find IBANs: the country's length, and the remainder 1 modulo 97 (ISO 13616)."""
    at = start
    while match := _IBAN.search(text, at):
        at = match.end()
        size = _IBAN_LENGTHS.get(match[1].upper())
        end = _find_end(text, match.start(), size) if size else None
        if end is not None and _has_remainder(text[match.start() : end]):
            yield match.start(), end
            at = end


def _find_end(text: str, start: int, size: int) -> int | None:
    """Return the end of `size` letters and digits; separators between them don't count."""
    at = start
    while size:
        character = text[at : at + 1]
        if at > start and (separator := _IBAN_SEPARATOR.match(text, at)):
            at = separator.end()
            continue
        if not (character.isascii() and character.isalnum()):
            return None
        at += 1
        size -= 1
    following = text[at : at + 1]
    return None if following.isascii() and following.isalnum() else at


def _has_remainder(iban: str) -> bool:
    compact = _SEPARATORS.sub("", iban).upper()
    rotated = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in rotated)) % 97 == 1


def find_ip_addresses(text: str, start: int = 0) -> Iterator[Span]:
    """Find IP addresses except loopback ones; a version number is no address."""
    matches = [*_IP4.finditer(text, start), *_IP6.finditer(text, start)]
    for match in sorted(matches, key=lambda match: match.start()):
        if _is_address(match[0]) and not _VERSION.search(
            text, max(0, match.start() - 16), match.start()
        ):
            yield match.span()


def _is_address(text: str) -> bool:
    try:
        if ":" not in text:
            ipv4 = IPv4Address(text)
            return not (ipv4.is_loopback or ipv4.is_unspecified)
        ipv6 = IPv6Address(text)
    except AddressValueError:
        return False
    # `a::b` is more often a name in a program.
    parts = [part for part in text.split(":") if part]
    has_digit = any(character.isdigit() for character in text)
    return has_digit and len(parts) >= 3 and not (ipv6.is_loopback or ipv6.is_unspecified)
