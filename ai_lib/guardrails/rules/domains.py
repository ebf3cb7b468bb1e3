"""Web addresses and e-mail addresses, all of them or those of certain domains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ai_lib.guardrails.guardrail import REDACTED, Guardrail, GuardrailSeverity, Match

# Letters of scripts that put spaces between words: an address ends where Chinese begins.
_LETTERS: Final = "0-9A-Za-z\u00c0-\u024f\u0370-\u058f\u0590-\u06ff\u0900-\u0dff"
_LOCAL: Final = f"[{_LETTERS}_.+%'-]"
_LABEL: Final = f"[{_LETTERS}-]"
EMAIL: Final = re.compile(
    f"(?<!{_LOCAL}){_LOCAL}{{1,64}}@(?:{_LABEL}{{1,63}}\\.){{1,8}}(?![0-9-]){_LABEL}{{2,63}}"
)
_EMAIL_BEGUN: Final = re.compile(
    f"(?<!{_LOCAL}){_LOCAL}{{1,64}}(?:@(?:{_LABEL}{{0,63}}\\.){{0,8}}{_LABEL}{{0,63}})?\\Z"
)
EMAIL_REACH: Final = 700

_URL: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:https?|ftps?|wss?)://|www\.)"
    r"[^\s<>\"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]{1,2000}",
    re.IGNORECASE,
)
_URL_BEGUN: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:https?|ftps?|wss?)://|www\.)"
    r"[^\s<>\"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]{0,2000}\Z",
    re.IGNORECASE,
)
_SCHEMES: Final = ("https://", "http://", "ftps://", "ftp://", "wss://", "ws://", "www.")
_SCHEME_BEGUN: Final = frozenset(one[:size] for one in _SCHEMES for size in range(1, len(one) + 1))
_IN_WORD: Final = re.compile("[0-9A-Za-z]")
_LONGEST_SCHEME: Final = max(map(len, _SCHEMES))
_AFTER: Final = ".,;:!?'\u2019)]}*_"


def email_settled(text: str, start: int) -> int:
    """Return up to where more text can bring no e-mail address, nor change one."""
    begun = _EMAIL_BEGUN.search(text, max(start, len(text) - EMAIL_REACH))
    return begun.start() if begun else len(text)


def host_of(url: str) -> str:
    """Return the host that a browser would ask for an address, in lower case.

    User names before it and paths, queries or backslashes behind it are not part of it.
    """
    rest = url.partition("://")[2] if "://" in url else url
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    host = authority.rpartition("@")[2]
    if not host.startswith("["):
        host = host.partition(":")[0]
    return host.lower().rstrip(".")


class _DomainRule(Guardrail):
    """Finds addresses whose domain is not allowed, or is denied."""

    _own_id = ""
    _own_message = ""

    def __init__(
        self,
        rule_id: str | None = None,
        *,
        allowed_domains: Sequence[str] = (),
        denied_domains: Sequence[str] = (),
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        action: str = "block",
        replacement: str = REDACTED,
        message: str = "",
        enabled: bool = True,
    ) -> None:
        # With lists, other libraries say by the action which of them counts; both do here.
        super().__init__(
            self._own_id if rule_id is None else rule_id,
            action="block" if action in ("allow", "deny") else action,
            severity=severity,
            replacement=replacement,
            message=message or self._own_message,
            enabled=enabled,
        )
        if isinstance(allowed_domains, str) or isinstance(denied_domains, str):
            raise ValueError("domains are a sequence of names, such as ['example.com']")
        self._allowed = [_domain(name) for name in allowed_domains]
        self._denied = [_domain(name) for name in denied_domains]

    def _is_found(self, domain: str) -> bool:
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

    A domain stands for its subdomains too. What counts is the host that would be asked, not what
    the address mentions elsewhere. An address begins with its scheme or with `www.`.
    """

    _own_id = "url"
    _own_message = "the text has a web address"

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        for found in _URL.finditer(text, start):
            url = found[0].rstrip(_AFTER)
            host = host_of(url)
            if host and self._is_found(host):
                yield self.match(found.start(), found.start() + len(url))

    def settled(self, text: str, start: int = 0) -> int:
        begun = _URL_BEGUN.search(text, max(start, len(text) - 2016))
        if begun:
            return begun.start()
        tail = text[max(start, len(text) - _LONGEST_SCHEME) :].lower()
        for offset in range(len(tail)):
            at = len(text) - len(tail) + offset
            if tail[offset:] in _SCHEME_BEGUN and not (at and _IN_WORD.match(text[at - 1])):
                return at
        return len(text)


class EmailFilter(_DomainRule):
    """Finds e-mail addresses: all; with `allowed_domains` all but those; with `denied_domains`
    those. A domain stands for its subdomains too.
    """

    _own_id = "email"
    _own_message = "the text has an e-mail address"

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        for found in EMAIL.finditer(text, start):
            if self._is_found(found[0].rpartition("@")[2].lower()):
                yield self.match(*found.span())

    def settled(self, text: str, start: int = 0) -> int:
        return email_settled(text, start)
