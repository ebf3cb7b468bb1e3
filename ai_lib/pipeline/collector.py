"""Collects the events of a reply into a `ChatResponse`."""

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


class _Piece:
    """A run of text or thinking, or the place of a tool call, under collection."""

    __slots__ = ("citations", "index", "kind", "raw", "redacted", "signature", "texts")

    def __init__(self, kind: type, index: int | None) -> None:
        self.kind = kind
        self.index = index
        self.texts: list[str] = []
        self.citations: list[JsonObject] = []
        self.raw: list[JsonObject] = []
        self.signature: str | None = None
        self.redacted: str | None = None

    def goes_on(self, kind: type, index: int | None, text: str) -> bool:
        """Whether more of this kind belongs here; nothing is written after a signature."""
        sealed = self.redacted or (self.signature and text)
        return self.kind is kind and self.index == index and not sealed

    def block(self, origin: str, joins: Sequence[str]) -> Block:
        """Return what was collected; the origin is named where there is opaque state."""
        text = "".join(self.texts)
        raw = tuple(_joined(self.raw, joins) if joins and self.raw else self.raw)
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
        own = self.signature or raw or self.citations
        return TextBlock(
            text=text,
            citations=tuple(self.citations),
            signature=self.signature,
            raw=raw,
            origin=origin if own else None,
        )


_NOWHERE: Final = (None, _Piece(TextBlock, None))


class _Candidate:
    """One candidate under collection."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.pieces: list[_Piece] = []
        self.calls: dict[int, ToolUseBlock] = {}
        self.finish_reason: str | None = None
        self.termination_reason: str | None = None

    def piece(
        self, kind: type, index: int | None = None, text: str = "", whole: object = False
    ) -> _Piece:
        """Return the piece `text` belongs to; with `whole`, one of its own."""
        last = self.pieces[-1] if self.pieces else None
        if whole or last is None or not last.goes_on(kind, index, text):
            last = _Piece(kind, index)
            self.pieces.append(last)
        last.texts.append(text)
        return last

    def whole(self, origin: str, joins: Sequence[str]) -> Candidate:
        """Return what was collected."""
        return Candidate(
            index=self.index,
            blocks=tuple(self._blocks(origin, joins)),
            tool_calls=tuple(self._tool_calls()) if self.calls else (),
            finish_reason=self.finish_reason,
            termination_reason=self.termination_reason,
        )

    def _tool_calls(self) -> list[ToolCall]:
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

    def _blocks(self, origin: str, joins: Sequence[str]) -> list[Block]:
        found: list[Block] = []
        for piece in self.pieces:
            if piece.kind is not ToolUseBlock:
                found.append(piece.block(origin, joins))
            elif piece.index in self.calls:
                found.append(self.calls[piece.index])
        return found


class Collector:
    """Builds one reply from its events; used for plain and streamed replies alike.

    `origin` says who the reply is from: opaque state is replayed to it and to nobody else. `joins`
    are the dialect's `raw_joins`.
    """

    def __init__(self, origin: str, joins: Sequence[str] = ()) -> None:
        self._origin = origin
        self._joins = joins
        self._candidates: dict[int, _Candidate] = {}
        self._usage = Usage()
        self._id: str | None = None
        self._model: str | None = None
        self._open: tuple[int, _Piece] | None = None  # the candidate and text that goes on

    def take(self, event: Event) -> None:
        """Add one event."""
        if type(event) is PartialContentDelta:
            self._say(event)
        elif type(event) is not PartialToolCall:  # a call's end has all of it
            self._open = None
            self._take(event)

    def take_all(self, events: Iterable[Event]) -> None:
        """Add events in their order; most are text that goes on, or pieces of arguments."""
        known, last = self._open or _NOWHERE
        for event in events:
            if (
                type(event) is PartialContentDelta
                and event.candidate == known
                and event.index == last.index
                and not (event.signature or event.citations or event.raw)
            ):
                last.texts.append(event.content)
            elif type(event) is not PartialToolCall:
                self.take(event)
                known, last = self._open or _NOWHERE

    def _take(self, event: Event) -> None:
        # An event is of one type only, and to ask for that is quicker than to match it.
        if type(event) is Metadata:
            self._usage = event.usage or self._usage
            self._id = event.id or self._id
            self._model = event.model or self._model
        elif type(event) is FinalCandidate:
            candidate = self._candidate(event.candidate)
            candidate.finish_reason = event.finish_reason
            candidate.termination_reason = event.termination_reason
        else:
            self._take_other(event)

    def _take_other(self, event: Event) -> None:
        match event:
            case ThinkingDelta():
                self._think(event)
            case ToolCallStarted():
                self._candidate(event.candidate).piece(ToolUseBlock, event.index)
            case ToolCallEnded():
                self._call(event)
            case OpaqueContent():
                piece = self._candidate(event.candidate).piece(OpaqueBlock, whole=True)
                piece.raw.extend(event.raw)
            case StreamEnd():
                self._usage = event.usage or self._usage
            case _:
                pass

    def response(self, **facts: object) -> ChatResponse:
        """Return the reply as collected so far; `facts` are further fields of ChatResponse."""
        candidates = [
            self._candidates[index].whole(self._origin, self._joins)
            for index in sorted(self._candidates)
        ]
        return ChatResponse(
            candidates=tuple(candidates) or (Candidate(),),
            usage=self._usage,
            id=self._id,
            model=self._model,
            **facts,  # type: ignore[arg-type]
        )

    def _candidate(self, index: int) -> _Candidate:
        found = self._candidates.get(index)
        if found is None:
            found = self._candidates[index] = _Candidate(index)
        return found

    def _say(self, event: PartialContentDelta) -> None:
        # Where parts are not counted, a signed one goes back as it came, with nothing joined to it.
        whole = event.signature and event.index is None
        candidate = self._candidate(event.candidate)
        piece = candidate.piece(TextBlock, event.index, event.content, whole=whole)
        if event.signature:
            piece.signature = event.signature
        if event.citations:
            piece.citations.extend(event.citations)
        if event.raw:
            piece.raw.extend(event.raw)
        self._open = None if piece.signature else (event.candidate, piece)

    def _think(self, event: ThinkingDelta) -> None:
        whole = event.redacted or (event.signature and event.thinking)
        candidate = self._candidate(event.candidate)
        piece = candidate.piece(ThinkingBlock, event.index, event.thinking, whole=whole)
        piece.signature = event.signature or piece.signature
        piece.redacted = event.redacted or piece.redacted
        piece.raw.extend(event.raw)

    def _call(self, event: ToolCallEnded) -> None:
        self._candidate(event.candidate).calls[event.index] = ToolUseBlock(
            id=event.tool_call_id,
            name=event.tool_name,
            input=event.arguments,
            signature=event.signature,
            raw=event.raw,
            origin=self._origin if event.signature or event.raw else None,
        )


def _joined(raw: Sequence[JsonObject], names: Sequence[str]) -> list[JsonObject]:
    """Join neighbours that are pieces of one object: their texts, and what else each one says."""
    found: list[JsonDict] = []
    for piece in raw:
        last = found[-1] if found else {}
        index = piece.get("index")
        if index is None or (last.get("type"), last.get("index")) != (piece.get("type"), index):
            found.append(dict(piece))
            continue
        for name, value in piece.items():
            known = last.get(name)
            if name in names and isinstance(known, str) and isinstance(value, str):
                last[name] = known + value
            elif value is not None or name not in last:
                last[name] = value
    return list(found)
