"""Collects the events of a response into a `ChatResponse`."""

from collections.abc import Iterable, Sequence
from typing import Final

from ai_lib.types.content import Block, OpaqueBlock, TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    OpaqueContent,
    PartialContentDelta,
    PartialToolCall,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage


class _OpenBlock:
    """A block under collection: text, thinking, opaque objects, or the position of a tool call."""

    __slots__ = ("citations", "index", "kind", "raw", "redacted", "signature", "texts")

    def __init__(self, kind: type, index: int | None) -> None:
        self.kind = kind
        self.index = index
        self.texts: list[str] = []
        self.citations: list[JsonObject] = []
        self.raw: list[JsonObject] = []
        self.signature: str | None = None
        self.redacted: str | None = None

    def continues(self, kind: type, index: int | None, text: str) -> bool:
        """Say whether more of this kind belongs to the block; no text follows a signature."""
        is_sealed = self.redacted or (self.signature and text)
        return self.kind is kind and self.index == index and not is_sealed

    def build(self, origin: str, joins: Sequence[str]) -> Block:
        """Return the block; it has the origin when it has opaque state."""
        text = "".join(self.texts)
        raw = tuple(_join_objects(self.raw, joins) if joins and self.raw else self.raw)
        if self.kind is ThinkingBlock:
            return ThinkingBlock(
                thinking=text,
                signature=self.signature,
                redacted=self.redacted,
                raw=raw,
                origin=origin,
            )
        if self.kind is OpaqueBlock:
            return OpaqueBlock(raw=raw, origin=origin)
        is_opaque = self.signature or raw or self.citations
        return TextBlock(
            text=text,
            citations=tuple(self.citations),
            signature=self.signature,
            raw=raw,
            origin=origin if is_opaque else None,
        )


_NO_TEXT: Final = (None, _OpenBlock(TextBlock, None))


class _OpenCandidate:
    """One candidate under collection."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.blocks: list[_OpenBlock] = []
        self.calls: dict[int, ToolUseBlock] = {}
        self.finish_reason: str | None = None
        self.termination_reason: str | None = None

    def add(
        self, kind: type, index: int | None = None, text: str = "", alone: object = False
    ) -> _OpenBlock:
        """Add `text` to the block it belongs to and return that; with `alone`, to a new one."""
        last = self.blocks[-1] if self.blocks else None
        if alone or last is None or not last.continues(kind, index, text):
            last = None if alone or text or index is None else self._find_block(kind, index)
            if last is None:
                last = _OpenBlock(kind, index)
                self.blocks.append(last)
        last.texts.append(text)
        return last

    def _find_block(self, kind: type, index: int) -> _OpenBlock | None:
        """Return the block that the provider counts as `index`, for state that came later."""
        return next((block for block in self.blocks if block.continues(kind, index, "")), None)

    def build(self, origin: str, joins: Sequence[str]) -> Candidate:
        """Return the candidate as collected so far."""
        return Candidate(
            index=self.index,
            blocks=tuple(self._build_blocks(origin, joins)),
            tool_calls=tuple(self._build_tool_calls()) if self.calls else (),
            finish_reason=self.finish_reason,
            termination_reason=self.termination_reason,
        )

    def _build_tool_calls(self) -> list[ToolCall]:
        return [
            ToolCall(
                id=call.id,
                name=call.name,
                arguments=call.input,
                index=index,
                signature=call.signature,
            )
            for index, call in sorted(self.calls.items())
        ]

    def _build_blocks(self, origin: str, joins: Sequence[str]) -> list[Block]:
        blocks: list[Block] = []
        for block in self.blocks:
            if block.kind is not ToolUseBlock:
                blocks.append(block.build(origin, joins))
            elif block.index in self.calls:
                blocks.append(self.calls[block.index])
        return blocks


class Collector:
    """Builds one response from its events, plain or streamed.

    `origin` names the provider and dialect of the response; opaque state is sent back to that
    origin only. `joins` are the dialect's `raw_joins`.
    """

    def __init__(self, origin: str, joins: Sequence[str] = ()) -> None:
        self._origin = origin
        self._joins = joins
        self._candidates: dict[int, _OpenCandidate] = {}
        self._usage = Usage()
        self._id: str | None = None
        self._model: str | None = None
        # The candidate and the text block that the next text may continue.
        self._open: tuple[int, _OpenBlock] | None = None

    def add(self, event: Event) -> None:
        """Add one event."""
        if type(event) is PartialContentDelta:
            self._add_text(event)
        elif type(event) is not PartialToolCall:  # ToolCallEnded has all arguments
            self._open = None
            self._add_other(event)

    def add_all(self, events: Iterable[Event]) -> None:
        """Add events in their order; most continue a text or the arguments of a call."""
        candidate, block = self._open or _NO_TEXT
        for event in events:
            if (
                type(event) is PartialContentDelta
                and event.candidate == candidate
                and event.index == block.index
                and not (event.signature or event.citations or event.raw)
            ):
                block.texts.append(event.content)
            elif type(event) is not PartialToolCall:
                self.add(event)
                candidate, block = self._open or _NO_TEXT

    def _add_other(self, event: Event) -> None:
        # A comparison of types is quicker than a match.
        if type(event) is Metadata:
            self._usage = event.usage or self._usage
            self._id = event.id or self._id
            self._model = event.model or self._model
        elif type(event) is FinalCandidate:
            candidate = self._candidate(event.candidate)
            candidate.finish_reason = event.finish_reason
            candidate.termination_reason = event.termination_reason
        else:
            self._add_rare(event)

    def _add_rare(self, event: Event) -> None:
        match event:
            case ThinkingDelta():
                self._add_thinking(event)
            case ToolCallStarted():
                self._candidate(event.candidate).add(ToolUseBlock, event.index)
            case ToolCallEnded():
                self._add_tool_call(event)
            case OpaqueContent():
                block = self._candidate(event.candidate).add(OpaqueBlock, alone=True)
                block.raw.extend(event.raw)
            case StreamEnd():
                self._usage = event.usage or self._usage
            case _:
                pass

    def find_blocks(
        self, candidate: int, kind: type, index: int | None = None
    ) -> "Sequence[_OpenBlock]":
        """Return the blocks of a kind in a candidate; with `index`, those that have it."""
        collected = self._candidates.get(candidate)
        blocks = collected.blocks if collected is not None else ()
        return [block for block in blocks if block.kind is kind and index in (None, block.index)]

    def list_opaque(self, candidate: int) -> Sequence[JsonObject]:
        """Return the objects of a candidate that only their provider understands."""
        blocks = self.find_blocks(candidate, OpaqueBlock)
        return [item for block in blocks for item in block.raw]

    def build_response(self, **facts: object) -> ChatResponse:
        """Return the response as collected so far; `facts` are further fields of ChatResponse."""
        candidates = [
            self._candidates[index].build(self._origin, self._joins)
            for index in sorted(self._candidates)
        ]
        return ChatResponse(
            candidates=tuple(candidates) or (Candidate(),),
            usage=self._usage,
            id=self._id,
            model=self._model,
            **facts,  # type: ignore[arg-type]
        )

    def _candidate(self, index: int) -> _OpenCandidate:
        candidate = self._candidates.get(index)
        if candidate is None:
            candidate = self._candidates[index] = _OpenCandidate(index)
        return candidate

    def _add_text(self, event: PartialContentDelta) -> None:
        # Without an index, a signed part must be sent back as it came, with nothing joined to it.
        is_alone = event.signature and event.index is None
        candidate = self._candidate(event.candidate)
        block = candidate.add(TextBlock, event.index, event.content, alone=is_alone)
        if event.signature:
            block.signature = event.signature
        if event.citations:
            block.citations.extend(event.citations)
        if event.raw:
            block.raw.extend(event.raw)
        self._open = None if block.signature else (event.candidate, block)

    def _add_thinking(self, event: ThinkingDelta) -> None:
        is_alone = event.redacted or (event.signature and event.thinking)
        candidate = self._candidate(event.candidate)
        block = candidate.add(ThinkingBlock, event.index, event.thinking, alone=is_alone)
        block.signature = event.signature or block.signature
        block.redacted = event.redacted or block.redacted
        block.raw.extend(event.raw)

    def _add_tool_call(self, event: ToolCallEnded) -> None:
        self._candidate(event.candidate).calls[event.index] = ToolUseBlock(
            id=event.tool_call_id,
            name=event.tool_name,
            input=event.arguments,
            signature=event.signature,
            raw=event.raw,
            origin=self._origin if event.signature or event.raw else None,
        )


def _join_objects(pieces: Sequence[JsonObject], text_names: Sequence[str]) -> list[JsonObject]:
    """Join consecutive pieces of one object: the named texts, and the last of other values."""
    objects: list[JsonDict] = []
    for piece in pieces:
        last = objects[-1] if objects else {}
        index = piece.get("index")
        if index is None or (last.get("type"), last.get("index")) != (piece.get("type"), index):
            objects.append(dict(piece))
            continue
        for name, value in piece.items():
            earlier = last.get(name)
            if name in text_names and isinstance(earlier, str) and isinstance(value, str):
                last[name] = earlier + value
            elif value is not None or name not in last:
                last[name] = value
    return list(objects)
