"""Reports feedback, to a sink or to the one of the context one is in."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from ai_lib.telemetry.feedback import Feedback

from .sinks import FeedbackSink, delivered_to

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
