"""Masks matches in a text: relocations them by other characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TextLocation(Protocol):
    """A span of a text, and its replacement."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def replacement(self) -> str: ...


def mask_text(text: str, locations: Sequence[TextLocation]) -> str:
    """Return the text with these locations replaced.

    They must be in order. Overlapping ones are replaced together, by the replacement of the first.
    """
    return mask_parts([text], locations)[0]


def mask_parts(texts: Sequence[str], locations: Sequence[TextLocation]) -> list[str]:
    """Return a text in several parts with these locations, offsets in the whole text, replaced.

    A replacement is put into the part in which its location begins.
    """
    spans = _merge(locations)
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


def _merge(locations: Sequence[TextLocation]) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for location in locations:
        if location.end <= location.start:
            continue
        if spans and location.start < spans[-1][1]:
            start, end, replacement = spans[-1]
            spans[-1] = (start, max(end, location.end), replacement)
        else:
            spans.append((location.start, location.end, location.replacement))
    return spans
