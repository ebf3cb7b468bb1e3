"""The clients of operations are made with the words of `AiClient.create`."""

import inspect
import json
import ssl

import pytest

import ai_lib
from ai_lib import AiClient, operations
from ai_lib.embeddings import EmbeddingClient
from ai_lib.errors import RemoteError
from ai_lib.operations import (
    ModerationClient,
    OperationClient,
    RerankClient,
    RerankOptions,
    SpeechClient,
    SttOptions,
    TranscriptionClient,
    TtsOptions,
)
from ai_lib.transport import TransportOptions
from tests.operations.conftest import Serve
from tests.operations.recorded import read_form, reply_json
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
    for make in (*makers, EmbeddingClient.create, ai_lib.ask):
        assert words <= set(inspect.signature(make).parameters), make.__qualname__


async def test_headers_and_retries_of_a_client(serve: Serve) -> None:
    server = serve(lambda exchange: (speak if len(server.received) > 1 else fail)(exchange))
    words = {"X-Gateway": "a"}
    async with SpeechClient.create(
        "openai/tts-1", "k", server.url, headers=words, max_retries=0
    ) as client:
        with pytest.raises(RemoteError, match="busy"):
            await client.speak("hello", voice="alloy")
        assert len(server.received) == 1
        await client.speak("hello", voice="alloy")
    assert [received.headers["x-gateway"] for received in server.received] == ["a", "a"]


async def test_connections_of_a_client(serve: Serve) -> None:
    results = {"results": [{"flagged": False, "categories": {}, "category_scores": {}}]}
    proxy = serve(lambda exchange: reply_json(exchange, results))
    async with ModerationClient.create(
        "openai/omni-moderation-latest", "k", "http://api.invalid/v1", proxy=proxy.url
    ) as client:
        assert not (await client.moderate("hello")).flagged
    assert proxy.received[0].target == "http://api.invalid/v1/moderations"


async def test_settings_of_connections_are_checked() -> None:
    context = ssl.create_default_context()
    options = TransportOptions(verify=False)
    wrong_values = {"max_retries": -1, "base_url": "nonsense", "headers": {"Host": "elsewhere"}}
    for name, value in wrong_values.items():
        with pytest.raises(ValueError):
            await SpeechClient.create("openai/tts-1", **{"api_key": "k", name: value})  # type: ignore[arg-type]
    wrong_types = {"proxy": 5, "base_url": 5, "http": {"verify": False}, "ssl_context": 5}
    for name, value in {**wrong_types, "model": 5}.items():
        arguments = {"model": "openai/tts-1", "api_key": "k", name: value}
        with pytest.raises(TypeError, match="is wanted, such as"):
            await SpeechClient.create(**arguments)  # type: ignore[arg-type]
    async with SpeechClient.create("openai/tts-1", "k", ssl_context=context, http=options):
        pass


async def test_options_are_taken_in_one_value(serve: Serve) -> None:
    def reply(exchange: Exchange) -> None:
        if exchange.received.target.endswith("/rerank"):
            reply_json(exchange, {"results": [{"index": 1, "relevance_score": 0.5}]})
        elif exchange.received.target.endswith("/speech"):
            speak(exchange)
        else:
            reply_json(exchange, {"text": "hello"})

    server = serve(reply)
    async with RerankClient.create("cohere/rerank-v3.5", "k", server.url) as client:
        options = RerankOptions(top_n=1, max_tokens_per_doc=99)
        ranked = await client.rerank("q", ["a", "b"], options)
    async with SpeechClient.create("openai/tts-1", "k", server.url) as speaker:
        voice = TtsOptions(voice="alloy", speed=2.0, response_format="opus")
        await speaker.speak("hello", voice, speed=1.5)
    async with TranscriptionClient.create("openai/whisper-1", "k", server.url) as writer:
        words = SttOptions(language="de", prompt="Ada", temperature=0.5, response_format="json")
        await writer.transcribe(b"ID3sound", words, prompt="Grace")

    bodies = [json.loads(received.body) for received in server.received[:2]]
    assert ranked.documents == ["b"]
    assert (bodies[0]["top_n"], bodies[0]["max_tokens_per_doc"]) == (1, 99)
    assert (bodies[1]["voice"], bodies[1]["speed"]) == ("alloy", 1.5)
    assert bodies[1]["response_format"] == "opus"
    received = server.received[2]
    fields, _ = read_form(received.headers["content-type"], received.body)
    del fields["model"]
    assert fields == {
        "language": "de",
        "prompt": "Grace",
        "temperature": "0.5",
        "response_format": "json",
    }
