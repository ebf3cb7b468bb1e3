"""Separates the thinking that a model writes into its text, between tags at the beginning."""

from typing import Final, NamedTuple

from ai_lib.protocol.dialect.model import ThinkingTags

_MOST_BLANKS: Final = 256  # held back, in case a tag follows


class TaggedText(NamedTuple):
    """A piece of a response's text, and whether it is thinking."""

    text: str
    is_thinking: bool


class ThinkingTagParser:
    """Separates thinking and text of one candidate, however its text is cut into pieces.

    Only a text that begins with the opening tag holds thinking; the same tag further on is text.
    White space around the tags is dropped. Thinking that is cut off before its closing tag is
    thinking. Cost is linear in the characters received.
    """

    def __init__(self, tags: ThinkingTags) -> None:
        self._tags = tags
        self._held = ""
        self._step = self._read_before

    def feed(self, text: str) -> list[TaggedText]:
        """Take a piece of text; return what is now known to be thinking or text."""
        texts: list[TaggedText] = []
        self._held += text
        while self._step(texts):
            pass
        return texts

    def flush(self) -> list[TaggedText]:
        """Return what was held back, when the text has ended or pauses."""
        held, self._held = self._held, ""
        if held and self._step == self._read_before:
            self._step = self._read_after
        return [TaggedText(held, self._step == self._read_thinking)] if held else []

    def _read_before(self, texts: list[TaggedText]) -> bool:
        held = self._held.lstrip()
        if held.startswith(self._tags.open):
            self._held = held[len(self._tags.open) :].lstrip()
            self._step = self._read_thinking if self._held else self._skip_after_open
            return True
        if self._tags.open.startswith(held) and len(self._held) <= _MOST_BLANKS:
            return False  # nothing yet, or a part of the tag
        self._step = self._read_after
        return True

    def _skip_after_open(self, texts: list[TaggedText]) -> bool:
        self._held = self._held.lstrip()
        if not self._held:
            return False
        self._step = self._read_thinking
        return True

    def _read_thinking(self, texts: list[TaggedText]) -> bool:
        thought, tag, after = self._held.partition(self._tags.close)
        if tag:
            self._append(texts, thought.rstrip(), True)
            self._held = after
            self._step = self._skip_after_close
            return True
        end = len(self._held) - _partial_tag_length(self._held, self._tags.close)
        thought = self._held[:end].rstrip()
        if len(self._held) - len(thought) > _MOST_BLANKS:
            thought = self._held[: -len(self._tags.close)]
        self._append(texts, thought, True)
        self._held = self._held[len(thought) :]
        return False

    def _skip_after_close(self, texts: list[TaggedText]) -> bool:
        self._held = self._held.lstrip()
        if not self._held:
            return False
        self._step = self._read_after
        return True

    def _read_after(self, texts: list[TaggedText]) -> bool:
        self._append(texts, self._held, False)
        self._held = ""
        return False

    @staticmethod
    def _append(texts: list[TaggedText], text: str, is_thinking: bool) -> None:
        if text:
            texts.append(TaggedText(text, is_thinking))


def _partial_tag_length(text: str, tag: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `tag`."""
    longest = min(len(text), len(tag) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(tag[:size])), 0)
