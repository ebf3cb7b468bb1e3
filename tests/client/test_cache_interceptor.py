"""A cache in a client's calls, over the wire."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ai_lib import AiClient, Message
from ai_lib._runtime.backend import CancelScope, Event, run_all
from ai_lib.cache import CacheConfig, CacheManager, DiskCache, MemoryCache
from ai_lib.client import AiClientBuilder
from ai_lib.errors import AiLibError, RemoteError
from ai_lib.resilience import RetryConfig
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import ChatResponse, ToolDefinition
from ai_lib.types.content import ToolUseBlock
from tests.house.packages import ROOT

MODEL = "openai/gpt-4o"


def builder(mock: MockProvider, manager: CacheManager, model: str) -> AiClientBuilder[AiClient]:
    made = AiClient.builder().model(model).api_key("canary-key")
    made = made.base_url(mock.base_url(model.split("/")[0]))
    return made.with_retry(RetryConfig(max_retries=0)).cache(manager)


async def client_of(
    mock: MockProvider, manager: CacheManager | None = None, *, model: str = MODEL
) -> AiClient:
    return await builder(mock, manager or CacheManager(), model).build()


async def streamed(client: AiClient, text: str = "?") -> ChatResponse:
    stream = client.chat().user(text).stream()
    events = [event async for event in stream]
    said = "".join(event.as_content_delta.text for event in events if event.is_content_delta)
    response = stream.response()
    assert said == response.content
    assert events[-1].is_stream_end
    assert [event.is_stream_end for event in events].count(True) == 1
    return response


class Watched(MemoryCache):
    """Says when somebody has looked for the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.second = Event()

    async def get(self, key: str) -> object:
        found = await super().get(key)
        self.looks += 1
        if self.looks == 2:
            self.second.set()
        return found


class Unreachable(MemoryCache):
    async def get(self, key: str) -> object:
        raise OSError("no route")

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        raise OSError("no route")


@pytest.mark.parametrize("model", [MODEL, "anthropic/claude-3-5-sonnet", "gemini/gemini-1.5-pro"])
async def test_the_second_time_nothing_is_sent_and_the_reply_is_equal(model: str) -> None:
    manager = CacheManager()
    reply = Reply(thinking="Hm", text="Hi there", tool_calls=[("f", {"a": [1]})])
    async with MockProvider([reply]) as mock, await client_of(mock, manager, model=model) as client:
        first = await client.chat().user("?").execute()
        second, stats = await client.chat().user("?").execute_with_stats()
        assert second == first
        assert type(second) is ChatResponse
        assert stats.retry_count == 0
        assert (await streamed(client)).candidates == first.candidates
        assert second.to_message() == first.to_message()
    assert len(mock.requests) == 1
    assert (manager.stats().hits, manager.stats().misses, manager.stats().sets) == (2, 1, 1)


async def test_a_stream_is_kept_for_plain_calls_and_for_streams() -> None:
    async with MockProvider([Reply(text="Hi")]) as mock, await client_of(mock) as client:
        first = await streamed(client)
        assert await client.chat().user("?").execute() == first
        assert (await streamed(client)) == first
    assert len(mock.requests) == 1


async def test_another_question_is_asked() -> None:
    async with MockProvider() as mock, await client_of(mock) as client:
        for chat in (
            client.chat().user("a"),
            client.chat().user("b"),
            client.chat().user("a").temperature(0.5),
            client.chat().user("a").max_tokens(5),
            client.chat().system("s").user("a"),
            client.chat().messages([Message.user("a"), Message.assistant("a"), Message.user("a")]),
            client.chat().user("a").extra({"service_tier": "flex"}),
        ):
            await chat.execute()
    assert len(mock.requests) == 7


async def test_what_shapes_an_answer_is_in_the_key() -> None:
    """https://github.com/agno-agi/agno/issues/10138, majiayu000/litellm-rs#505, NadirClaw#90"""

    def offer(name: str) -> ToolDefinition:
        return ToolDefinition.from_function(name=name, description=f"Search {name}.")

    def tell(id: str) -> list[Message]:
        call = ToolUseBlock(id=id, name="books", input={})
        return [
            Message.user("a"),
            Message.assistant([call]),
            Message.tool(id, "same", name="books"),
        ]

    async with MockProvider() as mock, await client_of(mock) as client:
        chats = [
            client.chat().user("a").tools([offer("books")]),
            client.chat().user("a").tools([offer("news")]),
            client.chat().user("a").tools([offer("books")]).tool_choice("required"),
            client.chat().user("a").tools([offer("books")]).parallel_tool_calls(False),
            client.chat().user("a").response_format("json_object"),
            client.chat().user("a").param("seed", 1),
            client.chat().user("a").extra({"prediction": {"type": "content", "content": "b"}}),
            client.chat().messages(tell("1")).tools([offer("books")]),
            client.chat().messages(tell("2")).tools([offer("books")]),
        ]
        for chat in chats:
            await chat.execute()
    assert len(mock.requests) == len(chats)


async def test_the_key_holds_no_api_key_and_two_keys_share_an_answer() -> None:
    manager = CacheManager()
    async with MockProvider([Reply(text="Hi")]) as mock:
        for model in ("gemini/gemini-1.5-pro",):
            for key in ("first-canary", "second-canary"):
                made = builder(mock, manager, model).api_key(key)
                async with await made.build() as client:
                    await client.chat().user("?").execute()
                    await streamed(client)
    assert len(mock.requests) == 1


@pytest.mark.parametrize("plain", [True, False])
async def test_many_at_once_ask_once(plain: bool) -> None:
    manager = CacheManager()
    async with MockProvider([Reply(text="Hi", delay=0.05)]) as mock:
        async with await client_of(mock, manager) as client:

            async def ask() -> str:
                if plain:
                    return (await client.chat().user("?").execute()).content
                return (await streamed(client)).content

            answers: Sequence[str] = await run_all([ask] * 12, 12)
    assert answers == ["Hi"] * 12
    assert len(mock.requests) == 1
    assert manager.stats().misses == 1
    assert manager.stats().hits == 11


@pytest.mark.parametrize("way", ["close", "fail"])
async def test_when_who_asks_gives_up_another_asks(way: str) -> None:
    store = Watched()
    broken = Reply(text=["a ", "b "], truncate=2, cut="end")
    first = Reply(text=["a ", "b ", "c "], pause=0.01) if way == "close" else broken
    async with MockProvider([first, Reply(text="Hi")]) as mock:
        async with await client_of(mock, CacheManager(backend=store)) as client:
            stream = client.chat().user("?").stream()
            await stream.__anext__()

            async def lead() -> str:
                await store.second.wait()
                if way == "close":
                    await stream.aclose()
                    return ""
                with pytest.raises(AiLibError):
                    async for _ in stream:
                        pass
                return ""

            async def follow() -> str:
                return (await client.chat().user("?").execute()).content

            assert await run_all([lead, follow], 2) == ["", "Hi"]
            assert (await client.chat().user("?").execute()).content == "Hi"
    assert len(mock.requests) == 2


async def test_when_a_plain_call_is_cancelled_another_asks() -> None:
    store = Watched()
    scope = CancelScope()
    async with MockProvider([Reply(text="late", delay=1), Reply(text="Hi")]) as mock:
        async with await client_of(mock, CacheManager(backend=store)) as client:

            async def lead() -> str:
                with scope:
                    return (await client.chat().user("?").execute()).content
                return "cancelled"

            async def follow() -> str:
                return (await client.chat().user("?").execute()).content

            async def stop() -> str:
                await store.second.wait()
                scope.cancel()
                return ""

            answers: Sequence[str] = await run_all([lead, follow, stop], 3)
    # In threads either of the two may have been the one that led.
    assert answers[0] == "cancelled"
    assert answers[1] in ("Hi", "late")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=400, error="no"),
        Reply(text="cut off", finish="max_tokens"),
        Reply(text="I won't", finish="refusal"),
    ],
    ids=["error", "max_tokens", "refusal"],
)
async def test_what_is_no_whole_answer_is_not_kept(reply: Reply) -> None:
    manager = CacheManager()
    async with MockProvider([reply, Reply(text="Hi")]) as mock:
        async with await client_of(mock, manager) as client:
            try:
                assert (await client.chat().user("?").execute()).content != "Hi"
            except RemoteError:
                assert reply.error
            assert (await client.chat().user("?").execute()).content == "Hi"
    assert manager.stats().sets == 1


async def test_other_endings_are_kept_where_it_is_said() -> None:
    config = CacheConfig(store_reasons=frozenset({"end_turn", "max_tokens"}))
    async with MockProvider([Reply(text="cut", finish="max_tokens")]) as mock:
        async with await client_of(mock, CacheManager(config)) as client:
            for _ in range(2):
                assert (await client.chat().user("?").execute()).content == "cut"
    assert len(mock.requests) == 1


async def test_broken_and_abandoned_streams_are_not_kept() -> None:
    replies = [
        Reply(text=["a ", "b "], truncate=2, cut="close"),
        Reply(text=["a ", "b ", "c "], pause=0.01),
        Reply(text="whole"),
    ]
    async with MockProvider(replies) as mock, await client_of(mock) as client:
        with pytest.raises(AiLibError):
            await streamed(client)
        async with client.chat().user("?").stream() as stream:
            await stream.__anext__()
        assert (await streamed(client)).content == "whole"
    assert len(mock.requests) == 3


async def test_the_answer_of_a_model_fallen_back_to_is_not_kept_as_the_first_ones() -> None:
    manager = CacheManager()
    replies = [Reply(status=500, error="no"), Reply(text="second"), Reply(text="first")]
    async with MockProvider(replies) as mock:
        made = builder(mock, manager, MODEL).with_fallbacks(["openai/gpt-4o-mini"])
        async with await made.build() as client:
            assert (await client.chat().user("?").execute()).content == "second"
            assert (await client.chat().user("?").execute()).content == "first"
            assert (await client.chat().user("?").execute()).content == "first"
    assert [seen.model for seen in mock.requests] == ["gpt-4o", "gpt-4o-mini", "gpt-4o"]


async def test_a_call_may_pass_the_cache_by_or_set_how_long_it_is_kept() -> None:
    manager = CacheManager()
    async with MockProvider([Reply(text=str(n)) for n in range(5)]) as mock:
        async with await client_of(mock, manager) as client:
            assert (await client.chat().user("?").cache(False).execute()).content == "0"
            assert (await client.chat().user("?").cache(ttl=0).execute()).content == "1"
            assert (await client.chat().user("?").execute()).content == "2"
            assert (await client.chat().user("?").cache(False).execute()).content == "3"
            assert (await client.chat().user("?").execute()).content == "2"
            with pytest.raises(ValueError, match="0 seconds or more"):
                client.chat().cache(ttl=-1)
    assert manager.stats().total_requests == 3


async def test_only_what_is_deterministic_where_it_is_said() -> None:
    manager = CacheManager(CacheConfig(only_deterministic=True))
    async with MockProvider() as mock, await client_of(mock, manager) as client:
        for _ in range(2):
            await client.chat().user("sampled").execute()
            await client.chat().user("sampled").temperature(0.7).execute()
            await client.chat().user("cold").temperature(0).execute()
            await client.chat().user("seeded").seed(1).execute()
    assert len(mock.requests) == 6


async def test_streams_pass_by_where_it_is_said() -> None:
    manager = CacheManager(CacheConfig(cache_streaming=False))
    async with MockProvider() as mock, await client_of(mock, manager) as client:
        await streamed(client)
        await streamed(client)
        await client.chat().user("?").execute()
    assert len(mock.requests) == 3


async def test_a_cache_that_fails_is_a_miss_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    manager = CacheManager(backend=Unreachable())
    async with MockProvider() as mock, await client_of(mock, manager) as client:
        with caplog.at_level(logging.WARNING, "ai_lib"):
            assert (await client.chat().user("a").execute()).content == "You said: a"
            assert (await streamed(client, "b")).content == "You said: b"
    assert len(mock.requests) == 2
    assert "goes on without the cache" in caplog.text
    assert manager.stats().errors >= 2


async def test_what_is_on_disk_serves_the_next_client(tmp_path: Path) -> None:
    async with MockProvider([Reply(text="Hi")]) as mock:
        for _ in range(2):
            manager = CacheManager(backend=DiskCache(tmp_path / "c.db"))
            async with await client_of(mock, manager) as client:
                assert (await client.chat().user("?").execute()).content == "Hi"
            await manager.close()
    assert len(mock.requests) == 1
    assert b"canary-key" not in (tmp_path / "c.db").read_bytes()


async def test_a_switched_off_cache_asks_every_time() -> None:
    manager = CacheManager(CacheConfig.no_cache())
    async with MockProvider() as mock, await client_of(mock, manager) as client:
        await client.chat().user("?").execute()
        await client.chat().user("?").execute()
    assert len(mock.requests) == 2


def test_what_is_no_cache_is_refused() -> None:
    with pytest.raises(TypeError, match="no CacheManager"):
        AiClient.builder().cache(MemoryCache())  # type: ignore[arg-type]


def test_without_a_cache_guardrails_and_plugins_none_of_them_is_loaded() -> None:
    program = """
import sys
from ai_lib_sync import AiClient
from ai_lib_sync.testing import MockProvider
with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
    client.chat().user("?").execute()
    list(client.chat().user("?").stream())
rooms = {"cache", "plugins", "guardrails", "sqlite3"}
print(sorted(name for name in sys.modules if rooms & set(name.split("."))))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
