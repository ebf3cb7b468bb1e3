"""Numbers that belong to persons, with their check digits: cards, accounts, social security."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

Span = tuple[int, int]

# The digits of a card may stand in groups, one space or dash between them.
_DIGITS: Final = re.compile(r"(?<!\d)\d+")
_MOST_DIGITS: Final = 19
CARD_REACH: Final = 2 * _MOST_DIGITS

SSN: Final = re.compile(
    r"(?<![\w-])(?!000|666|9)\d{3}([ -])(?!00)\d{2}\1(?!0000)\d{4}(?![\w]|-\d)", re.ASCII
)
_IBAN: Final = re.compile(r"(?<![0-9A-Za-z])([A-Z]{2})(\d{2})(?=[ 0-9A-Z])", re.IGNORECASE)
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
    "BR": 29,
    "BY": 28,
    "CH": 21,
    "CR": 22,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "DO": 28,
    "EE": 20,
    "EG": 29,
    "ES": 24,
    "FI": 18,
    "FO": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GI": 23,
    "GL": 18,
    "GR": 27,
    "GT": 28,
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
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MR": 27,
    "MT": 31,
    "MU": 30,
    "NL": 18,
    "NO": 15,
    "PK": 24,
    "PL": 28,
    "PS": 29,
    "PT": 25,
    "QA": 29,
    "RO": 24,
    "RS": 22,
    "SA": 24,
    "SC": 31,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "TN": 24,
    "TR": 26,
    "UA": 29,
    "VA": 22,
    "VG": 24,
    "XK": 20,
}
IBAN_REACH: Final = 2 * max(_IBAN_LENGTHS.values())
_IP4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", re.ASCII)
_IP6: Final = re.compile(
    r"(?<![\w:.])[0-9A-F]{0,4}:[0-9A-F:]{1,38}(?:\.[0-9.]{5,11})?(?![\w:])", re.ASCII | re.I
)
IP_REACH: Final = 64
# Before four numbers in a row: what says that they are no address.
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
    # (555) 123-4567, 555-123-4567, 1 555 123 4567
    r"|(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[ .-]\d{4}"
    r"|1[ -][2-9]\d{2} [2-9]\d{2} \d{4}"
    # 06 12 34 56 78
    r"|0[1-9](?:([ .-])\d{2})(?:\1\d{2}){3}"
    # 020 7946 0958, 030/12345678, 0171 2345678
    r"|(?:\(0[1-9]\d{1,3}\)|0[1-9]\d{1,3})[ /-]\d{3,4}[ -]?\d{3,5}"
    # 138 0013 8000
    r"|1[3-9]\d([ -])\d{4}\2\d{4}"
    r")(?![\w]|[.-]\d)",
    re.ASCII,
)
PHONE_REACH: Final = 64


def cards(text: str, start: int = 0) -> Iterator[Span]:
    """Find card numbers: a known beginning, the length that goes with it, and Luhn's check."""
    groups: list[Span] = []
    done = start
    for found in _DIGITS.finditer(text, start):
        if groups and not _goes_on(text, groups[-1][1], found.start()):
            groups.clear()
        groups.append(found.span())
        while groups and groups[-1][1] - groups[0][0] > CARD_REACH:
            groups.pop(0)
        for number, (first, _) in enumerate(groups):
            if first < done or _is_list(groups[number:]):
                continue
            digits = text[first : found.end()].replace(" ", "").replace("-", "")
            if _is_card(digits) and not _has_more(text, found.end()):
                yield first, found.end()
                done = found.end()
                groups.clear()
                break


def _goes_on(text: str, end: int, start: int) -> bool:
    return start == end + 1 and text[end] in " -"


def _is_list(groups: list[Span]) -> bool:
    """Whether these are numbers one by one: the groups of a card are longer."""
    return any(end - start < 3 for start, end in groups[:-1])


def _has_more(text: str, end: int) -> bool:
    # Letters right behind it make it part of a name, such as that of a file.
    return text[end : end + 1].isalpha() and text[end : end + 1].isascii()


def _is_card(digits: str) -> bool:
    if not 13 <= len(digits) <= _MOST_DIGITS or not digits.isascii():
        return False
    return _has_issuer(digits) and passes_luhn(digits)


def _has_issuer(digits: str) -> bool:
    size, two = len(digits), int(digits[:2])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= int(digits[:4]) <= 2720:
        return size == 16
    if two in (34, 37):
        return size == 15
    if two in (30, 36, 38, 39):
        return size == 14
    return (two == 35 or digits[0] == "6") and size >= 16


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def ibans(text: str, start: int = 0) -> Iterator[Span]:
    """Find bank accounts: a country's length, and the remainder of 1 by 97 (ISO 13616)."""
    at = start
    while found := _IBAN.search(text, at):
        at = found.end()
        size = _IBAN_LENGTHS.get(found[1].upper())
        end = _taken(text, found.start(), size) if size else None
        if end is not None and _has_remainder(text[found.start() : end]):
            yield found.start(), end
            at = end


def _taken(text: str, start: int, size: int) -> int | None:
    """Return where so many letters and digits end, single spaces between them not counted."""
    at = start
    while size:
        character = text[at : at + 1]
        if character == " " and text[at - 1] != " ":
            at += 1
            continue
        if not (character.isascii() and character.isalnum()):
            return None
        at += 1
        size -= 1
    behind = text[at : at + 1]
    return None if behind.isascii() and behind.isalnum() else at


def _has_remainder(written: str) -> bool:
    plain = written.replace(" ", "").upper()
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def addresses(text: str, start: int = 0) -> Iterator[Span]:
    """Find IP addresses but for this machine's own; a version's number is none."""
    found = [*_IP4.finditer(text, start), *_IP6.finditer(text, start)]
    for match in sorted(found, key=lambda one: one.start()):
        if _is_address(match[0]) and not _VERSION.search(
            text, max(0, match.start() - 16), match.start()
        ):
            yield match.span()


def _is_address(written: str) -> bool:
    try:
        if ":" not in written:
            four = IPv4Address(written)
            return not (four.is_loopback or four.is_unspecified)
        six = IPv6Address(written)
    except AddressValueError:
        return False
    # `a::b` is more often a name in a program.
    parts = [part for part in written.split(":") if part]
    has_digit = any(character.isdigit() for character in written)
    return has_digit and len(parts) >= 3 and not (six.is_loopback or six.is_unspecified)
