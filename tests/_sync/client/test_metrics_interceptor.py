# Generated from tests/client/test_metrics_interceptor.py by codegen; do not edit.
"""A client's meter and health tracker hear of every call, whatever becomes of it."""

import gc

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client.parser import text_string_to_metric_families

from ai_lib_sync import AiClient, __version__
from ai_lib_sync.client import AiClientBuilder, Call, Interceptor
from ai_lib_sync.errors import AiLibError
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.telemetry import (
    HealthStatus,
    MetricLabels,
    MetricsCollector,
    Observation,
    OtelMetrics,
    ProviderHealthTracker,
)
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ChatResponse, Usage

NO_RETRY = RetryConfig(max_retries=0)
ONE_RETRY = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
USAGE = Usage(prompt_tokens=1000, completion_tokens=200, total_tokens=1200, cache_read_tokens=400)


def building(mock: MockProvider, model: str = "openai/gpt-4o") -> AiClientBuilder[AiClient]:
    provider = model.partition("/")[0]
    builder = AiClient.builder().model(model).api_key("canary-key")
    return builder.base_url(mock.base_url(provider)).with_retry(NO_RETRY)


def test_plain_and_streamed_calls_are_counted_with_tokens_times_and_cost() -> None:
    collector = MetricsCollector()
    with MockProvider([Reply(text="Hi", usage=USAGE)] * 2) as mock:
        with building(mock).metrics(collector).build() as client:
            client.chat().user("?").execute()
            stream = client.chat().user("?").stream()
            for _ in stream:
                assert collector.get_snapshot().in_flight <= 1
    snapshot = collector.get_snapshot(MetricLabels(provider="openai", model="gpt-4o"))
    assert (snapshot.total_requests, snapshot.successful_requests, snapshot.in_flight) == (2, 2, 0)
    assert (snapshot.tokens_in, snapshot.tokens_out, snapshot.cache_read_tokens) == (2000, 400, 800)
    # 600 at 2.5, 400 at 1.25 and 200 at 10 dollars a million, twice.
    assert snapshot.cost == pytest.approx(2 * 0.004)
    assert snapshot.time_to_first_token_p50_ms is not None
    assert 0 < snapshot.time_to_first_token_p50_ms <= snapshot.latency_p99_ms


def test_a_retry_an_error_and_a_cancelled_stream_are_told_apart() -> None:
    collector = MetricsCollector()
    script = [
        Reply(status=500, error="down"),
        Reply(text="Hi"),
        Reply(status=401, error="who is canary-key?"),
        Reply(text=["a ", "b ", "c "], pause=0.01),
        Reply(text=["a ", "b ", "c "], pause=0.01),
    ]
    with MockProvider(script) as mock:
        builder = building(mock).with_retry(ONE_RETRY).metrics(collector)
        with builder.build() as client:
            client.chat().user("?").execute()
            with pytest.raises(AiLibError):
                client.chat().user("?").execute()
            with client.chat().user("?").stream() as stream:
                for _ in stream:
                    break
            stream = client.chat().user("?").stream()
            for _ in stream:
                break
            del _, stream
            gc.collect()
    snapshot = collector.get_snapshot()
    assert (snapshot.successful_requests, snapshot.failed_requests) == (1, 1)
    assert (snapshot.cancelled_requests, snapshot.retries, snapshot.in_flight) == (2, 1, 0)
    assert snapshot.errors == {"authentication": 1}
    assert snapshot.error_rate == 0.25
    text = collector.to_prometheus()
    attempts = {
        sample.labels["status"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "ai_lib_attempts_total"
    }
    assert attempts == {"server_error": 1, "answered": 1, "authentication": 1, "cancelled": 2}
    assert "canary" not in text


def test_a_stream_that_was_never_begun_is_no_call() -> None:
    collector = MetricsCollector()
    with MockProvider() as mock:
        with building(mock).metrics(collector).build() as client:
            client.chat().user("?").stream().close()
    assert collector.get_snapshot().total_requests == 0


def test_a_call_that_fell_back_counts_where_it_was_answered() -> None:
    collector = MetricsCollector()
    second = "openai/gpt-4o-mini"
    with MockProvider([Reply(status=503, error="no"), Reply(text="Hi")]) as mock:
        builder = building(mock).metrics(collector).with_fallbacks([second])
        with builder.build() as client:
            client.chat().user("?").execute()
    labels = MetricLabels(provider="openai", model="gpt-4o-mini", endpoint="chat", status="success")
    assert collector.get_all_labels() == [labels]
    assert collector.get_snapshot().in_flight == 0


def test_two_meters_count_beside_each_other() -> None:
    first, second = MetricsCollector(), MetricsCollector()
    with MockProvider() as mock:
        with building(mock).metrics(first).metrics(second).build() as client:
            client.chat().user("?").execute()
    for collector in (first, second):
        assert collector.get_snapshot().total_requests == 1
        assert collector.get_snapshot().in_flight == 0


NEW_METRICS = {
    ("gen_ai.client.inference.duration", "s", None),
    ("gen_ai.client.inference.duration", "s", "rate_limited"),
    ("gen_ai.client.inference.time_to_first_chunk", "s", None),
    ("gen_ai.client.inference.operation.input_tokens", "{token}", None),
    ("gen_ai.client.inference.operation.output_tokens", "{token}", None),
    ("gen_ai.client.inference.usage.input_tokens", "{token}", None),
    ("gen_ai.client.inference.usage.output_tokens", "{token}", None),
}
OLD_METRICS = {
    ("gen_ai.client.operation.duration", "s", None),
    ("gen_ai.client.operation.duration", "s", "rate_limited"),
    ("gen_ai.client.operation.time_to_first_chunk", "s", None),
    ("gen_ai.client.token.usage", "{token}", None),
}


@pytest.mark.parametrize(
    ("opt_in", "expected"),
    [("", NEW_METRICS | OLD_METRICS), ("http,gen_ai_latest_experimental", NEW_METRICS)],
)
def test_opentelemetrys_meter_gets_the_metrics_of_its_conventions(
    monkeypatch: pytest.MonkeyPatch, opt_in: str, expected: set[object]
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", opt_in)
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    meter = OtelMetrics(provider=provider)
    with MockProvider([Reply(text="Hi", usage=USAGE), Reply(status=429, error="x")]) as mock:
        model = "gemini/gemini-3.5-flash"
        with building(mock, model).metrics(meter).build() as client:
            for _ in client.chat().user("?").stream():
                pass
            with pytest.raises(AiLibError):
                client.chat().user("?").execute()
    points = {
        (metric.name, metric.unit, point.attributes.get("error.type")): point
        for scope in reader.get_metrics_data().resource_metrics[0].scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    names = {name for name in points if ".cache_" not in name[0] and ".reasoning" not in name[0]}
    assert names == expected
    (scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
    assert (scope.scope.name, scope.scope.version) == ("ai_lib", __version__)
    assert scope.scope.schema_url == "https://opentelemetry.io/schemas/gen-ai/1.42.0"
    attributes = points["gen_ai.client.inference.duration", "s", None].attributes
    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.provider.name"] == "gcp.gemini"
    assert attributes["gen_ai.request.model"] == "gemini-3.5-flash"
    assert attributes["server.address"] == "127.0.0.1"
    provider.shutdown()


def test_the_health_tracker_learns_from_attempts() -> None:
    tracker = ProviderHealthTracker()
    script = [Reply(status=500, error="x"), Reply(text="Hi"), Reply(status=400, error="x")]
    with MockProvider(script) as mock:
        builder = building(mock).with_retry(ONE_RETRY).health(tracker)
        with builder.build() as client:
            client.chat().user("?").execute()
            with pytest.raises(AiLibError):
                client.chat().user("?").execute()
    health = tracker.health("openai", "gpt-4o")
    assert (health.attempts, health.failures) == (2, 1)
    assert health.status is HealthStatus.UNHEALTHY


class Ready(Interceptor):
    """Has the answer already."""

    def __init__(self, response: ChatResponse) -> None:
        self.response = response

    def lookup(self, call: Call) -> ChatResponse | None:
        return self.response


def test_what_was_answered_in_the_providers_place_used_and_cost_nothing() -> None:
    collector = MetricsCollector()
    with MockProvider([Reply(text="Hi", usage=USAGE)]) as mock:
        with building(mock).build() as client:
            known = client.chat().user("?").execute()
        builder = building(mock).metrics(collector).intercept(Ready(known))
        with builder.build() as client:
            client.chat().user("?").execute()
    snapshot = collector.get_snapshot()
    assert (snapshot.cached_requests, snapshot.successful_requests) == (1, 1)
    assert (snapshot.total_tokens, snapshot.cost) == (0, 0.0)


class Broken(MetricsCollector):
    """Fails at every turn."""

    def record_start(self, labels: MetricLabels) -> None:
        raise OSError("disk full")

    record_end = record_start

    def observe(self, observation: Observation) -> None:
        raise OSError("disk full")


def test_a_meter_that_fails_breaks_no_call(caplog: pytest.LogCaptureFixture) -> None:
    with MockProvider() as mock:
        with building(mock).metrics(Broken()).build() as client:
            assert (client.chat().user("Hi").execute()).content == "You said: Hi"
            for _ in client.chat().user("Hi").stream():
                pass
    assert "Telemetry was lost" in caplog.text


def test_what_is_no_meter_or_tracker_is_refused() -> None:
    builder = AiClient.builder().model("openai/gpt-4o")
    with pytest.raises(TypeError, match="no meter"):
        builder.metrics("counter")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no ProviderHealthTracker"):
        builder.health(None)  # type: ignore[arg-type]
