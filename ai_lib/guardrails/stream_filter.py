"""The events of a stream on their way through the rules for output."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ai_lib.guardrails.policy import Evaluation
from ai_lib.guardrails.stream_text import StreamText
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    OpaqueContent,
    PartialContentDelta,
    PartialToolCall,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)

Said = PartialContentDelta | ThinkingDelta
_Key = tuple[int, type]


class OutputStreamFilter:
    """Lets events pass once their text is settled, masked where a rule says so.

    What is held back of a text comes out before a tool call or the end of its candidate; opaque
    state without text is not held back. With `tools`, the arguments of a call come in one piece,
    when they are complete. What comes before the text that a rule blocks is given out, then
    GuardrailError is raised; nothing of what the rule found was given out.
    """

    def __init__(self, verdict: Evaluation, *, thinking: bool, tools: bool) -> None:
        self._verdict = verdict
        self._thinking = thinking
        self._tools = tools
        self._flows: dict[_Key, StreamText[Said]] = {}

    def feed(self, events: list[Event]) -> Iterator[Event]:
        """Give what may be handed out now. Raises GuardrailError where a rule blocks the rest."""
        for event in events:
            yield from self._pass(event)
            if self._verdict.blocking is not None:
                raise self._verdict.blocking

    def _pass(self, event: Event) -> Iterator[Event]:
        match event:
            case PartialContentDelta():
                yield from self._say(event, event.content)
            case ThinkingDelta() if self._thinking:
                yield from self._say(event, event.thinking)
            case PartialToolCall() if self._tools:
                pass
            case ToolCallEnded() if self._tools:
                yield from self._call(event)
            case ToolCallStarted() | OpaqueContent() | FinalCandidate():
                yield from self._flush(event.candidate)
                yield from self._unblocked(event)
            case StreamEnd():
                for candidate in sorted({candidate for candidate, _ in self._flows}):
                    yield from self._flush(candidate, ended=True)
                yield from self._unblocked(event)
            case _:
                yield event

    def _unblocked(self, *events: Event) -> Iterator[Event]:
        if self._verdict.blocking is None:
            yield from events

    def _say(self, event: Said, text: str) -> Iterator[Event]:
        if not text:
            yield from self._unblocked(self._cited(event))
            return
        key = event.candidate, type(event)
        flow = self._flows.get(key)
        if flow is None:
            bounded = isinstance(event, PartialContentDelta)
            flow = self._flows[key] = StreamText(self._verdict, bounded=bounded)
        for said, origin in flow.feed(text, event):
            yield self._with(origin, said)

    def _flush(self, candidate: int, *, ended: bool = False) -> Iterator[Event]:
        for key in [key for key in self._flows if key[0] == candidate]:
            flow = self._flows[key]
            for said, origin in flow.end() if ended else flow.flush():
                yield self._with(origin, said)

    def _with(self, event: Said, said: str) -> Event:
        # The provider's own form of the part has the text as it was.
        if isinstance(event, ThinkingDelta):
            return msgspec.structs.replace(event, thinking=said, raw=(), signature=None)
        own = msgspec.structs.replace(event, content=said, raw=(), signature=None)
        return self._cited(own)

    def _cited(self, event: Said) -> Event:
        if isinstance(event, ThinkingDelta) or not event.citations:
            return event
        citations = tuple(self._verdict.value(citation) for citation in event.citations)
        if self._verdict.blocking is not None:
            citations = ()  # what is blocked may be in them
        return msgspec.structs.replace(event, citations=citations)

    def _call(self, event: ToolCallEnded) -> Iterator[Event]:
        arguments = self._verdict.value(event.arguments)
        whole = PartialToolCall(
            candidate=event.candidate,
            tool_call_id=event.tool_call_id,
            index=event.index,
            arguments=msgspec.json.encode(arguments).decode(),
        )
        if arguments != event.arguments:
            event = msgspec.structs.replace(event, arguments=arguments, raw=(), signature=None)
        yield from self._unblocked(whole, event)
