"""A client with all protection and interceptors on, behind two chaotic networks; its invariants."""

from __future__ import annotations

import gc
import inspect
import os
import re
import threading
from collections import Counter
from functools import partial
from random import Random

from ai_lib._runtime.backend import fail_after
from ai_lib.cache import CacheConfig, CacheManager
from ai_lib.client import AiClient, CancelToken
from ai_lib.client.call.call import Call
from ai_lib.client.execution.dispatcher import Dispatcher
from ai_lib.client.execution.stream import ChatStream
from ai_lib.client.execution.stream_attempt import StreamAttempt
from ai_lib.client.interceptors.base import Interceptor
from ai_lib.errors import AiLibError
from ai_lib.guardrails import KeywordFilter
from ai_lib.resilience import CircuitBreakerConfig, RateLimiterConfig, RetryConfig
from ai_lib.telemetry import MetricsCollector, ProviderHealthTracker
from ai_lib.testing import MockProvider, Reply
from ai_lib.testing.mock.recorded_request import RecordedRequest
from ai_lib.tokens import Budget
from ai_lib.transport import HttpTransport
from ai_lib.transport.connections.connection import Connection
from ai_lib.types import TimeoutOptions
from ai_lib.types.response import ChatResponse
from tests.forks.children import Child
from tests.guards import Stopwatch
from tests.servers.chaos import Chaos

OTHER = "anthropic/claude-sonnet-4-5"
TIMEOUTS = TimeoutOptions(connect=3, first_token=0.6, idle=0.4, delta_idle=0.6, total=4)
SLACK = 20.0  # seconds a busy machine may take beyond the deadline
RETRIES = 2
ALLOWED = 2 * (1 + RETRIES)  # attempts of one call, over both targets
ENDS = ("plain",) * 6 + ("stream",) * 6 + ("break", "drop", "token", "late", "late stream")
_MARK = re.compile(r"call-\d+")
FORKED = 10**9  # the marks of forked children begin here
CALLS_IN_CHILD = 4
FORK_EVERY = 60
CAN_FORK = hasattr(os, "fork")
_WORDS = ("one", "zwölf", "三", "\u2028", '"', "\\", "data: [DONE]", "{}", "\U0001f600", "\n")


def pieces_of(mark: str) -> list[str]:
    """What the provider says to a call: other words for every mark."""
    chance = Random(mark)
    return [f"{mark} ", *(f"{chance.choice(_WORDS)} " for _ in range(chance.randrange(1, 30)))]


def arguments_of(mark: str) -> dict[str, object]:
    """The arguments of the tool call in the answer to every fifth mark."""
    return {"mark": mark, "words": pieces_of(mark)}


def number_of(mark: str) -> int:
    return int(mark.removeprefix("call-"))


def calls_a_tool(mark: str) -> bool:
    """Whether the answer to this mark has a tool call in it."""
    return number_of(mark) % 5 == 0


def answer(request: RecordedRequest) -> Reply | None:
    """What the provider behind the networks answers."""
    found = _MARK.search(str(request.messages))
    if found is None:
        return None
    mark = found[0]
    calls = [("note", arguments_of(mark))] if calls_a_tool(mark) else []
    return Reply(text=pieces_of(mark), tool_calls=calls)


class Books(Interceptor):
    """Keeps of every call that ended what its attempt log says.

    It stands next to the metrics, so that a call that is cancelled while it gets ready has come to
    both or to none.
    """

    order = 12

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.retries = 0
        self.sent: Counter[str] = Counter()
        self.certain: Counter[str] = Counter()
        self.most = 0
        self._lock = threading.RLock()  # a finalizer may end a call in the middle of another's end

    async def before_request(self, call: Call) -> None:
        call.state["books"] = True

    def on_end(self, call: Call) -> None:
        found = _MARK.search(str(call.request.messages))
        with self._lock:
            self._enter(call, found[0] if found else "")

    def _enter(self, call: Call, mark: str) -> None:
        attempts = call.attempt_log.attempts
        sent = sum(one.sent for one in attempts)
        self.outcomes[call.outcome if "books" in call.state else "never begun"] += 1
        self.retries += call.attempt_log.retry_count
        self.sent[mark] += sent
        # What came back can only have come back of what went out.
        self.certain[mark] += sum(
            one.ended == "answered" or one.status_code is not None for one in attempts
        )
        self.most = max(self.most, sent)


class House:
    """What one client is given, and the two networks it speaks through."""

    def __init__(self, seed: int) -> None:
        self.first, self.second = Chaos(seed), Chaos(seed + 1)
        self.transport = HttpTransport()
        self.books = Books()
        self.budget = Budget(1e9)
        self.collector = MetricsCollector()
        self.cache = CacheManager(CacheConfig(max_size=50))
        self.ends: Counter[str] = Counter()
        self.children: list[Child] = []
        self._lock = threading.Lock()

    async def client(self) -> AiClient:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").api_key_for(OTHER, "k")
        builder.base_url(f"http://127.0.0.1:{self.first.port}/openai").with_fallbacks([OTHER])
        builder.base_url_for(OTHER, f"http://127.0.0.1:{self.second.port}/anthropic")
        builder.with_retry(RetryConfig(max_retries=RETRIES, min_delay_ms=1, max_delay_ms=20))
        builder.with_rate_limit(
            RateLimiterConfig(requests_per_second=3000, burst_size=100, tokens_per_minute=1e9)
        )
        breaker = CircuitBreakerConfig(failure_threshold=5, cooldown_seconds=0.02)
        builder.with_circuit_breaker(breaker).max_inflight(8).timeouts(TIMEOUTS)
        builder.cache(self.cache).budget(self.budget).metrics(self.collector)
        builder.guardrails([KeywordFilter("words", ["never said"])]).health(ProviderHealthTracker())
        return await builder.intercept(self.books).transport(self.transport).build()

    def answered_by(self, provider: MockProvider) -> None:
        """Have what comes through the networks answered by this provider from now on."""
        port = int(provider.base_url("openai").split(":")[2].split("/")[0])
        self.first.target = self.second.target = port

    def requests(self) -> int:
        """How many requests the networks saw."""
        return sum(self.first.done.values()) + sum(self.second.done.values())

    def forget(self, before: int) -> None:
        """Close the books on all marks before that number: a long run keeps only its last ones."""
        for counts in (self.books.sent, self.books.certain, self.first.seen, self.second.seen):
            for mark in list(counts):
                if number_of(mark) < before or number_of(mark) >= FORKED:
                    del counts[mark]

    def close(self) -> None:
        """Wait until no connection is left, and end."""
        assert self.first.wait_for_connections(0)
        assert self.second.wait_for_connections(0)
        self.first.close()
        self.second.close()

    def fork(self, client: AiClient, number: int) -> None:
        """Fork a child, in the midst of the others' calls, that makes some calls of its own."""
        child = Child(partial(self._call_in_child, client, FORKED + number * CALLS_IN_CHILD))
        with self._lock:
            self.children.append(child)

    def end_children(self) -> int:
        """Wait for the children, and return how many there were; their errors are raised here."""
        count = len(self.children)
        while self.children:
            child = self.children.pop()
            try:
                assert child.result() == {}
            finally:
                child.end()
        return count

    async def _call_in_child(self, client: AiClient, first: int) -> dict[str, object]:
        """Return what is still taken after the child's calls; nothing of the parent's is."""
        before = taken(client, self)
        assert before == {}, before
        for number in range(first, first + CALLS_IN_CHILD):
            await self.one_call(client, number)
        gc.collect()
        return {name: value for name, value in taken(client, self).items() if name != "connections"}

    async def one_call(self, client: AiClient, number: int) -> None:
        """Make one call, end it in some way, and hold it to what was said."""
        if CAN_FORK and number % FORK_EVERY == FORK_EVERY - 1 and number < FORKED:
            self.fork(client, number)
        chance = Random(f"end {number}")
        again = chance.random() < 0.1 and number >= 10
        mark = f"call-{number - chance.randrange(1, 10) if again else number}"
        end, stopwatch = chance.choice(ENDS), Stopwatch()
        try:
            with fail_after(chance.random() * 0.05 if end.startswith("late") else None):
                await self._ask(client, mark, end, chance)
            self._note(end, "well")
        except AiLibError as error:
            self._note(end, type(error).__name__)
            assert_beginning(mark, error.partial)
        except TimeoutError:
            assert end.startswith("late")
            self._note(end, "cancelled")
        assert stopwatch.seconds < (TIMEOUTS.total or 0) + SLACK, (mark, end)

    def _note(self, end: str, how: str) -> None:
        with self._lock:
            self.ends[f"{end}: {how}"] += 1

    async def _ask(self, client: AiClient, mark: str, end: str, chance: Random) -> None:
        chat = client.chat().user(f"{mark}, please").max_tokens(400)
        if end in ("plain", "late"):
            assert_whole(mark, await chat.execute())
            return
        token = CancelToken(chance.random() * 0.05) if end == "token" else None
        stream = chat.stream(cancel_token=token)
        text, left = "", chance.randrange(1, 8) if end in ("break", "drop") else 10**6
        async for event in stream:
            if event.is_content_delta:
                text += event.as_content_delta.text
            left -= 1
            if left == 0:
                break
        if left == 0:
            assert "".join(pieces_of(mark)).startswith(text), mark
            if end == "break":
                await stream.aclose()
        elif stream.cancelled:
            assert_beginning(mark, stream.response())
        else:
            assert text == "".join(pieces_of(mark)), mark
            assert_whole(mark, stream.response())


def assert_whole(mark: str, response: ChatResponse) -> None:
    """Whether an answer is what the provider said to this call, no more and no less."""
    assert response.content == "".join(pieces_of(mark)), (mark, response.content)
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == ([("note", arguments_of(mark))] if calls_a_tool(mark) else []), (mark, calls)
    assert response.finish_reason


def assert_beginning(mark: str, partial: object) -> None:
    """Whether what came of an answer that broke off is a beginning of it."""
    if isinstance(partial, ChatResponse):
        assert "".join(pieces_of(mark)).startswith(partial.content), (mark, partial.content)


def taken(client: AiClient, house: House) -> dict[str, object]:
    """What is still taken, by what it is; empty when all was given back."""
    stats = house.transport.stats()
    found: dict[str, object] = {
        "in flight": client.current_inflight,
        "connections": stats.active,
        "in line": stats.waiting,
        "set aside": house.budget.reserved,
        "metrics": house.collector.get_snapshot().in_flight,
    }
    for number, place in enumerate(client._targets.list_targets()):
        gate = place.executor.preflight
        quota = gate.rate_limiter.quota  # type: ignore[union-attr]
        found[f"requests {number}"] = quota._requests.outstanding
        found[f"tokens {number}"] = quota._tokens.outstanding
        found[f"trials {number}"] = gate.circuit_breaker._trials  # type: ignore[union-attr]
    return {name: value for name, value in found.items() if value}


def alive() -> Counter[str]:
    """How many calls of functions that wait have not ended, and what there is of a call's parts."""
    gc.collect()
    found = gc.get_objects()
    waiting = [one for one in found if inspect.iscoroutine(one) and one.cr_frame]
    counts = Counter(one.__qualname__ for one in waiting)
    return counts + Counter(type(one).__name__ for one in found if type(one) in _PARTS)


_PARTS = (AiClient, HttpTransport, Connection, Call, Dispatcher, ChatStream, StreamAttempt)


def mock() -> MockProvider:
    """The provider behind the networks."""
    return MockProvider(choose_reply=answer)
