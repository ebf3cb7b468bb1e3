# Generated from ai_lib/client/interceptors/logging.py by codegen; do not edit.
"""Logs the calls of a client."""

from __future__ import annotations

import logging
from typing import Final

from ai_lib.client.call.call import CHAT, Call
from ai_lib.client.interceptors.call_facts import (
    cost_of,
    error_class_of,
    secrets_of,
    server_of,
    usage_of,
)
from ai_lib.errors.exceptions import AiLibError
from ai_lib.telemetry.logger import AiLibLogger
from ai_lib.telemetry.redaction import Redactor
from ai_lib.telemetry.tracing.content import encode_input_messages, encode_output_messages
from ai_lib.telemetry.tracing.span import Span
from ai_lib.types.attempt import Attempt

from .base import Interceptor
from .tracing import SPAN

_ENDS: Final = {
    "answered": (logging.INFO, "answered"),
    "cached": (logging.INFO, "answered from a cache"),
    "cancelled": (logging.INFO, "cancelled"),
    "failed": (logging.ERROR, "failed"),
}


class LoggingInterceptor(Interceptor):
    """Logs how each call goes; every record has the call's id, and its trace's if it is traced."""

    order = 11

    def __init__(self, logger: AiLibLogger | logging.Logger, content: bool) -> None:
        if isinstance(logger, logging.Logger):
            logger = AiLibLogger(logger)
        if not isinstance(logger, AiLibLogger):
            raise TypeError(f"{logger!r} is no logger: give what get_logger returns")
        self._logger = logger
        self._content = content
        self._last: tuple[frozenset[str], AiLibLogger] = (frozenset(), logger)
        self._key = f"log {id(self)}"

    def is_idle(self) -> bool:
        return not self._logger.is_enabled_for(logging.ERROR)  # nothing it says is graver

    def before_request(self, call: Call) -> None:
        """Note that the call has begun: a stream that never was asked for an event has not."""
        call.state[self._key] = None

    def on_prepared(self, call: Call) -> None:
        """Log that the call begins, now that it is known where it goes."""
        if not self._logger.is_enabled_for(logging.DEBUG):
            return
        fields: dict[str, object] = {}
        if call.request is not None:
            fields["stream"] = call.streamed
            if self._content:
                redactor = Redactor(secrets_of(call))
                fields["messages"] = encode_input_messages(call.request.messages, redactor)
        self._log(logging.DEBUG, f"{_kind(call)} started", call, **fields)

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Log how the attempt went."""
        self._log(
            logging.DEBUG,
            "Attempt ended",
            call,
            target=f"{attempt.provider}/{attempt.model}",
            ended=attempt.ended,
            sent=attempt.sent,
            status_code=attempt.status_code,
            latency_ms=round(attempt.latency_ms, 3),
            waited_ms=round(attempt.waited_ms, 3),
        )

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        """Log that another attempt follows."""
        self._log(
            logging.WARNING,
            "Trying again",
            call,
            attempt=number,
            wait_seconds=round(seconds, 3),
            error_class=error.error_class,
            error=error,
        )

    def on_end(self, call: Call) -> None:
        """Log how the call ended."""
        level, words = _ENDS.get(call.outcome, _ENDS["failed"])
        if self._key not in call.state or not self._logger.is_enabled_for(level):
            return
        usage, first = usage_of(call), call.timer.time_to_first_token_ms
        fields: dict[str, object] = {
            "latency_ms": round(call.timer.latency_ms, 3),
            "first_token_ms": None if first is None else round(first, 3),
            "retries": call.retry_count,
            "tokens_in": usage.prompt_tokens,
            "tokens_out": usage.completion_tokens,
        }
        cost = cost_of(call)
        if cost is not None and cost.is_known:
            fields["cost"], fields["currency"] = cost.total_cost, cost.currency
        response = call.response
        if response is not None:
            fields["request_id"] = response.request_id
            fields["finish_reason"] = response.finish_reason
        if call.outcome == "failed":
            fields["error_class"] = error_class_of(call)
            fields["error"] = call.error
        self._log(level, f"{_kind(call)} {words}", call, **fields)
        if self._content and response is not None:
            messages = encode_output_messages(response.candidates, Redactor(secrets_of(call)))
            self._log(logging.DEBUG, "Response", call, messages=messages)

    def _log(self, level: int, event: str, call: Call, **fields: object) -> None:
        if not self._logger.is_enabled_for(level):
            return
        server = server_of(call)
        record: dict[str, object] = {"call_id": call.id}
        if server is not None:
            record.update(provider=server.provider, model=server.model)
        if call.operation != CHAT:
            record["operation"] = call.operation
        span = call.state.get(SPAN)
        if isinstance(span, Span):
            record.update(trace_id=span.trace_id, span_id=span.span_id)
        record.update({name: value for name, value in fields.items() if value is not None})
        self._logger_for(call).log(level, event, **record)

    def _logger_for(self, call: Call) -> AiLibLogger:
        """Return the logger that hides the call's keys; a client's calls mostly have the same."""
        secrets = frozenset(secrets_of(call))
        last_secrets, logger = self._last
        if secrets != last_secrets:
            logger = self._logger.with_secrets(*secrets)
            self._last = secrets, logger
        return logger


def _kind(call: Call) -> str:
    return "Call" if call.operation == CHAT else "Operation"
