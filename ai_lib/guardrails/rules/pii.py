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
from ai_lib.guardrails.rules.domains import EMAIL, find_stable_email_end
from ai_lib.guardrails.rules.id_numbers import (
    MAX_CARD_LENGTH,
    MAX_IBAN_LENGTH,
    MAX_IP_LENGTH,
    MAX_PHONE_LENGTH,
    PHONE,
    SSN,
    Span,
    find_cards,
    find_ibans,
    find_ip_addresses,
    to_plain_digits,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack


class _Kind(NamedTuple):
    """How to find one kind of personal data, and the end of the text that is stable for it."""

    find: Callable[[str, int], Iterator[Span]]
    find_stable_end: Callable[[str, int], int]


def _find_by(pattern: re.Pattern[str]) -> Callable[[str, int], Iterator[Span]]:
    return lambda text, start: (match.span() for match in pattern.finditer(text, start))


def _stable_before(prefix: str, max_length: int) -> Callable[[str, int], int]:
    """Return the function that finds where an unfinished match, a `prefix`, begins."""
    pattern = re.compile(rf"{prefix}\Z", re.ASCII | re.IGNORECASE)

    def find_stable_end(text: str, start: int) -> int:
        unfinished = pattern.search(text, max(start, len(text) - max_length))
        return unfinished.start() if unfinished else len(text)

    return find_stable_end


_KINDS: Final = {
    "email": _Kind(_find_by(EMAIL), find_stable_email_end),
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
        _stable_before(r"(?<!\d)\d(?:[ .-]{0,3}\d)*[ .-]{0,3}", MAX_CARD_LENGTH + 2),
    ),
    "ssn": _Kind(_find_by(SSN), _stable_before(r"(?<![\w-])\d[\d -]{0,11}", 14)),
    "phone": _Kind(
        _find_by(PHONE),
        _stable_before(r"(?<![\w.+-])(?:[+(]{1,2}|[+(]?\d[\d ().+/-]*)", MAX_PHONE_LENGTH),
    ),
    "ip": _Kind(
        find_ip_addresses, _stable_before(r"(?<![\w.])[0-9a-f:][0-9a-f:.]*", MAX_IP_LENGTH)
    ),
}


class PiiDetector(Guardrail):
    """Finds `kinds` of personal data: `email`, `phone`, `card`, `iban`, `ssn`, `ip`.

    Cards are checked by issuer, length and Luhn digit, IBANs by country, length and remainder,
    social security numbers by the ranges in use. Phone numbers need a `+` or the punctuation of
    their country. Matches are masked by `[EMAIL]` and so on, or by `replacement`. In a stream only
    text that may begin a match is held back.
    """

    _default_message = "the text has personal data"

    def __init__(
        self,
        rule_id: str = "pii",
        kinds: Sequence[str] = ("email", "phone", "card", "iban", "ssn", "ip"),
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        *,
        replacement: str = "",
        **options: Unpack[GuardrailOptions],
    ) -> None:
        options.setdefault("action", "redact")
        super().__init__(rule_id, severity=severity, replacement=replacement, **options)
        unknown = [kind for kind in kinds if kind not in _KINDS]
        if unknown or isinstance(kinds, str) or not kinds:
            raise ValueError(f"kinds are some of {', '.join(_KINDS)}, not {kinds!r}")
        self.kinds = tuple(kinds)

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        plain = to_plain_digits(text)
        spans = [
            (*span, kind)
            for kind in self.kinds
            for span in _KINDS[kind].find(text if kind == "email" else plain, start)
        ]
        # At one position the longest match is taken: a card is no phone number.
        spans.sort(key=lambda span: (span[0], -span[1]))
        end = start
        for begin, stop, kind in spans:
            if begin >= end:
                mask = self.replacement or f"[{kind.upper()}]"
                yield Match(begin, stop, self, f"{self.message} ({kind})", mask)
                end = stop

    def find_stable_end(self, text: str, start: int = 0) -> int:
        plain = to_plain_digits(text)
        return min(
            _KINDS[kind].find_stable_end(text if kind == "email" else plain, start)
            for kind in self.kinds
        )
