# Generated from tests/client/test_plugin_interceptor.py by codegen; do not edit.
"""Plugins, hooks and middleware in a client's calls, over the wire."""

from __future__ import annotations

import gc

import msgspec
import pytest

from ai_lib.types.content import TextBlock
from ai_lib.types.response import Candidate
from ai_lib_sync import AiClient, Message
from ai_lib_sync.cache import CacheManager
from ai_lib_sync.client import AiClientBuilder
from ai_lib_sync.errors import AiLibError, PluginError, RemoteError
from ai_lib_sync.guardrails import KeywordFilter
from ai_lib_sync.plugins import (
    HookType,
    Middleware,
    MiddlewareChain,
    Plugin,
    PluginContext,
    PluginRegistry,
)
from ai_lib_sync.plugins.middleware import CallNext
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ChatResponse, PartialContentDelta

NO_RETRY = RetryConfig(max_retries=0)
BOTH = pytest.mark.parametrize("streamed", [False, True])


def builder(mock: MockProvider) -> AiClientBuilder[AiClient]:
    made = AiClient.builder().model("openai/gpt-4o").api_key("k")
    return made.base_url(mock.base_url("openai")).with_retry(NO_RETRY)


def ask(client: AiClient, streamed: bool, text: str = "?") -> ChatResponse:
    if not streamed:
        return client.chat().user(text).execute()
    stream = client.chat().user(text).stream()
    for _ in stream:
        pass
    return stream.response()


class Diary(Plugin):
    """Writes down every moment, by a method that is waited for."""

    def __init__(self) -> None:
        self.book: list[str] = []
        self.contexts: list[PluginContext] = []

    def on_init(self) -> None:
        self.book.append("init")

    def on_before_request(self, ctx: PluginContext) -> None:
        self.contexts.append(ctx)
        self.book.append(f"before {ctx.provider}/{ctx.model}")

    def on_after_response(self, ctx: PluginContext) -> None:
        assert ctx.response is not None
        self.book.append(f"after {ctx.response.content}")

    def on_stream_start(self, ctx: PluginContext) -> None:
        self.book.append("start")

    def on_stream_event(self, ctx: PluginContext) -> None:
        if isinstance(ctx.event, PartialContentDelta):
            self.book.append(f"event {ctx.event.content}")

    def on_stream_end(self, ctx: PluginContext) -> None:
        self.book.append("end")

    def on_error(self, ctx: PluginContext) -> None:
        self.book.append(f"error {type(ctx.error).__name__}")

    def on_retry(self, ctx: PluginContext) -> None:
        self.book.append(f"retry {ctx.attempt} {type(ctx.error).__name__}")

    def on_cache_hit(self, ctx: PluginContext) -> None:
        self.book.append("hit")

    def on_cache_miss(self, ctx: PluginContext) -> None:
        self.book.append("miss")


class PlainEnd(Plugin):
    """Hears of a stream's end by a plain method."""

    def __init__(self) -> None:
        self.ends = 0

    def on_stream_end(self, ctx: PluginContext) -> None:
        self.ends += 1


@BOTH
def test_every_moment_is_heard_in_order(streamed: bool) -> None:
    diary = Diary()
    replies = [Reply(status=500, error="no"), Reply(text=["a ", "b"])]
    retry = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
    with MockProvider(replies) as mock:
        made = builder(mock).with_retry(retry).plugins([diary]).cache(CacheManager())
        with made.build() as client:
            ask(client, streamed)
            first, diary.book = diary.book, []
            ask(client, streamed)
    begin = ["init", "before openai/gpt-4o", "miss"]
    if not streamed:
        assert first == [*begin, "retry 1 RemoteError", "after a b"]
        assert diary.book == ["before openai/gpt-4o", "hit", "after a b"]
    else:
        events = ["start", "event a ", "event b"]
        assert first == [*begin, "retry 1 RemoteError", *events, "after a b", "end"]
        again = ["start", "event a b", "after a b", "end"]
        assert diary.book == ["before openai/gpt-4o", "hit", *again]
    assert diary.contexts[0].request_id != diary.contexts[1].request_id


@BOTH
def test_errors_are_heard(streamed: bool) -> None:
    diary = Diary()
    with MockProvider([Reply(status=401, error="who?")]) as mock:
        with builder(mock).plugins([diary]).build() as client:
            with pytest.raises(RemoteError):
                ask(client, streamed)
    assert diary.book == ["init", "before openai/gpt-4o", "error RemoteError"]


def test_the_end_of_a_broken_stream_is_heard_after_its_error() -> None:
    diary = Diary()
    with MockProvider([Reply(text=["a ", "b "], truncate=2)]) as mock:
        with builder(mock).plugins([diary]).build() as client:
            with pytest.raises(AiLibError):
                ask(client, True)
    assert diary.book[-2:] == ["error StreamTruncated", "end"]


@pytest.mark.parametrize("way", ["close", "forget"])
def test_the_end_of_a_stream_left_early_is_heard_once(way: str) -> None:
    diary, plain = Diary(), PlainEnd()
    with MockProvider([Reply(text=["a ", "b ", "c "], pause=0.01)]) as mock:
        with builder(mock).plugins([diary, plain]).build() as client:
            stream = client.chat().user("?").stream()
            stream.__next__()
            if way == "close":
                stream.close()
                assert diary.book.count("end") == 1
            del stream
            gc.collect()
            assert plain.ends == 1
    assert diary.book.count("end") <= 1


@BOTH
def test_a_plugin_may_change_the_request_and_the_response(streamed: bool) -> None:
    class Polite(Plugin):
        def on_before_request(self, ctx: PluginContext) -> None:
            asked = (*ctx.request.messages, Message.user("Please!"))  # type: ignore[attr-defined]
            ctx.request = msgspec.structs.replace(ctx.request, messages=asked)  # type: ignore[type-var]

        def on_after_response(self, ctx: PluginContext) -> None:
            assert ctx.response is not None
            ctx.response = msgspec.structs.replace(ctx.response, model="mine")

    with MockProvider() as mock:
        with builder(mock).plugins([Polite()]).build() as client:
            response = ask(client, streamed, "Go")
    assert [message.text for message in mock.requests[0].messages] == ["Go", "Please!"]
    assert response.content == "You said: Please!"
    assert response.model == "mine"


def test_an_event_may_be_changed_or_left_out_but_for_the_end() -> None:
    class Loud(Plugin):
        def on_stream_event(self, ctx: PluginContext) -> None:
            if isinstance(ctx.event, PartialContentDelta):
                ctx.event = msgspec.structs.replace(ctx.event, content=ctx.event.content.upper())
            else:
                ctx.event = None

    with MockProvider([Reply(text=["a", "b"])]) as mock:
        with builder(mock).plugins([Loud()]).build() as client:
            events = [event for event in client.chat().user("?").stream()]
    assert [getattr(event, "content", "end") for event in events] == ["A", "B", "end"]
    assert events[-1].is_stream_end


@BOTH
def test_a_failing_plugin_spares_the_call_unless_it_is_fatal(streamed: bool) -> None:
    class Failing(Plugin):
        def on_before_request(self, ctx: PluginContext) -> None:
            raise ValueError("mine")

        def on_after_response(self, ctx: PluginContext) -> None:
            raise ValueError("mine")

        def on_stream_event(self, ctx: PluginContext) -> None:
            raise ValueError("mine")

    plugin = Failing()
    with MockProvider() as mock:
        with builder(mock).plugins([plugin]).build() as client:
            assert (ask(client, streamed)).content == "You said: ?"
            plugin.is_fatal = True
            with pytest.raises(PluginError, match="'Failing' failed at before_request: mine"):
                ask(client, streamed)
    assert len(mock.requests) == 1


@BOTH
def test_what_is_no_request_is_refused(streamed: bool) -> None:
    class Wrong(Plugin):
        def on_before_request(self, ctx: PluginContext) -> None:
            ctx.request = {"messages": []}

    with MockProvider() as mock:
        with builder(mock).plugins([Wrong()]).build() as client:
            with pytest.raises(PluginError, match="no ChatRequest"):
                ask(client, streamed)
    assert mock.requests == []


def test_middleware_stands_around_the_call_in_order() -> None:
    book: list[str] = []

    def outer(ctx: PluginContext, call_next: CallNext) -> ChatResponse:
        book.append(f"outer in {ctx.model}")
        response = call_next(ctx)
        book.append(f"outer out {response.content}")
        return msgspec.structs.replace(response, model="wrapped")

    class Inner(Middleware):
        def __call__(self, ctx: PluginContext, call_next: CallNext) -> ChatResponse:
            book.append("inner in")
            ctx.request = msgspec.structs.replace(ctx.request, messages=(Message.user("Other"),))  # type: ignore[type-var]
            response = call_next(ctx)
            book.append("inner out")
            return response

        def on_stream_start(self, ctx: PluginContext) -> None:
            book.append("start")

        def on_stream_end(self, ctx: PluginContext) -> None:
            book.append("end")

    registry = PluginRegistry(middleware=MiddlewareChain().use(Inner(), "inner"))
    registry.middleware.use_before("inner", outer, "outer")
    with MockProvider() as mock:
        with builder(mock).plugins(registry).build() as client:
            response = client.chat().user("?").execute()
            assert response.content == "You said: Other"
            assert response.model == "wrapped"
            inside = ["inner in", "inner out"]
            assert book == ["outer in gpt-4o", *inside, "outer out You said: Other"]
            book.clear()
            ask(client, True)
            assert book == ["start", "end"]
            assert registry.middleware.remove("outer")
            assert len(registry.middleware) == 1


def test_middleware_may_answer_by_itself_or_make_an_answer_of_an_error() -> None:
    diary = Diary()
    ready = ChatResponse(candidates=(Candidate(blocks=(TextBlock(text="ready"),)),))

    def rescue(ctx: PluginContext, call_next: CallNext) -> ChatResponse:
        if ctx.request.messages[0].text == "known":  # type: ignore[attr-defined]
            return ready
        try:
            return call_next(ctx)
        except RemoteError:
            return ready

    registry = PluginRegistry(middleware=MiddlewareChain().use(rescue)).add(diary)
    with MockProvider([Reply(status=500, error="no")]) as mock:
        with builder(mock).plugins(registry).build() as client:
            assert (client.chat().user("known").execute()) is ready
            assert mock.requests == []
            response, stats = client.chat().user("?").execute_with_stats()
            assert response is ready
            assert stats.model == "gpt-4o"
    assert "error RemoteError" not in diary.book


@pytest.mark.parametrize("wrong", ["twice", "nothing", "raises"])
def test_middleware_that_misbehaves_is_an_error_of_ours(wrong: str) -> None:
    def odd(ctx: PluginContext, call_next: CallNext) -> ChatResponse:
        if wrong == "raises":
            raise KeyError("mine")
        call_next(ctx)
        return call_next(ctx) if wrong == "twice" else None  # type: ignore[return-value]

    registry = PluginRegistry(middleware=MiddlewareChain().use(odd))
    with MockProvider() as mock:
        with builder(mock).plugins(registry).build() as client:
            with pytest.raises(PluginError, match="'odd'"):
                client.chat().user("?").execute()
    assert len(mock.requests) <= 1


def test_plugins_see_what_the_caller_sees_of_guarded_text() -> None:
    diary = Diary()
    rules = [KeywordFilter("k", ["hush"], action="redact")]
    with MockProvider([Reply(text=["hu", "sh", " now"])]) as mock:
        made = builder(mock).guardrails(rules).plugins([diary])
        with made.build() as client:
            ask(client, True)
            ask(client, False)
    assert "hush" not in " ".join(diary.book).replace("You said: ?", "")
    assert "after [REDACTED] now" in diary.book


def test_hooks_of_a_registry_run_and_names_are_unique() -> None:
    seen: list[HookType] = []
    registry = PluginRegistry()
    for kind in HookType:
        registry.hooks.register(kind, "watch", lambda ctx, kind=kind: seen.append(kind))
    with MockProvider() as mock:
        with builder(mock).plugins(registry).build() as client:
            ask(client, False)
    assert seen == [HookType.BEFORE_REQUEST, HookType.AFTER_RESPONSE]
    with pytest.raises(PluginError, match="'Diary' already"):
        AiClient.builder().plugins([Diary(), Diary()])
