"""Embedding calls reach meters, spans, logs, health and budgets as chats do, over a socket."""

from __future__ import annotations

import logging

import pytest

from ai_lib.cache import CacheManager
from ai_lib.client import Call, Interceptor
from ai_lib.errors import AiLibError, BudgetExceeded, RemoteError
from ai_lib.telemetry import (
    InMemoryExporter,
    MetricLabels,
    MetricsCollector,
    ProviderHealthTracker,
    SpanStatus,
    Tracer,
    get_logger,
)
from ai_lib.tokens import Budget
from tests.embeddings.conftest import Serve
from tests.embeddings.house import QUICK, builder, fail, lengths
from tests.servers.scripted import Exchange

MODEL = "openai/text-embedding-3-small"
PRICE = 0.02 / 1e6


class _FirstFails:
    """Fails the first request, then answers."""

    def __init__(self) -> None:
        self.count = 0
        self.headers: list[dict[str, str]] = []

    def __call__(self, exchange: Exchange) -> None:
        self.count += 1
        self.headers.append(exchange.received.headers)
        if self.count == 1:
            fail(exchange, 503)
        else:
            lengths(exchange)


async def test_one_call_of_several_requests_is_one_operation(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "ai_lib")
    collector, exporter, tracker = MetricsCollector(), InMemoryExporter(), ProviderHealthTracker()
    script = _FirstFails()
    made = builder(serve(script), MODEL).with_retry(QUICK).max_concurrent(1)
    made.metrics(collector).tracer(Tracer(exporter=exporter)).health(tracker)
    async with await made.logger(get_logger("app")).build() as client:
        response = await client.embed_batch(["one", "two", "secret words"], batch_size=2)

    # A text is a token here: three of them, in two requests, one of which was sent twice.
    assert response.cost is not None
    assert response.cost.total_cost == pytest.approx(3 * PRICE)
    labels = MetricLabels(
        provider="openai", model="text-embedding-3-small", endpoint="embeddings", status="success"
    )
    assert collector.get_all_labels() == [labels]
    snapshot = collector.get_snapshot(labels)
    assert (snapshot.total_requests, snapshot.tokens_in, snapshot.retries) == (1, 3, 1)
    assert snapshot.cost == pytest.approx(3 * PRICE)
    assert collector.get_snapshot().in_flight == 0
    (span,) = exporter.spans
    assert (span.name, span.status) == ("embeddings text-embedding-3-small", SpanStatus.OK)
    assert span.attributes["gen_ai.usage.input_tokens"] == 3
    assert span.attributes["ai_lib.cost"] == pytest.approx(3 * PRICE)
    assert span.attributes["ai_lib.retry_count"] == 1
    assert [event.name for event in span.events] == [
        "ai_lib.attempt",
        "ai_lib.retry",
        "ai_lib.attempt",
        "ai_lib.attempt",
    ]
    sent = [headers["traceparent"] for headers in script.headers]
    assert sent == [span.context.to_traceparent()] * 3
    health = tracker.health("openai", "text-embedding-3-small")
    assert (health.attempts, health.failures) == (3, 1)
    events = [vars(record).get("event") for record in caplog.records]
    assert [event for event in events if event is not None] == [
        "Operation started",
        "Attempt ended",
        "Trying again",
        *["Attempt ended"] * 2,
        "Operation answered",
    ]
    assert "secret words" not in caplog.text + repr(span.to_dict())


class _Again(Interceptor):
    """Writes down what it hears of further attempts."""

    def __init__(self) -> None:
        self.book: list[tuple[str, int, str, float]] = []

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        self.book.append((call.operation, number, error.error_class, seconds))


async def test_an_interceptor_hears_of_each_request_that_is_tried_again(serve: Serve) -> None:
    again = _Again()
    made = builder(serve(_FirstFails()), MODEL).with_retry(QUICK).max_concurrent(1)
    async with await made.intercept(again).build() as client:
        await client.embed_batch(["one", "two", "three"], batch_size=2)
    assert again.book == [("embeddings", 1, "overloaded", 0.001)]


async def test_a_failed_call_ends_once_with_its_class(serve: Serve) -> None:
    collector, exporter = MetricsCollector(), InMemoryExporter()
    made = builder(serve(lambda exchange: fail(exchange, 401)), MODEL)
    made.metrics(collector).tracer(Tracer(exporter=exporter))
    async with await made.build() as client:
        with pytest.raises(RemoteError) as caught:
            await client.embed("x")

    assert [attempt.ended for attempt in caught.value.attempts] == ["authentication"]
    assert collector.get_snapshot().errors == {"authentication": 1}
    assert [span.status for span in exporter.spans] == [SpanStatus.ERROR]


async def test_a_fallback_that_answered_is_who_is_named(serve: Serve) -> None:
    collector = MetricsCollector()
    down, up = serve(lambda exchange: fail(exchange, 503)), serve(lengths)
    second = "mistral/mistral-embed"
    made = builder(down, MODEL).with_fallbacks([second]).api_key_for(second, "k")
    async with await made.base_url_for(second, up.url).metrics(collector).build() as client:
        await client.embed("x")

    (labels,) = collector.get_all_labels()
    assert (labels.provider, labels.model) == ("mistral", "mistral-embed")


async def test_a_budget_holds_for_texts(serve: Serve) -> None:
    server = serve(lengths)
    budget = Budget(1000 * PRICE)
    async with await builder(server, MODEL).budget(budget).build() as client:
        await client.embed_batch(["one", "two"])
        assert budget.spent == pytest.approx(2 * PRICE)
        assert budget.reserved == 0
        with pytest.raises(BudgetExceeded) as caught:
            await client.embed("word " * 2000)

    assert len(server.received) == 1
    assert [attempt.sent for attempt in caught.value.attempts] == [False]
    assert budget.spent == pytest.approx(2 * PRICE)


async def test_a_budget_refuses_texts_whose_price_nobody_lists(serve: Serve) -> None:
    server = serve(lengths)
    async with await builder(server, "openai/unlisted").budget(limit=1.0).build() as client:
        with pytest.raises(BudgetExceeded, match="price of openai/unlisted is unknown"):
            await client.embed("x")
    assert server.received == []


def test_what_can_t_accompany_is_refused(serve: Serve) -> None:
    with pytest.raises(TypeError, match="no meter"):
        builder(serve(lengths)).metrics("counter")  # type: ignore[arg-type]


async def test_a_cache_keeps_vectors(serve: Serve) -> None:
    server, cache = serve(lengths), CacheManager()
    made = builder(server, MODEL).cache(cache).max_concurrent(1)
    async with await made.build() as client:
        first = await client.embed_batch(["one", "three", "eleven"], batch_size=2)
        again = await client.embed_batch(["one", "three", "eleven"], batch_size=2)
        assert len(server.received) == 2
        await client.embed("one", dimensions=2)
        await client.embed("one", dimensions=2)
        await client.embed_batch(["one", "three", "another"], batch_size=2)

    # Another length, and the one request whose texts are others.
    assert len(server.received) == 4
    assert first.vectors == again.vectors == [[3.0, 1.0], [5.0, 1.0], [6.0, 1.0]]
    assert (again.model, again.usage, again.attempts) == (first.model, first.usage, ())
    assert (first.cost and first.cost.total_cost) == pytest.approx(3 * PRICE)
    assert again.cost is not None
    assert again.cost.total_cost == 0
    assert (cache.stats().hits, cache.stats().misses) == (4, 4)
