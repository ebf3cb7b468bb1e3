"""Finds IP addresses except loopback ones."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from ai_lib.guardrails.rules.plain_digits import Span

_IP4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", re.ASCII)
_IP6: Final = re.compile(
    r"(?<![\w:.])[0-9A-F]{0,4}:[0-9A-F:]{1,38}(?:\.[0-9.]{5,11})?(?![\w:])", re.ASCII | re.I
)
MAX_IP_LENGTH: Final = 64
_LINK_LOCAL: Final = re.compile("fe[89ab]", re.IGNORECASE)
# Text before four numbers which says that they are no address.
_VERSION: Final = re.compile(
    r"(?:versi\w{1,3}|wersj\w|release|build|firmware|driver|patch|v|ver|section|sec|chapter|kapitel"
    r"|chapitre|cap[ií]tulo|capitolo|hoofdstuk|rozdział|глав\w|верси\w|版本|第|章|バージョン|버전|§)"
    r"\.?:?\s{0,2}\Z",
    re.IGNORECASE,
)


def find_ip_addresses(text: str, start: int = 0) -> Iterator[Span]:
    """Find IP addresses from `start` on; a version number is no address."""
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
    is_long = len(parts) >= 3 or "." in text or any(map(_LINK_LOCAL.match, parts[:1]))
    return has_digit and is_long and not (ipv6.is_loopback or ipv6.is_unspecified)
