# Generated from ai_lib/client/execution/text_stream.py by codegen; do not edit.
"""The text of a response as it arrives, without the other events."""

from __future__ import annotations

from typing import Protocol

from ai_lib.types.events import Event, PartialContentDelta
from ai_lib.types.response import COMMENTARY


class EventStream(Protocol):
    """A stream of events that is closed when it is done with."""

    def __next__(self) -> Event:
        """Return the next event."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class TextStream:
    """Pieces of the first candidate's text, in order.

    Refusals, thinking, tool calls and what the model says beside its answer are left out; they are
    in the stream's response. Iterating raises as the stream does.
    """

    def __init__(self, events: EventStream) -> None:
        self._events = events

    def __iter__(self) -> TextStream:
        return self

    def __next__(self) -> str:
        while True:
            event = self._events.__next__()
            if isinstance(event, PartialContentDelta) and _is_answer(event):
                return event.content

    def __enter__(self) -> TextStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connection. Safe to call twice, and from another task or thread."""
        self._events.close()


def _is_answer(event: PartialContentDelta) -> bool:
    is_beside = event.candidate > 0 or event.is_refusal or event.phase == COMMENTARY
    return bool(event.content) and not is_beside
