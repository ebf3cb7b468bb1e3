"""Separates what a model writes into its text from the text: thinking in tags, and tool calls."""

from typing import TYPE_CHECKING

from ai_lib.pipeline.assembly.thinking_tags import TaggedText, ThinkingTagParser
from ai_lib.protocol.dialect.model import ThinkingTags
from ai_lib.protocol.manifest.model import TextTools
from ai_lib.types.events import Event, PartialContentDelta, ThinkingDelta
from ai_lib.types.json import JSON_ENCODER

if TYPE_CHECKING:
    from ai_lib.pipeline.text_calls.reader import TextCallReader


class AnswerTextParser:
    """Takes the text of each candidate of one response, in pieces."""

    def __init__(self, tags: ThinkingTags | None, text_tools: TextTools | None) -> None:
        self.text_tools = text_tools
        self.calling: set[int] = set()
        """The candidates with calls in their text."""
        self._tags = tags
        self._tag_parsers: dict[int, ThinkingTagParser] = {}
        self._call_readers: dict[int, TextCallReader] = {}
        self._native: set[int] = set()  # the candidates with calls that are none of the text

    def separate(self, candidate: int, text: str, index: int | None, events: list[Event]) -> str:
        """Take a piece of text; append the thinking in it to `events`, and return the rest."""
        if self._tags is not None:
            parser = self._tag_parsers.get(candidate)
            if parser is None:
                parser = self._tag_parsers[candidate] = ThinkingTagParser(self._tags)
            pieces = parser.feed(text)
            thoughts = [piece for piece in pieces if piece.is_thinking]
            events.extend(_make_delta(candidate, index, thought) for thought in thoughts)
            text = "".join(piece.text for piece in pieces if not piece.is_thinking)
        return self._without_calls(candidate, text)

    def flush(self, candidate: int | None, events: list[Event]) -> None:
        """Emit the text that was held back, of one candidate or of all, as text."""
        self._flush_tags(candidate, events)
        for number, reader in self._call_readers.items():
            if candidate in (None, number) and (text := reader.flush()):
                events.append(PartialContentDelta(candidate=number, content=text))

    def expect_native(self, candidate: int) -> None:
        """Take note of a call beside the text: what looks like one in the text is text then."""
        self._native.add(candidate)

    def end(self, candidate: int, events: list[Event]) -> list[tuple[str, str]]:
        """End the text of a candidate; return the calls in it, names and arguments as JSON."""
        self._flush_tags(candidate, events)
        reader = self._call_readers.get(candidate)
        if reader is None:
            return []
        if candidate in self._native:
            text, calls = reader.flush(), []
        else:
            text, calls = reader.end(), reader.calls
        del self._call_readers[candidate]
        if text:
            events.append(PartialContentDelta(candidate=candidate, content=text))
        if calls:
            self.calling.add(candidate)
        return [(call.name, JSON_ENCODER.encode(call.arguments).decode()) for call in calls]

    def list_candidates(self) -> list[int]:
        """Return the candidates whose text has not ended."""
        return sorted({*self._tag_parsers, *self._call_readers})

    def read_received(self, candidate: int) -> str | None:
        """Return all text of a candidate without its thinking; None where no calls are read."""
        reader = self._call_readers.get(candidate)
        return reader.received if reader is not None else None

    def _without_calls(self, candidate: int, text: str) -> str:
        if self.text_tools is None or not text or candidate in self._native:
            return text
        reader = self._call_readers.get(candidate)
        if reader is None:
            from ai_lib.pipeline.text_calls.call import DIALECTS, TextCallContext
            from ai_lib.pipeline.text_calls.reader import TextCallReader

            context = TextCallContext(
                dialects={**DIALECTS, **self.text_tools.dialects}, offered=self.text_tools.offered
            )
            reader = self._call_readers[candidate] = TextCallReader(context)
        return reader.feed(text)

    def _flush_tags(self, candidate: int | None, events: list[Event]) -> None:
        for number, parser in self._tag_parsers.items():
            if candidate not in (None, number):
                continue
            for piece in parser.flush():
                text = piece.text if piece.is_thinking else self._without_calls(number, piece.text)
                if text:
                    events.append(_make_delta(number, None, TaggedText(text, piece.is_thinking)))


def _make_delta(candidate: int, index: int | None, tagged: TaggedText) -> Event:
    if tagged.is_thinking:
        return ThinkingDelta(candidate=candidate, thinking=tagged.text, index=index)
    return PartialContentDelta(candidate=candidate, content=tagged.text, index=index)
