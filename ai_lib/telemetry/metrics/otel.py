"""Records the metrics of clients with OpenTelemetry's meter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_lib._version import __version__
from ai_lib.errors.exceptions import RequestError
from ai_lib.telemetry.metrics.histogram import DURATION_BUCKETS
from ai_lib.telemetry.metrics.observation import MetricLabels, Observation
from ai_lib.telemetry.tracing import semantic_conventions as semantics


class OtelMetrics:
    """Records the client metrics of the GenAI conventions.

    Of chats these are `gen_ai.client.inference.duration` and `.time_to_first_chunk` in seconds, the
    counters `.usage.*_tokens`, and the histograms `.operation.input_tokens` and `.output_tokens`;
    of other operations `gen_ai.client.operation.duration`. The names of version 1.41 are recorded
    as well, unless `OTEL_SEMCONV_STABILITY_OPT_IN` lists `gen_ai_latest_experimental`.

    `provider` is a MeterProvider, by default the global one. Give it to a client's `metrics`. The
    library is the scope, with its version; `name` is in the scope's attributes.

    Raises:
        RequestError: opentelemetry-api is not installed.
    """

    def __init__(self, name: str = "ai_lib", *, provider: object = None) -> None:
        try:
            from opentelemetry import metrics
        except ImportError as error:
            raise RequestError(
                "opentelemetry-api is not installed: pip install 'ai-lib[telemetry]'"
            ) from error
        meter_provider: Any = provider or metrics.get_meter_provider()
        attributes = None if name == semantics.SCOPE_NAME else {"ai_lib.meter": name}
        self._meter = meter_provider.get_meter(
            semantics.SCOPE_NAME, __version__, semantics.SCHEMA_URL, attributes
        )
        self._records_old_names = semantics.records_old_names()
        self._histograms: dict[str, Any] = {}
        self._counters = {
            field: self._meter.create_counter(name, unit="{token}")
            for field, name in semantics.USAGE_COUNTERS.items()
        }

    def _record(
        self, name: str, value: float, attributes: Mapping[str, str | int], unit: str = "s"
    ) -> None:
        histogram = self._histograms.get(name)
        if histogram is None:
            buckets = DURATION_BUCKETS if unit == "s" else semantics.TOKEN_BUCKETS
            histogram = self._histograms[name] = self._meter.create_histogram(
                name, unit=unit, explicit_bucket_boundaries_advisory=buckets
            )
        histogram.record(value, attributes)

    def record_start(self, labels: MetricLabels) -> None:
        """Do nothing: the conventions have no metric for this."""

    def record_end(self, labels: MetricLabels) -> None:
        """Do nothing: the conventions have no metric for this."""

    def record_attempt(self, labels: MetricLabels, waited_seconds: float) -> None:
        """Do nothing: the conventions have no metric for this."""

    def record_tool(self, name: str, seconds: float, error_type: str = "") -> None:
        """Record a function that a model called, as `gen_ai.execute_tool.duration`."""
        attributes: dict[str, str | int] = {
            semantics.OPERATION: semantics.EXECUTE_TOOL,
            semantics.TOOL_NAME: name,
        }
        if error_type:
            attributes[semantics.ERROR_TYPE] = error_type
        self._record(semantics.TOOL_DURATION, seconds, attributes)

    def observe(self, observation: Observation) -> None:
        """Record an operation that has ended."""
        attributes = _make_attributes(observation)
        is_chat = attributes[semantics.OPERATION] == "chat"
        duration = semantics.INFERENCE_DURATION if is_chat else semantics.DURATION
        self._record(duration, observation.seconds, attributes)
        if is_chat and self._records_old_names:
            self._record(semantics.DURATION, observation.seconds, attributes)
        first = observation.first_token_seconds
        if first is not None:
            self._record(semantics.TIME_TO_FIRST_CHUNK, first, attributes)
            if self._records_old_names:
                self._record(semantics.OLD_TIME_TO_FIRST_CHUNK, first, attributes)
        attributes.pop(semantics.ERROR_TYPE, None)
        self._record_usage(observation, attributes, is_chat=is_chat)

    def _record_usage(
        self, observation: Observation, attributes: dict[str, str | int], *, is_chat: bool
    ) -> None:
        usage, unit = observation.usage, "{token}"
        counts = (
            ("input", usage.prompt_tokens, semantics.INPUT_TOKENS_OF_CALL),
            ("output", usage.completion_tokens, semantics.OUTPUT_TOKENS_OF_CALL),
        )
        for kind, count, name in counts:
            if count and is_chat:
                self._record(name, count, attributes, unit)
            if count and self._records_old_names:
                typed = {**attributes, semantics.TOKEN_TYPE: kind}
                self._record(semantics.OLD_TOKEN_USAGE, count, typed, unit)
        for field, counter in self._counters.items():
            count = getattr(usage, field)
            if count and is_chat:
                counter.add(count, attributes)


def _make_attributes(observation: Observation) -> dict[str, str | int]:
    labels = observation.labels
    attributes: dict[str, str | int | None] = {
        semantics.OPERATION: labels.endpoint or "chat",
        semantics.PROVIDER: observation.telemetry_provider or labels.provider,
        semantics.REQUEST_MODEL: labels.model,
        semantics.RESPONSE_MODEL: observation.response_model,
        semantics.SERVER_ADDRESS: observation.server_address,
        semantics.SERVER_PORT: observation.server_port,
        semantics.ERROR_TYPE: labels.error_class,
    }
    return {name: value for name, value in attributes.items() if value}
