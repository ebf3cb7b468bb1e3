"""What a reply says comes through in every dialect, plain and streamed, however it is sent."""

from typing import Any

import pytest

from ai_lib.errors import InvalidToolArguments, RemoteError, ResponseError, StreamTruncated
from ai_lib.testing import Reply
from ai_lib.types import Usage
from tests.testing.wire import PROVIDERS, MockServer, parse_response

pytestmark = [
    pytest.mark.parametrize("provider", PROVIDERS),
    pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"]),
]

FULL = Reply(
    text="It is 21 degrees.\nSunny \u2013 \u2028 ☀",
    thinking="Look it up.",
    tool_calls=[("get_weather", {"city": "Paris"}), ("get_time", {})],
    usage=Usage(prompt_tokens=9, completion_tokens=7, reasoning_tokens=2, cache_read_tokens=3),
)


@pytest.mark.parametrize("chunking", ["frame", "byte", "whole", 7])
def test_everything_comes_through(
    mock_server: MockServer, provider: str, stream: bool, chunking: Any
) -> None:
    script = Reply(
        text=FULL.text,
        thinking=FULL.thinking,
        tool_calls=FULL.tool_calls,
        usage=FULL.usage,
        chunking=chunking,
    )

    response = parse_response(provider, mock_server.ask(provider, script, stream=stream), stream)

    assert response.content == FULL.text
    assert response.thinking == FULL.thinking
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == [("get_weather", {"city": "Paris"}), ("get_time", {})]
    assert response.termination_reason == "tool_use"
    usage = response.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (9, 7, 16)
    assert (usage.reasoning_tokens, usage.cache_read_tokens) == (2, 3)


def test_a_token_is_a_word_unless_told(
    mock_server: MockServer, provider: str, stream: bool
) -> None:
    script = Reply(text="three more words", thinking="two words")

    usage = parse_response(provider, mock_server.ask(provider, script, stream=stream), stream).usage

    assert (usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens) == (2, 5, 2)


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens", "refusal"])
def test_standard_finish_reasons_become_the_providers_word(
    mock_server: MockServer, provider: str, stream: bool, reason: str
) -> None:
    answer = mock_server.ask(provider, Reply(text="cut", finish=reason), stream=stream)

    assert parse_response(provider, answer, stream).termination_reason == reason


def test_a_finish_word_of_ones_own_is_sent_as_it_is(
    mock_server: MockServer, provider: str, stream: bool
) -> None:
    answer = mock_server.ask(provider, Reply(text="x", finish="new_reason"), stream=stream)

    response = parse_response(provider, answer, stream)
    assert (response.finish_reason, response.termination_reason) == ("new_reason", "other")


def test_the_same_requests_get_the_same_bytes(
    mock_server: MockServer, provider: str, stream: bool
) -> None:
    other = MockServer()
    try:
        answers = [one.ask(provider, FULL, stream=stream).body for one in (mock_server, other)]
    finally:
        other.server.stop()

    assert answers[0] == answers[1]


def test_an_error_may_come_inside_a_200_answer(
    mock_server: MockServer, provider: str, stream: bool
) -> None:
    answer = mock_server.ask(provider, Reply(text="so far", error="It broke."), stream=stream)

    assert answer.status == 200
    with pytest.raises(RemoteError, match=r"It broke\."):
        parse_response(provider, answer, stream)


def test_heartbeats_are_no_answer(mock_server: MockServer, provider: str, stream: bool) -> None:
    answer = mock_server.ask(provider, Reply(text="Hello there", heartbeats=2), stream=stream)

    assert parse_response(provider, answer, stream).content == "Hello there"
    if stream:
        assert answer.body.count(b": keep-alive") + answer.body.count(b"event: ping") > 4


def test_a_body_of_ones_own_is_sent_as_it_is(
    mock_server: MockServer, provider: str, stream: bool
) -> None:
    script = Reply(status=502, body=b"<html>\xff", headers={"Content-Type": "text/html"})

    answer = mock_server.ask(provider, script, stream=stream)

    assert (answer.status, answer.body) == (502, b"<html>\xff")
    assert answer.headers["content-type"] == "text/html"


def test_broken_arguments_are_sent_broken(
    mock_server: MockServer, provider: str, stream: bool
) -> None:
    answer = mock_server.ask(provider, Reply(tool_calls=[("f", '{"a": ')]), stream=stream)

    with pytest.raises(InvalidToolArguments):
        parse_response(provider, answer, stream)


@pytest.mark.parametrize("cut", ["end", "close", "reset"])
@pytest.mark.parametrize("unit", ["frames", "bytes"])
def test_a_truncated_answer_stops_as_told(
    mock_server: MockServer, provider: str, stream: bool, cut: Any, unit: Any
) -> None:
    size = 100 if unit == "bytes" else (3 if stream else 0)
    script = Reply(text="one two three four", truncate=size, truncate_unit=unit, cut=cut)
    whole = mock_server.ask(provider, Reply(text="one two three four"), stream=stream).body

    answer = mock_server.ask(provider, script, stream=stream)

    assert answer.broken == (cut != "end")
    if cut != "reset":  # a reset may overtake what was sent before it
        assert len(answer.body) < len(whole)
        assert unit == "frames" or len(answer.body) == 100
    if stream and cut == "end":
        with pytest.raises(StreamTruncated if unit == "frames" else ResponseError):
            parse_response(provider, answer, stream)
