"""The interface of what receives the findings of a dialect's rules."""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

Fields: TypeAlias = Mapping[str, object]

FindingKind: TypeAlias = Literal[
    "text",
    "thinking",
    "tool_call",
    "tool_call_end",
    "opaque",
    "citation",
    "source",
    "logprobs",
    "media",
    "provider_block",
    "hosted_start",
    "hosted_delta",
    "hosted_result",
    "metadata",
    "finish",
    "end",
    "error",
]


class FindingSink(Protocol):
    """Receives what rules find in a frame."""

    def add(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        """Take one finding: its kind, the index of its candidate, and the rule's fields."""

    def id_for(self, element: object, is_new: bool) -> str | None:
        """Return the id made for a tool call that the wire gives none.

        All rules that read the same element get the same id; it is made when one `is_new`.
        """
