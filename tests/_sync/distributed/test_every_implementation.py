# Generated from tests/distributed/test_every_implementation.py by codegen; do not edit.
"""What limits, circuits, caches, budgets and slots do, whoever keeps them.

In memory, in the shared store, and, for limits, in a database by the documentation's example.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_sync.cache import MemoryCache
from ai_lib_sync.client import AiClient, AiClientBuilder
from ai_lib_sync.distributed import SharedState
from ai_lib_sync.errors import (
    BackpressureError,
    BudgetExceeded,
    CircuitOpenError,
    RateLimitExceeded,
    RemoteError,
)
from ai_lib_sync.resilience import (
    Backpressure,
    BackpressureConfig,
    CircuitBreakerConfig,
    MemoryCircuitStorage,
    RateLimiterConfig,
    RetryConfig,
)
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.tokens import Budget
from tests.servers.postgres import read_limiter_example, running_postgres
from tests.servers.valkey import ValkeyServer

KINDS = ("memory", "store")
Builder = AiClientBuilder[AiClient]


def make_state(kind: str, request: pytest.FixtureRequest) -> SharedState | None:
    """Return a state under a prefix of its own; None stands for this process's memory."""
    if kind == "memory":
        return None
    valkey: ValkeyServer = request.getfixturevalue("valkey")
    made = SharedState.redis(valkey.url, prefix=uuid.uuid4().hex, on_outage="refuse")
    request.addfinalizer(made._connection.store.close)
    return made


@pytest.fixture(params=KINDS)
def state(request: pytest.FixtureRequest) -> SharedState | None:
    """Give each kind in turn."""
    return make_state(request.param, request)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """One database for the tests of this module."""
    with running_postgres() as url:
        yield url


def limit(maker: Builder, kind: str, request: pytest.FixtureRequest, **limits: float) -> Builder:
    """Have a kind keep the limits of a builder."""
    if kind == "database":
        url = request.getfixturevalue("database")
        limiter = read_limiter_example()(url, limits["rpm"], limits["tpm"])
        request.addfinalizer(limiter.close)
        limiter._connection.execute("TRUNCATE llm_requests")
        return maker.limiter(limiter)
    state = make_state(kind, request)
    if state is not None:
        return maker.limiter(state.limiter(**limits))
    config = RateLimiterConfig(requests_per_minute=limits["rpm"], tokens_per_minute=limits["tpm"])
    return maker.with_rate_limit(config)


def start(mock: MockProvider) -> Builder:
    """Return a builder for the mock provider, without retries."""
    made = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(mock.base_url("openai"))
    return made.with_retry(RetryConfig.no_retry())


def count_answers(client: AiClient, output: int) -> int:
    """Send at most ten calls, until one would have to wait for more than a second."""
    for answers in range(10):
        try:
            client.chat().user("hi").max_tokens(output).timeout(1.0).execute()
        except RateLimitExceeded:
            return answers
    return 10


@pytest.mark.parametrize("kind", [*KINDS, "database"])
def test_a_limit_of_requests_holds(kind: str, request: pytest.FixtureRequest) -> None:
    with MockProvider() as mock:
        maker = limit(start(mock), kind, request, rpm=3, tpm=1_000_000)
        with maker.build() as client:
            assert count_answers(client, 10) == 3
    assert len(mock.requests) == 3


@pytest.mark.parametrize("kind", [*KINDS, "database"])
def test_tokens_that_were_not_used_are_given_back(
    kind: str, request: pytest.FixtureRequest
) -> None:
    with MockProvider() as mock:
        maker = limit(start(mock), kind, request, rpm=1000, tpm=300)
        with maker.build() as client:
            # Of 200 tokens set aside for each, a few are used.
            assert count_answers(client, 200) >= 5


@pytest.mark.parametrize("kind", [*KINDS, "database"])
def test_the_provider_may_ask_for_a_pause(kind: str, request: pytest.FixtureRequest) -> None:
    slow_down = Reply(status=429, headers={"retry-after": "30"})
    with MockProvider([slow_down]) as mock:
        maker = limit(start(mock), kind, request, rpm=1000, tpm=1_000_000)
        with maker.build() as client:
            with pytest.raises(RemoteError):
                client.chat().user("hi").execute()
            assert count_answers(client, 10) == 0


def test_a_circuit_opens_and_lets_one_call_try(state: SharedState | None) -> None:
    storage = MemoryCircuitStorage() if state is None else state.circuits()
    config = CircuitBreakerConfig(failure_threshold=2, cooldown_seconds=0.05, success_threshold=1)
    with MockProvider([Reply(status=500), Reply(status=500), Reply(text="ok")]) as mock:
        maker = start(mock).with_circuit_breaker(config).circuit_storage(storage)
        with maker.build() as client:
            for _ in range(2):
                with pytest.raises(RemoteError):
                    client.chat().user("hi").execute()
            while True:
                try:
                    client.chat().user("hi").execute()
                    break
                except CircuitOpenError:
                    continue
            client.chat().user("hi").execute()
    assert len(mock.requests) == 4


def test_a_budget_is_not_exceeded(state: SharedState | None) -> None:
    budget = Budget(0.002) if state is None else state.budget(0.002)
    spent = 0.0
    with (
        MockProvider() as mock,
        start(mock).budget(budget).build() as client,
    ):
        with pytest.raises(BudgetExceeded):
            for _ in range(100):
                response = client.chat().user("hi").max_tokens(50).execute()
                assert response.cost is not None
                spent += response.cost.total_cost or 0.0
    assert 0.001 < spent <= 0.002


def test_a_cache_keeps_values_for_their_time(state: SharedState | None) -> None:
    cache = MemoryCache() if state is None else state.cache().backend
    assert cache.get("a") is None
    cache.set("a", {"b": [1, "two"]}, ttl=60)
    cache.set("none", 1, ttl=0)
    cache.set("brief", 1, ttl=0.01)
    while cache.exists("brief"):
        pass
    assert cache.get("a") == {"b": [1, "two"]}
    assert not cache.exists("none")
    assert cache.delete("a")
    assert not cache.delete("a")
    cache.set("a", 1)
    cache.clear()
    assert not cache.exists("a")


def test_slots_are_given_back(state: SharedState | None) -> None:
    slots: Any = (
        Backpressure(BackpressureConfig(max_concurrent=2))
        if state is None
        else state.concurrency(2)
    )
    first, second = slots.acquire_slot(), slots.acquire_slot()
    with pytest.raises(BackpressureError):
        slots.acquire_slot(0.02)
    first.release()
    first.release()
    (slots.acquire_slot(1.0)).release()
    second.release()
    assert slots.current_inflight == 0
