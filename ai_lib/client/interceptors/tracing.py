"""Makes a span for each call of a client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from ai_lib.client.call.call import Call
from ai_lib.client.interceptors.call_facts import (
    ServerInfo,
    cost_of,
    error_class_of,
    secrets_of,
    sends_system_apart,
    server_of,
    usage_of,
)
from ai_lib.errors.exceptions import AiLibError, RemoteError
from ai_lib.telemetry.redaction import Redactor
from ai_lib.telemetry.tracing import semantic_conventions as semantics
from ai_lib.telemetry.tracing.content import (
    encode_arguments,
    encode_input_messages,
    encode_instructions,
    encode_output_messages,
    encode_texts,
    encode_tools,
)
from ai_lib.telemetry.tracing.span import Attribute, Span, SpanKind, SpanStatus
from ai_lib.telemetry.tracing.tracer import Tracer
from ai_lib.types.attempt import Attempt
from ai_lib.types.content import ToolResultBlock, join_text
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from ai_lib.types.tool import ToolCall, ToolDefinition

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
        # Those of the client's calls: what its tools get and give may hold them.
        self._secrets: frozenset[str] = frozenset()

    async def before_request(self, call: Call) -> None:
        """Begin the span, and send its ids along."""
        facts = {semantics.OPERATION: call.operation}
        span = self._tracer.start_span(call.operation, SpanKind.CLIENT, facts)
        call.state[self._key] = span
        call.state.setdefault(SPAN, span)
        header_names = {header.lower() for header, _ in call.headers}
        if self._tracer.propagate and "traceparent" not in header_names:
            call.headers.extend(span.context.headers())

    def on_prepared(self, call: Call) -> None:
        """Note where the request goes, and what it asks."""
        span, request = self._span(call), call.request
        if span is None:
            return
        secrets = secrets_of(call)
        self._secrets = self._secrets.union(secrets)
        span.redactor = self._tracer.redactor.with_secrets(secrets)
        server = server_of(call)
        if server is not None:
            span.update_name(f"{call.operation} {server.model}")
            span.set_attributes(_server_attributes(server))
        if request is None:
            if call.texts and self._tracer.capture_content:
                sent = encode_texts("user", call.texts, span.redactor)
                span.set_attribute(semantics.INPUT_MESSAGES, sent)
            return
        span.set_attribute(semantics.REQUEST_STREAM, call.streamed)
        for name, value in request.parameters.items():
            attribute = semantics.REQUEST_PARAMETERS.get(name)
            if attribute is not None and isinstance(value, str | int | float | list | tuple):
                span.set_attribute(attribute, _attribute_value(value))
        span.set_attributes(_request_attributes(call, request))
        if self._tracer.capture_content:
            span.set_attributes(_content_attributes(call, request, span.redactor))

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Note the attempt as an event."""
        self._add_event(call, "ai_lib.attempt", _attempt_attributes(attempt))

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        """Note that it is tried again."""
        self._add_event(call, "ai_lib.retry", _retry_attributes(number, error, seconds))

    def on_end(self, call: Call) -> None:
        """Note what came of it, and end the span."""
        span, response = self._span(call), call.response
        if span is None:
            return
        if response is not None:
            span.set_attributes(_response_attributes(response))
            if self._tracer.capture_content:
                redactor = self._tracer.redactor.with_secrets(secrets_of(call))
                messages = encode_output_messages(
                    response.candidates, redactor, with_reasons=semantics.records_old_names()
                )
                span.set_attribute(semantics.OUTPUT_MESSAGES, messages)
        elif call.read_results is not None and self._tracer.capture_content:
            redactor = self._tracer.redactor.with_secrets(secrets_of(call))
            received = encode_texts("assistant", call.read_results(), redactor)
            span.set_attribute(semantics.OUTPUT_MESSAGES, received)
        cost = cost_of(call)
        if cost is not None and cost.total_cost is not None and cost.currency == "USD":
            span.set_attributes(dict.fromkeys(self._tracer.cost_attributes, cost.total_cost))
        self._end(span, call)

    @contextmanager
    def watch_tool(
        self, call: ToolCall, tool: ToolDefinition | None
    ) -> Iterator[Callable[[Message], None]]:
        """Make a span for a function that the model calls; what it does is below that span."""
        attributes: dict[str, Attribute] = {
            semantics.OPERATION: semantics.EXECUTE_TOOL,
            semantics.TOOL_NAME: call.name,
            semantics.TOOL_TYPE: "function",
            semantics.TOOL_CALL_ID: call.id,
        }
        if tool is not None and tool.description:
            attributes[semantics.TOOL_DESCRIPTION] = tool.description
        has_content = self._tracer.capture_content
        redactor = self._tracer.redactor.with_secrets(self._secrets)
        if has_content:
            attributes[semantics.TOOL_ARGUMENTS] = encode_arguments(call, redactor)
        name = f"{semantics.EXECUTE_TOOL} {call.name}"
        with self._tracer.span(name, SpanKind.INTERNAL, attributes) as span:
            span.redactor = redactor

            def note(message: Message) -> None:
                for result in message.blocks:
                    if isinstance(result, ToolResultBlock) and result.is_error:
                        span.set_attribute(semantics.ERROR_TYPE, semantics.TOOL_ERROR)
                        span.set_status(SpanStatus.ERROR, join_text(result.content))
                if has_content:
                    messages = encode_input_messages([message], redactor)
                    span.set_attribute(semantics.TOOL_RESULT, messages)

            yield note

    def _span(self, call: Call) -> Span | None:
        """Return the call's span; a stream that never was asked for an event has none."""
        span = call.state.get(self._key)
        return span if isinstance(span, Span) else None

    def _add_event(self, call: Call, name: str, facts: Mapping[str, Attribute]) -> None:
        span = self._span(call)
        if span is not None:
            span.add_event(name, facts)

    def _end(self, span: Span, call: Call) -> None:
        span.redactor = self._tracer.redactor.with_secrets(secrets_of(call))
        server = server_of(call)
        if server is not None:
            span.set_attributes(_server_attributes(server))
        span.set_attributes(_usage_attributes(call))
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


def _request_attributes(call: Call, request: ChatRequest) -> Mapping[str, Attribute]:
    attributes: dict[str, Attribute] = {}
    if request.response_format is not None:
        is_text = request.response_format.type == "text"
        attributes[semantics.OUTPUT_TYPE] = "text" if is_text else "json"
    conversation = call.options.metadata.get("conversation_id")
    if conversation:
        attributes[semantics.CONVERSATION_ID] = str(conversation)
    return attributes


def _content_attributes(
    call: Call, request: ChatRequest, redactor: Redactor
) -> Mapping[str, Attribute]:
    attributes: dict[str, Attribute] = {}
    messages = request.messages
    if sends_system_apart(call):
        instructions = [message for message in messages if message.role is MessageRole.SYSTEM]
        messages = [message for message in messages if message.role is not MessageRole.SYSTEM]
        if instructions:
            text = encode_instructions(instructions, redactor)
            attributes[semantics.SYSTEM_INSTRUCTIONS] = text
    attributes[semantics.INPUT_MESSAGES] = encode_input_messages(messages, redactor)
    if request.tools:
        attributes[semantics.TOOL_DEFINITIONS] = encode_tools(request.tools, redactor)
    return attributes


def _attribute_value(value: str | float | Sequence[object]) -> Attribute:
    if isinstance(value, str | int | float):
        return value
    return [str(element) for element in value]


def _server_attributes(server: ServerInfo) -> Mapping[str, Attribute]:
    attributes: dict[str, Attribute] = {
        semantics.PROVIDER: server.telemetry_provider,
        semantics.REQUEST_MODEL: server.model,
        semantics.SERVER_ADDRESS: server.address,
    }
    if server.port is not None:
        attributes[semantics.SERVER_PORT] = server.port
    return attributes


def _response_attributes(response: ChatResponse) -> Mapping[str, Attribute]:
    reasons = [
        candidate.finish_reason for candidate in response.candidates if candidate.finish_reason
    ]
    attributes: dict[str, Attribute] = {}
    if response.id:
        attributes[semantics.RESPONSE_ID] = response.id
    if response.model:
        attributes[semantics.RESPONSE_MODEL] = response.model
    if reasons:
        attributes[semantics.FINISH_REASONS] = reasons
    if response.request_id:
        attributes["ai_lib.request_id"] = response.request_id
    return attributes


def _usage_attributes(call: Call) -> Mapping[str, Attribute]:
    usage, first = usage_of(call), call.timer.time_to_first_token_ms
    attributes: dict[str, Attribute] = {
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
    if usage.cache_write_tokens and semantics.records_old_names():
        counts[semantics.OLD_CACHE_WRITE_TOKENS] = usage.cache_write_tokens
    attributes.update({name: count for name, count in counts.items() if count})
    if first is not None:
        attributes[semantics.FIRST_CHUNK] = first / 1000
    cost = cost_of(call)
    if cost is not None and cost.total_cost is not None:
        attributes["ai_lib.cost"], attributes["ai_lib.cost.currency"] = (
            cost.total_cost,
            cost.currency,
        )
    return attributes


def _attempt_attributes(attempt: Attempt) -> Mapping[str, Attribute]:
    attributes: dict[str, Attribute] = {
        "provider": attempt.provider,
        "model": attempt.model,
        "ended": attempt.ended,
        "sent": attempt.sent,
        "waited_ms": attempt.waited_ms,
        "latency_ms": attempt.latency_ms,
    }
    if attempt.status_code is not None:
        attributes[semantics.STATUS_CODE] = attempt.status_code
    if attempt.error is not None:
        attributes[semantics.ERROR_TYPE] = attempt.ended
    return attributes


def _retry_attributes(number: int, error: AiLibError, seconds: float) -> Mapping[str, Attribute]:
    return {
        "attempt": number,
        "wait_seconds": seconds,
        semantics.ERROR_TYPE: error.error_class,
    }
