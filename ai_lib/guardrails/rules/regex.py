"""Patterns of the caller's own that must not occur."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ai_lib.guardrails.guardrail import REDACTED, Guardrail, GuardrailSeverity, Match


class RegexFilter(Guardrail):
    """Finds a regular expression; how long that takes is up to the expression.

    In a stream the last `window` characters are held back, so that a match of up to that length,
    with what has to follow it, is found however it is split. Anchors mean the whole text there too,
    but for `$` and `\\Z`, which need the end.
    """

    def __init__(
        self,
        rule_id: str,
        pattern: str | re.Pattern[str],
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        flags: int = 0,
        message: str = "",
        replacement: str = REDACTED,
        *,
        window: int = 200,
        action: str = "block",
        enabled: bool = True,
    ) -> None:
        super().__init__(
            rule_id,
            action=action,
            severity=severity,
            replacement=replacement,
            message=message or f"the text has what {rule_id!r} forbids",
            enabled=enabled,
        )
        if window < 1:
            raise ValueError("the window must be at least 1 character")
        try:
            self.pattern = re.compile(pattern, flags)
        except re.error as error:
            raise ValueError(f"the pattern of {rule_id!r} can't be compiled: {error}") from error
        self.reach = window

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        for found in self.pattern.finditer(text, start):
            if found.end() > found.start():
                yield self.match(*found.span())
