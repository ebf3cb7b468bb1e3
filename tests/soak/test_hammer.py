"""Many threads on one blocking client and on objects that are shared, held to simple models."""

import threading
from collections.abc import Callable
from random import Random

import pytest

import ai_lib_sync
from ai_lib.errors import BudgetExceeded, CircuitOpenError
from ai_lib.routing import ModelArray, ModelEndpoint
from ai_lib.telemetry import MetricLabels, MetricsCollector
from ai_lib.tokens import Budget
from ai_lib.types.cost import CostBounds
from ai_lib_sync.cache import MemoryCache
from ai_lib_sync.resilience import (
    CircuitBreaker,
    CircuitBreakerConfig,
    RateLimiter,
    RateLimiterConfig,
)
from ai_lib_sync.testing import MockProvider
from tests.soak.house import answer, pieces_of

pytestmark = pytest.mark.async_only  # of threads alone

THREADS = 64


def hammer(work: Callable[[int], object], threads: int = THREADS) -> None:
    """Run `work(number)` in so many threads at once; raise the first thing that went wrong."""
    begin, wrong = threading.Barrier(threads), []

    def run(number: int) -> None:
        try:
            begin.wait(30)
            work(number)
        except BaseException as error:  # noqa: BLE001 (raised below)
            wrong.append(error)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if wrong:
        raise wrong[0]


def test_one_client_answers_64_threads_each_what_it_asked() -> None:
    with MockProvider(choose_reply=answer) as mock, mock.client("openai/gpt-4o") as client:

        def work(number: int) -> None:
            for turn in range(3):
                mark = f"call-{number * 10 + turn + 1}"
                chat = client.chat().user(f"{mark}, please")
                if (number + turn) % 2:
                    assert chat.execute().content == "".join(pieces_of(mark))
                    continue
                stream = chat.stream()
                texts = [e.as_content_delta.text for e in stream if e.is_content_delta]
                assert "".join(texts) == "".join(pieces_of(mark))

        hammer(work)
        assert client.current_inflight == 0
    assert isinstance(client, ai_lib_sync.AiClient)


def test_a_budget_is_never_exceeded_and_ends_where_its_model_does() -> None:
    budget, lock, spent = Budget(100.0), threading.Lock(), [0]
    bounds = CostBounds(
        model="m", currency="USD", lower=0.0, upper=1.0,
        input_tokens=1, max_input_tokens=1, max_output_tokens=1,
    )  # fmt: skip

    def work(number: int) -> None:
        chance = Random(number)
        for _ in range(50):
            try:
                held = budget.reserve(bounds)
            except BudgetExceeded:
                continue
            assert held is not None
            assert budget.spent <= 100.0
            cost = chance.choice((0, 1))
            held.settle(float(cost))
            held.settle(5.0)  # a second time is nothing
            with lock:
                spent[0] += cost

    hammer(work, 32)
    assert budget.reserved == 0
    assert budget.spent == spent[0] <= 100


def test_metrics_lose_nothing() -> None:
    collector = MetricsCollector()

    def work(number: int) -> None:
        labels = MetricLabels(provider=f"p{number % 3}", model="m")
        for turn in range(100):
            collector.record_start(labels)
            collector.record_request(labels, 0.1, ("success", "error")[turn % 2], 2, 3, retries=1)
            collector.record_end(labels)

    hammer(work, 32)
    figures = collector.get_snapshot()
    assert (figures.total_requests, figures.failed_requests) == (3200, 1600)
    assert (figures.tokens_in, figures.tokens_out, figures.retries) == (6400, 9600, 3200)
    assert figures.in_flight == 0


def test_a_memory_cache_gives_what_was_put_and_keeps_its_bound() -> None:
    cache = MemoryCache(max_size=20)

    def work(number: int) -> None:
        chance = Random(number)
        for _ in range(200):
            key = f"k{chance.randrange(40)}"
            if chance.random() < 0.5:
                cache.set(key, {"of": key})
            else:
                assert cache.get(key) in (None, {"of": key})
            assert cache.size <= 20

    hammer(work, 32)
    for number in range(40):
        cache.delete(f"k{number}")
    assert (cache.size, cache.size_bytes) == (0, 0)


def test_a_rate_limit_lets_exactly_so_many_through() -> None:
    limiter = RateLimiter(RateLimiterConfig(requests_per_minute=100), clock=lambda: 5.0)
    granted: list[int] = []

    def work(number: int) -> None:
        granted.extend(number for _ in range(40) if limiter.try_acquire())

    hammer(work, 32)
    while limiter.try_acquire():  # who found another in line was refused
        granted.append(-1)
    assert len(granted) == 100


def test_a_half_open_circuit_lets_exactly_so_many_try() -> None:
    times = [0.0]
    config = CircuitBreakerConfig(
        failure_threshold=1, cooldown_seconds=1, half_open_max_concurrent=3, success_threshold=3
    )
    circuit = CircuitBreaker(config, clock=lambda: times[0])
    circuit.admit().record_failure(ai_lib_sync.TransportError("no", url=""))
    times[0], passes = 2.0, []

    def work(number: int) -> None:
        try:
            passes.append(circuit.admit())
        except CircuitOpenError:
            return

    hammer(work)
    assert len(passes) == 3
    hammer(lambda number: passes[number % 3].record_success())
    assert circuit.is_closed


def test_an_array_takes_turns_exactly() -> None:
    array = ModelArray([ModelEndpoint("p/m", name=name) for name in "abcd"])
    chosen: list[str] = []

    def work(number: int) -> None:
        for _ in range(25):
            endpoint = array.select_endpoint()
            assert endpoint is not None
            chosen.append(endpoint.name)

    hammer(work)
    assert {name: chosen.count(name) for name in "abcd"} == dict.fromkeys("abcd", 400)
