# Generated from ai_lib/client/interceptors/tracing.py by codegen; do not edit.
"""Makes a span for each call of a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.client.call.call import Call
from ai_lib.client.call.operation import Operation
from ai_lib.client.interceptors.call_facts import (
    ServerInfo,
    cost_of,
    error_class_of,
    place_of,
    secrets_of,
    usage_of,
)
from ai_lib.errors.exceptions import AiLibError, RemoteError
from ai_lib.telemetry.tracing import semantic_conventions as semantics
from ai_lib.telemetry.tracing.content import input_messages, output_messages
from ai_lib.telemetry.tracing.span import Attribute, Span, SpanKind, SpanStatus
from ai_lib.telemetry.tracing.tracer import Tracer
from ai_lib.types.attempt import Attempt
from ai_lib.types.response import ChatResponse

from .base import Interceptor

SPAN: Final = "span"


class TracingInterceptor(Interceptor):
    """One span for each call, from before it is compiled to its end; attempts are its events.

    It is a child of the caller's current span and never becomes the current one itself, so that
    nothing stays attached while a stream's events are in the caller's hands.
    """

    order = 10

    def __init__(self, tracer: Tracer) -> None:
        if not isinstance(tracer, Tracer):
            raise TypeError(f"{tracer!r} is no Tracer of ai_lib.telemetry")
        self._tracer = tracer
        self._key = f"{SPAN} {id(self)}"

    def before_request(self, call: Call) -> None:
        """Begin the span, and send its ids along."""
        self._begin("chat", call)

    def lookup(self, call: Call) -> ChatResponse | None:
        """Note what is asked of whom."""
        span = self._span(call)
        if span is None:
            return None
        self._placed(span, call)
        span.set_attribute(semantics.REQUEST_STREAM, call.streamed)
        for name, value in call.request.parameters.items():
            attribute = semantics.REQUEST_PARAMETERS.get(name)
            if attribute is not None and isinstance(value, str | int | float | list | tuple):
                span.set_attribute(attribute, _fit(value))
        if self._tracer.capture_content:
            said = input_messages(call.request.messages, span.redactor)
            span.set_attribute(semantics.INPUT_MESSAGES, said)
        return None

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Note the attempt as an event."""
        self._event(call, "gen_ai.attempt", _of_attempt(attempt))

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        """Note that it is tried again."""
        self._event(call, "gen_ai.retry", _of_retry(number, error, seconds))

    def on_end(self, call: Call) -> None:
        """Note what came of it, and end the span."""
        span, response = self._span(call), call.response
        if span is None:
            return
        if response is not None:
            span.set_attributes(_of_response(response))
            if self._tracer.capture_content:
                redactor = self._tracer.redactor.knowing(secrets_of(call))
                said = output_messages(response.candidates, redactor)
                span.set_attribute(semantics.OUTPUT_MESSAGES, said)
        self._end(span, call)

    def began(self, operation: Operation) -> None:
        """Begin the span, send its ids along, note who is asked."""
        self._placed(self._begin(operation.name, operation), operation)

    def tried(self, operation: Operation, attempt: Attempt) -> None:
        """Note the attempt as an event."""
        self._event(operation, "gen_ai.attempt", _of_attempt(attempt))

    def trying_again(
        self, operation: Operation, number: int, error: AiLibError, seconds: float
    ) -> None:
        """Note that it is tried again."""
        self._event(operation, "gen_ai.retry", _of_retry(number, error, seconds))

    def finished(self, operation: Operation) -> None:
        """Note what came of it, and end the span."""
        span = self._span(operation)
        if span is not None:
            self._end(span, operation)

    def _span(self, call: Call | Operation) -> Span | None:
        """Return the call's span; a stream that never was asked for an event has none."""
        span = call.notes.get(self._key)
        return span if isinstance(span, Span) else None

    def _event(self, call: Call | Operation, name: str, facts: Mapping[str, Attribute]) -> None:
        span = self._span(call)
        if span is not None:
            span.add_event(name, facts)

    def _begin(self, name: str, call: Call | Operation) -> Span:
        facts = {semantics.OPERATION: name}
        span = call.notes[self._key] = self._tracer.start_span(name, SpanKind.CLIENT, facts)
        call.notes.setdefault(SPAN, span)
        given = {header.lower() for header, _ in call.headers}
        if self._tracer.propagate and "traceparent" not in given:
            call.headers.extend(span.context.headers())
        return span

    def _placed(self, span: Span, call: Call | Operation) -> None:
        span.redactor = self._tracer.redactor.knowing(secrets_of(call))
        place = place_of(call)
        if place is not None:
            operation = span.attributes[semantics.OPERATION]
            span.update_name(f"{operation} {place.model}")
            span.set_attributes(_of_place(place))

    def _end(self, span: Span, call: Call | Operation) -> None:
        span.redactor = self._tracer.redactor.knowing(secrets_of(call))
        place = place_of(call)
        if place is not None:
            span.set_attributes(_of_place(place))
        span.set_attributes(_of_use(call))
        error = call.error
        if call.outcome == "failed" and error is not None:
            span.set_attribute(semantics.ERROR_TYPE, error_class_of(call))
            if isinstance(error, RemoteError) and error.status_code is not None:
                span.set_attribute(semantics.STATUS_CODE, error.status_code)
            span.record_exception(error)
            span.set_status(SpanStatus.ERROR, str(error))
        elif call.outcome == "cancelled":
            span.set_attribute(semantics.ERROR_TYPE, "cancelled")
        else:
            span.set_status(SpanStatus.OK)
        span.end()


def _fit(value: str | float | Sequence[object]) -> Attribute:
    if isinstance(value, str | int | float):
        return value
    return [str(one) for one in value]


def _of_place(place: ServerInfo) -> Mapping[str, Attribute]:
    found: dict[str, Attribute] = {
        semantics.PROVIDER: place.telemetry_provider,
        semantics.REQUEST_MODEL: place.model,
        semantics.SERVER_ADDRESS: place.address,
    }
    if place.port is not None:
        found[semantics.SERVER_PORT] = place.port
    return found


def _of_response(response: ChatResponse) -> Mapping[str, Attribute]:
    reasons = [one.finish_reason for one in response.candidates if one.finish_reason]
    found: dict[str, Attribute] = {}
    if response.id:
        found[semantics.RESPONSE_ID] = response.id
    if response.model:
        found[semantics.RESPONSE_MODEL] = response.model
    if reasons:
        found[semantics.FINISH_REASONS] = reasons
    if response.request_id:
        found["ai_lib.request_id"] = response.request_id
    return found


def _of_use(call: Call | Operation) -> Mapping[str, Attribute]:
    usage, first = usage_of(call), call.watch.time_to_first_token_ms
    found: dict[str, Attribute] = {
        "ai_lib.outcome": call.outcome,
        "ai_lib.retry_count": call.retry_count,
    }
    counts = {
        semantics.INPUT_TOKENS: usage.prompt_tokens,
        semantics.OUTPUT_TOKENS: usage.completion_tokens,
        semantics.CACHE_READ_TOKENS: usage.cache_read_tokens,
        semantics.CACHE_WRITE_TOKENS: usage.cache_write_tokens,
        semantics.REASONING_TOKENS: usage.reasoning_tokens,
    }
    found.update({name: count for name, count in counts.items() if count})
    if first is not None:
        found[semantics.FIRST_CHUNK] = first / 1000
    cost = cost_of(call)
    if cost is not None and cost.total_cost is not None:
        found["ai_lib.cost"], found["ai_lib.cost.currency"] = cost.total_cost, cost.currency
    return found


def _of_attempt(attempt: Attempt) -> Mapping[str, Attribute]:
    found: dict[str, Attribute] = {
        "provider": attempt.provider,
        "model": attempt.model,
        "ended": attempt.ended,
        "sent": attempt.sent,
        "waited_ms": attempt.waited_ms,
        "latency_ms": attempt.latency_ms,
    }
    if attempt.status_code is not None:
        found[semantics.STATUS_CODE] = attempt.status_code
    if attempt.error is not None:
        found[semantics.ERROR_TYPE] = attempt.ended
    return found


def _of_retry(number: int, error: AiLibError, seconds: float) -> Mapping[str, Attribute]:
    return {
        "attempt": number,
        "wait_seconds": seconds,
        semantics.ERROR_TYPE: error.error_class,
    }
