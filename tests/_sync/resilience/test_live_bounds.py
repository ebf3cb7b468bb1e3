# Generated from tests/resilience/test_live_bounds.py by codegen; do not edit.
"""Every wait and every expansion is bounded, whatever a server sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_lib_sync.errors import RateLimitExceeded, RemoteError, ResponseTooLarge, TransportTimeout
from ai_lib_sync.resilience import RateLimiterConfig
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import HttpTransport, TransportOptions
from ai_lib_sync.types import TimeoutOptions
from tests._sync.resilience.conftest import Serve
from tests._sync.resilience.house import QUICK, answer, builder, frame, write
from tests.servers.scripted import Exchange, Script

FAST = RateLimiterConfig(requests_per_second=100)
PATIENT = TimeoutOptions(first_token=0.3, idle=5)


def drip(head: str) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.send(f"HTTP/1.1 {head}\r\ntransfer-encoding: chunked\r\n\r\n".encode())
        while not exchange.server.closing.is_set():
            exchange.chunk(b" ")
            exchange.pause(0.02)

    return script


@pytest.mark.parametrize(
    "head",
    [
        "401 No\r\ncontent-type: application/json",
        "503 No\r\ncontent-type: text/plain",
        "200 OK\r\ncontent-type: application/json",
        "200 OK\r\ncontent-type: text/html",
        "200 OK\r\ncontent-type: text/event-stream",
    ],
)
def test_the_first_token_timeout_bounds_a_body_that_drips(
    serve: Serve, tmp_path: Path, head: str
) -> None:
    write(tmp_path, "house", serve(drip(head)).url)
    with builder(tmp_path).timeouts(PATIENT).build() as client:
        with pytest.raises(TransportTimeout) as caught:
            for _ in client.chat().user("?").stream():
                pass
    assert caught.value.timeout_name == "first_token"


def test_the_first_token_timeout_bounds_the_error_of_a_plain_call(
    serve: Serve, tmp_path: Path
) -> None:
    write(tmp_path, "house", serve(drip("503 No\r\ncontent-type: text/plain")).url)
    with builder(tmp_path).timeouts(PATIENT).build() as client:
        with pytest.raises(TransportTimeout) as caught:
            client.chat().user("?").execute()
    assert caught.value.timeout_name == "first_token"


@pytest.mark.parametrize("head", ["401 No", "200 OK\r\ncontent-type: application/json"])
def test_the_total_timeout_bounds_a_body_that_drips(
    serve: Serve, tmp_path: Path, head: str
) -> None:
    write(tmp_path, "house", serve(drip(head)).url)
    with builder(tmp_path).timeouts(TimeoutOptions(total=0.3)).build() as client:
        with pytest.raises(TransportTimeout) as caught:
            for _ in client.chat().user("?").stream():
                pass
    assert caught.value.timeout_name == "total"


@pytest.mark.parametrize(
    "bound",
    [
        "streaming: { content_silence_seconds: 0.2 }",
        "metadata: { models: { m: { content_silence_seconds: 0.2 } } }",
    ],
)
@pytest.mark.parametrize("said", ["one ", None])
def test_keep_alives_do_not_hold_a_silent_stream_open(
    serve: Serve, tmp_path: Path, bound: str, said: str | None
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        if said is not None:
            exchange.chunk(frame(said))
        while not exchange.server.closing.is_set():
            exchange.chunk(b": keep-alive\n\n")
            exchange.pause(0.02)

    server = serve(script)
    write(tmp_path, "house", server.url, f"idempotency: {{ safe: true }}\n{bound}")
    timeouts = TimeoutOptions(idle=5)
    with builder(tmp_path).timeouts(timeouts).with_retry(QUICK).build() as client:
        with pytest.raises(TransportTimeout, match="content_silence_seconds") as caught:
            for _ in client.chat().user("?").stream():
                pass
    assert (caught.value.timeout_name, caught.value.seconds) == ("content_silence", 0.2)
    assert caught.value.partial.content == (said or "")  # type: ignore[attr-defined]
    assert len(server.received) == 1


def test_a_pause_that_a_provider_asks_for_ends_within_an_hour(serve: Serve, tmp_path: Path) -> None:
    write(
        tmp_path,
        "house",
        serve(
            lambda exchange: exchange.reply(
                b"{}", status=429, headers="retry-after: 1796000000\r\n"
            )
        ).url,
    )
    with builder(tmp_path).with_rate_limit(FAST).build() as client:
        with pytest.raises(RemoteError) as refused:
            client.chat().user("?").execute()
        assert refused.value.retry_after == 1796000000
        with pytest.raises(RateLimitExceeded) as waiting:
            client.chat().user("?").timeout(0.5).execute()
    assert waiting.value.retry_after is not None
    assert 3000 < waiting.value.retry_after <= 3600


def test_the_clock_of_a_date_is_that_of_the_response(serve: Serve, tmp_path: Path) -> None:
    headers = (
        "date: Thu, 01 Jan 2015 00:00:00 GMT\r\nretry-after: Thu, 01 Jan 2015 00:02:00 GMT\r\n"
    )
    server = serve(lambda exchange: exchange.reply(b"{}", status=429, headers=headers))
    write(tmp_path, "house", server.url)
    with builder(tmp_path).build() as client:
        with pytest.raises(RemoteError) as refused:
            client.chat().user("?").execute()
    assert refused.value.retry_after == 120


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_response_holds_128_tool_calls_and_no_more(model: str, streamed: bool) -> None:
    replies = [
        Reply(tool_calls=[("look", {"n": n}) for n in range(count)], finish="tool_use")
        for count in (128, 129)
    ]
    with MockProvider(replies) as mock, mock.client(model) as client:

        def count() -> int:
            if not streamed:
                return len((client.chat().user("?").execute()).tool_calls)
            stream = client.chat().user("?").stream()
            for _ in stream:
                pass
            return len(stream.response().tool_calls)

        assert count() == 128
        with pytest.raises(ResponseTooLarge, match="128 tool calls") as caught:
            count()
    assert caught.value.limit == 128


def test_64_tools_run_in_a_round_and_the_model_is_told_of_the_others() -> None:
    ran: list[int] = []

    def look(n: int) -> str:
        """Look."""
        ran.append(n)
        return "seen"

    replies = [Reply(tool_calls=[("look", {"n": n}) for n in range(70)]), Reply(text="done")]
    with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
        run = client.chat().user("?").run_tools([look])
        sent = mock.requests[1].body["messages"]
    assert run.content == "done"
    assert sorted(ran) == list(range(64))
    answers = [message["content"] for message in sent if message["role"] == "tool"]
    assert len(answers) == 70
    assert [("at most 64" in answer) for answer in answers] == [False] * 64 + [True] * 6


def test_the_bound_of_a_frame_is_a_setting(serve: Serve, tmp_path: Path) -> None:
    write(tmp_path, "house", serve(lambda exchange: answer(exchange, "x" * 5000)).url)
    options = TransportOptions(max_frame_bytes=4000)
    with builder(tmp_path).transport(HttpTransport(options)).build() as client:
        with pytest.raises(ResponseTooLarge, match="4000 bytes"):
            for _ in client.chat().user("?").stream():
                pass
