"""Records the metrics of clients with OpenTelemetry's meter."""

from __future__ import annotations

from typing import Any

from ai_lib.errors.exceptions import RequestError
from ai_lib.telemetry.metrics.histogram import DURATION_BUCKETS
from ai_lib.telemetry.metrics.observation import MetricLabels, Observation
from ai_lib.telemetry.tracing import semantic_conventions as semantics


class OtelMetrics:
    """Records the client metrics of the GenAI conventions: `gen_ai.client.operation.duration` and
    `.time_to_first_chunk` in seconds, `gen_ai.client.token.usage` in tokens.

    `provider` is a MeterProvider, by default the global one. Give it to a client's `metrics`.

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
        meter = meter_provider.get_meter(name)
        self._duration = meter.create_histogram(
            semantics.DURATION,
            unit="s",
            description="Duration of operations, retries included.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self._first_chunk = meter.create_histogram(
            semantics.TIME_TO_FIRST_CHUNK,
            unit="s",
            description="Time to the first content of streamed operations.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self._tokens = meter.create_histogram(
            semantics.TOKEN_USAGE,
            unit="{token}",
            description="Tokens used by an operation.",
            explicit_bucket_boundaries_advisory=semantics.TOKEN_BUCKETS,
        )

    def record_start(self, labels: MetricLabels) -> None:
        """Do nothing: the conventions have no metric for this."""

    def record_end(self, labels: MetricLabels) -> None:
        """Do nothing: the conventions have no metric for this."""

    def record_attempt(self, labels: MetricLabels, waited_seconds: float) -> None:
        """Do nothing: the conventions have no metric for this."""

    def observe(self, observation: Observation) -> None:
        """Record an operation that has ended."""
        attributes = _make_attributes(observation)
        self._duration.record(observation.seconds, attributes)
        if observation.first_token_seconds is not None:
            self._first_chunk.record(observation.first_token_seconds, attributes)
        attributes.pop(semantics.ERROR_TYPE, None)
        usage = observation.usage
        for kind, count in (("input", usage.prompt_tokens), ("output", usage.completion_tokens)):
            if count:
                self._tokens.record(count, {**attributes, semantics.TOKEN_TYPE: kind})


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
