"""Several guardrails as one, and the check of a text by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ai_lib.errors.exceptions import GuardrailError
from ai_lib.guardrails.guardrail import Guardrail, GuardrailResult, Match, found_in
from ai_lib.guardrails.masking import masked


class ContentFilter(Guardrail):
    """Several rules under one name, to be switched on and off together.

    Each of them keeps its own action; what is found bears the name of the rule that found it.
    """

    def __init__(
        self, filters: Sequence[Guardrail], rule_id: str = "content", *, enabled: bool = True
    ) -> None:
        super().__init__(rule_id, enabled=enabled)
        self.filters = tuple(filters)

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        yield from found_in(text, self.filters, start)

    def settled(self, text: str, start: int = 0) -> int:
        return min((rule.settled(text, start) for rule in self.filters), default=len(text))


class ContentValidator:
    """Checks texts by hand, by any number of rules.

    `builder().guardrails(validator)` has a client do the same with all it sends and receives.
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
        """Return what all rules find in a text."""
        matches = found_in(content, self._rules)
        return GuardrailResult(
            violations=tuple(match.violation(content) for match in matches),
            filtered_content=masked(content, matches),
        )

    def filter(self, content: str) -> str:
        """Return the text with all that is found in it masked, whatever the rules' actions."""
        return masked(content, found_in(content, self._rules))

    def enforce(self, content: str, stage: str = "input") -> str:
        """Return the text as the rules' actions leave it: masked where they say so.

        Raises GuardrailError when a rule blocks it; `stage` (`input` or `output`) is for its
        message.
        """
        matches = found_in(content, self._rules)
        for match in matches:
            if match.rule.action == "block":
                raise blocked(match, stage)
        return masked(content, [match for match in matches if match.rule.action == "redact"])


def blocked(match: Match, stage: str) -> GuardrailError:
    """Return the error for a text that a rule lets not pass; it does not hold the text."""
    return GuardrailError(
        f"the guardrail {match.rule.rule_id!r} blocked the {stage}: {match.message}",
        rule_id=match.rule.rule_id,
        stage=stage,
        violations=(match.violation(),),
    )
