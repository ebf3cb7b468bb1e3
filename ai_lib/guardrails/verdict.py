"""What a guardrail says of a text."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Literal

import msgspec

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
