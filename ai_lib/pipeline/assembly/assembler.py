"""Turns the findings of rules into typed events, in order and without repetition."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ai_lib.errors.exceptions import AiLibError, DecodeError, InvalidToolArguments
from ai_lib.pipeline.assembly.answer_text import AnswerTextParser
from ai_lib.pipeline.assembly.exact_numbers import restore_numbers
from ai_lib.pipeline.assembly.provider_blocks import ProviderBlocks
from ai_lib.pipeline.assembly.text_fragments import CumulativeText, SurrogateJoiner
from ai_lib.pipeline.assembly.tool_calls import (
    FUNCTION_CALL,
    ToolCallAccumulator,
    as_index,
    read_call_kind,
)
from ai_lib.pipeline.assembly.usage import UsageMeter
from ai_lib.pipeline.collector import Collector
from ai_lib.pipeline.errors import remote_error
from ai_lib.pipeline.rules.sink import Fields, FindingKind
from ai_lib.pipeline.unmapped import UnmappedStore
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import TextTools
from ai_lib.types.content import TextBlock
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    OpaqueContent,
    PartialContentDelta,
    StreamEnd,
    ThinkingDelta,
)
from ai_lib.types.json import JsonDict, JsonObject

if TYPE_CHECKING:
    from ai_lib.pipeline.assembly.typed_content import CitationReader

_TextKey = tuple[str, int, int | None]
_OPAQUE_TEXT_FIELDS: Final = ("signature", "raw", "extra")
_OPAQUE_THINKING_FIELDS: Final = ("signature", "redacted", "phase", "raw", "extra")


class EventAssembler:
    """Takes the findings of one response and keeps its state between frames: a `FindingSink`.

    New events are appended to `events`; `citations` and `provider_blocks` have what is not settled
    of each candidate. `failure` is an error that the provider put into the
    response, `invalid` one in a part of it, raised after the rest. `frame` is the one being read.
    With `text_tools`, the calls in the text are found.
    """

    def __init__(self, compiled: CompiledManifest, text_tools: TextTools | None = None) -> None:
        self.events: list[Event] = []
        self.failure: AiLibError | None = None
        self.invalid: AiLibError | None = None
        self.frame: object = None
        self.frame_data = b""
        self.ended = False  # a rule has emitted StreamEnd
        self.unmapped = UnmappedStore(compiled.stream.pieces)
        tags = self.thinking_tags = compiled.dialect.thinking_tags
        self.answer_text = AnswerTextParser(tags, text_tools) if tags or text_tools else None
        self.hosted_parts = compiled.dialect.hosted_parts
        self.begun_tools: set[str] = set()  # ids of uses of the provider's own tools
        self._collector = Collector(compiled.origin, compiled.dialect.raw_joins)
        self._collected = 0  # how many of the events the collector has
        self._compiled = compiled
        self._meter = UsageMeter(compiled.usage)
        self._tools: dict[int, ToolCallAccumulator] = {}
        self._finishes: dict[int, FinalCandidate] = {}
        self._candidates: set[int] = set()
        self._refusals: set[int] = set()  # the candidates that refused
        self.citations: dict[int, CitationReader] = {}
        self._phases: dict[tuple[int, int | None], str] = {}
        self._head: dict[str, str] = {}
        self._ids: dict[int, tuple[object, str]] = {}
        self._joiner = SurrogateJoiner()
        self.provider_blocks: defaultdict[int, ProviderBlocks] = defaultdict(ProviderBlocks)
        self._cumulative: defaultdict[_TextKey, CumulativeText] = defaultdict(CumulativeText)

    @property
    def is_complete(self) -> bool:
        """Whether every candidate so far has its finish reason."""
        return bool(self._finishes) and self._candidates <= self._finishes.keys()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found of an answer: no content, no call, no reason for its end."""
        return not (self._candidates or self._finishes)

    def add(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        add = _ADDERS.get(kind)
        if add is not None:
            add(self, candidate, fields)
        else:
            self._add_rare(kind, candidate, fields)

    def collect(self) -> Collector:
        """Return the collector of the response, with all events so far in it."""
        events = self.events[self._collected :] if self._collected else self.events
        if events:
            self._collector.add_all(events)
            self._collected = len(self.events)
        return self._collector

    def pop_events(self) -> list[Event]:
        """Return the new events, which the collector then has."""
        self.collect()
        events, self.events, self._collected = self.events, [], 0
        return events

    def add_parts(self, candidate: int, parts: Sequence[JsonObject]) -> None:
        """Emit parts that only their provider understands; those of its tools are typed."""
        self._candidates.add(candidate)
        if self.hosted_parts:
            from ai_lib.pipeline.assembly.hosted_parts import make_part_events

            self.events += make_part_events(self.hosted_parts, candidate, parts, self.begun_tools)
        else:
            self.events.append(OpaqueContent(candidate=candidate, raw=tuple(parts)))

    def add_event(self, event: Event, *, is_refused: bool = False) -> None:
        """Emit an event of content that no other finding continues."""
        self._candidates.add(event.candidate)
        if is_refused:
            self._refusals.add(event.candidate)
        self.events.append(event)

    def note(self, candidate: int) -> None:
        """Take note that there is something of a candidate."""
        self._candidates.add(candidate)

    def set_phase(self, candidate: int, index: int | None, phase: object) -> None:
        """Take the phase of a text, which holds for all of it, whatever has come before."""
        if not isinstance(phase, str) or not phase or self.phase_of(candidate, index) == phase:
            return
        self._phases[candidate, index] = phase
        if self.collect().find_blocks(candidate, TextBlock, index):
            delta = PartialContentDelta(candidate=candidate, content="", phase=phase, index=index)
            self.events.append(delta)

    def phase_of(self, candidate: int, index: int | None) -> str | None:
        """Return the phase of a text, None where it has none."""
        return self._phases.get((candidate, index)) if self._phases else None

    def add_head(self, head: Mapping[str, str]) -> None:
        """Take the response's id and model, once each."""
        new = {name: value for name, value in head.items() if name not in self._head}
        if new:
            self._head.update(new)
            self.events.append(Metadata(id=new.get("id"), model=new.get("model")))

    def _add_text(self, candidate: int, fields: Fields) -> None:
        content = self._join(candidate, "text", self._new_text(candidate, "content", fields))
        opaque = _opaque(fields, _OPAQUE_TEXT_FIELDS) if len(fields) > 1 else {}
        index = as_index(fields.get("index"))
        if self.answer_text is not None and content:
            content = self.answer_text.separate(candidate, content, index, self.events)
        if "phase" in fields:
            self.set_phase(candidate, index, fields["phase"])
        if content or opaque:
            self._candidates.add(candidate)
            if len(fields) > 1 and fields.get("refused") is True:
                self._refusals.add(candidate)
                opaque["is_refusal"] = True
            if self._phases:
                opaque["phase"] = self.phase_of(candidate, index)
            self.events.append(
                PartialContentDelta(candidate=candidate, content=content, index=index, **opaque)
            )
        for source in as_objects(fields.get("citations")):
            self.add("citation", candidate, {**source, "raw": source, "index": index})

    def _add_thinking(self, candidate: int, fields: Fields) -> None:
        thinking = self._join(candidate, "thinking", self._new_text(candidate, "thinking", fields))
        opaque = _opaque(fields, _OPAQUE_THINKING_FIELDS) if len(fields) > 1 or not thinking else {}
        if thinking or opaque:
            self._candidates.add(candidate)
            index = as_index(fields.get("index"))
            self.events.append(
                ThinkingDelta(candidate=candidate, thinking=thinking, index=index, **opaque)
            )

    def _add_tool_call(self, candidate: int, fields: Fields) -> None:
        index = as_index(fields.get("index"))
        arguments = restore_numbers(fields.get("arguments"), self.frame, self.frame_data)
        if self.provider_blocks and self.provider_blocks[candidate].add(index, arguments):
            return
        self._candidates.add(candidate)
        if self.answer_text is not None:
            self.answer_text.expect_native(candidate)
            self.answer_text.flush(candidate, self.events)
        self.tools_of(candidate).add(
            self.events,
            id=fields.get("tool_call_id"),
            name=fields.get("tool_name"),
            arguments=arguments,
            index=index,
            signature=fields.get("signature"),
            name_complete=fields.get("named"),
            total=fields.get("total"),
            raw=as_objects(fields.get("raw")),
            initial=restore_numbers(fields.get("initial"), self.frame, self.frame_data),
            path=fields.get("path"),
            value=fields.get("value"),
            custom=fields.get("custom"),
            extra=fields.get("extra"),
            call_kind=read_call_kind(fields) if "kind" in fields else FUNCTION_CALL,
        )

    def _settle_citations(self, candidate: int) -> None:
        """Emit the sources that a candidate lists, once its text is complete."""
        if candidate in self.citations:
            self.events += self.citations[candidate].settle(self.collect())

    def add_final(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        """Take a finding of a closing frame that is no text and no call."""
        if kind in _ADDERS:
            self.add(kind, candidate, fields)
        else:
            self._add_rare(kind, candidate, fields, is_final=True)

    def _add_rare(
        self, kind: FindingKind, candidate: int, fields: Fields, *, is_final: bool = False
    ) -> None:
        from ai_lib.pipeline.assembly.rare_findings import add_rare

        add_rare(self, kind, candidate, fields, is_final=is_final)

    def add_texts(self, candidate: int, texts: Iterable[str], index: int | None) -> None:
        """Take text findings without other fields, of a candidate that has some text."""
        if self._joiner or self.answer_text is not None or self._phases:
            for text in texts:
                self._add_text(candidate, {"content": text, "index": index})
        else:
            self.events += [
                PartialContentDelta(candidate=candidate, content=text, index=index)
                for text in texts
            ]

    def add_argument_pieces(self, candidate: int, pieces: Sequence[str], index: int | None) -> None:
        """Take tool call findings that have nothing but a piece of the arguments each."""
        is_special = self.answer_text is not None or self.provider_blocks
        tools = None if is_special else self._tools.get(candidate)
        while pieces:
            count = tools.extend(self.events, pieces, index) if tools is not None else 0
            if count == len(pieces):
                return
            self._add_tool_call(candidate, {"arguments": pieces[count], "index": index})
            pieces = pieces[count + 1 :]

    def id_for(self, element: object, is_new: bool) -> str | None:
        # The element is kept; otherwise another one could get its address.
        element_and_id = self._ids.get(id(element))
        if element_and_id is None and is_new:
            element_and_id = self._ids[id(element)] = (element, _make_call_id())
        return element_and_id[1] if element_and_id else None

    def _end_tool_call(self, candidate: int, fields: Fields) -> None:
        index = fields.get("index")
        blocks = self.provider_blocks[candidate] if self.provider_blocks else None
        block = blocks.end(as_index(index)) if blocks is not None else None
        if block is not None:
            self.add_parts(candidate, (block,))
        elif tools := self._tools.get(candidate):
            self._end_tools(tools, index)

    def _add_usage(self, candidate: int, fields: Fields) -> None:
        if "tool_use" in fields:
            usage = self._meter.count_tool(fields["tool_use"], fields.get("tool_use_id"))
        else:
            usage = self._meter.report(fields.get("usage"))
        if usage:
            self.events.append(Metadata(candidate=candidate, usage=usage))

    def _finish(self, candidate: int, fields: Fields) -> None:
        reason = fields.get("finish_reason")
        if not isinstance(reason, str) or not reason:
            return
        earlier = self._finishes.get(candidate)
        if earlier is not None and earlier.finish_reason == reason:
            return
        self._end_text(candidate)
        self._settle_citations(candidate)
        self.close_tools(candidate)
        if len(fields) > 1 and fields.get("refused") is True:
            self._refusals.add(candidate)
        event = FinalCandidate(
            candidate=candidate,
            finish_reason=reason,
            termination_reason=self._termination(candidate, reason),
        )
        self._finishes[candidate] = event
        self.events.append(event)

    def _end(self, candidate: int, fields: Fields) -> None:
        self.ended = True
        if candidate not in self._finishes:
            self._finish(candidate, fields)
        self._add_usage(candidate, fields)

    def _add_error(self, candidate: int, fields: Fields) -> None:
        error = fields.get("error")
        frame = self.frame if isinstance(self.frame, dict) else {}
        if error is None:
            body: object = frame or {"error": None}
        elif isinstance(error, dict) and "error" in error:
            body = error
        else:
            body = {**frame, "error": error}
        self.failure = self.failure or remote_error(self._compiled, 200, body)

    def flush_text(self, candidate: int | None = None) -> None:
        """Emit the text that was held back in case a tag follows, of one candidate or of all."""
        if self.answer_text is not None:
            self.answer_text.flush(candidate, self.events)

    def _end_text(self, candidate: int) -> None:
        """Emit what is left of a candidate's text, and the calls that were in it."""
        for name, arguments in (
            self.answer_text.end(candidate, self.events) if self.answer_text else ()
        ):
            self._candidates.add(candidate)
            tools = self.tools_of(candidate)
            tools.add(self.events, id=_make_call_id(), name=name, arguments=arguments)

    def close_tools(self, candidate: int | None = None) -> None:
        """End the tool calls of one candidate, or of all."""
        for index, tools in self._tools.items():
            if candidate in (None, index):
                self._end_tools(tools)

    def close(self) -> None:
        """End a complete response: end what is open, and set `invalid` if a part of it is."""
        for candidate in self.answer_text.list_candidates() if self.answer_text else ():
            self._end_text(candidate)
        for candidate in self.citations:
            self._settle_citations(candidate)
        self.close_tools()
        for candidate, blocks in self.provider_blocks.items():
            for block in blocks.end_all():
                self.add_parts(candidate, (block,))
        try:
            self._joiner.close()
        except DecodeError as error:
            self.invalid = self.invalid or error

    def build_stream_end(self) -> StreamEnd:
        """Return the event that closes a complete stream."""
        first = self._finishes.get(0)
        return StreamEnd(
            finish_reason=first.finish_reason if first else None,
            termination_reason=first.termination_reason if first else None,
            usage=self._meter.usage,
        )

    def _end_tools(self, tools: ToolCallAccumulator, index: object = None) -> None:
        try:
            tools.end(self.events, index)
        except InvalidToolArguments as error:
            self.invalid = self.invalid or error

    def _new_text(self, candidate: int, name: str, fields: Fields) -> object:
        """Return the text of a frame, or what is new in it when it repeats all text so far."""
        total = fields.get("total")
        if not isinstance(total, str):
            return fields.get(name)
        return self._cumulative[name, candidate, as_index(fields.get("index"))].delta(total)

    def _join(self, candidate: int, kind: str, text: object) -> str:
        return self._joiner.join((candidate, kind), text) if isinstance(text, str) else ""

    def tools_of(self, candidate: int) -> ToolCallAccumulator:
        """Return what assembles the tool calls of a candidate."""
        tools = self._tools.get(candidate)
        if tools is None:
            tools = self._tools[candidate] = ToolCallAccumulator(candidate)
        return tools

    def _termination(self, candidate: int, reason: str) -> str:
        normal = self._compiled.termination.get(reason, "other")
        if normal in ("end_turn", "other") and candidate in self._refusals:
            return "refusal"
        calls = self._tools.get(candidate)
        if calls and normal == "end_turn" and self._compiled.dialect.calls_mean_tool_use:
            return "tool_use"
        if self.answer_text is not None and candidate in self.answer_text.calling:
            return "tool_use" if normal in ("end_turn", "stop_sequence") else normal
        return normal


_ADDERS: Final[Mapping[FindingKind, Callable[[EventAssembler, int, Fields], None]]] = {
    "text": EventAssembler._add_text,
    "thinking": EventAssembler._add_thinking,
    "tool_call": EventAssembler._add_tool_call,
    "tool_call_end": EventAssembler._end_tool_call,
    "metadata": EventAssembler._add_usage,
    "finish": EventAssembler._finish,
    "end": EventAssembler._end,
    "error": EventAssembler._add_error,
}


def _make_call_id() -> str:
    return f"call_{os.urandom(8).hex()}"


def _opaque(fields: Fields, names: Iterable[str]) -> JsonDict:
    """Return the provider's opaque state among `fields`, if there is any."""
    values = {
        name: as_objects(fields.get(name)) if name == "raw" else fields.get(name) for name in names
    }
    return {
        name: value
        for name, value in values.items()
        if value and (name == "raw" or isinstance(value, Mapping if name == "extra" else str))
    }


def as_objects(value: object) -> Sequence[JsonObject]:
    """Return an object, or the objects of a list, as a tuple."""
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, Mapping))
