# Generated from tests/distributed/test_shared_state.py by codegen; do not edit.
"""Limits, circuits, cache, budgets and slots in a real store, through clients."""

from __future__ import annotations

import pickle
import uuid
from pathlib import Path

import pytest

from ai_lib.resilience.rate_limit.headers import LimitStatus
from ai_lib.types.cost import CostBounds
from ai_lib_sync._runtime.backend import CancelScope, fail_after, run_all
from ai_lib_sync.client import AiClient, AiClientBuilder
from ai_lib_sync.distributed import SharedState
from ai_lib_sync.errors import (
    BackpressureError,
    BudgetExceeded,
    CircuitOpenError,
    RateLimitExceeded,
    RemoteError,
    SharedStateUnavailable,
)
from ai_lib_sync.resilience import (
    CircuitBreakerConfig,
    ObservedLimits,
    ResilientConfig,
    RetryConfig,
)
from ai_lib_sync.testing import MockProvider, Reply
from tests.servers.valkey import ValkeyServer

MODEL = "openai/gpt-4o"


def connect(valkey: ValkeyServer, **settings: object) -> SharedState:
    """Return a state under a prefix that nobody else has."""
    prefix = f"test-{uuid.uuid4().hex}"
    return SharedState.redis(valkey.url, **{"prefix": prefix, **settings})  # type: ignore[arg-type]


def builder(mock: MockProvider) -> AiClientBuilder[AiClient]:
    """Return a builder for the mock provider, without retries."""
    made = AiClient.builder().model(MODEL).api_key("k").base_url(mock.base_url("openai"))
    return made.with_retry(RetryConfig.no_retry())


def bounds(upper: float | None) -> CostBounds:
    """Return what an attempt costs at most."""
    return CostBounds(
        model="m", currency="USD", lower=0.0, upper=upper,
        input_tokens=1, max_input_tokens=1, max_output_tokens=1,
    )  # fmt: skip


def test_two_clients_have_one_limit(valkey: ValkeyServer) -> None:
    with connect(valkey) as state, MockProvider() as mock:
        clients = [builder(mock).share_state(state, rpm=3).build() for _ in range(2)]
        for client in clients * 2:
            chat = client.chat().user("hi")
            if len(mock.requests) < 3:
                chat.execute()
            else:
                with pytest.raises(RateLimitExceeded):
                    chat.timeout(5).execute()
        for client in clients:
            client.close()
    assert len(mock.requests) == 3


def test_no_window_of_granted_places_exceeds_its_limit(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        limiter = state.limiter(rpm=10, tpm=1000, window=30.0)
        places = [
            limiter.reserve("p/m", f"ticket-{number}", tokens)
            for number, tokens in enumerate([90, 300, 10, 500, 200, 1000, 1] * 6)
        ]
    costs = [90, 300, 10, 500, 200, 1000, 1] * 6
    granted = sorted(zip(places, costs, strict=True))
    # The store's clock moved on a little between two questions; a tenth of a second is plenty.
    for first in range(len(granted)):
        window = [cost for at, cost in granted[first:] if at < granted[first][0] + 30.0 - 0.9]
        assert len(window) <= 10
        assert sum(window) <= 1000
    assert places[0] == 0
    assert max(places) < 30.0 * (sum(costs) / 1000 + 6)


def test_a_place_that_is_given_up_serves_another(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        limiter = state.limiter(rpm=1, window=60.0)
        assert limiter.reserve("p/m", "first", 1) == 0
        waits = [limiter.reserve("p/m", ticket, 1) for ticket in ("second", "third")]
        limiter.settle("p/m", "second", None)
        again = limiter.reserve("p/m", "fourth", 1)
        assert again == pytest.approx(waits[0], abs=1.0)
        assert waits[1] > waits[0] + 50


def test_tokens_that_were_not_used_move_a_waiting_place_up(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        limiter = state.limiter(tpm=100, window=60.0)
        assert limiter.reserve("p/m", "first", 100) == 0
        assert limiter.reserve("p/m", "second", 50) > 50
        limiter.settle("p/m", "first", 20)
        assert limiter.reserve("p/m", "second", 50) == 0


def test_a_cancelled_wait_gives_its_place_back(valkey: ValkeyServer) -> None:
    with connect(valkey) as state, MockProvider() as mock:
        limiter = state.limiter(rpm=1, window=60.0)
        with builder(mock).limiter(limiter).build() as client:
            client.chat().user("hi").execute()
            with pytest.raises(RateLimitExceeded):
                client.chat().user("hi").timeout(5).execute()
        # Had the second call's place remained, the next one would be two windows away.
        assert limiter.reserve(MODEL, "next", 1) < 61


def test_a_provider_that_says_wait_holds_all_back(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        ours, theirs = state.limiter(rpm=100), state.limiter(rpm=100)
        ours.pause("p/m", 5.0)
        assert 4 < theirs.reserve("p/m", "a", 1) <= 5
        nothing = ObservedLimits(requests=LimitStatus(remaining=0, reset=30.0))
        ours.learn("p/m", nothing)
        assert 29 < theirs.reserve("p/m", "b", 1) <= 30
        assert theirs.reserve("other/m", "c", 1) == 0


def test_a_request_of_more_tokens_than_the_limit_is_refused(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        with pytest.raises(RateLimitExceeded, match="may take 101 tokens"):
            state.limiter(tpm=100).reserve("p/m", "a", 100.5)


def test_a_circuit_opens_for_all_by_their_next_call(valkey: ValkeyServer) -> None:
    config = CircuitBreakerConfig(failure_threshold=3, cooldown_seconds=60)
    failing = [Reply(status=500) for _ in range(3)]
    with connect(valkey) as state, MockProvider(failing) as mock:
        made = [builder(mock).share_state(state).with_circuit_breaker(config) for _ in range(2)]
        first, second = [maker.build() for maker in made]
        for client in (first, second, first):
            with pytest.raises(RemoteError):
                client.chat().user("hi").execute()
        for client in (first, second):
            with pytest.raises(CircuitOpenError):
                client.chat().user("hi").execute()
            client.close()
    assert len(mock.requests) == 3


def test_a_budget_is_one_for_all(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        ours, theirs = state.budget(1.0), state.budget(1.0)
        lease = ours.take(bounds(0.6), None, 60)
        assert lease is not None
        with pytest.raises(BudgetExceeded, match=r"0\.4 left of 1"):
            theirs.take(bounds(0.6), None, 60)
        lease.settle(0.25)
        lease.settle(0.25)
        assert theirs.take(bounds(0.75), None, 60) is not None
        stats = ours.stats()
        assert (stats.spent, stats.reserved) == (0.25, 0.75)
        with pytest.raises(BudgetExceeded, match="unknown"):
            ours.take(bounds(None), None, 60)


def test_a_budget_holds_the_calls_of_two_clients(valkey: ValkeyServer) -> None:
    with connect(valkey) as state, MockProvider() as mock:
        clients = [builder(mock).share_state(state, budget=0.002).build() for _ in range(2)]

        def spend(client: AiClient) -> float:
            spent = 0.0
            for _ in range(100):
                try:
                    response = client.chat().user("hi").max_tokens(50).execute()
                except BudgetExceeded:
                    return spent
                assert response.cost is not None
                spent += response.cost.total_cost or 0.0
            raise AssertionError("the budget never ended")

        spent = [spend(client) for client in clients]
        for client in clients:
            client.close()
        stats = state.budget(0.002).stats()
    assert stats.spent == pytest.approx(sum(spent))
    assert 0.001 < stats.spent <= 0.002
    assert stats.reserved == 0


def test_a_budget_of_a_tag_has_an_account_for_each_value(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        budget = state.budget(1.0, tag="user", window=3600.0)
        assert budget.take(bounds(1.0), {"user": "ann"}, 60) is not None
        assert budget.take(bounds(1.0), {"user": "bob"}, 60) is not None
        assert budget.take(bounds(1.0), {}, 60) is None
        with pytest.raises(BudgetExceeded, match="user=ann"):
            budget.take(bounds(0.1), {"user": "ann"}, 60)


def test_one_response_serves_two_clients(valkey: ValkeyServer) -> None:
    with connect(valkey) as state, MockProvider() as mock:
        clients = [builder(mock).share_state(state, cache=True).build() for _ in range(2)]
        responses = [client.chat().user("hi").temperature(0).execute() for client in clients]
        for client in clients:
            client.close()
        assert responses[0].content == responses[1].content
        assert len(mock.requests) == 1
        cache = state.cache()
        cache.set("plain", {"a": [1]}, ttl=60)
        assert cache.get("plain") == {"a": [1]}
        assert cache.delete("plain")
        cache.set("plain", 1)
        cache.clear()
        assert cache.get("plain") is None


def test_of_equal_calls_in_two_managers_one_is_sent(valkey: ValkeyServer) -> None:
    with connect(valkey) as state, MockProvider() as mock:
        clients = [builder(mock).share_state(state, cache=True).build() for _ in range(4)]

        def ask(client: AiClient) -> object:
            return client.chat().user("all the same").temperature(0).execute

        functions = [ask(client) for client in clients]
        responses = run_all(functions, 4)  # type: ignore[arg-type, var-annotated]
        for client in clients:
            client.close()
    assert len({response.content for response in responses}) == 1
    assert len(mock.requests) == 1


def test_a_call_that_fails_lets_the_next_one_ask(valkey: ValkeyServer) -> None:
    replies = [Reply(status=400), Reply(text="fine")]
    with connect(valkey) as state, MockProvider(replies) as mock:
        clients = [builder(mock).share_state(state, cache=True).build() for _ in range(2)]

        def ask(client: AiClient) -> str:
            try:
                return (client.chat().user("same").temperature(0).execute()).content
            except RemoteError:
                return "failed"

        contents = [ask(client) for client in clients]
        for client in clients:
            client.close()
    assert contents == ["failed", "fine"]


def test_slots_are_those_of_all(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        ours, theirs = state.concurrency(2), state.concurrency(2)
        slots = [ours.acquire_slot(), theirs.acquire_slot()]
        with pytest.raises(BackpressureError, match="2 calls of all processes"):
            theirs.acquire_slot(0.05)
        slots[0].release()
        slots[0].release()
        ours.flush()
        third = theirs.acquire_slot(1.0)
        third.release()
        slots[1].release()
        theirs.flush()
        assert (ours.current_inflight, theirs.current_inflight) == (0, 0)


def test_a_waiter_that_is_cancelled_leaves_the_line(valkey: ValkeyServer) -> None:
    with connect(valkey) as state:
        concurrency = state.concurrency(1)
        slot = concurrency.acquire_slot()
        scope = CancelScope()
        with scope:
            scope.cancel()
            concurrency.acquire_slot()
        assert scope.cancelled
        slot.release()
        concurrency.flush()
        (concurrency.acquire_slot(1.0)).release()


def test_the_slot_of_a_process_that_is_gone_is_free_after_its_lease(
    valkey: ValkeyServer,
) -> None:
    with connect(valkey) as state:
        gone = state.concurrency(1, lease=0.2)
        gone.acquire_slot()
        state.concurrency(1).acquire_slot(30.0)


def test_a_client_keeps_to_the_slots(valkey: ValkeyServer) -> None:
    with connect(valkey) as state, MockProvider() as mock:
        taken = state.concurrency(1).acquire_slot()
        with builder(mock).share_state(state, concurrency=1).build() as client:
            with pytest.raises(BackpressureError):
                client.chat().user("hi").timeout(0.1).execute()
            taken.release()
            state.concurrency(1).flush()
        assert not mock.requests


def test_a_builder_travels_with_its_state(valkey: ValkeyServer) -> None:
    with connect(valkey) as state, MockProvider() as mock:
        maker = builder(mock).share_state(state, rpm=2, budget=1.0, concurrency=4, cache=True)
        travelled = pickle.loads(pickle.dumps(maker))  # noqa: S301
        ours = maker.build()
        theirs = travelled.api_key("k").build()
        for client in (ours, theirs):
            client.chat().user(f"hi {client is ours}").execute()
        for client in (ours, theirs):
            with pytest.raises(RateLimitExceeded):
                client.chat().user("more").timeout(5).execute()
            client.close()
    assert len(mock.requests) == 2


def test_without_the_store_each_process_keeps_to_its_share(
    own_valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(own_valkey, processes=2) as state, MockProvider() as mock:
        maker = builder(mock).share_state(state, rpm=4, budget=1.0, concurrency=4, cache=True)
        with maker.build() as client:
            client.chat().user("0").execute()
            own_valkey.stop()
            for number in range(1, 4):
                client.chat().user(f"{number}").execute()
            assert not state.is_reachable
            signals = client.signals()
            assert signals.rate_limiter is not None
            assert signals.rate_limiter.is_degraded
            with pytest.raises(RateLimitExceeded):
                client.chat().user("too many").timeout(5).execute()
    assert len(mock.requests) == 4
    lines = [record.message for record in caplog.records if "can't be reached" in record.message]
    assert len(lines) == 1


def test_a_state_that_refuses_lets_fallbacks_be_tried_and_comes_back(
    own_valkey: ValkeyServer,
) -> None:
    with connect(own_valkey, on_outage="refuse") as state, MockProvider() as mock:
        maker = builder(mock).share_state(state, rpm=100)
        with maker.build() as client:
            client.chat().user("hi").execute()
            own_valkey.stop()
            with pytest.raises(SharedStateUnavailable, match="on_outage='local'") as raised:
                client.chat().user("hi").execute()
            assert raised.value.provider == "openai"
            own_valkey.start()
            while True:
                try:
                    response = client.chat().user("hi").execute()
                    break
                except SharedStateUnavailable:
                    continue
            assert response.content
            assert state.is_reachable


def test_a_connection_whose_other_end_is_silent_is_given_up(own_valkey: ValkeyServer) -> None:
    with connect(own_valkey, on_outage="refuse", timeout=0.2) as state:
        limiter = state.limiter(rpm=1000)
        assert limiter.reserve("p/m", "first", 1) == 0
        with own_valkey.frozen():
            with pytest.raises(SharedStateUnavailable):
                limiter.reserve("p/m", "second", 1)
        while True:
            try:
                assert limiter.reserve("p/m", "third", 1) == 0
                return
            except SharedStateUnavailable:
                continue


def test_many_waits_that_are_broken_off_leave_the_store_in_reach(
    own_valkey: ValkeyServer,
) -> None:
    with connect(own_valkey, on_outage="refuse", timeout=30.0) as state:
        limiter = state.limiter(rpm=1000)
        with own_valkey.frozen():
            # More than there are places for connections that wait for work.
            for number in range(70):
                with pytest.raises(TimeoutError), fail_after(0.001):
                    limiter.reserve("p/m", f"broken off {number}", 1)
        assert limiter.reserve("p/m", "the next one", 1) == 0


def test_a_budget_outlives_a_store_that_lost_it(own_valkey: ValkeyServer) -> None:
    with connect(own_valkey, timeout=1.0) as state:
        budget = state.budget(1.0)
        lease = budget.take(bounds(0.5), None, 60)
        assert lease is not None
        lease.settle(0.5)
        own_valkey.stop()
        away = budget.take(bounds(0.2), None, 60)
        assert away is not None
        with pytest.raises(BudgetExceeded):
            budget.take(bounds(0.4), None, 60)
        away.settle(0.1)
        own_valkey.start()
        while True:
            try:
                stats = budget.stats()
                break
            except SharedStateUnavailable:
                continue
        refused = budget.take(bounds(0.4), None, 60)
        assert refused is not None
        assert stats.spent == 0.5
        assert (budget.stats()).spent == pytest.approx(0.6)


def test_a_password_that_is_wrong_says_so(tmp_path: Path) -> None:
    from tests.servers.valkey import running_valkey

    with running_valkey(tmp_path, "--requirepass", "right") as server:
        url = server.url.replace("redis://", "redis://:wrong-canary@")
        with SharedState.redis(url, on_outage="refuse") as state:
            with pytest.raises(SharedStateUnavailable, match="WRONGPASS") as raised:
                state.limiter(rpm=1).reserve("p/m", "a", 1)
            assert "wrong-canary" not in str(raised.value)
        with SharedState.redis(server.url.replace("redis://", "redis://:right@")) as state:
            assert state.limiter(rpm=1).reserve("p/m", "a", 1) == 0


def test_a_config_takes_a_shared_limit_of_slots() -> None:
    state = SharedState.redis("redis://127.0.0.1:1")
    assert ResilientConfig(concurrency=state.concurrency(2)).is_on


def test_a_place_is_reserved_and_settled_in_one_command_each(
    own_valkey: ValkeyServer,
) -> None:
    with connect(own_valkey) as state:
        limiter = state.limiter(rpm=100, tpm=10_000)
        limiter.reserve("p/m", "first", 10)
        limiter.settle("p/m", "first", 5)
        own_valkey.ask("CONFIG RESETSTAT")
        limiter.reserve("p/m", "second", 10)
        assert "cmdstat_evalsha:calls=1," in own_valkey.ask("INFO commandstats")
        limiter.settle("p/m", "second", 5)
    assert "cmdstat_evalsha:calls=2," in own_valkey.ask("INFO commandstats")
