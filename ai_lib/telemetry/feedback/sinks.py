"""Reports feedback to a sink: a given one, or the one of the current context."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Final, Protocol, TextIO, TypeVar

from ai_lib.errors.printable import to_printable
from ai_lib.telemetry.deferred_apply import log_lost
from ai_lib.telemetry.feedback.types import Feedback

Kind = TypeVar("Kind", bound=Feedback)


class FeedbackSink(Protocol):
    """Receives feedback. Its errors are logged and not raised: feedback may be lost."""

    async def report(self, feedback: Feedback) -> None:
        """Receive a feedback."""
        ...


class NoopFeedbackSink:
    """Drops all feedback."""

    async def report(self, feedback: Feedback) -> None:
        """Do nothing."""


class InMemoryFeedbackSink:
    """Keeps the latest `max_events`."""

    def __init__(self, max_events: int = 10_000) -> None:
        if max_events < 1:
            raise ValueError("max_events is at least 1")
        self._events: deque[Feedback] = deque(maxlen=max_events)

    async def report(self, feedback: Feedback) -> None:
        """Keep the feedback; the oldest is dropped when there are too many."""
        self._events.append(feedback)

    def get_events(self) -> list[Feedback]:
        """Return the feedback, oldest first."""
        return list(self._events)

    def get_events_by_request(self, request_id: str) -> list[Feedback]:
        """Return the feedback on one response."""
        return [event for event in self._events if event.request_id == request_id]

    def get_events_by_type(self, kind: type[Kind]) -> list[Kind]:
        """Return the feedback of one class."""
        return [event for event in self._events if isinstance(event, kind)]

    def clear(self) -> None:
        """Drop all feedback."""
        self._events.clear()

    def __len__(self) -> int:
        return len(self._events)


class ConsoleFeedbackSink:
    """Writes a line of JSON for each feedback, to standard error unless a stream is given."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def report(self, feedback: Feedback) -> None:
        """Write the feedback."""
        line = json.dumps(feedback.to_dict(), ensure_ascii=False)
        (self._stream or sys.stderr).write(f"{to_printable(line)}\n")


class CallbackFeedbackSink:
    """Calls a function with each feedback."""

    def __init__(self, callback: Callable[[Feedback], Awaitable[object]]) -> None:
        self._callback = callback

    async def report(self, feedback: Feedback) -> None:
        """Call the function."""
        await self._callback(feedback)


class CompositeFeedbackSink:
    """Reports each feedback to several sinks; one that fails does not stop the others."""

    def __init__(self, sinks: Sequence[FeedbackSink]) -> None:
        self._sinks = tuple(sinks)

    async def report(self, feedback: Feedback) -> None:
        """Report to all sinks."""
        for sink in self._sinks:
            await report_safely(sink, feedback)


async def report_safely(sink: FeedbackSink, feedback: Feedback) -> bool:
    """Report to a sink; log its error as a warning, and return whether there was none.

    Raises:
        TypeError: `feedback` is no Feedback.
    """
    if not isinstance(feedback, Feedback):
        raise TypeError(f"{feedback!r} is no feedback; see the classes in ai_lib.telemetry")
    try:
        await sink.report(feedback)
    except Exception as error:  # noqa: BLE001 (a sink's fault is no reason to fail the caller)
        log_lost(sink, error)
        return False
    return True


_sink: Final[ContextVar[FeedbackSink | None]] = ContextVar("ai_lib_feedback_sink", default=None)


def set_feedback_sink(sink: FeedbackSink | None) -> FeedbackSink | None:
    """Set the sink of the current context for `report_feedback`; return the one before.

    It is the sink of this task or thread and of the tasks it starts from now on (`contextvars`).
    Other threads and tasks that run already keep theirs. Clients do not use it. None unsets it.
    """
    previous = _sink.get()
    _sink.set(sink)
    return previous


def get_feedback_sink() -> FeedbackSink | None:
    """Return the sink of the current context, or None."""
    return _sink.get()


async def report_feedback(feedback: Feedback, sink: FeedbackSink | None = None) -> bool:
    """Report feedback to the sink, or to the one of the current context.

    Returns whether a sink took it: without a sink, and when it fails, the feedback is lost.

    Raises:
        TypeError: `feedback` is no Feedback.
    """
    if sink is None:
        sink = _sink.get()
    if sink is None:
        if not isinstance(feedback, Feedback):
            raise TypeError(f"{feedback!r} is no feedback; see the classes in ai_lib.telemetry")
        return False
    return await report_safely(sink, feedback)
