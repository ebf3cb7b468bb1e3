"""Which rules hold for what is sent and received, and what follows from what they find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ai_lib._log import LOG
from ai_lib.errors.exceptions import GuardrailError
from ai_lib.guardrails.guardrail import Guardrail, GuardrailViolation, Match, found_in, settled
from ai_lib.guardrails.masking import TextLocation, masked_parts
from ai_lib.guardrails.rules.length import LengthFilter
from ai_lib.guardrails.validator import ContentFilter, blocked
from ai_lib.types.json import JsonValue

Rules = Guardrail | Iterable[Guardrail]


def flat(rules: Rules) -> list[Guardrail]:
    """Return the rules one by one, those of enabled `ContentFilter`s among them.

    Raises TypeError for what is no guardrail.
    """
    found: list[Guardrail] = []
    for rule in [rules] if isinstance(rules, Guardrail) else rules:
        if not isinstance(rule, Guardrail):
            raise TypeError(f"{rule!r} is no Guardrail: a rule of your own has to be a subclass")
        if isinstance(rule, ContentFilter):
            found += flat(rule.filters) if rule.enabled else ()
        else:
            found.append(rule)
    return found


class Policy:
    """The rules for one way that texts go: `stage` is `input` or `output`.

    What a rule cuts off for its length is gone before the others look.
    """

    def __init__(self, rules: Rules, stage: str) -> None:
        self.stage = stage
        self._given = rules
        flat(rules)

    @property
    def rules(self) -> list[Guardrail]:
        """The rules that count now."""
        return [rule for rule in flat(self._given) if rule.enabled]

    def judge(self, *, complete: bool = True) -> Evaluation:
        """Begin to look at one request or reply, whether or not all of it has come."""
        return Evaluation(self.rules, self.stage, complete)


class _Gap(NamedTuple):
    """A part of a text that nothing takes the place of."""

    start: int
    end: int
    replacement: str = ""


class Evaluation:
    """What was found in the texts of one request or reply.

    `blocking` is the error that ends the call, the first there was; `violations` lists everything.
    Of texts that are not `complete`, the end is left out where it may be part of a match.
    """

    def __init__(self, rules: Sequence[Guardrail], stage: str, complete: bool = True) -> None:
        self._complete = complete
        self.bounds = [rule for rule in rules if isinstance(rule, LengthFilter)]
        self.rules = [rule for rule in rules if not isinstance(rule, LengthFilter)]
        self.stage = stage
        self.violations: list[GuardrailViolation] = []
        self.blocking: GuardrailError | None = None
        self.masks = False

    @property
    def is_needed(self) -> bool:
        """Whether there is any rule."""
        return bool(self.rules or self.bounds)

    def parts(self, texts: Sequence[str], *, bounded: bool = True) -> list[str]:
        """Return one text, given in parts, as the caller may see it."""
        whole = "".join(texts)
        size = len(whole)
        places: list[TextLocation] = []
        if bounded:
            places += self.note(match for rule in self.bounds for match in rule.find(whole))
            whole = whole[: min((place.start for place in places), default=size)]
        matches = found_in(whole, self.rules)
        if not self._complete:
            end = settled(whole, self.rules, matches)
            matches = [match for match in matches if match.end <= end]
            places.append(_Gap(end, size))
        places += self.note(matches)
        if all(place.end <= place.start for place in places):
            return [*texts]
        return masked_parts(texts, sorted(places, key=lambda place: place.start))

    def text(self, text: str, *, bounded: bool = True) -> str:
        """The same for a text in one piece."""
        return self.parts([text], bounded=bounded)[0]

    def value(self, value: JsonValue) -> JsonValue:
        """Return decoded JSON with its texts as the caller may see them, keys as they are."""
        if isinstance(value, str):
            return self.text(value, bounded=False)
        if isinstance(value, dict):
            return {name: self.value(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        return value

    def note(self, matches: Iterable[Match]) -> list[Match]:
        """Take in what was found; return what has to be masked."""
        to_mask: list[Match] = []
        for match in matches:
            self.violations.append(match.violation())
            if match.rule.action == "block":
                self.blocking = self.blocking or blocked(match, self.stage)
            elif match.rule.action == "redact" and match.end > match.start:
                to_mask.append(match)
        self.masks = self.masks or bool(to_mask)
        return to_mask

    def report(self) -> None:
        """Log what was found by rules that only warn: the rule, never the text."""
        for rule_id in {one.rule_id for one in self.violations if one.action == "warn"}:
            LOG.warning("the guardrail %r found something in the %s", rule_id, self.stage)
