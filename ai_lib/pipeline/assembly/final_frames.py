"""Compares what closing frames say with what was emitted, and emits what is missing.

A provider that streams sends pieces, and at last the whole of a part, a candidate or the response.
Some servers leave pieces out, or send the whole alone.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from ai_lib.pipeline.assembly.assembler import EventAssembler, as_objects
from ai_lib.pipeline.assembly.thinking_tags import ThinkingTagParser
from ai_lib.pipeline.assembly.tool_calls import as_index, read_call_kind
from ai_lib.pipeline.collector import OpenBlock
from ai_lib.pipeline.rules.sink import Fields, FindingKind
from ai_lib.types.content import TextBlock, ThinkingBlock
from ai_lib.types.events import PartialContentDelta, ThinkingDelta
from ai_lib.types.json import JsonObject

_TEXT_FIELDS: Final = {"text": "content", "thinking": "thinking"}
_STATE_FIELDS: Final = ("extra", "raw", "redacted", "signature")
_ENDINGS: Final = frozenset({"tool_call_end", "finish", "end", "error"})
_BLOCKS: Final = {"text": TextBlock, "thinking": ThinkingBlock}


class _TextPosition(NamedTuple):
    """What a text belongs to: a block, or a `part` of it in a list of such parts.

    Thinking of another `phase`, and the text of a refusal, are other blocks.
    """

    kind: FindingKind
    candidate: int
    block_index: int | None
    part: tuple[object, object] | None
    phase: object = None
    is_refusal: bool = False


class _FullText(msgspec.Struct):
    """The whole of a text and its opaque state, as closing frames have it."""

    text: str = ""
    signature: str | None = None
    redacted: str | None = None
    raw: list[JsonObject] = []
    extra: JsonObject | None = None


class FinalFrameReader:
    """Takes what the rules find in one closing frame, a `FindingSink`, and settles it at once.

    A text that differs from the one emitted, and arguments of a call that has ended, are kept as
    contradictions among the assembler's unmapped members.
    """

    def __init__(self, assembler: EventAssembler) -> None:
        self.findings: list[tuple[FindingKind, int, Fields]] = []
        self._assembler = assembler
        self._spans: dict[_TextPosition, tuple[int, int]] = {}

    def add(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        self.findings.append((kind, candidate, fields))

    def id_for(self, element: object, is_new: bool) -> str | None:
        return None  # a call without an id is found by its position

    def settle(self) -> None:
        """Emit what the findings have and was not emitted; then forget the findings."""
        findings, self.findings = self.findings, []
        texts: dict[_TextPosition, _FullText] = {}
        calls: dict[int, int] = {}
        with_text: dict[tuple[object, ...], _TextPosition] = {}
        order: list[_TextPosition | tuple[FindingKind, int, Fields]] = []
        for kind, candidate, fields in findings:
            if kind not in _TEXT_FIELDS:
                order.append((kind, candidate, fields))
                continue
            if kind == "text" and "phase" in fields:
                index = as_index(fields.get("index"))
                self._assembler.set_phase(candidate, index, fields["phase"])
            for key, text in self._split(kind, candidate, fields):
                if not (text or any(fields.get(name) for name in _STATE_FIELDS)):
                    continue
                # State without text belongs to the text before it.
                key = with_text.setdefault(key[:4], key) if not text else key
                with_text[key[:4]] = key
                if key not in texts:
                    texts[key] = _FullText()
                    order.append(key)
                _add_fields(texts[key], text, fields)
        for entry in order:
            if isinstance(entry, _TextPosition):
                self._settle_text(entry, texts[entry])
            elif entry[0] == "tool_call":
                position = calls[entry[1]] = calls.get(entry[1], -1) + 1
                self._settle_call(entry[1], entry[2], position)
            elif entry[0] == "opaque":
                self._settle_opaque(entry[1], entry[2])
            else:
                self._assembler.add_final(*entry)

    def _split(
        self, kind: FindingKind, candidate: int, fields: Fields
    ) -> list[tuple[_TextPosition, str]]:
        """Return a finding's text with its key; thinking that is written into it apart."""
        part = (fields.get("parts"), fields["part"]) if "part" in fields else None
        key = _TextPosition(
            kind,
            candidate,
            as_index(fields.get("index")),
            part,
            phase=fields.get("phase") if kind == "thinking" else None,
            is_refusal=fields.get("refused") is True,
        )
        value = fields.get(_TEXT_FIELDS[kind])
        text = value if isinstance(value, str) else ""
        tags = self._assembler.thinking_tags
        if tags is None or kind != "text" or not text:
            return [(key, text)]
        parser = ThinkingTagParser(tags)
        pieces = [*parser.feed(text), *parser.flush()]
        thinking = "".join(piece.text for piece in pieces if piece.is_thinking)
        visible = "".join(piece.text for piece in pieces if not piece.is_thinking)
        thoughts = [(key._replace(kind="thinking"), thinking)] if thinking else []
        return [*thoughts, (key, visible)]

    def _settle_text(self, key: _TextPosition, full: _FullText) -> None:
        if self._complete_searched_text(key, full):
            return
        self._assembler.flush_text(key.candidate)
        missing = self._find_missing(key, full.text)
        if missing is None:
            name = f"{key.kind}" if key.block_index is None else f"{key.kind}[{key.block_index}]"
            self._contradict(key.candidate, name, full.text)
            missing = ""
        opaque = self._find_missing_state(key, full)
        if not (missing or opaque):
            return
        if key.kind == "text":
            opaque["phase"] = self._assembler.phase_of(key.candidate, key.block_index)
            opaque["is_refusal"] = key.is_refusal
        elif isinstance(key.phase, str):
            opaque["phase"] = key.phase
        make_event = PartialContentDelta if key.kind == "text" else ThinkingDelta
        event = make_event(
            candidate=key.candidate,
            index=key.block_index,
            **{_TEXT_FIELDS[key.kind]: missing, **opaque},  # type: ignore[arg-type]
        )
        self._assembler.add_event(event, is_refused=key.is_refusal)

    def _complete_searched_text(self, key: _TextPosition, full: _FullText) -> bool:
        """Complete a text with calls in it, which differs from what was emitted of it."""
        answer_text = self._assembler.answer_text
        if answer_text is None or answer_text.text_tools is None or key.kind != "text":
            return False
        received = answer_text.read_received(key.candidate)
        if received is None:
            return False
        missing = _end_of(full.text, received)
        if missing is None:
            self._contradict(key.candidate, key.kind, full.text)
        elif missing:
            self._assembler.add("text", key.candidate, {"content": missing})
        return True

    def _find_missing(self, key: _TextPosition, full_text: str) -> str | None:
        """Return the end of a text that was not emitted; None when it contradicts what was."""
        block_text = self._read_emitted_text(key)
        start, end = self._find_span(key, len(block_text))
        emitted = block_text[start:end]
        missing = _end_of(full_text, emitted)
        if missing and end < len(block_text):
            missing = None  # other text has followed: it can't be put in between
        if missing and not emitted and self._is_in_another_block(key, full_text):
            return ""
        if missing is not None and key.part is not None:
            self._spans[key] = (start, start + len(full_text) if full_text else end)
        return missing

    def _find_span(self, key: _TextPosition, length: int) -> tuple[int, int]:
        """Return where the text of a part begins and ends in the text of its block."""
        if key.part is None:
            return 0, length
        if key in self._spans:
            return self._spans[key]
        ends = [end for other, (_, end) in self._spans.items() if other[:3] == key[:3]]
        return max(ends, default=0), length

    def _is_in_another_block(self, key: _TextPosition, full_text: str) -> bool:
        """Whether another block has that text: some servers count blocks in two ways."""
        blocks = self._assembler.collect().find_blocks(key.candidate, _BLOCKS[key.kind])
        others = [block for block in blocks if block.index != key.block_index]
        return any("".join(block.texts) == full_text for block in others)

    def _read_emitted_text(self, key: _TextPosition) -> str:
        return "".join(text for block in self._find_blocks(key) for text in block.texts)

    def _find_blocks(self, key: _TextPosition) -> Sequence[OpenBlock]:
        collector = self._assembler.collect()
        blocks = collector.find_blocks(key.candidate, _BLOCKS[key.kind], key.block_index)
        if key.kind == "text":
            return [block for block in blocks if block.is_refusal == key.is_refusal]
        return [block for block in blocks if block.phase == key.phase]

    def _find_missing_state(self, key: _TextPosition, full: _FullText) -> dict[str, object]:
        blocks = self._find_blocks(key)
        state: dict[str, object] = {}
        if full.extra and not any(block.extra for block in blocks):
            state["extra"] = full.extra
        is_emptied = key.kind == "text" and not full.text and any(block.texts for block in blocks)
        if full.raw and not is_emptied and not any(block.raw for block in blocks):
            state["raw"] = tuple(full.raw)
        if full.signature and not any(block.signature for block in blocks):
            state["signature"] = full.signature
        if full.redacted and not any(block.redacted for block in blocks):
            state["redacted"] = full.redacted
        return state

    def _settle_call(self, candidate: int, fields: Fields, position: int) -> None:
        contradiction = self._assembler.tools_of(candidate).add_final(
            self._assembler.events,
            id=fields.get("tool_call_id"),
            name=fields.get("tool_name"),
            arguments=fields.get("arguments", fields.get("total")),
            index=as_index(fields.get("index")),
            position=position,
            signature=fields.get("signature"),
            raw=as_objects(fields.get("raw")),
            custom=fields.get("custom"),
            call_kind=read_call_kind(fields),
            extra=fields.get("extra"),
        )
        if contradiction is not None:
            self._contradict(candidate, f"tool_calls[{position}].arguments", contradiction)
        if self._assembler.tools_of(candidate):
            self._assembler.note(candidate)

    def _settle_opaque(self, candidate: int, fields: Fields) -> None:
        emitted = self._assembler.collect().list_opaque(candidate)
        raw = tuple(item for item in as_objects(fields.get("raw")) if not _is_among(item, emitted))
        if raw:
            self._assembler.add_parts(candidate, raw)

    def _contradict(self, candidate: int, name: str, value: str) -> None:
        self._assembler.unmapped.put(f"candidates[{candidate}].{name}", value)


class EndingQueue:
    """A `FindingSink` that passes findings on, those that end something only when released."""

    def __init__(self, sink: EventAssembler) -> None:
        self._sink = sink
        self._endings: list[tuple[FindingKind, int, Fields]] = []

    def add(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        if kind in _ENDINGS:
            self._endings.append((kind, candidate, fields))
        else:
            self._sink.add(kind, candidate, fields)

    def id_for(self, element: object, is_new: bool) -> str | None:
        return self._sink.id_for(element, is_new)

    def release(self) -> None:
        """Pass on what ends something."""
        for kind, candidate, fields in self._endings:
            self._sink.add(kind, candidate, fields)


def _add_fields(full: _FullText, text: str, fields: Fields) -> None:
    full.text += text
    signature, redacted = fields.get("signature"), fields.get("redacted")
    full.signature = signature if isinstance(signature, str) else full.signature
    full.redacted = redacted if isinstance(redacted, str) else full.redacted
    full.raw = [*full.raw, *as_objects(fields.get("raw"))]
    extra = fields.get("extra")
    full.extra = extra if isinstance(extra, dict) else full.extra


def _end_of(full_text: str, emitted: str) -> str | None:
    """Return what `full_text` adds to what was emitted; None when it is another text."""
    if full_text.startswith(emitted):
        return full_text[len(emitted) :]
    return "" if not full_text or full_text.strip() == emitted.strip() else None


def _is_among(item: JsonObject, emitted: Sequence[JsonObject]) -> bool:
    """Whether an object was emitted; with an id, in whatever state."""
    if item.get("id") is None:
        return item in emitted
    return any(
        (other.get("type"), other.get("id")) == (item.get("type"), item["id"]) for other in emitted
    )
