"""Applies the rules for output to the events of a stream."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ai_lib.guardrails.policy import Evaluation
from ai_lib.guardrails.stream_text import StreamText
from ai_lib.types.events import (
    AudioDelta,
    Event,
    FinalCandidate,
    HostedToolEnded,
    HostedToolStarted,
    ImageContent,
    LogprobsDelta,
    OpaqueContent,
    PartialContentDelta,
    PartialToolCall,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)

TextEvent = PartialContentDelta | ThinkingDelta | AudioDelta
_Key = tuple[int, type]


class OutputStreamFilter:
    """Emits events once their text is stable, masked where a rule says so.

    Text that is held back is emitted before a tool call or the end of its candidate; opaque state
    without text is not held back. With `tools`, the arguments of a call are emitted in one piece
    when they are complete. When a rule blocks, the text before its match is emitted, then
    GuardrailError is raised; nothing of the match is emitted. Sound goes with its transcript; the
    probabilities of tokens are emitted at the end, and only if nothing was masked.
    """

    def __init__(self, evaluation: Evaluation, *, thinking: bool, tools: bool) -> None:
        self._evaluation = evaluation
        self._thinking = thinking
        self._tools = tools
        self._texts: dict[_Key, StreamText[TextEvent]] = {}
        self._logprobs: list[LogprobsDelta] = []

    def feed(self, events: list[Event]) -> Iterator[Event]:
        """Yield the events that may be emitted now. Raises GuardrailError when a rule blocks."""
        for event in events:
            yield from self._filter(event)
            if self._evaluation.blocking is not None:
                raise self._evaluation.blocking

    def _filter(self, event: Event) -> Iterator[Event]:
        match event:
            case PartialContentDelta():
                yield from self._filter_text(event, event.content)
            case ThinkingDelta() if self._thinking:
                yield from self._filter_text(event, event.thinking)
            case AudioDelta():
                yield from self._filter_text(event, event.transcript)
            case LogprobsDelta():
                self._logprobs.append(event)
            case PartialToolCall() if self._tools:
                pass
            case ToolCallEnded() if self._tools:
                yield from self._filter_call(event)
            case (
                ToolCallStarted()
                | OpaqueContent()
                | HostedToolStarted()
                | HostedToolEnded()
                | ImageContent()
                | FinalCandidate()
            ):
                yield from self._flush(event.candidate)
                yield from self._unless_blocked(event)
            case StreamEnd():
                for candidate in sorted({candidate for candidate, _ in self._texts}):
                    yield from self._flush(candidate, ended=True)
                if not self._evaluation.has_masks:
                    yield from self._unless_blocked(*self._logprobs)
                yield from self._unless_blocked(event)
            case _:
                yield event

    def _unless_blocked(self, *events: Event) -> Iterator[Event]:
        if self._evaluation.blocking is None:
            yield from events

    def _filter_text(self, event: TextEvent, text: str) -> Iterator[Event]:
        if not text:
            yield from self._unless_blocked(self._filter_citations(event))
            return
        key = event.candidate, type(event)
        stream_text = self._texts.get(key)
        if stream_text is None:
            has_length_limit = isinstance(event, PartialContentDelta)
            stream_text = StreamText(self._evaluation, has_length_limit=has_length_limit)
            self._texts[key] = stream_text
        for filtered, source in stream_text.feed(text, event):
            yield self._with_text(source, filtered)

    def _flush(self, candidate: int, *, ended: bool = False) -> Iterator[Event]:
        for key in [key for key in self._texts if key[0] == candidate]:
            stream_text = self._texts[key]
            for filtered, source in stream_text.end() if ended else stream_text.flush():
                yield self._with_text(source, filtered)

    def _with_text(self, event: TextEvent, text: str) -> Event:
        # The provider's own form of the part has the old text.
        if isinstance(event, ThinkingDelta):
            return msgspec.structs.replace(event, thinking=text, raw=(), signature=None, extra=None)
        if isinstance(event, AudioDelta):
            data = "" if self._evaluation.has_masks else event.data
            return msgspec.structs.replace(event, transcript=text, data=data)
        delta = msgspec.structs.replace(event, content=text, raw=(), signature=None, extra=None)
        return self._filter_citations(delta)

    def _filter_citations(self, event: TextEvent) -> Event:
        if not isinstance(event, PartialContentDelta) or not event.citations:
            return event
        citations = self._evaluation.filter_citations(event.citations)
        if self._evaluation.blocking is not None:
            citations = ()  # they may hold the match
        return msgspec.structs.replace(event, citations=citations)

    def _filter_call(self, event: ToolCallEnded) -> Iterator[Event]:
        arguments = self._evaluation.filter_json(event.arguments)
        delta = PartialToolCall(
            candidate=event.candidate,
            tool_call_id=event.tool_call_id,
            index=event.index,
            arguments=event.exact_json
            if arguments == event.arguments and event.exact_json
            else msgspec.json.encode(arguments).decode(),
        )
        if arguments != event.arguments:
            event = msgspec.structs.replace(
                event, arguments=arguments, exact_json="", raw=(), signature=None, extra=None
            )
        yield from self._unless_blocked(delta, event)
