# Generated from tests/operations/test_create.py by codegen; do not edit.
"""The clients of operations are made with the words of `AiClient.create`."""

import inspect
import ssl

import pytest

import ai_lib_sync
from ai_lib_sync import AiClient, operations
from ai_lib_sync.embeddings import EmbeddingClient
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.operations import ModerationClient, OperationClient, SpeechClient
from ai_lib_sync.transport import TransportOptions
from tests._sync.operations.conftest import Serve
from tests.operations.recorded import reply_json
from tests.servers.scripted import Exchange


def fail(exchange: Exchange) -> None:
    reply_json(exchange, {"error": {"message": "busy"}}, 503)


def speak(exchange: Exchange) -> None:
    exchange.reply(b"\xff\xfb\x90sound", headers="content-type: audio/mpeg\r\n")


def test_every_client_is_made_with_the_same_words() -> None:
    words = set(inspect.signature(AiClient.create).parameters)
    clients = [getattr(operations, name) for name in dir(operations) if name.endswith("Client")]
    assert len(clients) == 8
    makers = [client.create for client in clients if issubclass(client, OperationClient)]
    for make in (*makers, EmbeddingClient.create, ai_lib_sync.ask):
        assert words <= set(inspect.signature(make).parameters), make.__qualname__


def test_headers_and_retries_of_a_client(serve: Serve) -> None:
    server = serve(lambda exchange: (speak if len(server.received) > 1 else fail)(exchange))
    words = {"X-Gateway": "a"}
    with SpeechClient.create(
        "openai/tts-1", "k", server.url, headers=words, max_retries=0
    ) as client:
        with pytest.raises(RemoteError, match="busy"):
            client.speak("hello", voice="alloy")
        assert len(server.received) == 1
        client.speak("hello", voice="alloy")
    assert [received.headers["x-gateway"] for received in server.received] == ["a", "a"]


def test_connections_of_a_client(serve: Serve) -> None:
    results = {"results": [{"flagged": False, "categories": {}, "category_scores": {}}]}
    proxy = serve(lambda exchange: reply_json(exchange, results))
    with ModerationClient.create(
        "openai/omni-moderation-latest", "k", "http://api.invalid/v1", proxy=proxy.url
    ) as client:
        assert not (client.moderate("hello")).flagged
    assert proxy.received[0].target == "http://api.invalid/v1/moderations"


def test_settings_of_connections_are_checked() -> None:
    context = ssl.create_default_context()
    options = TransportOptions(verify=False)
    wrong_values = {"max_retries": -1, "base_url": "nonsense", "headers": {"Host": "elsewhere"}}
    for name, value in wrong_values.items():
        with pytest.raises(ValueError):
            SpeechClient.create("openai/tts-1", **{"api_key": "k", name: value})  # type: ignore[arg-type]
    wrong_types = {"proxy": 5, "base_url": 5, "http": {"verify": False}, "ssl_context": 5}
    for name, value in {**wrong_types, "model": 5}.items():
        arguments = {"model": "openai/tts-1", "api_key": "k", name: value}
        with pytest.raises(TypeError, match="is wanted, such as"):
            SpeechClient.create(**arguments)  # type: ignore[arg-type]
    with SpeechClient.create("openai/tts-1", "k", ssl_context=context, http=options):
        pass
