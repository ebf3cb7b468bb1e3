# Generated from tests/client/test_files.py by codegen; do not edit.
"""Operations that take files, called by a client."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_lib_sync.client import AiClient, AiClientBuilder
from ai_lib_sync.errors import RemoteError, RequestError
from ai_lib_sync.resilience import JitterStrategy, RetryConfig
from ai_lib_sync.types import FilePart
from tests.servers.scripted import Exchange, ScriptedServer

MANIFEST = """
id: house
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{ base_url: "{url}", stt: /audio/short }}
endpoints:
  chat: {{ path: /chat }}
  stt_file: {{ path: "/audio/{{kind}}", request_encoding: multipart, response_binding: $.text }}
  plain: {{ path: /plain, request_encoding: json }}
  form: {{ path: /form, request_encoding: form }}
capabilities: {{ required: [text], optional: [stt] }}
"""
QUICK = RetryConfig(max_retries=2, min_delay_ms=1, max_delay_ms=50, jitter=JitterStrategy.NONE)


class Server(ScriptedServer):
    """Fails so many times, then says what it heard."""

    def __init__(self) -> None:
        super().__init__(self._say)
        self.failures = 0

    def _say(self, exchange: Exchange) -> None:
        if len(self.received) <= self.failures:
            exchange.reply(b'{"error": {"message": "busy"}}', 503)
        else:
            exchange.reply(b'{"text": "hello"}', headers="content-type: application/json\r\n")


@pytest.fixture
def server() -> Iterator[Server]:
    """A server, closed when the test ends."""
    made = Server()
    yield made
    made.close()


def house(server: Server, folder: Path) -> AiClientBuilder[AiClient]:
    path = folder / "house.yaml"
    path.write_text(MANIFEST.format(url=server.url), "utf-8")
    return AiClient.builder().model("house/m").protocol_dir(path).api_key("k").with_retry(QUICK)


class OneWay(io.RawIOBase):
    """A file that can be read once, as a pipe."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        return self._data.readinto(buffer)  # type: ignore[arg-type]


def test_a_file_is_sent_with_the_fields_and_sent_again_as_it_was(
    server: Server, tmp_path: Path
) -> None:
    server.failures = 2
    speech = tmp_path / "speech.wav"
    speech.write_bytes(b"sound")
    with house(server, tmp_path).build() as client:
        text = client.invoke(
            "stt_file", {"model": "whisper"}, files={"file": speech}, kind="transcriptions"
        )
    assert text == "hello"
    assert len(server.received) == 3
    for received in server.received:
        assert received.target == "/audio/transcriptions"
        assert received.headers["authorization"] == "Bearer k"
        assert received.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert b'name="model"\r\n\r\nwhisper' in received.body
        assert b'filename="speech.wav"' in received.body
        assert b"\r\n\r\nsound\r\n" in received.body


def test_a_file_that_can_be_read_once_is_tried_once(server: Server, tmp_path: Path) -> None:
    server.failures = 1
    with house(server, tmp_path).build() as client:
        with pytest.raises(RemoteError) as caught:
            source = io.BufferedReader(OneWay(b"sound"))
            client.invoke("stt_file", files={"file": source}, kind="x")
        assert caught.value.status_code == 503
        assert len(caught.value.attempts) == 1
        part = FilePart(content=io.BytesIO(b"sound"), filename="a.wav")
        assert client.invoke("stt_file", files={"file": part}, kind="x") == "hello"
    assert server.received[0].headers["transfer-encoding"] == "chunked"
    assert b"sound" in server.received[0].body


def test_a_short_form_takes_files_too(server: Server, tmp_path: Path) -> None:
    with house(server, tmp_path).build() as client:
        answer = client.invoke("stt", {"model": "w"}, files={"file": b"sound"})
    assert answer == {"text": "hello"}
    assert server.received[0].headers["content-type"].startswith("multipart/form-data")


def test_a_form_without_files(server: Server, tmp_path: Path) -> None:
    with house(server, tmp_path).build() as client:
        client.invoke("form", {"a": "1 & 2", "b": ["x", "y"], "c": None})
        client.invoke("stt_file", {"a": "1"}, kind="x")
    kinds = [received.headers["content-type"].partition(";")[0] for received in server.received]
    assert kinds == ["application/x-www-form-urlencoded", "multipart/form-data"]
    assert server.received[0].body == b"a=1+%26+2&b=x&b=y"


def test_files_where_none_are_taken_are_refused_before_sending(
    server: Server, tmp_path: Path
) -> None:
    with house(server, tmp_path).build() as client:
        with pytest.raises(RequestError, match="takes no files"):
            client.invoke("plain", files={"file": b"x"})
        with pytest.raises(RequestError, match="nowhere"):
            client.invoke("stt", files={"file": tmp_path / "nowhere.wav"})
    assert server.received == []


def test_a_bundled_manifest_names_an_upload(server: Server) -> None:
    made = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(server.url)
    with made.build() as client:
        content = FilePart(content=b"{}", filename="batch.jsonl")
        client.invoke("upload_file", {"purpose": "batch"}, files={"file": content})
    assert server.received[0].target == "/files"
    assert b'filename="batch.jsonl"' in server.received[0].body
