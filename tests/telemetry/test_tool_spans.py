"""Functions that the model calls have spans and are timed; content is there when asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from ai_lib.client import AiClient
from ai_lib.telemetry import (
    InMemoryExporter,
    MetricLabels,
    MetricsCollector,
    Observation,
    OtelMetrics,
    Span,
    SpanStatus,
    Tracer,
    get_current_span,
)
from ai_lib.testing import MockProvider, Reply


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    if city == "Nowhere":
        raise LookupError("no such city")
    span = get_current_span()
    return f"{city}: sunny, in {span.name if span else 'no span'}, key-canary-91"


CALLS = [
    Reply(tool_calls=[("get_weather", {"city": "Rome"}), ("get_weather", {"city": "Nowhere"})]),
    Reply(text="It is sunny."),
]


async def run(tracer: Tracer, *meters: object, provider: str = "openai/gpt-4o") -> list[Any]:
    """Run a conversation with two calls of the tool; return the requests' bodies."""
    async with MockProvider(CALLS) as mock:
        maker = AiClient.builder().model(provider).api_key("key-canary-91")
        maker = maker.base_url(mock.base_url(provider.partition("/")[0])).tracer(tracer)
        for meter in meters:
            maker = maker.metrics(meter)  # type: ignore[arg-type]
        async with await maker.build() as client:
            chat = client.chat().system("Be brief.").user("Weather in Rome and Nowhere?")
            chat = chat.metadata({"conversation_id": "c-7"})
            run = await chat.run_tools([get_weather], max_parallel=1)
    return list(run.messages)


def tool_spans(exporter: InMemoryExporter) -> list[Span]:
    """Return the spans of the functions, in the order they ended."""
    return [span for span in exporter.spans if span.name.startswith("execute_tool")]


async def test_each_function_has_a_span_in_which_it_runs() -> None:
    exporter = InMemoryExporter()
    messages = await run(Tracer(exporter=exporter))
    good, bad = tool_spans(exporter)
    assert good.name == "execute_tool get_weather"
    assert good.attributes["gen_ai.operation.name"] == "execute_tool"
    assert good.attributes["gen_ai.tool.name"] == "get_weather"
    assert good.attributes["gen_ai.tool.type"] == "function"
    assert good.attributes["gen_ai.tool.description"] == "Get the weather of a city."
    assert good.attributes["gen_ai.tool.call.id"]
    assert "gen_ai.tool.call.arguments" not in good.attributes
    assert (good.kind.value, good.status) == ("internal", SpanStatus.OK)
    assert (bad.status, bad.attributes["error.type"]) == (SpanStatus.ERROR, "tool_error")
    assert any("sunny, in execute_tool get_weather" in str(message) for message in messages)


async def test_content_is_in_spans_when_it_is_asked_for() -> None:
    exporter = InMemoryExporter()
    await run(
        Tracer(exporter=exporter, capture_content=True), provider="anthropic/claude-sonnet-4-5"
    )
    good, _ = tool_spans(exporter)
    assert json.loads(str(good.attributes["gen_ai.tool.call.arguments"])) == {"city": "Rome"}
    assert "Rome: sunny" in str(good.attributes["gen_ai.tool.call.result"])
    chat = next(span for span in exporter.spans if span.name.startswith("chat"))
    instructions = json.loads(str(chat.attributes["gen_ai.system_instructions"]))
    assert instructions == [{"type": "text", "content": "Be brief."}]
    assert "Be brief." not in str(chat.attributes["gen_ai.input.messages"])
    (tool,) = json.loads(str(chat.attributes["gen_ai.tool.definitions"]))
    assert (tool["name"], tool["type"]) == ("get_weather", "function")
    assert chat.attributes["gen_ai.conversation.id"] == "c-7"
    assert "key-canary-91" not in str([span.to_dict() for span in exporter.spans])


async def test_system_messages_stay_among_the_others_where_they_are_sent_so() -> None:
    exporter = InMemoryExporter()
    await run(Tracer(exporter=exporter, capture_content=True))
    chat = next(span for span in exporter.spans if span.name.startswith("chat"))
    assert "gen_ai.system_instructions" not in chat.attributes
    assert "Be brief." in str(chat.attributes["gen_ai.input.messages"])


async def test_names_that_were_given_up_are_left_out_when_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for listed, is_there in (("", True), ("http, gen_ai_latest_experimental", False)):
        monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", listed)
        exporter = InMemoryExporter()
        await run(Tracer(exporter=exporter, capture_content=True))
        chat = [span for span in exporter.spans if span.name.startswith("chat")][-1]
        (message,) = json.loads(str(chat.attributes["gen_ai.output.messages"]))
        assert ("finish_reason" in message) is is_there
        assert chat.attributes["gen_ai.response.finish_reasons"]


async def test_functions_are_timed() -> None:
    reader = InMemoryMetricReader()
    meter = OtelMetrics(provider=MeterProvider([reader]))
    await run(Tracer(), meter, MetricsCollector())
    data = reader.get_metrics_data()
    assert data is not None
    (metrics,) = (scope.metrics for item in data.resource_metrics for scope in item.scope_metrics)
    (duration,) = (m for m in metrics if m.name == "gen_ai.execute_tool.duration")
    points = [dict(point.attributes or {}) for point in duration.data.data_points]
    named = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"}
    assert sorted(points, key=len) == [named, {**named, "error.type": "tool_error"}]
    assert duration.unit == "s"


@pytest.mark.parametrize(
    ("operation", "duration"),
    [
        ("embeddings", "gen_ai.client.operation.duration"),
        ("", "gen_ai.client.inference.duration"),
    ],
)
def test_an_operation_has_its_own_name_and_is_a_chat_without_one(
    operation: str, duration: str
) -> None:
    reader = InMemoryMetricReader()
    meter = OtelMetrics(provider=MeterProvider([reader]))
    labels = MetricLabels(provider="p", model="m", endpoint=operation, status="success")
    meter.observe(Observation(labels=labels, seconds=0.5, telemetry_provider="aws.bedrock"))
    data = reader.get_metrics_data()
    assert data is not None
    (metrics,) = (scope.metrics for item in data.resource_metrics for scope in item.scope_metrics)
    (metric,) = (metric for metric in metrics if metric.name == duration)
    (point,) = metric.data.data_points
    assert dict(point.attributes or {}) == {
        "gen_ai.operation.name": operation or "chat",
        "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.request.model": "m",
    }


async def test_a_registry_of_prometheus_takes_a_collector() -> None:
    from prometheus_client import CollectorRegistry, generate_latest

    collector, registry = MetricsCollector(), CollectorRegistry()
    registry.register(collector)
    await run(Tracer(), collector)
    text = generate_latest(registry).decode()
    assert 'ai_lib_requests_total{endpoint="chat",model="gpt-4o"' in text
