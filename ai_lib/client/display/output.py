"""Where an answer is shown as it arrives: one output area of a notebook, or standard output."""

import sys
import uuid
from typing import Final, Protocol

from ai_lib.types.display import call_text, said_sheet
from ai_lib.types.events import (
    Event,
    PartialContentDelta,
    PartialToolCall,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.json import JsonObject
from ai_lib.types.markup.notebook import notebook, publish

_SECONDS: Final = 0.125


class Output(Protocol):
    """Shows what has come so far, and at last all of it."""

    def wants(self, event: Event | None, at: float) -> bool:
        """Take in an event; say whether the sheet is to be drawn now, `at` the seconds of a clock.

        Without an event it is one that changes the whole sheet.
        """
        ...

    def draw(self, sheet: str) -> None:
        """Show Markdown in place of what was shown."""
        ...

    def end(self, sheet: str, last: str) -> None:
        """Show the whole; `last` is its last line, as plain text."""
        ...


def area() -> Output:
    """Return the output area of the notebook's cell, or standard output where there is none."""
    return NotebookOutput() if notebook() is not None else TerminalOutput()


class NotebookOutput:
    """One display of the cell that is rewritten, at most eight times a second."""

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self._due = 0.0
        self._is_there = False

    def wants(self, event: Event | None, at: float) -> bool:
        """Say whether an eighth of a second has gone by."""
        if at < self._due:
            return False
        self._due = at + _SECONDS
        return True

    def draw(self, sheet: str) -> None:
        """Show Markdown in place of what was shown."""
        data = {"text/markdown": sheet, "text/plain": sheet}
        publish(data, self._id, again=self._is_there)
        self._is_there = True

    def end(self, sheet: str, last: str) -> None:
        """Show the whole."""
        self.draw(sheet)


class TerminalOutput:
    """Writes text as it comes, and calls on lines of their own."""

    def __init__(self) -> None:
        self._ended = True

    def wants(self, event: Event | None, at: float) -> bool:
        """Write what the event brings; nothing is ever drawn again."""
        if isinstance(event, PartialContentDelta) and not event.candidate:
            self._write(event.content)
        elif isinstance(event, ToolCallEnded) and not event.candidate:
            self._line(f"[calls {call_text(event.tool_name, event.arguments)}]")
        return False

    def draw(self, sheet: str) -> None:
        """Do nothing: what is written stays."""

    def end(self, sheet: str, last: str) -> None:
        """Write the last line."""
        self._line(f"[{last}]")

    def _line(self, text: str) -> None:
        self._write(text + "\n" if self._ended else f"\n{text}\n")

    def _write(self, text: str) -> None:
        if text:
            self._ended = text.endswith("\n")
            sys.stdout.write(text)
            sys.stdout.flush()


_CURSOR = " ▌"


class LiveResponse:
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
