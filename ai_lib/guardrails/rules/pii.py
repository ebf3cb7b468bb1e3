"""A rule against personal data: addresses and numbers that identify persons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_lib.guardrails.guardrail import (
    Guardrail,
    GuardrailOptions,
    GuardrailSeverity,
    Match,
)
from ai_lib.guardrails.rules.cards import MAX_CARD_LENGTH, find_cards
from ai_lib.guardrails.rules.domains import find_emails, find_stable_email_end
from ai_lib.guardrails.rules.ibans import MAX_IBAN_LENGTH, find_ibans
from ai_lib.guardrails.rules.ip_addresses import MAX_IP_LENGTH, find_ip_addresses
from ai_lib.guardrails.rules.numbering_plans import check_regions
from ai_lib.guardrails.rules.phones import MAX_PHONE_LENGTH, find_phones
from ai_lib.guardrails.rules.plain_digits import Span, to_plain_digits
from ai_lib.guardrails.rules.social_security import MAX_SSN_LENGTH, find_social_security

if TYPE_CHECKING:
    from typing_extensions import Unpack


class _Kind(NamedTuple):
    """How to find one kind of personal data, and the end of the text that is stable for it."""

    find: Callable[[str, int], Iterator[Span]]
    find_stable_end: Callable[[str, int], int]


def _stable_before(prefix: str, max_length: int) -> Callable[[str, int], int]:
    """Return the function that finds where an unfinished match, a `prefix`, begins."""
    pattern = re.compile(rf"{prefix}\Z", re.ASCII | re.IGNORECASE)

    def find_stable_end(text: str, start: int) -> int:
        unfinished = pattern.search(text, max(start, len(text) - max_length))
        return unfinished.start() if unfinished else len(text)

    return find_stable_end


_KINDS: Final = {
    "email": _Kind(find_emails, find_stable_email_end),
    "iban": _Kind(
        find_ibans,
        _stable_before(
            r"(?<![0-9a-z])[a-z](?:[a-z](?:\d(?:\d"
            rf"(?:[ .-]{{0,3}}[0-9a-z]){{0,{MAX_IBAN_LENGTH}}}[ .-]{{0,3}})?)?)?",
            MAX_IBAN_LENGTH,
        ),
    ),
    "card": _Kind(
        find_cards,
        _stable_before(r"(?<!\d)\d(?:[\s.-]{0,3}\d)*[\s.-]{0,3}", MAX_CARD_LENGTH + 2),
    ),
    "ssn": _Kind(find_social_security, _stable_before(r"(?<![\w-])\d[\d .-]*", MAX_SSN_LENGTH)),
    "phone": _Kind(
        find_phones,
        _stable_before(r"(?<![\w.+-])(?:[+(]{1,2}|[+(]?\d[\d ().+/-]*)", MAX_PHONE_LENGTH),
    ),
    "ip": _Kind(
        find_ip_addresses, _stable_before(r"(?<![\w.])[0-9a-f:][0-9a-f:.]*", MAX_IP_LENGTH)
    ),
}


class PiiDetector(Guardrail):
    """Finds `kinds` of personal data: `email`, `phone`, `card`, `iban`, `ssn`, `ip`.

    Cards are checked by issuer, length and Luhn digit, IBANs by their country's format and the
    remainder, social security numbers by the ranges in use. Phone numbers have a `+`, the
    punctuation of their country, or a word such as "Tel." before them. With `regions`, such as
    `["DE", "PL"]`, they are also what the numbering plans of these countries allow, which needs the
    extra `phone`. Matches are masked by `[EMAIL]` and so on, or by `replacement`. In a stream only
    text that may begin a match is held back.
    """

    _default_message = "the text has personal data"

    def __init__(
        self,
        rule_id: str = "pii",
        kinds: Sequence[str] = ("email", "phone", "card", "iban", "ssn", "ip"),
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        *,
        regions: Sequence[str] = (),
        replacement: str = "",
        **options: Unpack[GuardrailOptions],
    ) -> None:
        options.setdefault("action", "redact")
        super().__init__(rule_id, severity=severity, replacement=replacement, **options)
        unknown = [kind for kind in kinds if kind not in _KINDS]
        if unknown or isinstance(kinds, str) or not kinds:
            raise ValueError(f"kinds are some of {', '.join(_KINDS)}, not {kinds!r}")
        if isinstance(regions, str):
            raise ValueError(f"regions are a sequence of names, such as [{regions!r}]")
        self.kinds = tuple(kinds)
        self.regions = tuple(regions)
        if self.regions:
            check_regions(self.regions)

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        plain = to_plain_digits(text)
        spans = [
            (*span, kind)
            for kind in self.kinds
            for span in self._find_spans(kind, text if kind == "email" else plain, start)
        ]
        # At one position the longest match is taken: a card is no phone number.
        spans.sort(key=lambda span: (span[0], -span[1]))
        end = start
        for begin, stop, kind in spans:
            if begin >= end:
                mask = self.replacement or f"[{kind.upper()}]"
                yield Match(begin, stop, self, f"{self.message} ({kind})", mask)
                end = stop

    def _find_spans(self, kind: str, text: str, start: int) -> Iterator[Span]:
        if kind == "phone":
            return find_phones(text, start, self.regions)
        return _KINDS[kind].find(text, start)

    def find_stable_end(self, text: str, start: int = 0) -> int:
        plain = to_plain_digits(text)
        return min(
            _KINDS[kind].find_stable_end(text if kind == "email" else plain, start)
            for kind in self.kinds
        )
