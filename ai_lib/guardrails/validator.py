"""Combines several guardrails, and checks texts without a client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ai_lib.errors.exceptions import GuardrailError
from ai_lib.guardrails.guardrail import Guardrail, GuardrailResult, Match, find_matches
from ai_lib.guardrails.masking import mask_text


class ContentFilter(Guardrail):
    """Several rules that are switched on and off together.

    Each rule keeps its own action; a violation has the id of the single rule.
    """

    def __init__(
        self, filters: Sequence[Guardrail], rule_id: str = "content", *, enabled: bool = True
    ) -> None:
        super().__init__(rule_id, enabled=enabled)
        self.filters = tuple(filters)

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        yield from find_matches(text, self.filters, start)

    def find_stable_end(self, text: str, start: int = 0) -> int:
        return min((rule.find_stable_end(text, start) for rule in self.filters), default=len(text))


class ContentValidator:
    """Checks texts by any number of rules.

    With `builder().guardrails(validator)` a client applies the rules to all it sends and receives.
    """

    def __init__(self, rules: Iterable[Guardrail] = ()) -> None:
        self._rules = list(rules)

    def __iter__(self) -> Iterator[Guardrail]:
        return iter(self._rules)

    def add(self, rule: Guardrail) -> ContentValidator:
        """Add a rule."""
        self._rules.append(rule)
        return self

    def check(self, content: str) -> GuardrailResult:
        """Return the violations of all rules in a text."""
        matches = find_matches(content, self._rules)
        return GuardrailResult(
            violations=tuple(match.to_violation(content) for match in matches),
            filtered_content=mask_text(content, matches),
        )

    def filter(self, content: str) -> str:
        """Return the text with all matches masked, whatever the rules' actions."""
        return mask_text(content, find_matches(content, self._rules))

    def enforce(self, content: str, stage: str = "input") -> str:
        """Return the text with the matches of rules that redact masked.

        Raises GuardrailError when a rule blocks the text. Its message names the `stage`, `input`
        or `output`.
        """
        matches = find_matches(content, self._rules)
        for match in matches:
            if match.rule.action == "block":
                raise make_block_error(match, stage)
        return mask_text(content, [match for match in matches if match.rule.action == "redact"])


def make_block_error(match: Match, stage: str) -> GuardrailError:
    """Return the error for a text that a rule blocks; it does not hold the text."""
    return GuardrailError(
        f"the guardrail {match.rule.rule_id!r} blocked the {stage}: {match.message}",
        rule_id=match.rule.rule_id,
        stage=stage,
        violations=(match.to_violation(),),
    )
