"""One span: an operation with its times, attributes and events."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from ai_lib.telemetry.redaction import Redactor
from ai_lib.telemetry.tracing.trace_context import SpanContext

Attribute: TypeAlias = str | bool | int | float | Sequence[str] | Sequence[int] | Sequence[float]

_MAX_ITEMS: Final = 128


class SpanKind(str, enum.Enum):
    """The kind of a span: internal work, or one side of a call."""

    INTERNAL = "internal"
    CLIENT = "client"
    SERVER = "server"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class SpanStatus(str, enum.Enum):
    """How a span ended; unset until it is set."""

    UNSET = "unset"
    OK = "ok"
    ERROR = "error"


class SpanEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened within a span, at a moment in seconds since the epoch."""

    name: str
    at: float
    attributes: Mapping[str, Attribute] = {}


class ForeignSpan(Protocol):
    """Another library's span, which records what ours records."""

    def update_name(self, name: str) -> None: ...
    def set_attribute(self, key: str, value: Attribute) -> None: ...
    def add_event(self, event: SpanEvent) -> None: ...
    def set_error(self, description: str) -> None: ...
    def end(self) -> None: ...
    def attach(self) -> object: ...
    def detach(self, token: object) -> None: ...


class Span:
    """A span that a tracer started. Its methods may be called from any thread; after its end they
    change nothing. Text that looks like a secret is hidden.

    Times are seconds since the epoch. There are at most 128 attributes and 128 events.
    """

    def __init__(
        self,
        name: str,
        context: SpanContext,
        *,
        kind: SpanKind,
        parent_span_id: str | None,
        clock: Callable[[], float],
        redactor: Redactor,
        on_end: Callable[[Span], object],
        foreign_span: ForeignSpan | None = None,
    ) -> None:
        self.name = name
        self.context = context
        self.kind = kind
        self.parent_span_id = parent_span_id
        self.attributes: dict[str, Attribute] = {}
        self.events: list[SpanEvent] = []
        self.status = SpanStatus.UNSET
        self.status_description = ""
        self.started_at = clock()
        self.ended_at: float | None = None
        self.redactor = redactor
        self._clock = clock
        self.foreign_span = foreign_span
        self._due = [on_end]

    @property
    def trace_id(self) -> str:
        """The trace it belongs to, 32 hexadecimal digits."""
        return self.context.trace_id

    @property
    def span_id(self) -> str:
        """Its own id, 16 hexadecimal digits."""
        return self.context.span_id

    @property
    def is_recording(self) -> bool:
        """Whether the span has not ended."""
        return bool(self._due)

    @property
    def duration_ms(self) -> float | None:
        """The duration, None until the span has ended."""
        return None if self.ended_at is None else (self.ended_at - self.started_at) * 1000

    def update_name(self, name: str) -> Span:
        """Change the name."""
        if self.is_recording:
            self.name = name
            if self.foreign_span is not None:
                self.foreign_span.update_name(name)
        return self

    def set_attribute(self, key: str, value: Attribute) -> Span:
        """Set an attribute; a second value replaces the first.

        Raises:
            TypeError: the value is no text, truth value or number, nor a sequence of them.
        """
        value = self._redact(key, value)
        if self.is_recording and (key in self.attributes or len(self.attributes) < _MAX_ITEMS):
            self.attributes[key] = value
            if self.foreign_span is not None:
                self.foreign_span.set_attribute(key, value)
        return self

    def set_attributes(self, attributes: Mapping[str, Attribute]) -> Span:
        """Set several attributes. Raises as `set_attribute`."""
        for key, value in attributes.items():
            self.set_attribute(key, value)
        return self

    def add_event(self, name: str, attributes: Mapping[str, Attribute] | None = None) -> Span:
        """Add an event that happens now. Raises as `set_attribute`."""
        clean = {key: self._redact(key, value) for key, value in (attributes or {}).items()}
        if self.is_recording and len(self.events) < _MAX_ITEMS:
            event = SpanEvent(name=name, at=self._clock(), attributes=clean)
            self.events.append(event)
            if self.foreign_span is not None:
                self.foreign_span.add_event(event)
        return self

    def record_exception(self, error: BaseException) -> Span:
        """Add an exception as an event: its type and message, no traceback."""
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else _get_full_name(kind)
        return self.add_event(
            "exception", {"exception.type": name, "exception.message": str(error)}
        )

    def set_status(self, status: SpanStatus, description: str = "") -> Span:
        """Set how the span ended."""
        if self.is_recording:
            self.status = status
            self.status_description = self.redactor.redact_text(description)
            if self.foreign_span is not None and status is SpanStatus.ERROR:
                self.foreign_span.set_error(self.status_description)
        return self

    def end(self) -> None:
        """End the span. A second call does nothing."""
        try:
            on_end = self._due.pop()  # in one step: another thread may end it as well
        except IndexError:
            return
        self.ended_at = self._clock()
        if self.foreign_span is not None:
            self.foreign_span.end()
        on_end(self)

    def to_dict(self) -> dict[str, object]:
        """Return the span as plain data."""
        return {
            "name": self.name,
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "parent_span_id": self.parent_span_id,
            "kind": self.kind.value,
            "status": self.status.value,
            "status_description": self.status_description,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "attributes": dict(self.attributes),
            "events": [msgspec.to_builtins(event) for event in self.events],
        }

    def _redact(self, key: str, value: Attribute) -> Attribute:
        if isinstance(value, str):
            clean = self.redactor.redact_value(value, key)
            return clean if isinstance(clean, str) else value
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, list | tuple) and all(isinstance(item, _PLAIN) for item in value):
            numbers = [item for item in value if isinstance(item, int | float)]
            if len(numbers) == len(value):
                return numbers
            return [self.redactor.redact_text(str(item)) for item in value]
        raise TypeError(
            f"{key}: an attribute is text, a truth value, a number or a sequence of them, "
            f"not {type(value).__name__}"
        )

    def __repr__(self) -> str:
        state = "recording" if self.is_recording else self.status.value
        return f"<Span {self.name!r} {self.span_id} {state}>"


_PLAIN: Final = (str, bool, int, float)


def _get_full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
