"""Makes spans, and spans of OpenTelemetry beside them where that is set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Final

from ai_lib.telemetry.deferred_apply import call_safely, wall_clock
from ai_lib.telemetry.redaction import Redactor
from ai_lib.telemetry.tracing.otel import OtelBridge, read_otel_context
from ai_lib.telemetry.tracing.span import Attribute, Span, SpanKind, SpanStatus
from ai_lib.telemetry.tracing.trace_context import SpanContext

# Our current span, and what OpenTelemetry's was when ours became it.
_current: Final[ContextVar[tuple[Span | None, SpanContext | None]]] = ContextVar(
    "ai_lib_span", default=(None, None)
)


def get_current_span() -> Span | None:
    """Return the span of the innermost `with tracer.span(...)` around, None outside of one."""
    return _current.get()[0]


class Tracer:
    """Makes spans.

        >>> tracer = Tracer("my_service", exporter=InMemoryExporter())
        >>> with tracer.span("lookup") as span:
        ...     span.set_attribute("rows", 3)

    `exporter` is called with each span that has ended, in any thread; it must not wait, and its
    errors are logged. Where OpenTelemetry's SDK is set up (its global provider, or the `provider`
    given), each span has one of OpenTelemetry's beside it, with the same ids, in its context;
    `opentelemetry=False` switches that off.

    Given to a client, `cost_attributes` are further names under which a call's cost is recorded,
    where it is in USD: what a service reads it by, if it does not price tokens itself.
    `propagate` sends `traceparent` and `tracestate` with requests, and
    `capture_content` puts the messages, instructions and tools with their arguments and results
    into the spans, secrets hidden, cut after 65,536 characters.
    """

    def __init__(
        self,
        name: str = "ai_lib",
        *,
        exporter: Callable[[Span], object] | None = None,
        provider: object = None,
        opentelemetry: bool = True,
        propagate: bool = True,
        capture_content: bool = False,
        cost_attributes: Sequence[str] = (),
        redactor: Redactor | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.name = name
        self.propagate = propagate
        self.capture_content = capture_content
        if isinstance(cost_attributes, str):
            raise TypeError("cost_attributes is a list of names, such as ['operation.cost']")
        self.cost_attributes = tuple(cost_attributes)
        self.redactor = redactor or Redactor()
        self._exporter = exporter
        self._bridge = OtelBridge(name, provider) if opentelemetry else None
        self._clock = clock or wall_clock

    def span(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Attribute] | None = None,
        *,
        parent: Span | SpanContext | None = None,
    ) -> SpanScope:
        """Return a `with` block in which a new span is the current one, and that ends it.

        An exception that leaves the block is recorded on the span. `parent` is the current span
        unless another is given, such as `SpanContext.from_traceparent` of a request.
        """
        return SpanScope(self.start_span(name, kind, attributes, parent=parent))

    def start_span(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Attribute] | None = None,
        *,
        parent: Span | SpanContext | None = None,
    ) -> Span:
        """Return a new span that is not made the current one; the caller ends it."""
        parent_context = (
            parent.context if isinstance(parent, Span) else parent or self._find_parent()
        )
        foreign_span = (
            self._bridge.start(name, kind, parent_context) if self._bridge is not None else None
        )
        span = Span(
            name,
            foreign_span.context if foreign_span is not None else SpanContext.new(parent_context),
            kind=kind,
            parent_span_id=parent_context.span_id if parent_context is not None else None,
            clock=self._clock,
            redactor=self.redactor,
            on_end=self._export,
            foreign_span=foreign_span,
        )
        return span.set_attributes(attributes or {})

    def _find_parent(self) -> SpanContext | None:
        """Return the context of the innermost span around, ours or OpenTelemetry's."""
        span, context_at_start = _current.get()
        otel_context = read_otel_context() if self._bridge is not None else None
        if span is not None and (otel_context is None or otel_context == context_at_start):
            return span.context
        return otel_context

    def _export(self, span: Span) -> None:
        if self._exporter is not None:
            call_safely(self._exporter, span)

    def __repr__(self) -> str:
        return f"Tracer({self.name!r})"


class SpanScope:
    """A `with` block around one span."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[tuple[Span | None, SpanContext | None]] | None = None
        self._foreign_token: object = None

    def __enter__(self) -> Span:
        if self._span.foreign_span is not None:
            self._foreign_token = self._span.foreign_span.attach()
        self._token = _current.set((self._span, read_otel_context()))
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
        if self._span.foreign_span is not None:
            self._span.foreign_span.detach(self._foreign_token)
        if error is None and self._span.status is SpanStatus.UNSET:
            self._span.set_status(SpanStatus.OK)
        if error is not None:
            self._span.set_attribute("error.type", type(error).__qualname__)
        if isinstance(error, Exception):
            self._span.record_exception(error)
            self._span.set_status(SpanStatus.ERROR, str(error))
        self._span.end()
