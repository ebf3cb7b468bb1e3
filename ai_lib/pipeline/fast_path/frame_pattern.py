"""What the frames of one stream have in common, so that most of them need not be decoded.

Frames that carry a piece of text mostly differ in that text alone. Once two of them have been
read by the rules, the bytes around the text are known; a further frame with the same bytes around
another JSON string says the same with another text. That holds as long as no rule looks into the
text itself, which the manifest's conditions tell; see `looked_at`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from ai_lib.pipeline.assembly.assembler import EventAssembler
from ai_lib.pipeline.assembly.tool_calls import as_index
from ai_lib.pipeline.fast_path.frame_run import FrameRun, opening_of, read_run
from ai_lib.pipeline.fast_path.recording_sink import Finding
from ai_lib.pipeline.fast_path.rule_fields import RuleFields

_TOKEN: Final = re.compile(
    rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null', re.DOTALL
)
_FIELDS: Final = frozenset({"content", "thinking", "arguments"})
_MOST_HOLES: Final = 4
_MOST_KINDS: Final = 4
_MOST_TRIES: Final = 12
_text_of: Final = msgspec.json.Decoder(str).decode


class _Slot(NamedTuple):
    """Where frames of a kind differ: what stands there, and the bytes that follow it."""

    is_text: bool  # the one that is told; else nobody looks at it
    is_number: bool
    tail: bytes


class FramePattern:
    """One kind of frame: the same bytes around a text, and a finding that only that text changes.

    Between them may be what no rule looks at, such as a number that counts the frames.
    """

    def __init__(self, head: bytes, holes: tuple[_Slot, ...], finding: Finding, field: str) -> None:
        self._head = head
        self._start = len(head)
        self._holes = holes
        self._method = finding.method
        self._candidate = finding.candidate
        self._field = field
        self._fields = dict(finding.fields)
        self._index = as_index(self._fields.get("index"))
        self._plain = self._fields.keys() <= {field, "index"}
        # Most frames differ in their text only.
        self._tail = holes[0].tail if len(holes) == 1 and holes[0].is_text else b""

    def read(self, data: bytes) -> str | None:
        """Return the text of a frame of this kind, None for any other frame."""
        if not data.startswith(self._head):
            return None
        if self._tail:
            end = len(data) - len(self._tail)
            if end <= self._start or not data.endswith(self._tail):
                return None
            return _string(data[self._start : end])
        return self._read_holes(data)

    def _read_holes(self, data: bytes) -> str | None:
        at, found = self._start, None
        for is_text, is_number, tail in self._holes:
            end = data.find(tail, at)
            if end < 0:
                return None
            piece = data[at:end]
            if is_number:
                if not piece.isdigit() or (piece[0] == _ZERO and len(piece) > 1):
                    return None
            else:
                text = _string(piece)
                if text is None:
                    return None
                if is_text:
                    found = text
            at = end + len(tail)
        return found if found and at == len(data) else None

    def read_run(self, data: bytes, opening: bytes) -> FrameRun | None:
        """Return the frames of this kind that `data` begins with, each behind the same opening."""
        return read_run(data, opening + self._head, self._tail) if self._tail else None

    def tell(self, assembly: EventAssembler, texts: Sequence[str]) -> None:
        """Tell the assembly what the rules would find in the frames with these texts."""
        if self._plain and self._method == "text":
            assembly.more_text(self._candidate, texts, self._index)
        elif self._plain and self._method == "tool_call":
            assembly.more_arguments(self._candidate, texts, self._index)
        else:
            tell = {"text": assembly.text, "thinking": assembly.thinking}.get(self._method)
            for text in texts:
                fields = {**self._fields, self._field: text}
                (tell or assembly.tool_call)(self._candidate, fields)


_ZERO: Final = ord("0")


def _string(piece: bytes) -> str | None:
    """Return what stands between two quotes, None when that is no JSON string."""
    try:
        return _text_of(b'"' + piece + b'"')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def trimmed(data: bytes) -> bytes:
    """Return a frame without the spaces that some put before its last brace, as padding."""
    if data[-2:] == b" }":
        return data[:-1].rstrip(b" ") + b"}"
    return data


class _Sample(NamedTuple):
    data: bytes
    node: object
    finding: Finding


class FramePatternCache:
    """The kinds of frames known of one stream, and what is needed to learn another."""

    def __init__(self, names: RuleFields | None) -> None:
        self.kinds: list[FramePattern] = []
        self.learning = names is not None and names.known
        self._names = names
        self._seen: dict[str, _Sample] = {}
        self._tries = 0

    def tell(self, data: bytes, assembly: EventAssembler) -> bool:
        """Tell the assembly of a frame that is of a kind known; say whether it is."""
        for kind in self.kinds:
            text = kind.read(data)
            if text is not None:
                kind.tell(assembly, (text,))
                return True
        tidy = trimmed(data.strip()) if self.kinds else data
        return tidy != data and self.tell(tidy, assembly)

    def tell_run(self, data: bytes, assembly: EventAssembler) -> bytes:
        """Tell the assembly of the frames alike that `data` begins with; return what follows them.

        `data` begins where a frame does, and is server-sent events.
        """
        opening = opening_of(data)
        for kind in self.kinds if opening else ():
            run = kind.read_run(data, opening)
            if run is not None:
                kind.tell(assembly, run.texts)
                return run.rest
        return data

    def learn(self, data: bytes, node: object, findings: list[Finding]) -> None:
        """Take a frame, what it decodes to, and all that the rules found in it."""
        if len(findings) != 1 or findings[0].field is None:
            return
        now = _Sample(data, node, findings[0])
        names = self._names
        before = self._seen.get(now.finding.method)
        self._seen[now.finding.method] = now
        if names is None or before is None or before.finding.text == now.finding.text:
            return
        self._tries += 1
        kind = _common(before, now, names)
        if kind is not None:
            self.kinds.append(kind)
            del self._seen[now.finding.method]
        if len(self.kinds) == _MOST_KINDS or self._tries == _MOST_TRIES:
            self.learning = False
            self._seen.clear()


def _common(one: _Sample, other: _Sample, names: RuleFields) -> FramePattern | None:
    """Return the kind both frames are of, None when they are of none."""
    finding, field = one.finding, one.finding.field
    if field is None or not finding.is_like(other.finding):
        return None
    spans = [found.span() for found in _TOKEN.finditer(one.data)]
    leaves, others = list(_leaves(one.node)), list(_leaves(other.node))
    if not len(spans) == len(leaves) == len(others):
        return None  # a name is there twice, or another thing that positions can't tell
    texts = (finding.text, other.finding.text)
    head, at = b"", 0
    holes: list[_Slot] = []
    for (start, end), leaf, twin in zip(spans, leaves, others, strict=True):
        if leaf == twin:
            continue
        hole = _hole(leaf, twin, texts, names)
        if hole is None or len(holes) == _MOST_HOLES:
            return None
        quote = 0 if hole.is_number else 1
        before = one.data[at : start + quote]
        if holes:
            holes[-1] = holes[-1]._replace(tail=before)
        else:
            head = before
        holes.append(hole)
        at = end - quote
    if sum(hole.is_text for hole in holes) != 1:
        return None
    holes[-1] = holes[-1]._replace(tail=one.data[at:])
    kind = FramePattern(head, tuple(holes), finding, field)
    same = kind.read(one.data) == texts[0] and kind.read(other.data) == texts[1]
    return kind if same and all(hole.tail for hole in holes) else None


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


def _hole(leaf: _Leaf, twin: _Leaf, texts: tuple[str, str], names: RuleFields) -> _Slot | None:
    """Return what may stand in place of a leaf that differs, None when it must not differ."""
    if leaf.key is None or leaf.key != twin.key:
        return None
    if (leaf.value, twin.value) == texts:
        return None if leaf.key in names.compared else _Slot(True, False, b"")
    if leaf.key in names.mentioned:
        return None
    if isinstance(leaf.value, str) and isinstance(twin.value, str):
        return _Slot(False, False, b"")
    if type(leaf.value) is int and type(twin.value) is int:
        return _Slot(False, True, b"")
    return None
