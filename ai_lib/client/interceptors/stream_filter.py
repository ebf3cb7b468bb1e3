"""Filters that the events of a stream pass on their way to the caller."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.events import Event


class StreamFilter(Protocol):
    """Sees the events of one stream on their way to the caller."""

    def feed(self, events: list[Event]) -> Iterable[Event]:
        """Give what may be handed out now; held back events come out with a later call.

        The last call has the `StreamEnd`, or nothing but what the filter still holds is lost. An
        AiLibError raised while this is iterated ends the stream, after the events given before.
        """
        ...


class FilteredEvents(NamedTuple):
    """The events that may be handed out, and the error that ends the stream after them."""

    events: list[Event]
    refusal: AiLibError | None = None


def apply_filters(filters: Sequence[StreamFilter], events: list[Event]) -> FilteredEvents:
    """Return the events that pass these filters, in their order."""
    refusal = None
    for stream_filter in filters:
        passing: list[Event] = []
        try:
            for event in stream_filter.feed(events):
                passing.append(event)  # noqa: PERF402 (what came before an error counts)
        except AiLibError as error:
            refusal = (
                error  # it is about events that the filters before let through: it comes first
            )
        events = passing
    return FilteredEvents(events, refusal)
