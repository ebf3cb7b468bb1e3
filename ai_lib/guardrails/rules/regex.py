"""A rule against matches of a regular expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ai_lib.guardrails.guardrail import (
    REDACTED,
    ActionOptions,
    Guardrail,
    GuardrailSeverity,
    Match,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack


class RegexFilter(Guardrail):
    """Finds a regular expression; the time it takes depends on the expression.

    In a stream the last `window` characters are held back. A match of up to that length, together
    with what must follow it, is found however the text is split. Anchors refer to the whole text;
    `$` and `\\Z` match at its end only.
    """

    _default_message = "the text has what {rule_id!r} forbids"

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
        **options: Unpack[ActionOptions],
    ) -> None:
        super().__init__(
            rule_id, severity=severity, replacement=replacement, message=message, **options
        )
        if window < 1:
            raise ValueError("the window must be at least 1 character")
        try:
            self.pattern = re.compile(pattern, flags)
        except re.error as error:
            raise ValueError(f"the pattern of {rule_id!r} can't be compiled: {error}") from error
        self.max_match_length = window

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        for match in self.pattern.finditer(text, start):
            if match.end() > match.start():
                yield self.make_match(*match.span())
