"""Reports feedback, to a sink or to the one of the context one is in."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Final, Protocol, TextIO, TypeVar

from ai_lib.telemetry.deferred_apply import report_lost
from ai_lib.telemetry.feedback.types import Feedback

Kind = TypeVar("Kind", bound=Feedback)


class FeedbackSink(Protocol):
    """Takes feedback. What it raises is logged and reaches nobody: feedback may be lost."""

    async def report(self, feedback: Feedback) -> None:
        """Take in what somebody said."""
        ...


class NoopFeedbackSink:
    """Drops everything."""

    async def report(self, feedback: Feedback) -> None:
        """Do nothing."""


class InMemoryFeedbackSink:
    """Keeps the latest `max_events`."""

    def __init__(self, max_events: int = 10_000) -> None:
        if max_events < 1:
            raise ValueError("max_events is at least 1")
        self._events: deque[Feedback] = deque(maxlen=max_events)

    async def report(self, feedback: Feedback) -> None:
        """Keep it; the oldest goes when there are too many."""
        self._events.append(feedback)

    def get_events(self) -> list[Feedback]:
        """Return what was said, oldest first."""
        return list(self._events)

    def get_events_by_request(self, request_id: str) -> list[Feedback]:
        """Return what was said of one reply."""
        return [event for event in self._events if event.request_id == request_id]

    def get_events_by_type(self, kind: type[Kind]) -> list[Kind]:
        """Return feedback of one class."""
        return [event for event in self._events if isinstance(event, kind)]

    def clear(self) -> None:
        """Forget it all."""
        self._events.clear()

    def __len__(self) -> int:
        return len(self._events)


class ConsoleFeedbackSink:
    """Writes a line of JSON for each, to standard error unless told otherwise."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def report(self, feedback: Feedback) -> None:
        """Write it."""
        line = json.dumps(feedback.to_dict(), ensure_ascii=False)
        (self._stream or sys.stderr).write(f"{line}\n")


class CallbackFeedbackSink:
    """Hands each to a function."""

    def __init__(self, callback: Callable[[Feedback], Awaitable[object]]) -> None:
        self._callback = callback

    async def report(self, feedback: Feedback) -> None:
        """Call the function."""
        await self._callback(feedback)


class CompositeFeedbackSink:
    """Hands each to several sinks; one that fails does not keep it from the others."""

    def __init__(self, sinks: Sequence[FeedbackSink]) -> None:
        self._sinks = tuple(sinks)

    async def report(self, feedback: Feedback) -> None:
        """Hand it on."""
        for sink in self._sinks:
            await delivered_to(sink, feedback)


async def delivered_to(sink: FeedbackSink, feedback: Feedback) -> bool:
    """Whether the sink took it without an error; its error is logged, as a warning.

    Raises:
        TypeError: this is no feedback.
    """
    if not isinstance(feedback, Feedback):
        raise TypeError(f"{feedback!r} is no feedback; see the classes in ai_lib.telemetry")
    try:
        await sink.report(feedback)
    except Exception as error:  # noqa: BLE001 (a sink's fault is no reason to fail the caller)
        report_lost(sink, error)
        return False
    return True


_sink: Final[ContextVar[FeedbackSink | None]] = ContextVar("ai_lib_feedback_sink", default=None)


def set_feedback_sink(sink: FeedbackSink | None) -> FeedbackSink | None:
    """Choose where `report_feedback` sends what it is given no sink for; return the one before.

    The choice is that of the current context (`contextvars`): of this task or thread and the
    tasks it starts from now on. Other threads and tasks that run already keep theirs. No client
    ever looks at it. None chooses no sink again.
    """
    before = _sink.get()
    _sink.set(sink)
    return before


def get_feedback_sink() -> FeedbackSink | None:
    """Return the sink of the current context, None when none was chosen."""
    return _sink.get()


async def report_feedback(feedback: Feedback, sink: FeedbackSink | None = None) -> bool:
    """Hand feedback to the sink, or to the one of the current context.

    Returns whether a sink took it: without one, and when the sink fails, it is lost.

    Raises:
        TypeError: this is no feedback.
    """
    chosen = _sink.get() if sink is None else sink
    if chosen is None:
        if not isinstance(feedback, Feedback):
            raise TypeError(f"{feedback!r} is no feedback; see the classes in ai_lib.telemetry")
        return False
    return await delivered_to(chosen, feedback)
