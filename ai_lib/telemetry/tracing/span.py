"""One span: something that took time, and what is known of it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from ai_lib.telemetry.redaction import Redactor
from ai_lib.telemetry.tracing.trace_context import SpanContext

Attribute: TypeAlias = str | bool | int | float | Sequence[str] | Sequence[int] | Sequence[float]

_MOST: Final = 128


class SpanKind(str, enum.Enum):
    """What a span stands for: work of one's own, or one side of a call."""

    INTERNAL = "internal"
    CLIENT = "client"
    SERVER = "server"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class SpanStatus(str, enum.Enum):
    """How a span ended; unset until somebody says so."""

    UNSET = "unset"
    OK = "ok"
    ERROR = "error"


class SpanEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened within a span, at a moment in seconds since the epoch."""

    name: str
    at: float
    attributes: Mapping[str, Attribute] = {}


class ForeignSpan(Protocol):
    """Another library's span, which is told everything ours is told."""

    def name(self, name: str) -> None: ...
    def attribute(self, key: str, value: Attribute) -> None: ...
    def event(self, event: SpanEvent) -> None: ...
    def fail(self, description: str) -> None: ...
    def end(self) -> None: ...
    def attach(self) -> object: ...
    def detach(self, token: object) -> None: ...


class Span:
    """What a tracer hands out. It may be told things from any thread until it has ended; after
    that it takes in nothing. Text that looks like a secret is hidden.

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
        mirror: ForeignSpan | None = None,
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
        self.mirror = mirror
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
        """Whether it still takes things in."""
        return bool(self._due)

    @property
    def duration_ms(self) -> float | None:
        """How long it took, None until it has ended."""
        return None if self.ended_at is None else (self.ended_at - self.started_at) * 1000

    def update_name(self, name: str) -> Span:
        """Give it another name."""
        if self.is_recording:
            self.name = name
            if self.mirror is not None:
                self.mirror.name(name)
        return self

    def set_attribute(self, key: str, value: Attribute) -> Span:
        """Note a fact; a second value replaces the first.

        Raises:
            TypeError: the value is no text, truth value or number, nor a sequence of them.
        """
        value = self._clean(key, value)
        if self.is_recording and (key in self.attributes or len(self.attributes) < _MOST):
            self.attributes[key] = value
            if self.mirror is not None:
                self.mirror.attribute(key, value)
        return self

    def set_attributes(self, attributes: Mapping[str, Attribute]) -> Span:
        """Note several facts. Raises as `set_attribute`."""
        for key, value in attributes.items():
            self.set_attribute(key, value)
        return self

    def add_event(self, name: str, attributes: Mapping[str, Attribute] | None = None) -> Span:
        """Note that something happened now. Raises as `set_attribute`."""
        clean = {key: self._clean(key, value) for key, value in (attributes or {}).items()}
        if self.is_recording and len(self.events) < _MOST:
            event = SpanEvent(name=name, at=self._clock(), attributes=clean)
            self.events.append(event)
            if self.mirror is not None:
                self.mirror.event(event)
        return self

    def record_exception(self, error: BaseException) -> Span:
        """Note an exception: its type and message, no traceback."""
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else _full(kind)
        return self.add_event(
            "exception", {"exception.type": name, "exception.message": str(error)}
        )

    def set_status(self, status: SpanStatus, description: str = "") -> Span:
        """Say how it ended."""
        if self.is_recording:
            self.status = status
            self.status_description = self.redactor.text(description)
            if self.mirror is not None and status is SpanStatus.ERROR:
                self.mirror.fail(self.status_description)
        return self

    def end(self) -> None:
        """Say that it is over. A second call does nothing."""
        try:
            on_end = self._due.pop()  # in one step: another thread may end it as well
        except IndexError:
            return
        self.ended_at = self._clock()
        if self.mirror is not None:
            self.mirror.end()
        on_end(self)

    def to_dict(self) -> dict[str, object]:
        """Return everything as plain data."""
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

    def _clean(self, key: str, value: Attribute) -> Attribute:
        if isinstance(value, str):
            clean = self.redactor.value(value, key)
            return clean if isinstance(clean, str) else value
        if isinstance(value, bool | int | float):
            return value
        if isinstance(value, list | tuple) and all(isinstance(one, _PLAIN) for one in value):
            numbers = [one for one in value if isinstance(one, int | float)]
            if len(numbers) == len(value):
                return numbers
            return [self.redactor.text(str(one)) for one in value]
        raise TypeError(
            f"{key}: an attribute is text, a truth value, a number or a sequence of them, "
            f"not {type(value).__name__}"
        )

    def __repr__(self) -> str:
        state = "recording" if self.is_recording else self.status.value
        return f"<Span {self.name!r} {self.span_id} {state}>"


_PLAIN: Final = (str, bool, int, float)


def _full(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
