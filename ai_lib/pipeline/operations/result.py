"""OperationResult: what a response to an operation says, in standard names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.types.json import JsonDict, JsonObject, JsonValue, is_number
from ai_lib.types.usage import Usage

_TEXT_NAMES: Final = ("text", "markdown", "revised_prompt", "transcript", "document")


class OperationResult(msgspec.Struct, kw_only=True):
    """The facts of a response, its elements, its other lists by name, or its bytes.

    `refused` counts the elements that were filtered. `document` is the decoded body, None where
    it is no JSON. `partial` says that an element of a stream will be replaced.
    """

    facts: JsonDict = {}
    items: list[JsonDict] = []
    lists: dict[str, list[JsonDict]] = {}
    data: bytes = b""
    media_type: str = ""
    text: str = ""
    refused: int = 0
    usage: Usage = Usage()
    document: JsonValue = None
    headers: Mapping[str, str] = {}
    request_id: str | None = None
    adaptations: Sequence[str] = ()
    is_partial: bool = False
    is_final: bool = False

    def read_texts(self) -> list[str]:
        """Return the texts that a model wrote, for guardrails."""
        return [part[name] for part, name in self._iterate_texts()]

    def replace_texts(self, texts: Sequence[str]) -> None:
        """Replace them; the provider's own body is removed where any is another one."""
        for (part, name), text in zip(list(self._iterate_texts()), texts, strict=True):
            if part[name] != text:
                part[name] = text
                self.document = None
        self.text = str(self.facts.get("text", "")) if self.text else ""

    def _iterate_texts(self) -> Iterator[tuple[JsonDict, str]]:
        parts = [self.facts, *self.items]
        for elements in self.lists.values():
            parts += elements
        for part in parts:
            for name in _TEXT_NAMES:
                if isinstance(part.get(name), str):
                    yield part, name


def find_text(part: JsonObject, name: str) -> str | None:
    """Return a member that is a text, None where it is none."""
    value = part.get(name)
    return value if isinstance(value, str) else None


def find_number(part: JsonObject, name: str) -> float | None:
    """Return a member that is a number, or the number a text is; None where it is none."""
    return read_number(part.get(name))


def read_number(value: object) -> float | None:
    """Return a number, or the number that a text is; None for anything else."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return value if is_number(value) else None
