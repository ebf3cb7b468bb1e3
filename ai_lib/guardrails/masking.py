"""Puts something else in the place of what was found in a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TextLocation(Protocol):
    """Characters of a text, and what is to stand there instead."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def replacement(self) -> str: ...


def masked(text: str, places: Sequence[TextLocation]) -> str:
    """Return the text with its places replaced. They are in order; where they overlap, the first
    one's replacement stands for all of them.
    """
    return masked_parts([text], places)[0]


def masked_parts(texts: Sequence[str], places: Sequence[TextLocation]) -> list[str]:
    """The same for a text in several parts, whose places count over all of them.

    A replacement stands in the part where its place begins.
    """
    spans = _joined(places)
    parts: list[str] = []
    begin = 0
    for text in texts:
        end = begin + len(text)
        pieces: list[str] = []
        at = begin
        for start, stop, replacement in spans:
            if stop <= begin or start >= end:
                continue
            pieces.append(text[at - begin : max(start, begin) - begin])
            if start >= begin:
                pieces.append(replacement)
            at = min(stop, end)
        pieces.append(text[at - begin :])
        parts.append("".join(pieces))
        begin = end
    return parts


def _joined(places: Sequence[TextLocation]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for place in places:
        if place.end <= place.start:
            continue
        if spans and place.start < spans[-1][1]:
            start, end, replacement = spans[-1]
            spans[-1] = (start, max(end, place.end), replacement)
        else:
            spans.append((place.start, place.end, place.replacement))
    return spans
