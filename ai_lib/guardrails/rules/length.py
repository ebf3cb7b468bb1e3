"""A rule against texts that are too short or too long."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from ai_lib.guardrails.guardrail import (
    Guardrail,
    GuardrailOptions,
    GuardrailSeverity,
    Match,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

CountMode = Literal["chars", "words", "tokens_chars", "tokens_words"]

_SIZES = {"chars": 1.0, "words": 1.0, "tokens_chars": 1 / 4, "tokens_words": 4 / 3}


class LengthFilter(Guardrail):
    """Limits the length of each message that is sent and of each candidate that is received.

    The unit is characters, words (separated by white space), or tokens, estimated as four
    characters or three quarters of a word each. With the action `redact` a text that is too long
    is cut off, and one that is too short passes. A text is too short when it ends too early.
    """

    def __init__(
        self,
        rule_id: str = "length",
        min_length: int = 0,
        max_length: int | None = None,
        count_mode: CountMode = "chars",
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        **options: Unpack[GuardrailOptions],
    ) -> None:
        super().__init__(rule_id, severity=severity, replacement="", **options)
        if min_length < 0 or (max_length is not None and max_length < min_length):
            raise ValueError("lengths are 0 or more, and max_length is not below min_length")
        if min_length == 0 and max_length is None:
            raise ValueError("set min_length or max_length")
        if count_mode not in _SIZES:
            raise ValueError(f"a count_mode is one of {', '.join(_SIZES)}, not {count_mode!r}")
        self.min_length = min_length
        self.max_length = max_length
        self.count_mode = count_mode
        self._custom_message = options.get("message")

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        counter = LengthCounter(self)
        cut = counter.feed(text)
        if cut is not None:
            yield self.match_too_long(cut, len(text))
        elif counter.length < self.min_length:
            yield self.match_too_short()

    def find_stable_end(self, text: str, start: int = 0) -> int:
        return len(text)

    def match_too_long(self, start: int, end: int) -> Match:
        """Return the match of a text that is too long: its characters from `start` on."""
        message = f"the text is longer than {self.max_length} {self._unit}"
        return Match(start, end, self, self._custom_message or message, "")

    def match_too_short(self) -> Match:
        """Return the match of a text that is too short."""
        message = f"the text is shorter than {self.min_length} {self._unit}"
        return Match(0, 0, self, self._custom_message or message, "")

    @property
    def _unit(self) -> str:
        return self.count_mode.partition("_")[0].replace("chars", "characters")


class LengthCounter:
    """Measures one text as it grows."""

    def __init__(self, rule: LengthFilter) -> None:
        self.rule = rule
        self._by_words = rule.count_mode.endswith("words")
        self._size = _SIZES[rule.count_mode]
        self._max_count = math.inf if rule.max_length is None else rule.max_length / self._size
        self._count = 0
        self._in_word = False

    @property
    def length(self) -> float:
        """The length so far, in the rule's unit."""
        return self._count * self._size

    def feed(self, piece: str) -> int | None:
        """Take a piece; return the offset in it at which the text becomes too long, else None."""
        if not self._by_words:
            remaining = self._max_count - self._count
            self._count += len(piece)
            return int(remaining) if len(piece) > remaining else None
        for offset, character in enumerate(piece):
            begins = not character.isspace() and not self._in_word
            self._in_word = not character.isspace()
            self._count += begins
            if begins and self._count > self._max_count:
                return offset
        return None
