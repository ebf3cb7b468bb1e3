"""Defines what a guardrail is: a rule that finds matches in a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import ClassVar, Final, Literal, NamedTuple, TypedDict

import msgspec

from ai_lib.guardrails.masking import mask_text

Action = Literal["block", "redact", "warn"]
"""What a match does: it ends the call, it is masked, or a warning is logged."""


class GuardrailSeverity(str, Enum):
    """The severity of a violation. It has no effect of its own."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class GuardrailViolation(msgspec.Struct, frozen=True, kw_only=True):
    """One match of a rule in a text: the characters from `start` up to `end`.

    `matched_text` holds these characters. Only `check` sets it; it is in no error, no log and not
    in `repr`.
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
        span = f"{self.start}:{self.end}"
        return f"GuardrailViolation({self.rule_id!r}, {self.message!r}, {span}, {self.action})"


class GuardrailResult(msgspec.Struct, frozen=True, kw_only=True):
    """The violations in one text. `filtered_content` is the text with all matches masked."""

    violations: Sequence[GuardrailViolation] = ()
    filtered_content: str = ""
    metadata: Mapping[str, object] = {}

    @property
    def is_safe(self) -> bool:
        """Whether there are no violations."""
        return not self.violations

    def __repr__(self) -> str:
        return f"GuardrailResult(is_safe={self.is_safe}, violations={self.violations!r})"


REDACTED: Final = "[REDACTED]"
# The words of AI-Protocol manifests and of other libraries.
_ACTIONS: Final[dict[str, Action]] = {
    "block": "block",
    "redact": "redact",
    "mask": "redact",
    "warn": "warn",
    "log": "warn",
}


class Match(NamedTuple):
    """A span of a text that a rule found, and what masks it."""

    start: int
    end: int
    rule: Guardrail
    message: str
    replacement: str

    def to_violation(self, text: str = "") -> GuardrailViolation:
        """Return the match as a violation, with its characters when the text is given."""
        return GuardrailViolation(
            rule_id=self.rule.rule_id,
            message=self.message,
            action=self.rule.action,
            severity=self.rule.severity,
            start=self.start,
            end=self.end,
            matched_text=text[self.start : self.end],
        )


class ActionOptions(TypedDict, total=False):
    """Keyword arguments that every rule passes on to `Guardrail`."""

    action: str
    enabled: bool


class GuardrailOptions(ActionOptions, total=False):
    """Keyword arguments of most rules: `ActionOptions`, and the message of a violation."""

    message: str


class Guardrail:
    """A rule. Your own rule overrides `find`, and `max_match_length` or `find_stable_end`.

    `action` is what a client does with a text that has a match: `block` (the call ends with
    GuardrailError), `redact` (also called `mask`: `replacement` replaces the match) or `warn` (also
    called `log`). Do not change a rule while it is in use, except by `enable` and `disable`.
    """

    max_match_length = 200
    """The most characters of a match, together with those after it that decide about it."""

    _default_message: ClassVar[str] = "the text breaks the rule {rule_id!r}"

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
        self.message = message or self._default_message.format(rule_id=rule_id)
        self.enabled = enabled

    def enable(self) -> None:
        """Switch the rule on."""
        self.enabled = True

    def disable(self) -> None:
        """Switch the rule off: it finds nothing."""
        self.enabled = False

    def find(self, text: str, start: int = 0) -> Iterable[Match]:
        """Return the matches that begin at `start` or later, in order, none inside another.

        A rule may look at the text before `start`, to see whether a word begins there.
        """
        raise NotImplementedError(f"{type(self).__name__} has to override find()")

    def find_stable_end(self, text: str, start: int = 0) -> int:
        """Return the end of the text that is stable: more text brings no match there.

        Nor does it change one. The end is not before `start`. A stream emits what is stable for
        every rule.
        """
        return max(start, len(text) - self.max_match_length)

    def make_match(self, start: int, end: int, replacement: str | None = None) -> Match:
        """Return a match of this rule."""
        if replacement is None:
            replacement = self.replacement
        return Match(start, end, self, self.message, replacement)

    def check(self, content: str) -> GuardrailResult:
        """Return the violations in a text."""
        matches = find_matches(content, [self])
        return GuardrailResult(
            violations=tuple(match.to_violation(content) for match in matches),
            filtered_content=mask_text(content, matches),
        )

    def filter(self, content: str) -> str:
        """Return the text with all matches masked, whatever the rule's action."""
        return mask_text(content, find_matches(content, [self]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.rule_id!r}, {self.action})"


def find_matches(text: str, rules: Sequence[Guardrail], start: int = 0) -> list[Match]:
    """Return the matches of these rules in order; matches of different rules may overlap."""
    matches = [match for rule in rules if rule.enabled for match in rule.find(text, start)]
    matches.sort(key=lambda match: (match.start, match.end))
    return matches


def find_stable_end(
    text: str, rules: Sequence[Guardrail], matches: Sequence[Match], start: int = 0
) -> int:
    """Return the end of the text in which more text brings no other match of any rule.

    `matches` are what the rules find from `start` on; the end is in the middle of none of them.
    """
    end = min((rule.find_stable_end(text, start) for rule in rules), default=len(text))
    for match in reversed(matches):
        if match.start < end < match.end:
            end = match.start
    return max(end, start)
