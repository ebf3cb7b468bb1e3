"""Operations beside chat are accompanied as calls are."""

import logging

import pytest

from ai_lib import AiClient
from ai_lib.client import Call, Interceptor
from ai_lib.errors import AiLibError, BudgetExceeded
from ai_lib.resilience import RetryConfig
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
from ai_lib.types import Attempt
from tests.servers.scripted import Exchange, ScriptedServer

ONE_RETRY = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
ANSWER = (
    b'{"object":"list","data":[{"embedding":[1.0]}],"usage":{"prompt_tokens":8,"total_tokens":8}}'
)


class Diary(Interceptor):
    """Writes down what it hears of operations, and adds a header."""

    def __init__(self) -> None:
        self.book: list[str] = []

    async def before_request(self, call: Call) -> None:
        call.headers.append(("x-house", "yes"))
        self.book.append(f"began {call.operation}")

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        self.book.append(f"tried {attempt.ended}")

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        assert "canary-key" not in f"{error} {vars(error)}"
        assert 0 <= seconds <= 0.001
        self.book.append(f"trying again after {number}, a {error.error_class}")

    def on_end(self, call: Call) -> None:
        self.book.append(f"finished {call.outcome} {call.usage.prompt_tokens}")


class Service:
    """Fails once, then answers; or refuses the key."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.headers: list[dict[str, str]] = []
        self.server = ScriptedServer(self._answer)

    def _answer(self, exchange: Exchange) -> None:
        self.headers.append(exchange.received.headers)
        status = self.statuses.pop(0)
        body = ANSWER if status == 200 else b'{"error":{"message":"who is canary-key?"}}'
        exchange.reply(body, status=status, headers="content-type: application/json\r\n")


async def test_an_interceptor_hears_of_it_and_may_add_headers() -> None:
    service, diary = Service(500, 200), Diary()
    builder = AiClient.builder().model("openai/text-embedding-3-small").api_key("canary-key")
    builder.base_url(service.server.url).with_retry(ONE_RETRY).intercept(diary)
    async with await builder.build() as client:
        answer = await client.invoke("embeddings", {"input": "x", "model": "m"})
    service.server.close()
    assert isinstance(answer, dict)
    assert diary.book == [
        "began embeddings",
        "tried server_error",
        "trying again after 1, a server_error",
        "tried answered",
        "finished answered 8",
    ]
    assert [headers["x-house"] for headers in service.headers] == ["yes", "yes"]


async def test_telemetry_takes_it_in(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ai_lib")
    collector, exporter, tracker = MetricsCollector(), InMemoryExporter(), ProviderHealthTracker()
    service = Service(500, 200, 401)
    builder = AiClient.builder().model("openai/text-embedding-3-small").api_key("canary-key")
    builder.base_url(service.server.url).with_retry(ONE_RETRY).metrics(collector)
    builder.tracer(Tracer(exporter=exporter)).health(tracker).logger(get_logger("app"))
    async with await builder.build() as client:
        await client.invoke("embeddings", {"input": "secret words", "model": "m"})
        with pytest.raises(AiLibError):
            await client.invoke("embeddings", {"input": "secret words", "model": "m"})
    service.server.close()

    snapshot = collector.get_snapshot(MetricLabels(endpoint="embeddings"))
    assert (snapshot.successful_requests, snapshot.failed_requests) == (1, 1)
    assert (snapshot.tokens_in, snapshot.retries, snapshot.in_flight) == (8, 1, 0)
    good, bad = exporter.spans
    assert good.name == "embeddings text-embedding-3-small"
    assert good.attributes["gen_ai.operation.name"] == "embeddings"
    assert good.attributes["gen_ai.usage.input_tokens"] == 8
    assert [event.name for event in good.events] == [
        "ai_lib.attempt",
        "ai_lib.retry",
        "ai_lib.attempt",
    ]
    assert (good.status, bad.status) == (SpanStatus.OK, SpanStatus.ERROR)
    assert service.headers[0]["traceparent"] == good.context.to_traceparent()
    assert tracker.health("openai").attempts == 2
    events = [vars(record).get("event") for record in caplog.records]
    assert [event for event in events if event is not None] == [
        "Operation started",
        "Attempt ended",
        "Trying again",
        "Attempt ended",
        "Operation answered",
        "Operation started",
        "Attempt ended",
        "Operation failed",
    ]
    shown = caplog.text + repr([span.to_dict() for span in exporter.spans])
    for secret in ("canary-key", "secret words"):
        assert secret not in shown + collector.to_prometheus()


async def test_a_budget_counts_what_the_answer_says_and_ends_when_it_is_spent() -> None:
    service = Service(500, 200, 200)
    # Eight tokens at 0.02 dollars a million.
    price = 8 * 0.02 / 1e6
    budget = Budget(price / 2)
    builder = AiClient.builder().model("openai/text-embedding-3-small").api_key("k")
    builder.base_url(service.server.url).with_retry(ONE_RETRY).budget(budget)
    async with await builder.build() as client:
        await client.invoke("embeddings", {"input": "x", "model": "m"})
        assert budget.spent == pytest.approx(price)
        with pytest.raises(BudgetExceeded):
            await client.invoke("embeddings", {"input": "x", "model": "m"})
    service.server.close()
    assert len(service.headers) == 2
    assert budget.reserved == 0
