"""Rules against web addresses and e-mail addresses, all of them or those of certain domains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from ai_lib.guardrails.guardrail import (
    REDACTED,
    Guardrail,
    GuardrailOptions,
    GuardrailSeverity,
    Match,
)
from ai_lib.guardrails.rules.plain_digits import Span

if TYPE_CHECKING:
    from typing_extensions import Unpack

# Letters of scripts that put spaces between words: an address ends where Chinese begins.
_LETTERS: Final = (
    "0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0300-\u036f\u0370-\u037d\u037f-\u0386"
    "\u0388-\u0559\u0560-\u0588\u05d0-\u05f2\u0620-\u066a\u066e-\u06d3\u06d5-\u06ff"
    "\u0900-\u0963\u0966-\u0dff\u10a0-\u10fa\u10fc-\u10ff\u1200-\u135a\u1e00-\u1fff"
)
_LOCAL: Final = f"[{_LETTERS}_.+%'!#$&*~^-]"
_LABEL: Final = f"[{_LETTERS}-]"
_DOMAIN: Final = re.compile(
    f"(?:[{_LETTERS}](?:{_LABEL}{{0,61}}[{_LETTERS}])?\\.){{1,8}}"
    f"(?!\\d)[{_LETTERS}](?:{_LABEL}{{0,61}}[{_LETTERS}])"
)
# Read from the `@` to the left; quotes and marks in front of an address are no part of it.
_LOCAL_RUN: Final = re.compile(f"{_LOCAL}+")
_MARKS: Final = ".+%'!#$&*~^-"
_MAX_LOCAL_LENGTH: Final = 64
_EMAIL_PREFIX: Final = re.compile(
    f"(?<!{_LOCAL}){_LOCAL}{{1,64}}(?:@(?:{_LABEL}{{0,63}}\\.){{0,8}}{_LABEL}{{0,63}})?\\Z"
)
MAX_EMAIL_LENGTH: Final = 700

_URL: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:https?|ftps?|wss?)://|www\.)"
    r"[^\s<>\"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]{1,2000}",
    re.IGNORECASE,
)
_URL_PREFIX: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:https?|ftps?|wss?)://|www\.)"
    r"[^\s<>\"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]{0,2000}\Z",
    re.IGNORECASE,
)
_SCHEMES: Final = ("https://", "http://", "ftps://", "ftp://", "wss://", "ws://", "www.")
_SCHEME_PREFIXES: Final = frozenset(
    scheme[:size] for scheme in _SCHEMES for size in range(1, len(scheme) + 1)
)
_IN_WORD: Final = re.compile("[0-9A-Za-z]")
_LONGEST_SCHEME: Final = max(map(len, _SCHEMES))
_TRAILING_PUNCTUATION: Final = ".,;:!?'\u2019)]}*_"


def find_emails(text: str, start: int = 0) -> Iterator[Span]:
    """Find e-mail addresses from `start` on."""
    at = text.find("@", start)
    previous_end = start
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        if domain:
            begin = _find_local_start(text, at)
            if begin is not None and begin >= previous_end:
                yield begin, domain.end()
                previous_end = domain.end()
        at = text.find("@", max(at + 1, previous_end))


def _find_local_start(text: str, at: int) -> int | None:
    """Return the start of the name before an `@`; None if it has not 1 to 64 characters."""
    before = text[max(0, at - _MAX_LOCAL_LENGTH - 1) : at]
    run = _LOCAL_RUN.match(before[::-1])
    if not run or run.end() > _MAX_LOCAL_LENGTH:
        return None
    name = before[-run.end() :].lstrip(_MARKS)
    return at - len(name) if name else None


def find_stable_email_end(text: str, start: int) -> int:
    """Return the end of the text in which more text brings no other e-mail address."""
    unfinished = _EMAIL_PREFIX.search(text, max(start, len(text) - MAX_EMAIL_LENGTH))
    return unfinished.start() if unfinished else len(text)


def parse_host(url: str) -> str:
    """Return the host that a browser would connect to for a URL, in lower case.

    User names before it and paths, queries or backslashes after it are not part of it.
    """
    without_scheme = url.partition("://")[2] if "://" in url else url
    authority = re.split(r"[/?#\\]", without_scheme, maxsplit=1)[0]
    host = authority.rpartition("@")[2]
    if not host.startswith("["):
        host = host.partition(":")[0]
    return host.lower().rstrip(".")


class _DomainRule(Guardrail):
    """Finds addresses with a domain that is not allowed, or is denied."""

    _default_rule_id: ClassVar[str] = ""

    def __init__(
        self,
        rule_id: str | None = None,
        *,
        allowed_domains: Sequence[str] = (),
        denied_domains: Sequence[str] = (),
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        replacement: str = REDACTED,
        **options: Unpack[GuardrailOptions],
    ) -> None:
        # Other libraries name by the action the list that is used; here both lists are.
        if options.get("action") in ("allow", "deny"):
            options["action"] = "block"
        rule_id = self._default_rule_id if rule_id is None else rule_id
        super().__init__(rule_id, severity=severity, replacement=replacement, **options)
        if isinstance(allowed_domains, str) or isinstance(denied_domains, str):
            raise ValueError("domains are a sequence of names, such as ['example.com']")
        self._allowed = [_domain(name) for name in allowed_domains]
        self._denied = [_domain(name) for name in denied_domains]

    def _is_forbidden(self, domain: str) -> bool:
        if any(_belongs(domain, name) for name in self._denied):
            return True
        if self._allowed:
            return not any(_belongs(domain, name) for name in self._allowed)
        return not self._denied


def _domain(name: str) -> str:
    return name.lower().strip().lstrip("@.").rstrip(".")


def _belongs(domain: str, name: str) -> bool:
    return domain == name or domain.endswith(f".{name}")


class UrlFilter(_DomainRule):
    """Finds web addresses: all; with `allowed_domains` all but those; with `denied_domains` those.

    A domain includes its subdomains. Only the host that a browser would connect to is compared. An
    address begins with its scheme or with `www.`.
    """

    _default_rule_id = "url"
    _default_message = "the text has a web address"

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        for match in _URL.finditer(text, start):
            url = match[0].rstrip(_TRAILING_PUNCTUATION)
            host = parse_host(url)
            if host and self._is_forbidden(host):
                yield self.make_match(match.start(), match.start() + len(url))

    def find_stable_end(self, text: str, start: int = 0) -> int:
        unfinished = _URL_PREFIX.search(text, max(start, len(text) - 2016))
        if unfinished:
            return unfinished.start()
        tail = text[max(start, len(text) - _LONGEST_SCHEME) :].lower()
        for offset in range(len(tail)):
            at = len(text) - len(tail) + offset
            if tail[offset:] in _SCHEME_PREFIXES and not (at and _IN_WORD.match(text[at - 1])):
                return at
        return len(text)


class EmailFilter(_DomainRule):
    """Finds e-mail addresses: all; with `allowed_domains` all but those; with `denied_domains`
    those. A domain includes its subdomains.
    """

    _default_rule_id = "email"
    _default_message = "the text has an e-mail address"

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        for begin, end in find_emails(text, start):
            if self._is_forbidden(text[begin:end].rpartition("@")[2].lower()):
                yield self.make_match(begin, end)

    def find_stable_end(self, text: str, start: int = 0) -> int:
        return find_stable_email_end(text, start)
