"""Follows the events of a streamed reply to the typed answer in it."""

from typing import Any

from ai_lib.structured.partial import PartialJson
from ai_lib.structured.shape import OutputShape
from ai_lib.types.events import Event, PartialContentDelta, PartialToolCall, ToolCallStarted
from ai_lib.types.json import JsonValue


class Following:
    """What is known of the answer in one reply, in its text or in the arguments of its call."""

    def __init__(self, shape: OutputShape[Any]) -> None:
        self._shape = shape
        self._json = PartialJson("{")
        self._call: str | None = None

    def take(self, event: Event) -> JsonValue:
        """Take one event; return the answer so far when it says something of it, else None."""
        match event:
            case PartialContentDelta(candidate=0) if self._call is None:
                return self._read(event.content)
            case ToolCallStarted(candidate=0) if event.tool_name == self._shape.name:
                self._call, self._json = event.tool_call_id, PartialJson("{")
            case PartialToolCall(candidate=0) if event.tool_call_id == self._call:
                return self._read(event.arguments)
            case _:
                pass
        return None

    def _read(self, text: str) -> JsonValue:
        if not self._json.feed(text) or not self._json.has_begun:
            return None
        return self._shape.partial(self._json.value)
