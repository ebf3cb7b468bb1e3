"""Collects the events of a reply into a `ChatResponse`."""

from ai_lib.types.content import Block, TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    PartialContentDelta,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage


class _Piece:
    """A run of text or thinking, or the place of a tool call, under collection."""

    __slots__ = ("index", "kind", "redacted", "signature", "texts")

    def __init__(self, kind: type, index: int | None) -> None:
        self.kind = kind
        self.index = index
        self.texts: list[str] = []
        self.signature: str | None = None
        self.redacted: str | None = None

    def goes_on(self, kind: type, index: int | None, text: str) -> bool:
        """Whether more of this kind belongs here; nothing is written after a signature."""
        sealed = self.redacted or (self.signature and text)
        return self.kind is kind and self.index == index and not sealed


class _Candidate:
    """One candidate under collection."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.pieces: list[_Piece] = []
        self.calls: dict[int, ToolCall] = {}
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

    def blocks(self, origin: str) -> list[Block]:
        found: list[Block] = []
        for piece in self.pieces:
            text = "".join(piece.texts)
            signed = origin if piece.signature or piece.redacted else None
            if piece.kind is TextBlock:
                found.append(TextBlock(text=text, signature=piece.signature, origin=signed))
            elif piece.kind is ThinkingBlock:
                found.append(
                    ThinkingBlock(
                        thinking=text,
                        signature=piece.signature,
                        redacted=piece.redacted,
                        origin=origin,
                    )
                )
            elif piece.index in self.calls:
                found.append(_tool_use(self.calls[piece.index], origin))
        return found


def _tool_use(call: ToolCall, origin: str) -> ToolUseBlock:
    return ToolUseBlock(
        id=call.id,
        name=call.name,
        input=call.arguments,
        signature=call.signature,
        origin=origin if call.signature else None,
    )


class Collector:
    """Builds one reply from its events; used for plain and streamed replies alike.

    `origin` is the provider's id: opaque state is replayed to it and to nobody else.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._candidates: dict[int, _Candidate] = {}
        self._usage = Usage()
        self._id: str | None = None
        self._model: str | None = None

    def take(self, event: Event) -> None:
        """Add one event."""
        match event:
            case PartialContentDelta():
                self._say(event)
            case ThinkingDelta():
                self._think(event)
            case ToolCallStarted():
                self._candidate(event.candidate).piece(ToolUseBlock, event.index)
            case ToolCallEnded():
                self._call(event)
            case Metadata():
                self._usage = event.usage or self._usage
                self._id = event.id or self._id
                self._model = event.model or self._model
            case FinalCandidate():
                candidate = self._candidate(event.candidate)
                candidate.finish_reason = event.finish_reason
                candidate.termination_reason = event.termination_reason
            case StreamEnd():
                self._usage = event.usage or self._usage
            case _:
                pass

    def response(self, **facts: object) -> ChatResponse:
        """Return the reply as collected so far; `facts` are further fields of ChatResponse."""
        candidates = [
            Candidate(
                index=found.index,
                blocks=tuple(found.blocks(self._origin)),
                tool_calls=tuple(found.calls[index] for index in sorted(found.calls)),
                finish_reason=found.finish_reason,
                termination_reason=found.termination_reason,
            )
            for _, found in sorted(self._candidates.items())
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
        # A signed part goes back as it came, with nothing joined to it.
        candidate = self._candidate(event.candidate)
        piece = candidate.piece(TextBlock, None, event.content, whole=event.signature)
        piece.signature = event.signature or piece.signature

    def _think(self, event: ThinkingDelta) -> None:
        whole = event.redacted or (event.signature and event.thinking)
        candidate = self._candidate(event.candidate)
        piece = candidate.piece(ThinkingBlock, event.index, event.thinking, whole=whole)
        piece.signature = event.signature or piece.signature
        piece.redacted = event.redacted or piece.redacted

    def _call(self, event: ToolCallEnded) -> None:
        candidate = self._candidate(event.candidate)
        candidate.calls[event.index] = ToolCall(
            id=event.tool_call_id,
            name=event.tool_name,
            arguments=event.arguments,
            index=event.index,
            signature=event.signature,
        )
