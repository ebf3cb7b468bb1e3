"""Thinking that a model writes into its text, between tags at the very beginning."""

from typing import Final, NamedTuple

from ai_lib.protocol.dialect.model import ThinkingTags

_MOST_BLANKS: Final = 256  # held back, in case a tag follows


class Piece(NamedTuple):
    """A piece of an answer's text, and whether it is thinking."""

    text: str
    is_thinking: bool


class ThinkingTagParser:
    """Tells thinking and text of one answer apart, as pieces of it come, however they are cut.

    Only what begins with the opening tag holds thinking: the same words further on are text. Blank
    space around the tags belongs to neither. What is cut off inside is thinking all the same. Cost
    is linear in the characters received.
    """

    def __init__(self, tags: ThinkingTags) -> None:
        self._tags = tags
        self._held = ""
        self._step = self._before

    def split(self, text: str) -> list[Piece]:
        """Take a piece of the answer's text; return what is known of it by now."""
        pieces: list[Piece] = []
        self._held += text
        while self._step(pieces):
            pass
        return pieces

    def rest(self) -> list[Piece]:
        """Say that the text has ended, or pauses; return what was held back."""
        held, self._held = self._held, ""
        if held and self._step == self._before:
            self._step = self._after
        return [Piece(held, self._step == self._inside)] if held else []

    def _before(self, pieces: list[Piece]) -> bool:
        begun = self._held.lstrip()
        if begun.startswith(self._tags.open):
            self._held = begun[len(self._tags.open) :].lstrip()
            self._step = self._inside if self._held else self._begins
            return True
        if self._tags.open.startswith(begun) and len(self._held) <= _MOST_BLANKS:
            return False  # nothing yet, or a part of the tag
        self._step = self._after
        return True

    def _begins(self, pieces: list[Piece]) -> bool:
        self._held = self._held.lstrip()
        if not self._held:
            return False
        self._step = self._inside
        return True

    def _inside(self, pieces: list[Piece]) -> bool:
        thought, tag, after = self._held.partition(self._tags.close)
        if tag:
            self._say(pieces, thought.rstrip(), True)
            self._held = after
            self._step = self._ends
            return True
        sure = self._held[: len(self._held) - _begun(self._held, self._tags.close)].rstrip()
        if len(self._held) - len(sure) > _MOST_BLANKS:
            sure = self._held[: -len(self._tags.close)]
        self._say(pieces, sure, True)
        self._held = self._held[len(sure) :]
        return False

    def _ends(self, pieces: list[Piece]) -> bool:
        self._held = self._held.lstrip()
        if not self._held:
            return False
        self._step = self._after
        return True

    def _after(self, pieces: list[Piece]) -> bool:
        self._say(pieces, self._held, False)
        self._held = ""
        return False

    @staticmethod
    def _say(pieces: list[Piece], text: str, is_thinking: bool) -> None:
        if text:
            pieces.append(Piece(text, is_thinking))


def _begun(text: str, tag: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `tag`."""
    most = min(len(text), len(tag) - 1)
    return next((size for size in range(most, 0, -1) if text.endswith(tag[:size])), 0)
