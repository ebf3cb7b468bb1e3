"""A streamed chat: its events, its end, and everything that may go wrong in between."""

import gc

import pytest

from ai_lib import AiClient, CancelToken, StreamEnd
from ai_lib.errors import (
    DecodeError,
    InvalidToolArguments,
    RemoteError,
    StreamTruncated,
    TransportTimeout,
)
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import Event, ToolDefinition, Usage

PROVIDERS = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]
WEATHER = ToolDefinition.from_function(
    name="get_weather",
    description="Tell the weather.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)


async def collect(client: AiClient, text: str = "?") -> list[Event]:
    return [event async for event in client.chat().user(text).stream()]


async def gather(client: AiClient, events: list[Event]) -> None:
    """Collect into a list that keeps what came before an error."""
    async for event in client.chat().user("?").stream():
        events.append(event)  # noqa: PERF401 (an extend would lose it)


def shown(events: list[Event]) -> str:
    return "".join(event.as_content_delta.text for event in events if event.is_content_delta)


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("chunking", ["frame", "byte", "whole", 7])
async def test_a_stream_says_the_same_however_it_is_cut(model: str, chunking: str | int) -> None:
    reply = Reply(
        thinking="Hmm.",
        text=["Grüße", ", ", "世界 🌍"],
        tool_calls=[("get_weather", {"city": "Zürich"}), ("get_weather", {"city": "Oslo"})],
        usage=Usage(prompt_tokens=9, completion_tokens=11, reasoning_tokens=2),
        chunking=chunking,  # type: ignore[arg-type]
    )
    async with MockProvider([reply]) as mock, await mock.client(model) as client:
        stream = client.chat().user("Hi").tools([WEATHER]).stream()
        events = [event async for event in stream]

    assert shown(events) == "Grüße, 世界 🌍"
    assert [type(event) for event in events].count(StreamEnd) == 1
    assert events[-1].as_stream_end.termination_reason == "tool_use"
    started = [event.as_tool_call_started for event in events if event.is_tool_call_started]
    ended = [event.as_tool_call_ended for event in events if event.is_tool_call_ended]
    assert [(call.name, call.index) for call in started] == [("get_weather", 0), ("get_weather", 1)]
    assert [call.arguments for call in ended] == [{"city": "Zürich"}, {"city": "Oslo"}]
    assert len({call.id for call in started}) == 2

    response = stream.response()
    assert response.content == "Grüße, 世界 🌍"
    assert response.thinking == "Hmm."
    assert [call.arguments["city"] for call in response.tool_calls] == ["Zürich", "Oslo"]
    assert response.usage.total_tokens == 20


@pytest.mark.parametrize("model", PROVIDERS)
async def test_five_streams_use_one_connection(model: str) -> None:
    async with MockProvider() as mock, await mock.client(model) as client:
        for _ in range(5):
            assert shown(await collect(client, "Hello")) == "You said: Hello"
        assert mock.connections == 1


@pytest.mark.parametrize("model", PROVIDERS)
@pytest.mark.parametrize("cut", ["end", "close", "reset"])
async def test_a_stream_cut_short_raises_with_what_was_received(model: str, cut: str) -> None:
    reply = Reply(text=["one ", "two ", "three ", "four ", "five ", "six"], truncate=4, cut=cut)  # type: ignore[arg-type]
    async with MockProvider([reply]) as mock, await mock.client(model) as client:
        events: list[Event] = []
        with pytest.raises(StreamTruncated) as caught:
            await gather(client, events)

    partial = caught.value.partial
    assert partial is not None
    assert partial.content == shown(events) != ""  # type: ignore[attr-defined]
    assert "six" not in shown(events)
    assert partial.finish_reason is None  # type: ignore[attr-defined]
    assert not any(event.is_stream_end for event in events)


@pytest.mark.parametrize("model", PROVIDERS)
async def test_an_error_inside_a_stream_is_raised_after_the_text_before_it(model: str) -> None:
    reply = Reply(text="So far so", error="The model is overloaded.", type="overloaded_error")
    async with MockProvider([reply]) as mock, await mock.client(model) as client:
        events: list[Event] = []
        with pytest.raises(RemoteError, match="The model is overloaded") as caught:
            await gather(client, events)

    assert shown(events) == "So far so"
    assert caught.value.status_code == 200
    assert caught.value.partial.content == "So far so"  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", PROVIDERS)
async def test_an_error_status_is_raised_by_the_first_step(model: str) -> None:
    replies = [Reply(status=400, error="Bad idea.")]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        with pytest.raises(RemoteError, match="Bad idea"):
            await collect(client)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error": {"message": "no such deployment"}}', "RemoteError"),
        (b'{"id": "1", "choices": []}', "DecodeError"),
    ],
)
async def test_json_in_answer_to_a_stream_request_is_an_error(body: bytes, kind: str) -> None:
    reply = Reply(body=body, headers={"content-type": "application/json"})
    async with MockProvider([reply] * 4) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises((RemoteError, DecodeError)) as caught:
            await collect(client)
    assert type(caught.value).__name__ == kind


@pytest.mark.parametrize("model", PROVIDERS)
async def test_broken_arguments_are_raised_and_never_made_empty(model: str) -> None:
    if model.startswith("gemini"):
        pytest.skip("arguments are an object on this wire")
    reply = Reply(text="Calling.", tool_calls=[("get_weather", '{"city": "Par')])
    async with MockProvider([reply]) as mock, await mock.client(model) as client:
        stream = client.chat().user("?").tools([WEATHER]).stream()
        with pytest.raises(InvalidToolArguments) as caught:
            async for _ in stream:
                pass

    assert caught.value.raw == '{"city": "Par'
    assert caught.value.tool_name == "get_weather"
    assert caught.value.partial.content == "Calling."  # type: ignore[attr-defined]


async def test_heartbeats_are_no_events() -> None:
    reply = Reply(text=["a", "b"], heartbeats=3)
    async with MockProvider([reply]) as mock, await mock.client("openai/gpt-4o") as client:
        events = await collect(client)
    assert shown(events) == "ab"


async def test_silence_ends_a_stream_with_the_clock_that_ran_out() -> None:
    reply = Reply(text=["one ", "two"], pause=5.0)
    async with MockProvider([reply]) as mock:
        async with await mock.client("openai/gpt-4o", timeout=0.2) as client:
            with pytest.raises(TransportTimeout) as caught:
                await collect(client)
    assert caught.value.timeout_name in ("idle", "first_token")


async def test_nothing_is_sent_before_the_first_event_is_asked_for() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream()
        assert mock.requests == []
        await stream.aclose()


async def test_the_response_is_there_once_the_stream_has_ended() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        async with client.chat().user("Hello there").stream() as stream:
            with pytest.raises(ValueError, match="has not ended"):
                stream.response()
            async for _ in stream:
                pass
            assert stream.response().content == "You said: Hello there"
            assert stream.stats().total_tokens == stream.response().usage.total_tokens
            assert (stream.stats().time_to_first_token_ms or 0) > 0


async def test_leaving_a_loop_early_frees_the_connection() -> None:
    replies = [Reply(text=["a ", "b ", "c"], pause=0.05), Reply(text="again")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        async with client.chat().user("?").stream() as stream:
            async for event in stream:
                if event.is_content_delta:
                    break
        assert shown(await collect(client)) == "again"


async def test_a_stream_left_to_the_garbage_collector_leaves_nothing_open() -> None:
    async with MockProvider([Reply(text=["a ", "b"], pause=0.05), Reply(text="again")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream()
            async for event in stream:
                if event.is_content_delta:
                    break
            del stream, event
            gc.collect()
            assert shown(await collect(client)) == "again"


async def test_an_exhausted_stream_stays_exhausted() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream()
        assert [event async for event in stream]
        assert [event async for event in stream] == []
        assert len(mock.requests) == 1


async def test_a_stream_has_the_figures_of_its_call() -> None:
    async with MockProvider([Reply(text=["a ", "b"], pause=0.01)]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream_with_stats()
            assert stream.stats().time_to_first_token_ms is None
            texts = [e.as_content_delta.text async for e in stream if e.is_content_delta]
            stats = stream.stats()
    assert texts == ["a ", "b"]
    assert (stats.provider, stats.model, stats.retry_count) == ("openai", "gpt-4o", 0)
    assert 0 < (stats.time_to_first_token_ms or 0) <= stats.latency_ms
    assert stats.total_tokens == stats.prompt_tokens + stats.completion_tokens > 0
    assert stats.request_id


async def test_a_stream_with_figures_takes_a_token_too() -> None:
    token = CancelToken()
    token.cancel()
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream_with_stats(cancel_token=token)
        assert [event async for event in stream] == []
        assert stream.cancelled
        assert mock.requests == []
