"""A stream's events as bytes for browsers: our own, and the protocols of their frameworks."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.serving.event_writer import EventWriter as EventWriter
    from ai_lib.serving.protocols import HEADERS as HEADERS

    from .serialize import serialize_events as serialize_events

_WHERE = {
    "EventWriter": "ai_lib.serving.event_writer",
    "HEADERS": "ai_lib.serving.protocols",
    "serialize_events": ".serialize",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
