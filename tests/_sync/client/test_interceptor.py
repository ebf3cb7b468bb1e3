# Generated from tests/client/test_interceptor.py by codegen; do not edit.
"""What accompanies a call sees it whole: in order, changed as it says, and ended once."""

import gc
from collections.abc import Iterator

import msgspec
import pytest

from ai_lib_sync import AiClient, Message
from ai_lib_sync.client import Call, Interceptor, StreamFilter
from ai_lib_sync.errors import AiLibError, RemoteError, RequestError
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import (
    Attempt,
    ChatResponse,
    Event,
    PartialContentDelta,
    StreamEnd,
    Usage,
)

MODEL = "openai/gpt-4o"
NO_RETRY = RetryConfig(max_retries=0)


class Diary(Interceptor):
    """Writes down everything it hears."""

    def __init__(self, name: str, order: int, book: list[str]) -> None:
        self.name = name
        self.order = order
        self.book = book
        self.calls: list[Call] = []

    def note(self, what: str) -> None:
        self.book.append(f"{self.name} {what}")

    def before_request(self, call: Call) -> None:
        self.calls.append(call)
        self.note("prepare")

    def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        self.note(f"received {response.content}")
        return msgspec.structs.replace(response, model=f"{response.model}+{self.name}")

    def on_error(self, call: Call, error: AiLibError) -> None:
        self.note(f"failed {type(error).__name__}")

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        self.note(f"attempted {attempt.ended}")

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        self.note(f"retrying {number}")

    def on_end(self, call: Call) -> None:
        self.note(f"ended {call.outcome}")


class Shout(Interceptor):
    """Holds the text of a stream back until its end, then gives it in capitals."""

    def stream_filter(self, call: Call) -> StreamFilter:
        return _Capitals()

    def visible_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        blocks = tuple(
            msgspec.structs.replace(block, text=block.text.upper())  # type: ignore[type-var]
            for block in response.candidates[0].blocks
        )
        first = msgspec.structs.replace(response.candidates[0], blocks=blocks)
        return msgspec.structs.replace(response, candidates=(first,))


class _Capitals:
    def __init__(self) -> None:
        self.held = ""

    def feed(self, events: list[Event]) -> list[Event]:
        out: list[Event] = []
        for event in events:
            if isinstance(event, PartialContentDelta):
                self.held += event.content
                continue
            if isinstance(event, StreamEnd):
                out.append(PartialContentDelta(content=self.held.upper()))
            out.append(event)
        return out


class Ready(Interceptor):
    """Has the answer already."""

    def __init__(self, response: ChatResponse) -> None:
        self.response = response

    def lookup(self, call: Call) -> ChatResponse | None:
        return self.response


class Rewrite(Interceptor):
    """Asks something else, of another model, with a header of its own."""

    def before_request(self, call: Call) -> None:
        call.request = msgspec.structs.replace(call.request, messages=(Message.user("Other"),))
        call.headers.append(("traceparent", "00-1-2-01"))
        call.models = ["openai/gpt-4o-mini"]


class Refuse(Interceptor):
    """Lets no reply through."""

    def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        raise RequestError("not this")


def client_of(mock: MockProvider, *interceptors: Interceptor, retry: RetryConfig) -> AiClient:
    builder = AiClient.builder().model(MODEL).api_key("k").base_url(mock.base_url("openai"))
    for one in interceptors:
        builder.intercept(one)
    return builder.with_retry(retry).build()


@pytest.mark.parametrize("streamed", [False, True])
def test_they_are_asked_inward_and_heard_outward(streamed: bool) -> None:
    book: list[str] = []
    outer, inner = Diary("outer", 1, book), Diary("inner", 2, book)
    retry = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
    replies = [Reply(status=500, error="no"), Reply(text="Yes")]
    with MockProvider(replies) as mock:
        with client_of(mock, inner, outer, retry=retry) as client:
            chat = client.chat().user("?")
            if streamed:
                stream = chat.stream()
                for _ in stream:
                    pass
                response = stream.response()
            else:
                response = chat.execute()

    assert response.model == "gpt-4o+inner+outer"
    assert outer.calls[0] is inner.calls[0]
    assert outer.calls[0].response is response
    last = "attempted answered"
    assert book == [
        "outer prepare",
        "inner prepare",
        "inner attempted server_error",
        "outer attempted server_error",
        "inner retrying 1",
        "outer retrying 1",
        f"inner {last}",
        f"outer {last}",
        "inner received Yes",
        "outer received Yes",
        "inner ended answered",
        "outer ended answered",
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_is_heard_and_ends_the_call_once(streamed: bool) -> None:
    book: list[str] = []
    with MockProvider([Reply(status=401, error="who?")]) as mock:
        with client_of(mock, Diary("one", 1, book), retry=NO_RETRY) as client:
            chat = client.chat().user("?")
            with pytest.raises(RemoteError):
                if streamed:
                    for _ in chat.stream():
                        pass
                else:
                    chat.execute()
    assert book == [
        "one prepare",
        "one attempted authentication",
        "one failed RemoteError",
        "one ended failed",
    ]


def test_what_is_changed_before_it_is_compiled_is_what_is_sent() -> None:
    with MockProvider([Reply(text="A"), Reply(text="B")]) as mock:
        with client_of(mock, Rewrite(), retry=NO_RETRY) as client:
            client.chat().user("First").execute()
            for _ in client.chat().user("First").stream():
                pass
    for seen in mock.requests:
        assert [message.text for message in seen.messages] == ["Other"]
        assert seen.model == "gpt-4o-mini"
        assert seen.headers["traceparent"] == "00-1-2-01"


def test_an_answer_that_is_there_is_given_without_a_request() -> None:
    with MockProvider([Reply(thinking="Hm", text="Hi", tool_calls=[("f", {"a": 1})])]) as mock:
        with client_of(mock, retry=NO_RETRY) as client:
            known = client.chat().user("?").execute()
        book: list[str] = []
        interceptors = (Ready(known), Diary("one", 1, book))
        with client_of(mock, *interceptors, retry=NO_RETRY) as client:
            assert (client.chat().user("?").execute()).content == "Hi"
            stream = client.chat().user("?").stream()
            events = [event for event in stream]
    assert len(mock.requests) == 1
    assert stream.response().candidates == known.candidates
    ended = [event.as_tool_call_ended for event in events if event.is_tool_call_ended]
    assert [(call.name, call.arguments) for call in ended] == [("f", {"a": 1})]
    assert events[-1].as_stream_end.finish_reason == known.finish_reason
    assert [event.is_stream_end for event in events].count(True) == 1
    assert book.count("one ended cached") == 2


def test_a_screen_may_hold_text_back_until_the_end() -> None:
    with MockProvider([Reply(text=["he", "llo"])]) as mock:
        with client_of(mock, Shout(), retry=NO_RETRY) as client:
            stream = client.chat().user("?").stream()
            events = [event for event in stream]
    texts = [event.as_content_delta.text for event in events if event.is_content_delta]
    assert texts == ["HELLO"]
    assert events[-1].is_stream_end
    assert stream.response().content == "HELLO"


class Stop(Interceptor):
    """Ends a stream at a certain word."""

    def __init__(self, word: str) -> None:
        self.word = word

    def stream_filter(self, call: Call) -> StreamFilter:
        return _Stopping(self.word)


class _Stopping:
    def __init__(self, word: str) -> None:
        self.word = word

    def feed(self, events: list[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, PartialContentDelta) and self.word in event.content:
                raise RequestError(f"not {self.word}")
            yield event


@pytest.mark.parametrize(
    ("outer", "inner", "seen"),
    [("two", "three", ["one "]), ("three", "two", ["one "]), ("four", "three", ["one ", "two "])],
)
def test_what_comes_before_the_first_refusal_is_given_out(
    outer: str, inner: str, seen: list[str]
) -> None:
    texts: list[str] = []
    reply = Reply(text=["one ", "two ", "three ", "four"], chunking="whole")
    with MockProvider([reply]) as mock:
        interceptors = (Stop(inner), Stop(outer))
        with client_of(mock, *interceptors, retry=NO_RETRY) as client:
            first = "two" if len(seen) == 1 else "three"
            with pytest.raises(RequestError, match=f"not {first}"):
                for event in client.chat().user("?").stream():
                    if event.is_content_delta:
                        texts.append(event.as_content_delta.text)  # noqa: PERF401
    assert texts == seen


def test_of_a_broken_stream_only_what_may_be_seen_is_attached() -> None:
    reply = Reply(text=["he", "llo"], truncate=2, cut="end")
    with MockProvider([reply]) as mock:
        with client_of(mock, Shout(), retry=NO_RETRY) as client:
            with pytest.raises(AiLibError) as caught:
                for _ in client.chat().user("?").stream():
                    pass
    partial = caught.value.partial
    assert isinstance(partial, ChatResponse)
    assert partial.content == "HE"


def test_a_reply_that_is_refused_at_its_end_has_no_stream_end() -> None:
    book: list[str] = []
    events: list[Event] = []
    with MockProvider([Reply(text="Hi")]) as mock:
        interceptors = (Refuse(), Diary("one", 1, book))
        with client_of(mock, *interceptors, retry=NO_RETRY) as client:
            with pytest.raises(RequestError, match="not this"):
                for event in client.chat().user("?").stream():
                    events.append(event)  # noqa: PERF401
    assert not any(event.is_stream_end for event in events)
    assert book[-1] == "one ended failed"


@pytest.mark.parametrize("way", ["close", "forget"])
def test_a_stream_left_early_ends_the_call_once_with_what_came(way: str) -> None:
    book: list[str] = []
    diary = Diary("one", 1, book)
    with MockProvider([Reply(text=["a ", "b ", "c "], pause=0.01)]) as mock:
        with client_of(mock, diary, retry=NO_RETRY) as client:
            stream = client.chat().user("?").stream()
            for event in stream:
                if event.is_content_delta:
                    break
            del event
            if way == "close":
                stream.close()
            del stream
            gc.collect()
            assert book.count("one ended cancelled") == 1
    response = diary.calls[0].response
    assert response is not None
    assert response.content.startswith("a ")


def test_who_is_no_interceptor_is_told_so() -> None:
    builder = AiClient.builder().model(MODEL).api_key("k")
    with pytest.raises(TypeError, match="no Interceptor"):
        builder.intercept("a cache").build()  # type: ignore[arg-type]


class Totals(Interceptor):
    """Keeps the ledger of each call as it is when the call has ended."""

    def __init__(self) -> None:
        self.ledgers: list[list[tuple[str, int]]] = []

    def on_end(self, call: Call) -> None:
        attempts = call.attempt_log.attempts
        self.ledgers.append([(one.ended, one.usage.prompt_tokens) for one in attempts])


def test_a_forgotten_stream_has_its_attempt_in_the_ledger_when_it_ends() -> None:
    used = Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
    totals = Totals()
    with MockProvider([Reply(text="one two three", usage=used, pause=0.02)]) as mock:
        builder = AiClient.builder().model("anthropic/claude-sonnet-4-5").api_key("k")
        builder.base_url(mock.base_url("anthropic")).intercept(totals)
        with builder.build() as client:
            stream = client.chat().user("?").stream()
            for event in stream:
                if event.is_content_delta:
                    break
            del event, stream
            gc.collect()
            assert totals.ledgers == [[("cancelled", 7)]]


class Dozing(Diary):
    """Has something to do only while it is awake."""

    awake = False

    def is_idle(self) -> bool:
        return not self.awake


def test_who_is_idle_is_left_out_of_the_calls_that_begin_then() -> None:
    book: list[str] = []
    dozing, diary = Dozing("dozing", 10, book), Diary("diary", 20, book)
    with MockProvider() as mock:
        builder = AiClient.builder().model(MODEL).api_key("k").base_url(mock.base_url("openai"))
        with builder.intercept(dozing).intercept(diary).build() as client:
            client.chat().user("Hi").execute()
            with client.chat().user("Hi").stream() as events:
                for _ in events:
                    dozing.awake = True  # for the next call
            asleep, _ = list(book), book.clear()
            client.chat().user("Hi").execute()
            dozing.awake = False
            client.chat().user("Hi").execute()

    assert not any(entry.startswith("dozing") for entry in asleep)
    assert asleep.count("diary prepare") == 2
    assert [entry for entry in book if entry.endswith("prepare")] == [
        "dozing prepare",
        "diary prepare",
        "diary prepare",
    ]
    assert book.count("dozing ended answered") == 1
