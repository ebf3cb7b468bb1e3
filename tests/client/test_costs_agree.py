"""A call costs the same wherever one reads it: response, figures, meter, span and log."""

import logging

import pytest

from ai_lib import AiClient
from ai_lib.resilience import RetryConfig
from ai_lib.telemetry import InMemoryExporter, MetricsCollector, Tracer, get_logger
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import Usage

ONE_RETRY = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
USAGE = Usage(
    prompt_tokens=300_000,
    completion_tokens=500,
    total_tokens=300_500,
    cache_read_tokens=100_000,
    reasoning_tokens=200,
)
# gemini-2.5-pro above 200,000 tokens of input: 2.5, from the cache 0.25, output 15 a million.
LONG = (200_000 * 2.5 + 100_000 * 0.25 + 500 * 15) / 1e6


async def test_a_long_call_with_cached_tokens_after_a_retry(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "ai_lib")
    collector, exporter = MetricsCollector(), InMemoryExporter()
    script = [Reply(status=503, error="busy"), Reply(text="Hi", usage=USAGE)]
    async with MockProvider(script) as mock:
        builder = AiClient.builder().model("gemini/gemini-2.5-pro").api_key("k")
        builder.base_url(mock.base_url("gemini")).with_retry(ONE_RETRY)
        builder.metrics(collector).tracer(Tracer(exporter=exporter)).logger(get_logger("app"))
        async with await builder.build() as client:
            response, stats = await client.chat().user("?").execute_with_stats()

    assert response.cost is not None
    logged = [vars(record).get("cost") for record in caplog.records]
    told = [
        response.cost.total_cost,
        stats.cost,
        collector.get_snapshot().cost,
        exporter.spans[0].attributes["ai_lib.cost"],
        *(cost for cost in logged if cost is not None),
    ]
    assert told == [pytest.approx(LONG)] * 5
    assert (stats.retry_count, collector.get_snapshot().retries) == (1, 1)


async def test_asks_for_a_typed_answer_are_counted_once_each_and_are_no_retries() -> None:
    collector, exporter = MetricsCollector(), InMemoryExporter()
    small = Usage(prompt_tokens=1000, completion_tokens=100, total_tokens=1100)
    script = [Reply(text='{"value": "no"}', usage=small), Reply(text='{"value": 4}', usage=small)]
    async with MockProvider(script) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(ONE_RETRY)
        builder.base_url(mock.base_url("openai")).metrics(collector)
        async with await builder.tracer(Tracer(exporter=exporter)).build() as client:
            output = await client.chat().user("?").execute_structured(int)

    assert (output.value, output.asks) == (4, 2)
    one = (1000 * 2.5 + 100 * 10) / 1e6
    cost = output.response.cost
    assert cost is not None
    assert cost.total_cost == pytest.approx(2 * one)
    assert [span.attributes["ai_lib.cost"] for span in exporter.spans] == [pytest.approx(one)] * 2
    snapshot = collector.get_snapshot()
    assert snapshot.cost == pytest.approx(2 * one)
    assert (snapshot.tokens_in, snapshot.tokens_out, snapshot.retries) == (2000, 200, 0)
    assert [span.attributes["ai_lib.retry_count"] for span in exporter.spans] == [0, 0]


async def test_an_unknown_price_is_unknown_everywhere() -> None:
    collector, exporter = MetricsCollector(), InMemoryExporter()
    async with MockProvider([Reply(text="Hi", usage=USAGE)]) as mock:
        builder = AiClient.builder().model("openai/nobody-lists-this").api_key("k")
        builder.base_url(mock.base_url("openai")).metrics(collector)
        async with await builder.tracer(Tracer(exporter=exporter)).build() as client:
            response, stats = await client.chat().user("?").execute_with_stats()

    assert response.cost is not None
    assert (response.cost.total_cost, stats.cost, collector.get_snapshot().cost) == (None,) * 3
    assert "ai_lib.cost" not in exporter.spans[0].attributes
    assert collector.get_snapshot().requests_of_unknown_cost == 1
