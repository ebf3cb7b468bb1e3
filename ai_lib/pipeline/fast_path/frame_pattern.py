"""Reads frames that are like earlier ones of the same stream without decoding them.

Frames that carry a piece of text mostly differ in that text alone. Once two of them have been
read by the rules, the bytes around the text are known; a further frame with the same bytes around
another JSON string gives the same event with another text. That holds as long as no rule looks
into the text itself; `rule_fields` finds that in the manifest's conditions.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from ai_lib.pipeline.assembly.assembler import EventAssembler
from ai_lib.pipeline.assembly.tool_calls import as_index
from ai_lib.pipeline.decoders.frame import Decoder, Frame
from ai_lib.pipeline.fast_path.frame_run import FrameRun, frame_prefix, read_run
from ai_lib.pipeline.fast_path.recording_sink import Finding, RecordingSink
from ai_lib.pipeline.fast_path.rule_fields import RuleFields, rule_fields
from ai_lib.pipeline.rules.compiler import RuleReader
from ai_lib.pipeline.rules.sink import FindingKind
from ai_lib.protocol.compiled import CompiledResponse

_TOKEN: Final = re.compile(
    rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null', re.DOTALL
)
_MOST_SLOTS: Final = 4
_MOST_PATTERNS: Final = 4
_MOST_TRIES: Final = 12
_RUN_BYTES: Final = 640  # a smaller chunk has too few frames to gain by reading them at once
_ERROR_EVENT: Final = b"error"
_ZERO: Final = ord("0")
_decode_string: Final = msgspec.json.Decoder(str).decode


class _Slot(NamedTuple):
    """A position at which frames of a pattern differ, and the bytes that follow it."""

    is_text: bool  # this is the text of the finding; no rule looks at the other slots
    is_number: bool
    tail: bytes


class FramePattern:
    """The bytes that frames have around a text, and the finding that only that text changes.

    Between them may be values that no rule looks at, such as a number that counts the frames.
    """

    def __init__(self, head: bytes, slots: tuple[_Slot, ...], finding: Finding, field: str) -> None:
        self._head = head
        self._start = len(head)
        self._slots = slots
        self._kind: FindingKind = finding.kind
        self._candidate = finding.candidate
        self._field = field
        self._fields = dict(finding.fields)
        self._index = as_index(self._fields.get("index"))
        self._is_plain = self._fields.keys() <= {field, "index"}
        # Most frames differ in their text only.
        self._tail = slots[0].tail if len(slots) == 1 and slots[0].is_text else b""

    def read(self, data: bytes) -> str | None:
        """Return the text of a frame of this pattern, None for any other frame."""
        if not data.startswith(self._head):
            return None
        if self._tail:
            end = len(data) - len(self._tail)
            if end <= self._start or not data.endswith(self._tail):
                return None
            return _read_string(data[self._start : end])
        return self._read_slots(data)

    def _read_slots(self, data: bytes) -> str | None:
        at, finding_text = self._start, None
        for is_text, is_number, tail in self._slots:
            end = data.find(tail, at)
            if end < 0:
                return None
            value = data[at:end]
            if is_number:
                if not value.isdigit() or (value[0] == _ZERO and len(value) > 1):
                    return None
            else:
                text = _read_string(value)
                if text is None:
                    return None
                if is_text:
                    finding_text = text
            at = end + len(tail)
        return finding_text if finding_text and at == len(data) else None

    def read_run(self, data: bytes, prefix: bytes) -> FrameRun | None:
        """Return the frames of this pattern that `data` begins with, each behind this prefix."""
        return read_run(data, prefix + self._head, self._tail) if self._tail else None

    def add_to(self, assembler: EventAssembler, texts: Sequence[str]) -> None:
        """Give the assembler what the rules would find in the frames with these texts."""
        if self._is_plain and self._kind == "text":
            assembler.add_texts(self._candidate, texts, self._index)
        elif self._is_plain and self._kind == "tool_call":
            assembler.add_argument_pieces(self._candidate, texts, self._index)
        else:
            for text in texts:
                fields = {**self._fields, self._field: text}
                assembler.add(self._kind, self._candidate, fields)


def _read_string(data: bytes) -> str | None:
    """Return what stands between two quotes, None when that is no JSON string."""
    try:
        return _decode_string(b'"' + data + b'"')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def strip_padding(data: bytes) -> bytes:
    """Return a frame without white space around it and spaces before its last brace.

    Some providers put such spaces there as padding.
    """
    data = data.strip()
    if data[-2:] == b" }":
        return data[:-1].rstrip(b" ") + b"}"
    return data


class _Sample(NamedTuple):
    data: bytes
    node: object
    finding: Finding


class FramePatternCache:
    """Learns the patterns of one stream's frames and reads further frames by them: a `FastPath`."""

    def __init__(self, response: CompiledResponse) -> None:
        self._patterns: list[FramePattern] = []
        self._rule_fields = rule_fields(response)
        self._is_learning = self._rule_fields.is_exact
        self._samples: dict[FindingKind, _Sample] = {}
        self._tries = 0

    def read_chunk(self, chunk: bytes, decoder: Decoder, assembler: EventAssembler) -> bytes:
        if len(chunk) < _RUN_BYTES or not self._patterns:
            return chunk
        data = decoder.join_pending(chunk)
        prefix = frame_prefix(data)
        for pattern in self._patterns if prefix else ():
            run = pattern.read_run(data, prefix)
            if run is not None:
                pattern.add_to(assembler, run.texts)
                return run.remainder
        return data or chunk

    def read_frame(self, frame: Frame, assembler: EventAssembler) -> bool:
        if not self._patterns or frame.event == _ERROR_EVENT:
            return False
        data = frame.data
        for pattern in self._patterns:
            text = pattern.read(data)
            if text is not None:
                pattern.add_to(assembler, (text,))
                return True
        stripped = strip_padding(data)
        return stripped != data and self.read_frame(Frame(stripped), assembler)

    def read_and_learn(
        self, frame: Frame, node: object, read_rules: RuleReader, assembler: EventAssembler
    ) -> None:
        if not self._is_learning:
            read_rules(node, assembler)
            return
        recorder = RecordingSink(assembler)
        read_rules(node, recorder)
        finding = recorder.text_finding
        if finding is not None:
            self._learn(_Sample(strip_padding(frame.data), node, finding))

    def _learn(self, sample: _Sample) -> None:
        kind = sample.finding.kind
        earlier = self._samples.get(kind)
        self._samples[kind] = sample
        if earlier is None or earlier.finding.text == sample.finding.text:
            return
        self._tries += 1
        pattern = _derive_pattern(earlier, sample, self._rule_fields)
        if pattern is not None:
            self._patterns.append(pattern)
            del self._samples[kind]
        if len(self._patterns) == _MOST_PATTERNS or self._tries == _MOST_TRIES:
            self._is_learning = False
            self._samples.clear()


def _derive_pattern(first: _Sample, second: _Sample, names: RuleFields) -> FramePattern | None:
    """Return the pattern of both frames, None when they have none in common."""
    finding, field = first.finding, first.finding.field
    if field is None or not finding.differs_in_text_only(second.finding):
        return None
    spans = [token.span() for token in _TOKEN.finditer(first.data)]
    leaves, second_leaves = list(_leaves(first.node)), list(_leaves(second.node))
    if not len(spans) == len(leaves) == len(second_leaves):
        return None  # a name occurs twice, or something else that positions can't tell
    texts = (finding.text, second.finding.text)
    head, at = b"", 0
    slots: list[_Slot] = []
    for (start, end), leaf, second_leaf in zip(spans, leaves, second_leaves, strict=True):
        if leaf == second_leaf:
            continue
        slot = _derive_slot(leaf, second_leaf, texts, names)
        if slot is None or len(slots) == _MOST_SLOTS:
            return None
        quote = 0 if slot.is_number else 1
        before = first.data[at : start + quote]
        if slots:
            slots[-1] = slots[-1]._replace(tail=before)
        else:
            head = before
        slots.append(slot)
        at = end - quote
    if sum(slot.is_text for slot in slots) != 1:
        return None
    slots[-1] = slots[-1]._replace(tail=first.data[at:])
    pattern = FramePattern(head, tuple(slots), finding, field)
    fits = pattern.read(first.data) == texts[0] and pattern.read(second.data) == texts[1]
    return pattern if fits and all(slot.tail for slot in slots) else None


class _Leaf(NamedTuple):
    """A name or a value of a frame, in the order of its text; `key` is the value's name."""

    key: str | None
    value: object


def _leaves(node: object, key: str | None = None) -> Iterator[_Leaf]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield _Leaf(None, name)
            yield from _leaves(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, None)
    else:
        yield _Leaf(key, node)


def _derive_slot(
    first: _Leaf, second: _Leaf, texts: tuple[str, str], names: RuleFields
) -> _Slot | None:
    """Return the slot for a leaf that differs, None when it must not differ."""
    if first.key is None or first.key != second.key:
        return None
    if (first.value, second.value) == texts:
        return None if first.key in names.compared else _Slot(True, False, b"")
    if first.key not in names.ignored:
        return None  # a rule looks at it, or it is kept as unmapped
    if isinstance(first.value, str) and isinstance(second.value, str):
        return _Slot(False, False, b"")
    if type(first.value) is int and type(second.value) is int:
        return _Slot(False, True, b"")
    return None
