"""Records what the rules find in one frame, on its way to their sink."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ai_lib.pipeline.rules.sink import Fields, FindingKind, FindingSink

# The field of a finding that is one piece of text, and the fields that may come with it.
_TEXT_FIELDS: Final[Mapping[FindingKind, str]] = {
    "text": "content",
    "thinking": "thinking",
    "tool_call": "arguments",
}
_FIELDS_BESIDE_TEXT: Final = frozenset({"index", "tool_call_id", "tool_name"})


class Finding(NamedTuple):
    """What one rule gave the sink."""

    kind: FindingKind
    candidate: int
    fields: Fields

    @property
    def field(self) -> str | None:
        """The name of the field that is a piece of text, None when the finding holds more."""
        field = _TEXT_FIELDS.get(self.kind)
        if (
            field is None
            or not self.text
            or not self.fields.keys()
            <= {
                field,
                *_FIELDS_BESIDE_TEXT,
            }
        ):
            return None
        return field

    @property
    def text(self) -> str:
        """The piece of text, empty when there is none."""
        value = self.fields.get(_TEXT_FIELDS.get(self.kind, ""))
        return value if isinstance(value, str) else ""

    def differs_in_text_only(self, other: "Finding") -> bool:
        """Say whether everything but the text is the same in both findings."""
        if (self.kind, self.candidate, self.field) != (*other[:2], other.field):
            return False
        return _without(self.field, self.fields) == _without(other.field, other.fields)


def _without(field: str | None, fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name != field}


class RecordingSink:
    """Passes every finding on to another sink and keeps it in `findings`."""

    def __init__(self, sink: FindingSink) -> None:
        self._sink = sink
        self._has_made_ids = False
        self.findings: list[Finding] = []

    @property
    def text_finding(self) -> Finding | None:
        """The one finding when it is a piece of text and nothing else was found."""
        if len(self.findings) != 1 or self._has_made_ids or self.findings[0].field is None:
            return None
        return self.findings[0]

    def add(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        self.findings.append(Finding(kind, candidate, fields))
        self._sink.add(kind, candidate, fields)

    def id_for(self, element: object, is_new: bool) -> str | None:
        self._has_made_ids = True  # the next frame's element gets another id
        return self._sink.id_for(element, is_new)
