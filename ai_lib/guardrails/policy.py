"""Applies the rules for what is sent or received to texts, and records what they find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from ai_lib._log import LOG
from ai_lib.errors.exceptions import GuardrailError
from ai_lib.guardrails.guardrail import (
    Guardrail,
    GuardrailViolation,
    Match,
    find_matches,
    find_stable_end,
)
from ai_lib.guardrails.masking import TextLocation, mask_parts
from ai_lib.guardrails.rules.length import LengthFilter
from ai_lib.guardrails.validator import ContentFilter, make_block_error
from ai_lib.types.content import Citation
from ai_lib.types.json import JsonValue

Rules = Guardrail | Iterable[Guardrail]


def flatten_rules(rules: Rules) -> list[Guardrail]:
    """Return the single rules, including those of enabled `ContentFilter`s.

    Raises TypeError for a value that is no guardrail.
    """
    single_rules: list[Guardrail] = []
    for rule in [rules] if isinstance(rules, Guardrail) else rules:
        if not isinstance(rule, Guardrail):
            raise TypeError(f"{rule!r} is no Guardrail: a rule of your own has to be a subclass")
        if isinstance(rule, ContentFilter):
            single_rules += flatten_rules(rule.filters) if rule.enabled else ()
        else:
            single_rules.append(rule)
    return single_rules


class Policy:
    """The rules for one stage: `input`, what is sent, or `output`, what is received."""

    def __init__(self, rules: Rules, stage: str) -> None:
        self.stage = stage
        self._rules = rules
        flatten_rules(rules)

    @property
    def rules(self) -> list[Guardrail]:
        """The single rules that are enabled now."""
        return [rule for rule in flatten_rules(self._rules) if rule.enabled]

    def evaluate(self, *, complete: bool = True) -> Evaluation:
        """Return the evaluation for one request or response; `complete` says if all is there."""
        return Evaluation(self.rules, self.stage, complete)


class _RemovedSpan(NamedTuple):
    """A part of a text that is removed without a replacement."""

    start: int
    end: int
    replacement: str = ""


class Evaluation:
    """Filters the texts of one request or response, and records what the rules find in them.

    `blocking` is the first error that ends the call; `violations` lists all violations. A rule that
    limits the length is applied first: the other rules don't see what it cuts off. If the texts are
    not `complete`, an end that may be part of a match is removed.
    """

    def __init__(self, rules: Sequence[Guardrail], stage: str, complete: bool = True) -> None:
        self._complete = complete
        self.length_rules = [rule for rule in rules if isinstance(rule, LengthFilter)]
        self.rules = [rule for rule in rules if not isinstance(rule, LengthFilter)]
        self.stage = stage
        self.violations: list[GuardrailViolation] = []
        self.blocking: GuardrailError | None = None
        self.has_masks = False

    @property
    def is_needed(self) -> bool:
        """Whether there is any rule."""
        return bool(self.rules or self.length_rules)

    def filter_parts(self, texts: Sequence[str], *, has_length_limit: bool = True) -> list[str]:
        """Return one text, given in parts, as the rules leave it."""
        text = "".join(texts)
        size = len(text)
        locations: list[TextLocation] = []
        if has_length_limit:
            locations += self.record(
                match for rule in self.length_rules for match in rule.find(text)
            )
            text = text[: min((location.start for location in locations), default=size)]
        matches = find_matches(text, self.rules)
        if not self._complete:
            end = find_stable_end(text, self.rules, matches)
            matches = [match for match in matches if match.end <= end]
            locations.append(_RemovedSpan(end, size))
        locations += self.record(matches)
        if all(location.end <= location.start for location in locations):
            return [*texts]
        return mask_parts(texts, sorted(locations, key=lambda location: location.start))

    def filter_text(self, text: str, *, has_length_limit: bool = True) -> str:
        """Return a text as the rules leave it."""
        return self.filter_parts([text], has_length_limit=has_length_limit)[0]

    def filter_json(self, value: JsonValue) -> JsonValue:
        """Return decoded JSON with its texts as the rules leave them; keys are not filtered."""
        if isinstance(value, str):
            return self.filter_text(value, has_length_limit=False)
        if isinstance(value, dict):
            return {name: self.filter_json(member) for name, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.filter_json(item) for item in value]
        return value

    def filter_citations(self, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        """Return sources with their texts as the rules leave them."""
        filtered = (self.filter_json(msgspec.to_builtins(citation)) for citation in citations)
        return tuple(msgspec.convert(citation, Citation) for citation in filtered)

    def record(self, matches: Iterable[Match]) -> list[Match]:
        """Record matches; return those that must be masked."""
        to_mask: list[Match] = []
        for match in matches:
            self.violations.append(match.to_violation())
            if match.rule.action == "block":
                self.blocking = self.blocking or make_block_error(match, self.stage)
            elif match.rule.action == "redact" and match.end > match.start:
                to_mask.append(match)
        self.has_masks = self.has_masks or bool(to_mask)
        return to_mask

    def log_warnings(self) -> None:
        """Log the rules that only warn and found something, never the text."""
        warnings = [violation for violation in self.violations if violation.action == "warn"]
        for rule_id in {warning.rule_id for warning in warnings}:
            LOG.warning("the guardrail %r found something in the %s", rule_id, self.stage)
