"""Collects the events of a response into a `ChatResponse`."""

from collections.abc import Iterable, Sequence
from typing import Final

from ai_lib.types.content import (
    AudioBlock,
    Block,
    Citation,
    HostedToolBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    TokenLogprob,
    ToolUseBlock,
)
from ai_lib.types.events import (
    AudioDelta,
    Event,
    FinalCandidate,
    HostedToolEnded,
    HostedToolStarted,
    ImageContent,
    LogprobsDelta,
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


class OpenBlock:
    """A block under collection, or the position of a tool call.

    The texts of sound are its transcript, `data` its pieces; `facts` are further fields of a block.
    """

    __slots__ = (
        *("citations", "data", "extra", "facts", "index", "is_refusal", "kind", "phase", "raw"),
        *("redacted", "signature", "texts"),
    )

    def __init__(self, kind: type, index: int | None) -> None:
        self.kind = kind
        self.index = index
        self.texts: list[str] = []
        self.citations: list[Citation] = []
        self.raw: list[JsonObject] = []
        self.data: list[str] = []
        self.facts: dict[str, object] = {}
        self.signature: str | None = None
        self.redacted: str | None = None
        self.phase: str | None = None
        self.is_refusal = False
        self.extra: JsonObject | None = None

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
                phase=self.phase,
                signature=self.signature,
                redacted=self.redacted,
                raw=raw,
                extra=self.extra,
                origin=origin,
            )
        if self.kind is not TextBlock:
            return self._build_media(text, raw, origin)
        is_opaque = self.signature or raw or self.citations or self.extra
        return TextBlock(
            text=text,
            citations=tuple(self.citations),
            is_refusal=self.is_refusal,
            phase=self.phase,
            signature=self.signature,
            raw=raw,
            extra=self.extra,
            origin=origin if is_opaque else None,
        )

    def _build_media(self, text: str, raw: tuple[JsonObject, ...], origin: str) -> Block:
        if self.kind in (OpaqueBlock, HostedToolBlock):
            return self.kind(raw=raw, origin=origin, **self.facts)  # type: ignore[arg-type]
        facts = {**self.facts, "signature": self.signature, "extra": self.extra, "origin": origin}
        if self.kind is ImageBlock:
            return ImageBlock(raw=raw, **facts)  # type: ignore[arg-type]
        data = _join_base64(self.data) or None
        return AudioBlock(data=data, transcript=text or None, **facts)  # type: ignore[arg-type]


_TOOL_FACTS: Final = ("id", "kind", "name", "input", "server")
_NO_TEXT: Final = (None, OpenBlock(TextBlock, None))


class _OpenCandidate:
    """One candidate under collection."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.blocks: list[OpenBlock] = []
        self.calls: dict[int, ToolUseBlock] = {}
        self.logprobs: dict[int | None, list[TokenLogprob]] = {}
        self.finish_reason: str | None = None
        self.termination_reason: str | None = None

    def add(
        self, kind: type, index: int | None = None, text: str = "", alone: object = False
    ) -> OpenBlock:
        """Add `text` to the block it belongs to and return that; with `alone`, to a new one.

        State without text belongs to the block of its index, sources without one to the last text.
        """
        last = self.blocks[-1] if self.blocks else None
        if alone or last is None or not last.continues(kind, index, text):
            last = None if alone or text else self._find_block(kind, index)
            if last is None:
                last = OpenBlock(kind, index)
                self.blocks.append(last)
        last.texts.append(text)
        return last

    def _find_block(self, kind: type, index: int | None) -> OpenBlock | None:
        """Return the block that the provider counts as `index`, for state that came later."""
        if index is None and kind is not TextBlock:
            return None
        blocks = self.blocks if index is not None else reversed(self.blocks)
        return next((block for block in blocks if block.continues(kind, index, "")), None)

    def build(self, origin: str, joins: Sequence[str]) -> Candidate:
        """Return the candidate as collected so far."""
        return Candidate(
            index=self.index,
            blocks=tuple(self._build_blocks(origin, joins)),
            tool_calls=tuple(self._build_tool_calls()) if self.calls else (),
            finish_reason=self.finish_reason,
            termination_reason=self.termination_reason,
            logprobs=tuple(token for tokens in self.logprobs.values() for token in tokens),
        )

    def _build_tool_calls(self) -> list[ToolCall]:
        return [
            ToolCall(
                id=call.id,
                name=call.name,
                arguments=call.input,
                index=index,
                signature=call.signature,
                is_custom=call.is_custom,
                exact_json=call.exact_json,
                kind=call.kind,
                server=call.server,
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
        self._open: tuple[int, OpenBlock] | None = None

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
                and not (event.signature or event.citations or event.raw or event.extra)
                and not (event.phase or event.is_refusal)
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
                block.facts = {} if event.body is None else {"body": event.body}
            case HostedToolStarted() if event.raw:
                self._add_hosted_tool(event, status="in_progress")
            case HostedToolEnded():
                self._add_hosted_tool(
                    event, status=event.status, output=event.output, error=event.error
                )
            case ImageContent() | AudioDelta():
                self._add_media(event)
            case LogprobsDelta():
                logprobs = self._candidate(event.candidate).logprobs
                logprobs.setdefault(event.index, []).extend(event.logprobs)
            case StreamEnd():
                self._usage = event.usage or self._usage
            case _:
                pass

    def find_blocks(
        self, candidate: int, kind: type, index: int | None = None
    ) -> "Sequence[OpenBlock]":
        """Return the blocks of a kind in a candidate; with `index`, those that have it."""
        collected = self._candidates.get(candidate)
        blocks = collected.blocks if collected is not None else ()
        return [block for block in blocks if block.kind is kind and index in (None, block.index)]

    def list_opaque(self, candidate: int) -> Sequence[JsonObject]:
        """Return the objects of a candidate that only their provider understands."""
        blocks = [
            *self.find_blocks(candidate, OpaqueBlock),
            *self.find_blocks(candidate, HostedToolBlock),
        ]
        return [item for block in blocks for item in block.raw]

    def list_bodies(self, candidate: int) -> Sequence[object]:
        """Return the members of the next request that the opaque parts of a candidate have."""
        return [block.facts.get("body") for block in self.find_blocks(candidate, OpaqueBlock)]

    def list_logprobs(self, candidate: int, index: int | None) -> Sequence[TokenLogprob]:
        """Return the tokens of a candidate's text so far."""
        collected = self._candidates.get(candidate)
        return collected.logprobs.get(index, ()) if collected is not None else ()

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
        is_alone: object = (event.signature or event.extra) and event.index is None
        candidate = self._candidate(event.candidate)
        last = candidate.blocks[-1] if candidate.blocks else None
        if event.content and last is not None:
            is_alone = is_alone or last.is_refusal != event.is_refusal or last.extra
        block = candidate.add(TextBlock, event.index, event.content, alone=is_alone)
        block.is_refusal = block.is_refusal or event.is_refusal
        block.phase = event.phase or block.phase
        if event.signature:
            block.signature = event.signature
        if event.citations:
            block.citations.extend(event.citations)
        if event.raw:
            block.raw.extend(event.raw)
        if event.extra:
            block.extra = {**(block.extra or {}), **event.extra}
        is_special = block.signature or block.is_refusal or block.extra
        self._open = None if is_special else (event.candidate, block)

    def _add_thinking(self, event: ThinkingDelta) -> None:
        is_alone: object = event.redacted or (event.signature and event.thinking)
        candidate = self._candidate(event.candidate)
        last = candidate.blocks[-1] if candidate.blocks else None
        if event.thinking and last is not None and last.phase != event.phase:
            is_alone = True
        block = candidate.add(ThinkingBlock, event.index, event.thinking, alone=is_alone)
        block.phase = event.phase or block.phase
        block.signature = event.signature or block.signature
        block.redacted = event.redacted or block.redacted
        block.raw.extend(event.raw)
        if event.extra:
            block.extra = {**(block.extra or {}), **event.extra}

    def _add_hosted_tool(self, event: HostedToolStarted | HostedToolEnded, **facts: object) -> None:
        block = self._candidate(event.candidate).add(HostedToolBlock, alone=True)
        block.raw.extend(event.raw)
        block.facts = {name: getattr(event, name) for name in _TOOL_FACTS} | facts

    def _add_media(self, event: ImageContent | AudioDelta) -> None:
        kind = ImageBlock if type(event) is ImageContent else AudioBlock
        candidate = self._candidate(event.candidate)
        last = candidate.blocks[-1] if candidate.blocks else None
        is_alone = kind is ImageBlock or last is None or last.kind is not AudioBlock
        text = event.transcript if isinstance(event, AudioDelta) else ""
        block = candidate.add(kind, event.index, text, alone=is_alone)
        facts: dict[str, object] = {"id": event.id, "media_type": event.media_type}
        if isinstance(event, ImageContent):
            facts |= {"data": event.data, "url": event.url}
            block.raw.extend(event.raw)
        else:
            facts["expires_at"] = event.expires_at
            block.data += [event.data] if event.data else []
        block.facts |= {name: value for name, value in facts.items() if value is not None}
        block.signature = event.signature or block.signature
        block.extra = event.extra or block.extra

    def _add_tool_call(self, event: ToolCallEnded) -> None:
        self._candidate(event.candidate).calls[event.index] = ToolUseBlock(
            id=event.tool_call_id,
            name=event.tool_name,
            input=event.arguments,
            is_custom=event.is_custom,
            exact_json=event.exact_json,
            kind=event.kind,
            server=event.server,
            signature=event.signature,
            raw=event.raw,
            extra=event.extra,
            origin=self._origin if event.signature or event.raw or event.extra else None,
        )


def _join_base64(pieces: Sequence[str]) -> str:
    """Join pieces of base64; each that is padded was encoded by itself."""
    text = "".join(pieces)
    if "=" not in text.rstrip("="):
        return text
    import base64
    import re

    try:
        content = b"".join(base64.b64decode(part) for part in re.findall(r"[^=]+=*", text))
    except ValueError:
        return text  # no base64: kept as it came
    return base64.b64encode(content).decode()


def _join_objects(pieces: Sequence[JsonObject], text_names: Sequence[str]) -> list[JsonObject]:
    """Join consecutive pieces of one object: the named texts, and the last of other values."""
    objects: list[JsonDict] = []
    for piece in pieces:
        last = objects[-1] if objects else {}
        index = piece.get("index")
        is_same = (last.get("type"), last.get("index")) == (piece.get("type"), index)
        ids = last.get("id"), piece.get("id")
        if index is None or not is_same or (None not in ids and ids[0] != ids[1]):
            objects.append(dict(piece))
            continue
        for name, value in piece.items():
            earlier = last.get(name)
            if name in text_names and isinstance(earlier, str) and isinstance(value, str):
                last[name] = earlier + value
            elif value is not None or name not in last:
                last[name] = value
    return list(objects)
