"""A reply as far as it has come, for whoever watches it being written."""

from ai_lib.types.events import (
    Event,
    PartialContentDelta,
    PartialToolCall,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.json import JsonObject
from ai_lib.types.sheet import said_sheet

_CURSOR = " ▌"


class Draft:
    """Collects the first candidate's thinking, text and tool calls from events."""

    def __init__(self) -> None:
        self._thinking: list[str] = []
        self._content: list[str] = []
        self._calls: dict[int, tuple[str, JsonObject | str]] = {}

    def take(self, event: Event) -> None:
        """Take in one event."""
        if event.candidate:
            return
        if isinstance(event, PartialContentDelta):
            self._content.append(event.content)
        elif isinstance(event, ThinkingDelta):
            self._thinking.append(event.thinking)
        elif isinstance(event, ToolCallStarted):
            self._calls[event.index] = event.tool_name, ""
        elif isinstance(event, PartialToolCall):
            name, given = self._calls.get(event.index, ("", ""))
            self._calls[event.index] = name, f"{given}{event.arguments}"
        elif isinstance(event, ToolCallEnded):
            self._calls[event.index] = event.tool_name, event.arguments

    def sheet(self, *, growing: bool = True) -> str:
        """Return it as Markdown, with a cursor as long as it grows."""
        said = "".join(self._content)
        calls = [self._calls[index] for index in sorted(self._calls)]
        # A cursor in a table or in code would be part of it.
        end = _CURSOR if growing and said[-1:].isalnum() and "```" not in said else ""
        return said_sheet("".join(self._thinking), said, calls, end)
