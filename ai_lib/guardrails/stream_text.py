"""Filters one text that comes in pieces, and releases it as far as it is stable."""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

from ai_lib.guardrails.guardrail import Match, find_matches, find_stable_end
from ai_lib.guardrails.masking import mask_parts
from ai_lib.guardrails.policy import Evaluation
from ai_lib.guardrails.rules.length import LengthCounter

T = TypeVar("T")

# So many released characters are kept, so that rules can look at the text before a match.
_KEPT_LENGTH: Final = 64
_TRIM_LENGTH: Final = 1024


class StreamText(Generic[T]):
    """Masks a text in pieces, with the same result as in one piece.

    Each piece has a `source`, an object of the caller, which is released with it. At most the
    longest possible match is held back, usually no more than the last word. Nothing is released
    from the match of a rule that blocks.
    """

    def __init__(self, evaluation: Evaluation, *, has_length_limit: bool) -> None:
        self._evaluation = evaluation
        self._counters = (
            [LengthCounter(rule) for rule in evaluation.length_rules] if has_length_limit else []
        )
        self._is_cut = False
        self._text = ""
        self._start = 0
        self._pieces: deque[tuple[int, T]] = deque()

    @property
    def held_length(self) -> int:
        """The number of characters that are held back."""
        return len(self._text) - self._start

    def feed(self, piece: str, source: T) -> list[tuple[str, T]]:
        """Take a piece; return what may be released now."""
        piece = self._cut_to_length(piece)
        if not piece:
            return []
        self._text += piece
        self._pieces.append((len(piece), source))
        text = self._text
        rules = [rule for rule in self._evaluation.rules if rule.enabled]
        matches = find_matches(text, rules, self._start)
        return self._release(find_stable_end(text, rules, matches, self._start), matches)

    def end(self) -> list[tuple[str, T]]:
        """End the text; return what was held back."""
        for counter in self._counters:
            rule = counter.rule
            if counter.length < rule.min_length:
                self._evaluation.record([rule.match_too_short()])
        self._counters.clear()
        return self.flush()

    def flush(self) -> list[tuple[str, T]]:
        """Return what was held back, as another event follows."""
        return self._release(
            len(self._text), find_matches(self._text, self._evaluation.rules, self._start)
        )

    def _cut_to_length(self, piece: str) -> str:
        if self._is_cut:
            return ""
        for counter in [*self._counters]:
            cut = counter.feed(piece)
            if cut is None:
                continue
            self._counters.remove(counter)
            self._evaluation.record([counter.rule.match_too_long(cut, max(len(piece), cut + 1))])
            if counter.rule.action != "warn":
                self._is_cut = True
                piece = piece[:cut]
        return piece

    def _release(self, end: int, matches: list[Match]) -> list[tuple[str, T]]:
        start = self._start
        stable = [match for match in matches if match.end <= end]
        to_mask = self._evaluation.record(stable)
        locations = [m._replace(start=m.start - start, end=m.end - start) for m in to_mask]
        blocking = (match.start for match in stable if match.rule.action == "block")
        end = min(blocking, default=end)
        texts, sources = self._take_pieces(end)
        self._start = end
        if self._start > _TRIM_LENGTH:
            self._text = self._text[self._start - _KEPT_LENGTH :]
            self._start = _KEPT_LENGTH
        if not texts:
            return []
        pairs = zip(mask_parts(texts, locations), sources, strict=True)
        return [(text, source) for text, source in pairs if text]

    def _take_pieces(self, end: int) -> tuple[list[str], list[T]]:
        texts: list[str] = []
        sources: list[T] = []
        at = self._start
        while at < end:
            size, source = self._pieces.popleft()
            length = min(size, end - at)
            texts.append(self._text[at : at + length])
            sources.append(source)
            at += length
            if length < size:
                self._pieces.appendleft((size - length, source))
        return texts, sources
