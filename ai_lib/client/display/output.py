"""Shows a response while it arrives: in one output area of a notebook, or on standard output."""

import sys
import uuid
from typing import Final, Protocol

from ai_lib.errors.printable import to_printable
from ai_lib.types.display import candidate_markdown, tool_call_text
from ai_lib.types.events import (
    Event,
    PartialContentDelta,
    PartialToolCall,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.json import JsonObject
from ai_lib.types.markup.notebook import find_notebook, publish

_REDRAW_SECONDS: Final = 0.125


class Output(Protocol):
    """Shows what has arrived so far, and at the end all of it."""

    def take(self, event: Event | None, now: float) -> bool:
        """Take an event; return whether the Markdown is to be drawn now.

        None stands for a change of the whole Markdown; `now` is the seconds of a clock.
        """
        ...

    def draw(self, markdown: str) -> None:
        """Show Markdown in place of what was drawn before."""
        ...

    def end(self, markdown: str, summary: str) -> None:
        """Show all of it; `summary` is its last line, as plain text."""
        ...


def default_output() -> Output:
    """Return the output area of the notebook's cell, or standard output outside a notebook."""
    return NotebookOutput() if find_notebook() is not None else TerminalOutput()


class NotebookOutput:
    """Rewrites one display of the cell, at most eight times a second."""

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self._due = 0.0
        self._is_drawn = False

    def take(self, event: Event | None, now: float) -> bool:
        """Return whether an eighth of a second has passed since the last drawing."""
        if now < self._due:
            return False
        self._due = now + _REDRAW_SECONDS
        return True

    def draw(self, markdown: str) -> None:
        """Show Markdown in place of what was drawn before."""
        data = {"text/markdown": markdown, "text/plain": markdown}
        publish(data, self._id, update=self._is_drawn)
        self._is_drawn = True

    def end(self, markdown: str, summary: str) -> None:
        """Show all of it."""
        self.draw(markdown)


class TerminalOutput:
    """Writes text as it arrives, and each tool call on a line of its own."""

    def __init__(self) -> None:
        self._is_line_start = True

    def take(self, event: Event | None, now: float) -> bool:
        """Write what the event adds; nothing is ever redrawn."""
        if isinstance(event, PartialContentDelta) and not event.candidate:
            self._write(event.content)
        elif isinstance(event, ToolCallEnded) and not event.candidate:
            self._write_line(f"[calls {tool_call_text(event.tool_name, event.arguments)}]")
        return False

    def draw(self, markdown: str) -> None:
        """Do nothing: written text stays."""

    def end(self, markdown: str, summary: str) -> None:
        """Write the summary."""
        self._write_line(f"[{summary}]")

    def _write_line(self, text: str) -> None:
        self._write(text + "\n" if self._is_line_start else f"\n{text}\n")

    def _write(self, text: str) -> None:
        if text:
            text = to_printable(text)
            self._is_line_start = text.endswith("\n")
            sys.stdout.write(text)
            sys.stdout.flush()


_CURSOR = " ▌"


class LiveResponse:
    """Collects the thinking, text and tool calls of the first candidate from events."""

    def __init__(self) -> None:
        self._thinking: list[str] = []
        self._content: list[str] = []
        self._calls: dict[int, tuple[str, JsonObject | str]] = {}

    def take(self, event: Event) -> None:
        """Take one event."""
        if event.candidate:
            return
        if isinstance(event, PartialContentDelta):
            self._content.append(event.content)
        elif isinstance(event, ThinkingDelta):
            self._thinking.append(event.thinking)
        elif isinstance(event, ToolCallStarted):
            self._calls[event.index] = event.tool_name, ""
        elif isinstance(event, PartialToolCall):
            name, arguments = self._calls.get(event.index, ("", ""))
            self._calls[event.index] = name, f"{arguments}{event.arguments}"
        elif isinstance(event, ToolCallEnded):
            self._calls[event.index] = event.tool_name, event.arguments

    def to_markdown(self, *, growing: bool = True) -> str:
        """Return the response so far as Markdown, with a cursor while it is `growing`."""
        content = "".join(self._content)
        calls = [self._calls[index] for index in sorted(self._calls)]
        # A cursor in a table or in code would become part of it.
        cursor = _CURSOR if growing and content[-1:].isalnum() and "```" not in content else ""
        return candidate_markdown("".join(self._thinking), content, calls, cursor)
