"""Turns what the rules find in frames into events: typed, ordered, nothing twice."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ai_lib.errors.exceptions import AiLibError, DecodeError, InvalidToolArguments
from ai_lib.pipeline.assembly.provider_blocks import ProviderBlocks
from ai_lib.pipeline.assembly.text_fragments import CumulativeText, SurrogateJoiner
from ai_lib.pipeline.assembly.thinking_tags import Piece, ThinkingTagParser
from ai_lib.pipeline.assembly.tool_calls import ToolCallAccumulator, as_index
from ai_lib.pipeline.assembly.usage import UsageMeter
from ai_lib.pipeline.errors import remote_error
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.model import ThinkingTags
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

Fields = Mapping[str, object]

_OF_TEXT: Final = ("signature", "citations", "raw")
_OF_THINKING: Final = ("signature", "redacted", "raw")
_LISTS: Final = ("citations", "raw")


class EventAssembler:
    """The state of one reply between its frames; the sink its dialect's rules report to.

    `events` fills with what became known; `failure` is an error the provider put into the reply,
    `broken` what was wrong with a part of it, to be raised when the rest has been read. `frame` is
    the frame under reading.
    """

    def __init__(self, compiled: CompiledManifest) -> None:
        self.events: list[Event] = []
        self.failure: AiLibError | None = None
        self.broken: AiLibError | None = None
        self.frame: object = None
        self.ended = False  # a terminal event of the manifest's own has fired
        self._compiled = compiled
        self._meter = UsageMeter(compiled.usage)
        self._tools: dict[int, ToolCallAccumulator] = {}
        self._finishes: dict[int, FinalCandidate] = {}
        self._candidates: set[int] = set()
        self._refusals: set[int] = set()  # who said that it won't answer
        self._envelope: dict[str, str] = {}
        self._made_ids: dict[int, tuple[object, str]] = {}
        self._halves = SurrogateJoiner()
        self._foreign: defaultdict[int, ProviderBlocks] = defaultdict(ProviderBlocks)
        self._tags = compiled.dialect.thinking_tags
        self._tagged: dict[int, ThinkingTagParser] = {}
        self._totals: defaultdict[tuple[str, int, int | None], CumulativeText] = defaultdict(
            CumulativeText
        )

    @property
    def is_complete(self) -> bool:
        """Whether every candidate seen has its finish reason."""
        return bool(self._finishes) and self._candidates <= self._finishes.keys()

    def head(self, facts: Mapping[str, str]) -> None:
        """Take the reply's id and model, once each."""
        new = {name: value for name, value in facts.items() if name not in self._envelope}
        if new:
            self._envelope.update(new)
            self.events.append(Metadata(id=new.get("id"), model=new.get("model")))

    def text(self, candidate: int, fields: Fields) -> None:
        content = self._whole(candidate, "text", self._new(candidate, "content", fields))
        opaque = _opaque(fields, _OF_TEXT) if len(fields) > 1 else {}
        index = as_index(fields.get("index"))
        if self._tags is not None and content:
            content = self._told_apart(candidate, self._tags, content, index)
        if content or opaque:
            self._candidates.add(candidate)
            if len(fields) > 1 and fields.get("refused") is True:
                self._refusals.add(candidate)
            self.events.append(
                PartialContentDelta(candidate=candidate, content=content, index=index, **opaque)
            )

    def thinking(self, candidate: int, fields: Fields) -> None:
        thinking = self._whole(candidate, "thinking", self._new(candidate, "thinking", fields))
        opaque = _opaque(fields, _OF_THINKING) if len(fields) > 1 or not thinking else {}
        if thinking or opaque:
            self._candidates.add(candidate)
            index = as_index(fields.get("index"))
            self.events.append(
                ThinkingDelta(candidate=candidate, thinking=thinking, index=index, **opaque)
            )

    def tool_call(self, candidate: int, fields: Fields) -> None:
        index = as_index(fields.get("index"))
        if self._foreign and self._foreign[candidate].add(index, fields.get("arguments")):
            return
        self._candidates.add(candidate)
        self.release(candidate)
        self._tools_of(candidate).add(
            self.events,
            id=fields.get("tool_call_id"),
            name=fields.get("tool_name"),
            arguments=fields.get("arguments"),
            index=index,
            signature=fields.get("signature"),
            named=fields.get("named"),
            total=fields.get("total"),
            raw=_objects(fields.get("raw")),
        )

    def more_text(self, candidate: int, texts: Iterable[str], index: int | None) -> None:
        """The same as `text` with nothing but text for each, of a candidate that has some."""
        if self._halves or self._tags is not None:
            for text in texts:
                self.text(candidate, {"content": text, "index": index})
        else:
            self.events += [
                PartialContentDelta(candidate=candidate, content=text, index=index)
                for text in texts
            ]

    def more_arguments(self, candidate: int, texts: Sequence[str], index: int | None) -> None:
        """The same as `tool_call` with nothing but arguments for each."""
        special = self._tags is not None or self._foreign
        tools = None if special else self._tools.get(candidate)
        while texts:
            taken = tools.extend(self.events, texts, index) if tools is not None else 0
            if taken == len(texts):
                return
            self.tool_call(candidate, {"arguments": texts[taken], "index": index})
            texts = texts[taken + 1 :]

    def made_id(self, element: object, is_new: bool) -> str | None:
        """Return an id for a call that the wire gives none; the same for all rules that read it."""
        # The element is kept, or another could come to live at its address.
        known = self._made_ids.get(id(element))
        if known is None and is_new:
            known = self._made_ids[id(element)] = (element, f"call_{os.urandom(8).hex()}")
        return known[1] if known else None

    def tool_call_end(self, candidate: int, fields: Fields) -> None:
        if self._foreign and (block := self._foreign[candidate].end(as_index(fields.get("index")))):
            self.events.append(OpaqueContent(candidate=candidate, raw=(block,)))
        elif tools := self._tools.get(candidate):
            self._end_tools(tools, fields.get("index"))

    def opaque(self, candidate: int, fields: Fields) -> None:
        if raw := _objects(fields.get("raw")):
            self._candidates.add(candidate)
            self.events.append(OpaqueContent(candidate=candidate, raw=raw))

    def foreign_block(self, candidate: int, fields: Fields) -> None:
        index, block = as_index(fields.get("index")), _objects(fields.get("raw"))
        if index is not None and block:
            self._foreign[candidate].start(index, block[0])

    def metadata(self, candidate: int, fields: Fields) -> None:
        if usage := self._meter.report(fields.get("usage")):
            self.events.append(Metadata(candidate=candidate, usage=usage))

    def finish(self, candidate: int, fields: Fields) -> None:
        reason = fields.get("finish_reason")
        known = self._finishes.get(candidate)
        if not isinstance(reason, str) or not reason or (known and known.finish_reason == reason):
            return
        self.release(candidate)
        self.close_tools(candidate)
        event = FinalCandidate(
            candidate=candidate,
            finish_reason=reason,
            termination_reason=self._termination(candidate, reason),
        )
        self._finishes[candidate] = event
        self.events.append(event)

    def end(self, candidate: int, fields: Fields) -> None:
        self.ended = True
        if candidate not in self._finishes:
            self.finish(candidate, fields)
        self.metadata(candidate, fields)

    def error(self, candidate: int, fields: Fields) -> None:
        error = fields.get("error")
        frame = self.frame if isinstance(self.frame, dict) else {}
        if error is None:
            body: object = frame or {"error": None}
        elif isinstance(error, dict) and "error" in error:
            body = error
        else:
            body = {**frame, "error": error}
        self.failure = self.failure or remote_error(self._compiled, 200, body)

    def release(self, candidate: int | None = None) -> None:
        """Give out the text that was held back in case a tag follows, of one candidate or all."""
        for index, tagged in self._tagged.items():
            if candidate in (None, index):
                self.events.extend(_delta(index, None, piece) for piece in tagged.rest())

    def close_tools(self, candidate: int | None = None) -> None:
        """End the tool calls of one candidate, or of all."""
        for index, tools in self._tools.items():
            if candidate in (None, index):
                self._end_tools(tools)

    def close(self) -> None:
        """Say that the reply is complete: end what is open, and find what is broken in it."""
        self.release()
        self.close_tools()
        for candidate, foreign in self._foreign.items():
            for block in foreign.rest():
                self.events.append(OpaqueContent(candidate=candidate, raw=(block,)))
        try:
            self._halves.close()
        except DecodeError as error:
            self.broken = self.broken or error

    def stream_end(self) -> StreamEnd:
        """The event that closes a complete stream."""
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
            self.broken = self.broken or error

    def _new(self, candidate: int, name: str, fields: Fields) -> object:
        """Return the text of a frame, or what is new in it when it says all so far."""
        total = fields.get("total")
        if not isinstance(total, str):
            return fields.get(name)
        return self._totals[name, candidate, as_index(fields.get("index"))].news(total)

    def _told_apart(self, candidate: int, tags: ThinkingTags, text: str, index: int | None) -> str:
        """Report the thinking in a piece of text; return what is text, to be reported after it."""
        tagged = self._tagged.get(candidate)
        if tagged is None:
            tagged = self._tagged[candidate] = ThinkingTagParser(tags)
        pieces = tagged.split(text)
        thoughts = [piece for piece in pieces if piece.is_thinking]
        self.events.extend(_delta(candidate, index, piece) for piece in thoughts)
        return "".join(piece.text for piece in pieces if not piece.is_thinking)

    def _whole(self, candidate: int, kind: str, text: object) -> str:
        return self._halves.join((candidate, kind), text) if isinstance(text, str) else ""

    def _tools_of(self, candidate: int) -> ToolCallAccumulator:
        tools = self._tools.get(candidate)
        if tools is None:
            tools = self._tools[candidate] = ToolCallAccumulator(candidate)
        return tools

    def _termination(self, candidate: int, reason: str) -> str:
        normal = self._compiled.termination.get(reason, "other")
        if normal == "end_turn" and candidate in self._refusals:
            return "refusal"
        calls = self._tools.get(candidate)
        if calls and normal == "end_turn" and self._compiled.dialect.calls_mean_tool_use:
            return "tool_use"
        return normal


def _delta(candidate: int, index: int | None, piece: Piece) -> Event:
    if piece.is_thinking:
        return ThinkingDelta(candidate=candidate, thinking=piece.text, index=index)
    return PartialContentDelta(candidate=candidate, content=piece.text, index=index)


def _opaque(fields: Fields, names: Iterable[str]) -> JsonDict:
    """Return the provider's opaque state among `fields`, as far as there is any."""
    found = {
        name: _objects(fields.get(name)) if name in _LISTS else fields.get(name) for name in names
    }
    return {
        name: value
        for name, value in found.items()
        if value and (name in _LISTS or isinstance(value, str))
    }


def _objects(value: object) -> Sequence[JsonObject]:
    """Return an object, or the objects of a list, as a tuple."""
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, Mapping))
