"""Facts that identify persons: addresses, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from ai_lib.guardrails.guardrail import Guardrail, GuardrailSeverity, Match
from ai_lib.guardrails.rules.domains import EMAIL, email_settled
from ai_lib.guardrails.rules.id_numbers import (
    CARD_REACH,
    IBAN_REACH,
    IP_REACH,
    PHONE,
    PHONE_REACH,
    SSN,
    Span,
    addresses,
    cards,
    ibans,
)


class _Kind(NamedTuple):
    """How to find one kind, and from where on the end of a text may be the beginning of one."""

    find: Callable[[str, int], Iterator[Span]]
    settled: Callable[[str, int], int]


def _by(pattern: re.Pattern[str]) -> Callable[[str, int], Iterator[Span]]:
    return lambda text, start: (found.span() for found in pattern.finditer(text, start))


def _until(begun: str, reach: int) -> Callable[[str, int], int]:
    pattern = re.compile(rf"{begun}\Z", re.ASCII | re.IGNORECASE)

    def settled(text: str, start: int) -> int:
        found = pattern.search(text, max(start, len(text) - reach))
        return found.start() if found else len(text)

    return settled


_KINDS: Final = {
    "email": _Kind(_by(EMAIL), email_settled),
    "iban": _Kind(
        ibans,
        _until(
            rf"(?<![0-9a-z])[a-z](?:[a-z](?:\d(?:\d(?: ?[0-9a-z]){{0,{IBAN_REACH}}} ?)?)?)?",
            IBAN_REACH,
        ),
    ),
    "card": _Kind(cards, _until(r"(?<!\d)\d(?:[ -]?\d)*[ -]?", CARD_REACH + 2)),
    "ssn": _Kind(_by(SSN), _until(r"(?<![\w-])\d[\d -]{0,11}", 14)),
    "phone": _Kind(
        _by(PHONE), _until(r"(?<![\w.+-])(?:[+(]{1,2}|[+(]?\d[\d ().+/-]*)", PHONE_REACH)
    ),
    "ip": _Kind(addresses, _until(r"(?<![\w.])[0-9a-f:][0-9a-f:.]*", IP_REACH)),
}


class PiiDetector(Guardrail):
    """Finds `kinds` of personal facts: `email`, `phone`, `card`, `iban`, `ssn`, `ip`; all of them
    unless said otherwise.

    Cards are checked by issuer, length and Luhn's digit, accounts by country, length and
    remainder, social security numbers by the ranges in use; phone numbers need a `+`, or the
    punctuation of their country. They are masked by `[EMAIL]` and so on, or by `replacement`.
    In a stream only what may be the beginning of one is held back.
    """

    def __init__(
        self,
        rule_id: str = "pii",
        kinds: Sequence[str] = ("email", "phone", "card", "iban", "ssn", "ip"),
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        *,
        action: str = "redact",
        replacement: str = "",
        message: str = "",
        enabled: bool = True,
    ) -> None:
        super().__init__(
            rule_id,
            action=action,
            severity=severity,
            replacement=replacement,
            message=message or "the text has personal data",
            enabled=enabled,
        )
        unknown = [kind for kind in kinds if kind not in _KINDS]
        if unknown or isinstance(kinds, str) or not kinds:
            raise ValueError(f"kinds are some of {', '.join(_KINDS)}, not {kinds!r}")
        self.kinds = tuple(kinds)

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        found = [(*span, kind) for kind in self.kinds for span in _KINDS[kind].find(text, start)]
        # Of two at one place the longer one counts: a card is no phone number.
        found.sort(key=lambda one: (one[0], -one[1]))
        end = start
        for begin, stop, kind in found:
            if begin >= end:
                mask = self.replacement or f"[{kind.upper()}]"
                yield Match(begin, stop, self, f"{self.message} ({kind})", mask)
                end = stop

    def settled(self, text: str, start: int = 0) -> int:
        return min(_KINDS[kind].settled(text, start) for kind in self.kinds)
