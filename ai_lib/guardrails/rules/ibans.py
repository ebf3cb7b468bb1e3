"""Finds IBANs: the country's format, and the remainder 1 modulo 97 (ISO 13616)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from ai_lib.guardrails.rules.plain_digits import SEPARATORS, Span

# What follows the two check digits: so many digits (n), capital letters (a) or either (c).
# Source: the IBAN registry, release 101.
_REGISTRY: Final = """
    AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c
    BY:4c4n16c CH:5n12c CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n
    FI:14n FK:2a12n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:24c HN:4a20n
    HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c
    LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n MD:20c ME:18n MK:3n10c2n MN:16n
    MR:23n MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n
    QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n SK:20n SM:1a10n12c
    SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:6n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c
"""
FORMATS: Final[dict[str, str]] = dict(re.findall(r"(\w\w):(\w+)", _REGISTRY))
_CLASSES: Final = {"n": r"\d", "a": "[A-Z]", "c": "[0-9A-Z]"}
_SEPARATOR: Final = r"(?:\s{1,3}|[.-])?"
_HEAD: Final = re.compile(r"(?<![0-9A-Za-z])([A-Z]{2})\d{2}(?=[\s.0-9A-Z-])", re.I | re.A)
MAX_IBAN_LENGTH: Final = 4 * 33


def find_ibans(text: str, start: int = 0) -> Iterator[Span]:
    """Find IBANs from `start` on, in one piece or in groups."""
    at = start
    while match := _HEAD.search(text, at):
        at = match.end()
        country = match[1].upper()
        iban = _compile_format(country).match(text, match.start()) if country in FORMATS else None
        if iban and _has_remainder(iban[0]):
            yield iban.span()
            at = iban.end()


@cache
def _compile_format(country: str) -> re.Pattern[str]:
    parts = re.findall(r"(\d+)([nac])", FORMATS[country])
    body = "".join(f"(?:{_SEPARATOR}{_CLASSES[kind]}){{{size}}}" for size, kind in parts)
    return re.compile(rf"{country}\d\d{body}(?![0-9A-Za-z])", re.IGNORECASE | re.ASCII)


def _has_remainder(iban: str) -> bool:
    compact = SEPARATORS.sub("", iban).upper()
    rotated = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in rotated)) % 97 == 1
