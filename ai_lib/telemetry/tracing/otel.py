"""Spans of OpenTelemetry beside our own, where its SDK is set up."""

from __future__ import annotations

import sys
from typing import Any, Final

from ai_lib.telemetry.tracing.span import Attribute, SpanEvent, SpanKind
from ai_lib.telemetry.tracing.trace_context import SpanContext

_NANO: Final = 1_000_000_000


def foreign_context() -> SpanContext | None:
    """Return the place of OpenTelemetry's current span, None outside of one."""
    trace = sys.modules.get("opentelemetry.trace")
    return _ours(trace.get_current_span().get_span_context()) if trace is not None else None


def _ours(context: Any) -> SpanContext | None:
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
        self._known: tuple[Any, Any] = (None, None)

    def start(self, name: str, kind: SpanKind, parent: SpanContext | None) -> OtelSpan | None:
        """Return a span under the parent, in the current context, or None."""
        tracer = self._tracer()
        if tracer is None:
            return None
        from opentelemetry import trace

        context = None if parent is None else _under(parent)
        span = tracer.start_span(name, context, getattr(trace.SpanKind, kind.name))
        own = _ours(span.get_span_context())
        return OtelSpan(span, own) if own is not None else None

    def _tracer(self) -> Any:
        provider: Any = self._provider
        if provider is None:
            trace = _trace_module()
            if trace is None:
                return None
            provider = trace.get_tracer_provider()
            # Without an SDK these two stand in for it, and record nothing.
            if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
                return None
        known, tracer = self._known
        if known is not provider:
            tracer = provider.get_tracer(self._name)
            self._known = provider, tracer
        return tracer


class OtelSpan:
    """One of OpenTelemetry's spans, told what ours is told."""

    def __init__(self, span: Any, context: SpanContext) -> None:
        self.context = context
        self._span = span

    def name(self, name: str) -> None:
        """Give it another name."""
        self._span.update_name(name)

    def attribute(self, key: str, value: Attribute) -> None:
        """Note a fact."""
        self._span.set_attribute(key, value)

    def event(self, event: SpanEvent) -> None:
        """Note that something happened."""
        self._span.add_event(event.name, event.attributes, int(event.at * _NANO))

    def fail(self, description: str) -> None:
        """Say that it ended in an error."""
        from opentelemetry.trace import Status, StatusCode

        self._span.set_status(Status(StatusCode.ERROR, description))

    def end(self) -> None:
        """Say that it is over."""
        self._span.end()

    def attach(self) -> object:
        """Make it OpenTelemetry's current span; return what `detach` takes."""
        from opentelemetry import context, trace

        return context.attach(trace.set_span_in_context(self._span))

    def detach(self, token: Any) -> None:
        """Make the span before it the current one again."""
        from opentelemetry import context

        context.detach(token)


def _trace_module() -> Any:
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace


def _under(parent: SpanContext) -> Any:
    """Return a context with this span as the current one; None when that is the one there is."""
    from opentelemetry import trace

    if foreign_context() == parent:
        return None
    context = trace.SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=False,
        trace_flags=trace.TraceFlags(int(parent.sampled)),
        trace_state=trace.TraceState.from_header([parent.tracestate] if parent.tracestate else []),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(context))
