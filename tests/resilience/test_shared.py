"""Circuits and rate limits that clients share, kept by objects of the caller's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_lib._runtime.backend import CancelScope, checkpoint
from ai_lib.client import AiClient
from ai_lib.errors import CircuitOpenError, RateLimitExceeded, RemoteError, SharedStateError
from ai_lib.resilience import (
    CircuitBreakerConfig,
    CircuitRecord,
    CircuitState,
    MemoryCircuitStorage,
    ObservedLimits,
    ResilientConfig,
    RetryConfig,
)
from tests.resilience.conftest import Serve
from tests.resilience.house import answer, builder, fail, failing, frame, said, write
from tests.servers.scripted import Exchange

ONCE = CircuitBreakerConfig(failure_threshold=2, success_threshold=1, cooldown_seconds=0)


class Storage:
    """A storage that has to be waited for. Of the first `conflicts` changes it takes none."""

    def __init__(self, conflicts: int = 0) -> None:
        self.kept: dict[str, CircuitRecord] = {}
        self.conflicts = conflicts
        self.broken = False

    async def load(self, name: str) -> CircuitRecord | None:
        await checkpoint()
        if self.broken:
            raise ConnectionError("the storage is out of reach")
        return self.kept.get(name)

    async def replace(self, name: str, old: CircuitRecord | None, new: CircuitRecord) -> bool:
        await checkpoint()
        if self.conflicts or self.kept.get(name) != old:
            self.conflicts = max(0, self.conflicts - 1)
            return False
        self.kept[name] = new
        return True


class Places:
    """So many requests in all, and what it was told of them."""

    def __init__(self, requests: int) -> None:
        self.left = requests
        self.granted: dict[str, float] = {}
        self.settled: dict[str, float | None] = {}
        self.paused: list[float] = []
        self.seen: list[ObservedLimits] = []
        self.targets: set[str] = set()

    async def reserve(self, target: str, ticket: str, tokens: float) -> float:
        await checkpoint()
        self.targets.add(target)
        if not self.left:
            return 60.0
        self.left -= 1
        self.granted[ticket] = tokens
        return 0.0

    async def settle(self, target: str, ticket: str, tokens: float | None) -> None:
        await checkpoint()
        self.settled[ticket] = tokens

    async def pause(self, target: str, seconds: float) -> None:
        await checkpoint()
        self.paused.append(seconds)

    async def learn(self, target: str, seen: ObservedLimits) -> None:
        await checkpoint()
        self.seen.append(seen)


async def pair(folder: Path, config: ResilientConfig) -> tuple[AiClient, AiClient]:
    made = builder(folder).timeout(5).resilience(config)
    return await made.build(), await made.build()


async def failed(client: AiClient) -> None:
    with pytest.raises(RemoteError):
        await client.chat().user("?").execute()


@pytest.mark.parametrize("conflicts", [0, 3])
async def test_two_clients_share_a_circuit(conflicts: int, serve: Serve, tmp_path: Path) -> None:
    server = serve(failing(2))
    write(tmp_path, "house", server.url)
    storage = Storage(conflicts)
    config = ResilientConfig(circuit_breaker=ONCE, circuit_storage=storage)
    one, two = await pair(tmp_path, config)
    async with one, two:
        await failed(one)
        assert storage.kept["house/m"] == CircuitRecord(failures=1)
        await failed(two)
        assert storage.kept["house/m"].state is CircuitState.OPEN
        # The cooldown is nothing: whoever comes next tries, and closes it for both.
        assert (await one.chat().user("?").execute()).content == "hello"
        assert storage.kept["house/m"] == CircuitRecord()
        assert (await two.chat().user("?").execute()).content == "hello"
        assert (one.circuit_state, two.circuit_state) == ("closed", "closed")
    assert len(server.received) == 4


async def test_a_circuit_that_another_client_opened_is_open(serve: Serve, tmp_path: Path) -> None:
    server = serve(failing(1))
    write(tmp_path, "house", server.url)
    slow = CircuitBreakerConfig(failure_threshold=1, cooldown_seconds=60)
    storage = MemoryCircuitStorage()
    made = builder(tmp_path).with_circuit_breaker(slow).circuit_storage(storage)
    one, two = await made.build(), await made.build()
    async with one, two:
        await failed(one)
        with pytest.raises(CircuitOpenError) as caught:
            await two.chat().user("?").execute()
        assert 50 < (caught.value.retry_after or 0) <= 60
        two.reset_resilience()
        assert (await two.chat().user("?").execute()).content == "hello"
        assert (await one.chat().user("?").execute()).content == "hello"
    assert len(server.received) == 3


async def test_a_storage_alone_switches_the_circuit_on(tmp_path: Path) -> None:
    write(tmp_path, "house", "http://127.0.0.1:1")
    async with await builder(tmp_path).circuit_storage(MemoryCircuitStorage()).build() as client:
        assert client.circuit_state == "closed"
        assert client.is_resilient


async def test_a_streams_end_reaches_the_storage(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
        exchange.abort()

    write(tmp_path, "house", serve(script).url)
    storage = Storage()
    async with await builder(tmp_path).circuit_storage(storage).build() as client:
        with pytest.raises(Exception, match="complete"):
            async for _ in client.chat().user("?").stream():
                pass
        assert storage.kept["house/m"].failures == 1


async def test_a_storage_out_of_reach_ends_the_call_and_leaves_nothing_taken(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(answer)
    write(tmp_path, "house", server.url)
    storage = Storage()
    made = builder(tmp_path).circuit_storage(storage).max_inflight(1)
    async with await made.build() as client:
        storage.broken = True
        for _ in range(3):
            with pytest.raises(SharedStateError, match="out of reach"):
                await client.chat().user("?").execute()
            assert client.current_inflight == 0
        storage.broken = False
        assert (await client.chat().user("?").execute()).content == "hello"
    assert len(server.received) == 1


class Failing(Places):
    """A limiter that takes no outcome, and once not even asks."""

    refuses = False

    async def reserve(self, target: str, ticket: str, tokens: float) -> float:
        if self.refuses:
            raise ConnectionError("the limiter is out of reach")
        return 0.0

    async def settle(self, target: str, ticket: str, tokens: float | None) -> None:
        self.settled[ticket] = tokens
        raise ConnectionError("the limiter is out of reach")


class Deaf(Storage):
    """A storage that breaks once a call was let through."""

    async def replace(self, name: str, old: CircuitRecord | None, new: CircuitRecord) -> bool:
        raise ConnectionError("the storage is out of reach")


async def test_what_fails_after_the_answer_costs_neither_it_nor_later_ones(
    serve: Serve, tmp_path: Path
) -> None:
    write(tmp_path, "house", serve(answer).url)
    made = builder(tmp_path).limiter(Failing(9)).circuit_storage(Deaf())
    client = await made.build()
    for _ in range(5):
        assert (await client.chat().user("?").execute()).content == "hello"
    await client.close()


async def test_a_storage_that_fails_hides_no_error_of_the_provider(
    serve: Serve, tmp_path: Path
) -> None:
    write(tmp_path, "house", serve(lambda exchange: fail(exchange, 500)).url)
    made = builder(tmp_path).with_retry(RetryConfig.no_retry()).circuit_storage(Deaf())
    client = await made.build()
    with pytest.raises(RemoteError):
        await client.chat().user("?").execute()
    await client.close()


async def test_a_limiter_that_fails_before_the_attempt_is_an_error_of_ours(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(answer)
    write(tmp_path, "house", server.url)
    limiter = Failing(9)
    limiter.refuses = True
    async with await builder(tmp_path).limiter(limiter).build() as client:
        with pytest.raises(SharedStateError, match="limiter is out of reach") as caught:
            await client.chat().user("?").execute()
        assert caught.value.fallbackable
        limiter.refuses = False
        assert (await client.chat().user("?").execute()).content == "hello"
    assert len(server.received) == 1


async def test_two_clients_share_a_limiter(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.reply(said(total=7), headers="content-type: application/json\r\nx-left: 3\r\n")

    server = serve(script)
    write(tmp_path, "house", server.url, "rate_limit_headers: { requests_remaining: x-left }")
    limiter = Places(2)
    one, two = await pair(tmp_path, ResilientConfig(limiter=limiter))
    async with one, two:
        for client in (one, two):
            await client.chat().user("?").max_tokens(100).execute()
        for client in (one, two):
            with pytest.raises(RateLimitExceeded) as caught:
                await client.chat().user("?").execute()
            assert caught.value.retry_after == 60
        assert one.signals().rate_limiter is not None
    assert limiter.targets == {"house/m"}
    assert len(limiter.granted) == 2
    assert min(limiter.granted.values()) >= 100
    # A place that nobody waited for is given back.
    used = {place: tokens for place, tokens in limiter.settled.items() if tokens is not None}
    assert used == dict.fromkeys(limiter.granted, 7)
    assert len(limiter.settled) == 4
    assert [seen.requests.remaining for seen in limiter.seen] == [3, 3]
    assert len(server.received) == 2


async def test_a_limiter_hears_of_failures_and_of_what_was_never_sent(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(lambda exchange: fail(exchange, 429, "retry-after: 30\r\n"))
    limiter = Places(9)
    retry = RetryConfig.no_retry()
    write(tmp_path, "house", "http://127.0.0.1:1")
    made = builder(tmp_path).with_retry(retry).limiter(limiter).timeout(5)
    async with await made.build() as client:
        with pytest.raises(Exception, match="no connection"):
            await client.chat().user("?").execute()
    assert list(limiter.settled.values()) == [None]
    async with await made.base_url(server.url).build() as client:
        await failed(client)
        # Until then nobody is even asked.
        with pytest.raises(RateLimitExceeded):
            await client.chat().user("?").execute()
    assert limiter.paused == [pytest.approx(30, abs=2)]
    assert list(limiter.settled.values()) == [None, 0.0]
    assert len(limiter.granted) == 2


async def test_a_cancelled_attempt_is_settled_when_the_client_is_closed(
    serve: Serve, tmp_path: Path
) -> None:
    scope = CancelScope()

    def script(exchange: Exchange) -> None:
        scope.cancel()
        exchange.stall()

    write(tmp_path, "house", serve(script).url)
    limiter = Places(9)
    async with await builder(tmp_path).limiter(limiter).build() as client:
        with scope:
            await client.chat().user("?").execute()
        assert scope.cancelled
        assert len(limiter.granted) == 1
    assert limiter.settled.keys() == limiter.granted.keys()


class Mistaken(Failing):
    """A limiter with a mistake in it: it answers with what is no number, or raises TypeError."""

    def __init__(self, mistake: str) -> None:
        super().__init__(9)
        self.mistake = mistake

    def reserve(self, *arguments: object) -> float:
        if self.mistake == "answer":
            return "soon"  # type: ignore[return-value]
        raise TypeError("unsupported operand")


@pytest.mark.parametrize("mistake", ["answer", "raise"])
async def test_a_limiter_with_a_mistake_in_it_is_an_error_that_fallbacks_see(
    serve: Serve, tmp_path: Path, mistake: str
) -> None:
    server = serve(answer)
    write(tmp_path, "house", server.url)
    async with await builder(tmp_path).limiter(Mistaken(mistake)).build() as client:
        with pytest.raises(SharedStateError, match="limiter") as caught:
            await client.chat().user("?").execute()
        assert isinstance(caught.value.__cause__, TypeError)
        assert caught.value.fallbackable
        assert client.current_inflight == 0
    assert server.received == []
