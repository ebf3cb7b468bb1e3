# Generated from tests/testing/test_replay.py by codegen; do not edit.
"""What was recorded is replayed: bytes, cuts, pauses, errors, and no credential."""

import gzip
import json
from pathlib import Path

import pytest

from ai_lib.testing.cassettes.cassette import read_cassette
from ai_lib_sync import AiClient
from ai_lib_sync.errors import AiLibError, ConnectError, RemoteError, RequestError, StreamTruncated
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.testing import MockProvider, RecordingNotFound, ReplayTransport, Reply, record
from ai_lib_sync.transport import HttpTransport
from tests.servers.scripted import Exchange, ScriptedServer

CANARY = "sk-canary-0123456789"
ELSEWHERE = "https://nowhere.invalid/openai"
MODELS = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]


def client_of(transport: HttpTransport, model: str, base_url: str) -> AiClient:
    builder = AiClient.builder().model(model).api_key(CANARY).base_url(base_url)
    return builder.with_retry(RetryConfig(max_retries=0)).transport(transport).build()


def streamed(client: AiClient, question: str) -> tuple[list[object], str]:
    stream = client.chat().user(question).stream()
    events: list[object] = [event for event in stream]
    return events, stream.response().content


@pytest.mark.parametrize("model", MODELS)
def test_a_replayed_call_is_the_recorded_one(model: str, tmp_path: Path) -> None:
    cassette = tmp_path / "answers.jsonl"
    provider = model.partition("/")[0]
    elsewhere = f"https://nowhere.invalid/{provider}"
    replies = [Reply(text="Plain ü"), Reply(thinking="Hm.", text="Grüße 🌍", chunking=7)]
    with MockProvider(replies) as mock, record(cassette) as transport:
        client = client_of(transport, model, mock.base_url(provider))
        plain = client.chat().user("One").execute()
        events, said = streamed(client, "Two")
    assert (plain.content, said) == ("Plain ü", "Grüße 🌍")
    assert CANARY not in cassette.read_text()

    with ReplayTransport(cassette) as again:
        client = client_of(again, model, elsewhere)
        assert (client.chat().user("One").execute()).candidates == plain.candidates
        assert streamed(client, "Two") == (events, said)
        assert again.unused_count == 0

    with ReplayTransport(cassette, chunking="byte") as again:
        client = client_of(again, model, elsewhere)
        bytewise, said = streamed(client, "Two")
        assert said == "Grüße 🌍"
        assert bytewise == events


def test_the_cuts_of_the_network_are_on_the_cassette(tmp_path: Path) -> None:
    cassette = tmp_path / "answers.jsonl"
    reply = Reply(text=["a ", "b ", "c"], chunking="frame", pause=0.02)
    with MockProvider([reply]) as mock, record(cassette) as transport:
        client = client_of(transport, MODELS[0], mock.base_url("openai"))
        streamed(client, "?")
    exchange = json.loads(cassette.read_text())
    times = [piece[0] for piece in exchange["chunks"]]
    assert len(times) >= 4
    assert times == sorted(times)
    assert times[-1] >= 0.06  # three pauses of 20 ms at least
    assert exchange["headers"]
    assert dict(exchange["headers"])["Authorization"] == "***"


def test_an_error_answer_is_replayed(tmp_path: Path) -> None:
    cassette = tmp_path / "answers.jsonl"
    replies = [Reply(status=429, error="slow down", headers={"retry-after": "7"})]
    with MockProvider(replies) as mock, record(cassette) as transport:
        client = client_of(transport, MODELS[0], mock.base_url("openai"))
        with pytest.raises(RemoteError):
            client.chat().user("?").execute()
    with ReplayTransport(cassette) as again:
        client = client_of(again, MODELS[0], ELSEWHERE)
        with pytest.raises(RemoteError, match="slow down") as caught:
            client.chat().user("?").execute()
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("cut", ["end", "close", "reset"])
def test_a_cut_stream_is_cut_again(cut: str, tmp_path: Path) -> None:
    cassette = tmp_path / "answers.jsonl"
    reply = Reply(text=["a ", "b ", "c"], truncate=2, cut=cut)  # type: ignore[arg-type]
    with MockProvider([reply]) as mock, record(cassette) as transport:
        client = client_of(transport, MODELS[0], mock.base_url("openai"))
        with pytest.raises(StreamTruncated):
            streamed(client, "?")
    with ReplayTransport(cassette) as again:
        client = client_of(again, MODELS[0], ELSEWHERE)
        with pytest.raises(StreamTruncated):
            streamed(client, "?")


def test_a_connection_that_failed_fails_again(tmp_path: Path) -> None:
    cassette = tmp_path / "answers.jsonl"
    with MockProvider() as mock:
        address = mock.base_url("openai")
    with record(cassette) as transport:
        client = client_of(transport, MODELS[0], address)
        with pytest.raises(ConnectError):
            client.chat().user("?").execute()
    with ReplayTransport(cassette) as again:
        client = client_of(again, MODELS[0], ELSEWHERE)
        with pytest.raises(ConnectError):
            client.chat().user("?").execute()


def test_what_was_not_recorded_is_refused_with_the_difference(tmp_path: Path) -> None:
    cassette = tmp_path / "answers.jsonl"
    with MockProvider() as mock, record(cassette) as transport:
        client = client_of(transport, MODELS[0], mock.base_url("openai"))
        client.chat().user("One").execute()
    transport = ReplayTransport(cassette)
    client = client_of(transport, MODELS[0], ELSEWHERE)
    with pytest.raises(RecordingNotFound, match=r"\$\.messages\[0\]\.content was 'One', is 'Two'"):
        client.chat().user("Two").execute()
    client.chat().user("One").execute()
    with pytest.raises(RecordingNotFound, match="once more"):
        client.chat().user("One").execute()
    again = ReplayTransport(cassette, repeat=True)
    client = client_of(again, MODELS[0], ELSEWHERE)
    for _ in range(3):
        client.chat().user("One").execute()


@pytest.mark.parametrize("data", ["abcde", "Ж", "YQ==!"])
def test_a_piece_that_is_no_base64_is_told_when_the_cassette_is_read(
    tmp_path: Path, data: str
) -> None:
    cassette = tmp_path / "answers.jsonl"
    line = {"method": "POST", "host": "h", "path": "/", "status": 200, "chunks": [[0.0, data]]}
    cassette.write_text(json.dumps(line) + "\n")
    with pytest.raises(RequestError, match="1 is no recorded exchange"):
        ReplayTransport(cassette)


def test_a_broken_cassette_is_an_error_with_its_line(tmp_path: Path) -> None:
    cassette = tmp_path / "answers.jsonl"
    cassette.write_text('\n{"method": "POST"}\n')
    with pytest.raises(RequestError, match=r"answers\.jsonl:2 is no recorded exchange"):
        ReplayTransport(cassette)
    with pytest.raises(AiLibError, match="can't be read"):
        ReplayTransport(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_key_that_is_said_back_is_not_on_the_cassette(coding: str, tmp_path: Path) -> None:
    said = {"choices": [{"message": {"content": f"You are {CANARY}."}, "finish_reason": "stop"}]}
    body = json.dumps(said).encode()
    headers = f"content-type: application/json\r\nx-request-id: {CANARY}\r\n"
    if coding:
        body, headers = gzip.compress(body), f"{headers}content-encoding: {coding}\r\n"

    def answer(exchange: Exchange) -> None:
        exchange.begin(headers)
        exchange.chunk(body[:70])
        exchange.chunk(body[70:])
        exchange.chunk(b"")

    server = ScriptedServer(answer)
    cassette = tmp_path / "answers.jsonl"
    with record(cassette) as transport:
        client = client_of(transport, MODELS[0], server.url)
        spoken = (client.chat().user("One").execute()).content
    server.close()
    assert spoken == f"You are {CANARY}."
    assert CANARY not in cassette.read_text()
    with ReplayTransport(cassette) as again:
        client = client_of(again, MODELS[0], "https://nowhere.invalid")
        reply = client.chat().user("One").execute()
    assert reply.content == f"You are {'*' * len(CANARY)}."
    assert reply.request_id == "***"


def test_a_compressed_reply_is_recorded_as_it_came(tmp_path: Path) -> None:
    body = gzip.compress(b'{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}')
    server = ScriptedServer(
        lambda exchange: exchange.reply(
            body, headers="content-type: application/json\r\ncontent-encoding: gzip\r\n"
        )
    )
    cassette = tmp_path / "answers.jsonl"
    with record(cassette) as transport:
        client = client_of(transport, MODELS[0], server.url)
        client.chat().user("One").execute()
    server.close()
    (exchange,) = read_cassette(cassette)
    assert b"".join(one.content for one in exchange.chunks) == body


def test_keys_are_hidden_in_what_is_sent_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.jsonl"
    key = "canary-0123456789abcdef"
    with MockProvider([Reply(text="ok")] * 2) as mock:
        address = mock.base_url("openai")
        with record(path) as transport:
            made = AiClient.builder().model("openai/gpt-4o").api_key(key).transport(transport)
            client = made.base_url(address).build()
            chat = client.chat().user(f"why does {key} not work?")
            chat.execute()
    text = path.read_text(encoding="utf-8")
    assert key not in text
    assert "why does *** not work?" in text
    other_key = "another-9876543210fedcba"
    with ReplayTransport(path) as transport:
        made = AiClient.builder().model("openai/gpt-4o").api_key(other_key).transport(transport)
        client = made.base_url(address).build()
        response = client.chat().user(f"why does {other_key} not work?").execute()
    assert response.content == "ok"
