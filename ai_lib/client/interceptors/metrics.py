"""Measures the calls of a client, for a meter and for a tracker of the providers' health."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from ai_lib.client.call.call import Call
from ai_lib.client.interceptors.call_facts import (
    cost_of,
    error_class_of,
    server_of,
    usage_of,
)
from ai_lib.errors import codes
from ai_lib.telemetry.deferred_apply import call_safely
from ai_lib.telemetry.health.tracker import ProviderHealthTracker
from ai_lib.telemetry.metrics.observation import Meter, MetricLabels, Observation
from ai_lib.telemetry.tracing import semantic_conventions as semantics
from ai_lib.types.attempt import Attempt
from ai_lib.types.message import Message
from ai_lib.types.tool import ToolCall, ToolDefinition

from ..._runtime.backend import now
from .base import Interceptor

_STATUS: Final = {"answered": "success", "cached": "cached", "cancelled": "cancelled"}


class MetricsInterceptor(Interceptor):
    """Tells a meter of every call; one that ends before it is compiled never was in flight.

    What the meter raises is logged, and ends no call.
    """

    order = 12

    def __init__(self, meter: Meter) -> None:
        if not all(callable(getattr(meter, name, None)) for name in _METHODS):
            raise TypeError(f"{meter!r} is no meter: give a MetricsCollector or OtelMetrics")
        self._meter = meter
        self._key = f"metrics {id(self)}"

    async def before_request(self, call: Call) -> None:
        """Note that the call has begun: a stream that never was asked for an event has not."""
        call.state[self._key] = None

    def on_prepared(self, call: Call) -> None:
        """Count the call as in flight; it may still be answered by another interceptor."""
        labels = _labels(call)
        call.state[self._key] = labels
        call_safely(self._meter.record_start, labels)

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Count the attempt."""
        labels = MetricLabels(
            provider=attempt.provider,
            model=attempt.model,
            endpoint=call.operation,
            status=attempt.ended,
        )
        call_safely(self._meter.record_attempt, labels, attempt.waited_ms / 1000)

    @contextmanager
    def watch_tool(
        self, call: ToolCall, tool: ToolDefinition | None
    ) -> Iterator[Callable[[Message], None]]:
        """Time a function that the model calls, for a meter that records that."""
        record = getattr(self._meter, "record_tool", None)
        started, error = now(), semantics.TOOL_ERROR

        def note(message: Message) -> None:
            nonlocal error
            failed = any(getattr(block, "is_error", False) for block in message.blocks)
            error = semantics.TOOL_ERROR if failed else ""

        try:
            yield note
        finally:
            if record is not None:
                call_safely(partial(record, call.name, max(0.0, now() - started)), error)

    def on_end(self, call: Call) -> None:
        """Count the call by how it ended."""
        if self._key not in call.state:
            return
        labels = call.state[self._key]
        if isinstance(labels, MetricLabels):
            call_safely(self._meter.record_end, labels)
        call_safely(self._meter.observe, self._observation(call))

    def _observation(self, call: Call) -> Observation:
        server = server_of(call)
        cost, response = cost_of(call), call.response
        first = call.timer.time_to_first_token_ms
        return Observation(
            labels=_labels(call, status=_STATUS.get(call.outcome, "error")),
            seconds=max(0.0, call.timer.latency_ms / 1000),
            usage=usage_of(call),
            cost=cost.total_cost if cost else None,
            currency=cost.currency if cost else "USD",
            first_token_seconds=None if first is None else first / 1000,
            retries=call.retry_count,
            telemetry_provider=server.telemetry_provider if server else "",
            response_model=(response.model or "") if response else "",
            server_address=server.address if server else "",
            server_port=server.port if server else None,
        )


_METHODS: Final = ("record_start", "record_end", "record_attempt", "observe")


def _labels(call: Call, status: str = "") -> MetricLabels:
    server = server_of(call)
    return MetricLabels(
        provider=server.provider if server else "",
        model=server.model if server else "",
        endpoint=call.operation,
        status=status,
        error_class=error_class_of(call),
    )


# A refused key, a rate limit and a caller's mistake say nothing about the service.
_FAILURES: Final = frozenset({codes.SERVER_ERROR.name, codes.OVERLOADED.name, codes.TIMEOUT.name})


class HealthInterceptor(Interceptor):
    """Tells a tracker of each attempt that was answered, or that the service failed."""

    order = 13

    def __init__(self, tracker: ProviderHealthTracker) -> None:
        if not isinstance(tracker, ProviderHealthTracker):
            raise TypeError(f"{tracker!r} is no ProviderHealthTracker")
        self._tracker = tracker

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Note how it went."""
        failed = attempt.ended in _FAILURES
        if attempt.sent and (failed or attempt.ended == "answered"):
            self._tracker.record(
                attempt.provider, not failed, attempt.latency_ms, model=attempt.model
            )
