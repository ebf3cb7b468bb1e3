"""What the events of a stream pass on their way to the caller."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.events import Event


class StreamFilter(Protocol):
    """Sees the events of one stream on their way to the caller."""

    def feed(self, events: list[Event]) -> Iterable[Event]:
        """Give what may be handed out now; held back events come out with a later call.

        The last call has the `StreamEnd`, or nothing but what the screen still holds is lost. An
        AiLibError raised while this is iterated ends the stream, after the events given before.
        """
        ...


class FilteredEvents(NamedTuple):
    """The events that may be handed out, and the error that ends the stream after them."""

    events: list[Event]
    refusal: AiLibError | None = None


def screened(screens: Sequence[StreamFilter], events: list[Event]) -> FilteredEvents:
    """Let events pass these screens, in their order."""
    refusal = None
    for screen in screens:
        passed: list[Event] = []
        try:
            for event in screen.feed(events):
                passed.append(event)  # noqa: PERF402 (what came before an error counts)
        except AiLibError as error:
            refusal = error  # of what the ones before let through, so it comes before theirs
        events = passed
    return FilteredEvents(events, refusal)
