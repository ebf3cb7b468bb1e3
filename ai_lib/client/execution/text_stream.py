"""The text of a response as it arrives, without the other events."""

from __future__ import annotations

from typing import Protocol

from ai_lib.types.events import Event, PartialContentDelta
from ai_lib.types.response import COMMENTARY


class EventStream(Protocol):
    """A stream of events that is closed when it is done with."""

    async def __anext__(self) -> Event:
        """Return the next event."""
        ...

    async def aclose(self) -> None:
        """Release the connection."""
        ...


class TextStream:
    """Pieces of the first candidate's text, in order.

    Refusals, thinking, tool calls and what the model says beside its answer are left out; they are
    in the stream's response. Iterating raises as the stream does.
    """

    def __init__(self, events: EventStream) -> None:
        self._events = events

    def __aiter__(self) -> TextStream:
        return self

    async def __anext__(self) -> str:
        while True:
            event = await self._events.__anext__()
            if isinstance(event, PartialContentDelta) and _is_answer(event):
                return event.content

    async def __aenter__(self) -> TextStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Release the connection. Safe to call twice, and from another task or thread."""
        await self._events.aclose()


def _is_answer(event: PartialContentDelta) -> bool:
    is_beside = event.candidate > 0 or event.is_refusal or event.phase == COMMENTARY
    return bool(event.content) and not is_beside
