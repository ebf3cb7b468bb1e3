"""One text as it comes in pieces: given out as far as the rules have settled it."""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

from ai_lib.guardrails.guardrail import Match, found_in, settled
from ai_lib.guardrails.masking import masked_parts
from ai_lib.guardrails.policy import Evaluation
from ai_lib.guardrails.rules.length import Counter

T = TypeVar("T")

# What was given out is kept this far back, so that rules can look at what stands before.
_CONTEXT: Final = 64
_TRIM: Final = 1024


class StreamText(Generic[T]):
    """Masks a text in pieces, just as it would be masked whole.

    Each piece has a mark of the caller's, which comes out with what becomes of it. What is held
    back is at most the longest match a rule can have, and as a rule no more than the last word.
    Nothing comes out from where a rule blocks.
    """

    def __init__(self, verdict: Evaluation, *, bounded: bool) -> None:
        self._verdict = verdict
        self._counters = [Counter(rule) for rule in verdict.bounds] if bounded else []
        self._cut = False
        self._text = ""
        self._start = 0
        self._pieces: deque[tuple[int, T]] = deque()

    @property
    def held(self) -> int:
        """How many characters are held back."""
        return len(self._text) - self._start

    def feed(self, piece: str, mark: T) -> list[tuple[str, T]]:
        """Take in a piece; return what may be given out now."""
        piece = self._measured(piece)
        if not piece:
            return []
        self._text += piece
        self._pieces.append((len(piece), mark))
        text = self._text
        rules = [rule for rule in self._verdict.rules if rule.enabled]
        matches = found_in(text, rules, self._start)
        return self._give(settled(text, rules, matches, self._start), matches)

    def end(self) -> list[tuple[str, T]]:
        """Return what was held back: no more text comes."""
        for counter in self._counters:
            rule = counter.rule
            if counter.length < rule.min_length:
                self._verdict.note([rule.too_short()])
        self._counters.clear()
        return self.flush()

    def flush(self) -> list[tuple[str, T]]:
        """Return what was held back, as something else comes in between."""
        return self._give(len(self._text), found_in(self._text, self._verdict.rules, self._start))

    def _measured(self, piece: str) -> str:
        if self._cut:
            return ""
        for counter in [*self._counters]:
            place = counter.feed(piece)
            if place is None:
                continue
            self._counters.remove(counter)
            self._verdict.note([counter.rule.too_long(place, max(len(piece), place + 1))])
            if counter.rule.action != "warn":
                self._cut = True
                piece = piece[:place]
        return piece

    def _give(self, limit: int, matches: list[Match]) -> list[tuple[str, T]]:
        start = self._start
        settled = [match for match in matches if match.end <= limit]
        decided = self._verdict.note(settled)
        places = [m._replace(start=m.start - start, end=m.end - start) for m in decided]
        blocked = (match.start for match in settled if match.rule.action == "block")
        limit = min(blocked, default=limit)
        texts, marks = self._taken(limit)
        self._start = limit
        if self._start > _TRIM:
            self._text = self._text[self._start - _CONTEXT :]
            self._start = _CONTEXT
        if not texts:
            return []
        said = masked_parts(texts, places)
        return [(text, mark) for text, mark in zip(said, marks, strict=True) if text]

    def _taken(self, limit: int) -> tuple[list[str], list[T]]:
        texts: list[str] = []
        marks: list[T] = []
        at = self._start
        while at < limit:
            size, mark = self._pieces.popleft()
            taken = min(size, limit - at)
            texts.append(self._text[at : at + taken])
            marks.append(mark)
            at += taken
            if taken < size:
                self._pieces.appendleft((size - taken, mark))
        return texts, marks
