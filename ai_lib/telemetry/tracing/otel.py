"""Makes spans of OpenTelemetry beside our own, where its SDK is set up."""

from __future__ import annotations

import sys
from typing import Any, Final

from ai_lib._version import __version__
from ai_lib.telemetry.tracing import semantic_conventions as semantics
from ai_lib.telemetry.tracing.span import Attribute, SpanEvent, SpanKind
from ai_lib.telemetry.tracing.trace_context import SpanContext

_NANO: Final = 1_000_000_000


def read_otel_context() -> SpanContext | None:
    """Return the context of OpenTelemetry's current span, None outside of one."""
    trace = sys.modules.get("opentelemetry.trace")
    return (
        _convert_context(trace.get_current_span().get_span_context()) if trace is not None else None
    )


def _convert_context(context: Any) -> SpanContext | None:
    if not context.is_valid:
        return None
    return SpanContext(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        sampled=bool(context.trace_flags & 1),
        tracestate=context.trace_state.to_header(),
    )


class OtelBridge:
    """Makes OpenTelemetry's spans for one tracer; without the package or its SDK it makes none."""

    def __init__(self, name: str, provider: object) -> None:
        self._name = name
        self._provider = provider
        self._cached_tracer: tuple[Any, Any] = (None, None)

    def start(self, name: str, kind: SpanKind, parent: SpanContext | None) -> OtelSpan | None:
        """Return a span under the parent, in the current context, or None."""
        tracer = self._get_tracer()
        if tracer is None:
            return None
        from opentelemetry import trace

        context = None if parent is None else _make_parent_context(parent)
        span = tracer.start_span(name, context, getattr(trace.SpanKind, kind.name))
        span_context = _convert_context(span.get_span_context())
        return OtelSpan(span, span_context) if span_context is not None else None

    def _get_tracer(self) -> Any:
        provider: Any = self._provider
        if provider is None:
            trace = _import_trace()
            if trace is None:
                return None
            provider = trace.get_tracer_provider()
            # Without an SDK the provider is one of these, which record nothing.
            if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
                return None
        cached_provider, tracer = self._cached_tracer
        if cached_provider is not provider:
            attributes = None
            if self._name != semantics.SCOPE_NAME:
                attributes = {"ai_lib.tracer": self._name}
            tracer = provider.get_tracer(
                semantics.SCOPE_NAME, __version__, semantics.SCHEMA_URL, attributes
            )
            self._cached_tracer = provider, tracer
        return tracer


class OtelSpan:
    """A span of OpenTelemetry that records what our span records."""

    def __init__(self, span: Any, context: SpanContext) -> None:
        self.context = context
        self._span = span

    def update_name(self, name: str) -> None:
        """Change the name."""
        self._span.update_name(name)

    def set_attribute(self, key: str, value: Attribute) -> None:
        """Set an attribute."""
        self._span.set_attribute(key, value)

    def add_event(self, event: SpanEvent) -> None:
        """Add an event."""
        self._span.add_event(event.name, event.attributes, int(event.at * _NANO))

    def set_error(self, description: str) -> None:
        """Set the status to error."""
        from opentelemetry.trace import Status, StatusCode

        self._span.set_status(Status(StatusCode.ERROR, description))

    def end(self) -> None:
        """End the span."""
        self._span.end()

    def attach(self) -> object:
        """Make it OpenTelemetry's current span; return the token for `detach`."""
        from opentelemetry import context, trace

        return context.attach(trace.set_span_in_context(self._span))

    def detach(self, token: Any) -> None:
        """Restore the span that was current before."""
        from opentelemetry import context

        context.detach(token)


def _import_trace() -> Any:
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace


def _make_parent_context(parent: SpanContext) -> Any:
    """Return a context with this span as the current one, or None when it already is."""
    from opentelemetry import trace

    if read_otel_context() == parent:
        return None
    context = trace.SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=False,
        trace_flags=trace.TraceFlags(int(parent.sampled)),
        trace_state=trace.TraceState.from_header([parent.tracestate] if parent.tracestate else []),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(context))
