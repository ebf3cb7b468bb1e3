"""What every guardrail is: a rule that finds places in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final, Literal, NamedTuple

import msgspec

from ai_lib.guardrails.masking import masked

Action = Literal["block", "redact", "warn"]
"""What becomes of a text: it ends the call, what was found is masked, or a warning is logged."""


class GuardrailSeverity(str, Enum):
    """How grave it is; nothing but a word for whoever reads the violations."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class GuardrailViolation(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a text breaks a rule: the characters from `start` up to `end`.

    `matched_text` is what stands there. Only `check` sets it, for who has the text anyway; it is in
    no error and no log, and not in `repr`.
    """

    rule_id: str
    message: str
    action: Action = "block"
    severity: GuardrailSeverity = GuardrailSeverity.WARNING
    start: int = 0
    end: int = 0
    matched_text: str = ""
    metadata: Mapping[str, object] = {}

    def __repr__(self) -> str:
        place = f"{self.start}:{self.end}"
        return f"GuardrailViolation({self.rule_id!r}, {self.message!r}, {place}, {self.action})"


class GuardrailResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one text. `filtered_content` is the text with all of it masked."""

    violations: Sequence[GuardrailViolation] = ()
    filtered_content: str = ""
    metadata: Mapping[str, object] = {}

    @property
    def is_safe(self) -> bool:
        """Whether nothing was found."""
        return not self.violations

    def __repr__(self) -> str:
        return f"GuardrailResult(is_safe={self.is_safe}, violations={self.violations!r})"


REDACTED: Final = "[REDACTED]"
# Words of AI-Protocol manifests and of other libraries for the same.
_ACTIONS: Final[dict[str, Action]] = {
    "block": "block",
    "redact": "redact",
    "mask": "redact",
    "warn": "warn",
    "log": "warn",
}


class Match(NamedTuple):
    """A place in a text that a rule found, and what masks it."""

    start: int
    end: int
    rule: Guardrail
    message: str
    replacement: str

    def violation(self, text: str = "") -> GuardrailViolation:
        """Return the match for the caller's eyes; of a text given, with what stands there."""
        return GuardrailViolation(
            rule_id=self.rule.rule_id,
            message=self.message,
            action=self.rule.action,
            severity=self.rule.severity,
            start=self.start,
            end=self.end,
            matched_text=text[self.start : self.end],
        )


class Guardrail:
    """A rule. A rule of one's own overrides `find`, and `reach` or `settled` for streams.

    `action` is what a client does with a text in which something is found: `block` (the call ends
    with GuardrailError), `redact` (also called `mask`: `replacement` stands in its place) or `warn`
    (also called `log`). A rule must not be changed while it is in use, but for `enable` and
    `disable`.
    """

    reach = 200
    """The most characters that a match may have, and need after it to be certain."""

    def __init__(
        self,
        rule_id: str,
        *,
        action: str = "block",
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        replacement: str = REDACTED,
        message: str = "",
        enabled: bool = True,
    ) -> None:
        if not rule_id:
            raise ValueError("a guardrail needs a rule_id")
        if action not in _ACTIONS:
            raise ValueError(f"an action is block, redact or warn, not {action!r}")
        self.rule_id = rule_id
        self.action: Action = _ACTIONS[action]
        self.severity = GuardrailSeverity(severity)
        self.replacement = replacement
        self.message = message or f"the text breaks the rule {rule_id!r}"
        self.enabled = enabled

    def enable(self) -> None:
        """Let the rule count."""
        self.enabled = True

    def disable(self) -> None:
        """Let the rule find nothing."""
        self.enabled = False

    def find(self, text: str, start: int = 0) -> Iterable[Match]:
        """Return the matches that begin at `start` or later, in order, none inside another.

        What stands before `start` may be looked at, to see whether a word begins there.
        """
        raise NotImplementedError(f"{type(self).__name__} has to override find()")

    def settled(self, text: str, start: int = 0) -> int:
        """Return up to where (not before `start`) more text can bring no match, nor change one.

        A stream gives out what every rule has settled.
        """
        return max(start, len(text) - self.reach)

    def match(self, start: int, end: int, replacement: str | None = None) -> Match:
        """Return a match of this rule."""
        own = self.replacement if replacement is None else replacement
        return Match(start, end, self, self.message, own)

    def check(self, content: str) -> GuardrailResult:
        """Return what is found in a text."""
        matches = found_in(content, [self])
        return GuardrailResult(
            violations=tuple(match.violation(content) for match in matches),
            filtered_content=masked(content, matches),
        )

    def filter(self, content: str) -> str:
        """Return the text with all that is found in it masked, whatever the rule's action."""
        return masked(content, found_in(content, [self]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.rule_id!r}, {self.action})"


def found_in(text: str, rules: Sequence[Guardrail], start: int = 0) -> list[Match]:
    """Return what these rules find in a text, in order; matches of different ones may overlap."""
    found = [match for rule in rules if rule.enabled for match in rule.find(text, start)]
    found.sort(key=lambda match: (match.start, match.end))
    return found


def settled(text: str, rules: Sequence[Guardrail], matches: Sequence[Match], start: int = 0) -> int:
    """Return up to where no rule can find more, or anything else, when the text goes on.

    `matches` are what they find from `start` on; none of them is cut in two.
    """
    limit = min((rule.settled(text, start) for rule in rules), default=len(text))
    for match in reversed(matches):
        if match.start < limit < match.end:
            limit = match.start
    return max(limit, start)
