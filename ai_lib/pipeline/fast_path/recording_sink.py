"""Stands between rules and their sink, and notes what the rules found in one frame."""

from collections.abc import Mapping
from typing import NamedTuple

from ai_lib.pipeline.rules.sink import Fields, FindingSink

# Where a finding is one piece of text, and what else may be said with it.
_TEXTS: dict[str, str] = {"text": "content", "thinking": "thinking", "tool_call": "arguments"}
_BESIDE = frozenset({"index", "tool_call_id", "tool_name"})


class Finding(NamedTuple):
    """What one rule told the sink: which of its methods, for which candidate, with what."""

    method: str
    candidate: int
    fields: Fields

    @property
    def field(self) -> str | None:
        """The field that is a piece of text, None when there is more or other to it."""
        field = _TEXTS.get(self.method)
        if field is None or not self.text or not self.fields.keys() <= {field, *_BESIDE}:
            return None
        return field

    @property
    def text(self) -> str:
        """The piece of text, empty when there is none."""
        value = self.fields.get(_TEXTS.get(self.method, ""))
        return value if isinstance(value, str) else ""

    def is_like(self, other: "Finding") -> bool:
        """Whether the other differs in its text alone."""
        if (self.method, self.candidate, self.field) != (*other[:2], other.field):
            return False
        return _beside(self.fields, self.field) == _beside(other.fields, other.field)


def _beside(fields: Mapping[str, object], field: str | None) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name != field}


class RecordingSink:
    """A sink that passes everything on, and keeps it in `findings`."""

    def __init__(self, sink: FindingSink) -> None:
        self._sink = sink
        self.findings: list[Finding] = []

    def text(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("text", candidate, fields))
        self._sink.text(candidate, fields)

    def thinking(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("thinking", candidate, fields))
        self._sink.thinking(candidate, fields)

    def tool_call(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("tool_call", candidate, fields))
        self._sink.tool_call(candidate, fields)

    def tool_call_end(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("tool_call_end", candidate, fields))
        self._sink.tool_call_end(candidate, fields)

    def opaque(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("opaque", candidate, fields))
        self._sink.opaque(candidate, fields)

    def foreign_block(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("foreign_block", candidate, fields))
        self._sink.foreign_block(candidate, fields)

    def metadata(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("metadata", candidate, fields))
        self._sink.metadata(candidate, fields)

    def finish(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("finish", candidate, fields))
        self._sink.finish(candidate, fields)

    def end(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("end", candidate, fields))
        self._sink.end(candidate, fields)

    def error(self, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding("error", candidate, fields))
        self._sink.error(candidate, fields)

    def made_id(self, element: object, is_new: bool) -> str | None:
        # An id is of one element: the next frame's is another.
        self.findings.append(Finding("made_id", 0, {}))
        return self._sink.made_id(element, is_new)
