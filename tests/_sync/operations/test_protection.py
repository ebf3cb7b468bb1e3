# Generated from tests/operations/test_protection.py by codegen; do not edit.
"""What stands between a chat and its provider stands between an operation and its provider, too."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from ai_lib_sync import AiClient, EmbeddingClient
from ai_lib_sync.cache import CacheManager
from ai_lib_sync.errors import (
    BudgetExceeded,
    DecodeError,
    GuardrailError,
    InvalidInput,
    RemoteError,
    RequestError,
)
from ai_lib_sync.guardrails import KeywordFilter, PiiDetector
from ai_lib_sync.operations import (
    ModerationClient,
    RerankClient,
    SpeechClient,
    TranscriptionClient,
)
from ai_lib_sync.plugins import Plugin, PluginContext
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.telemetry import Span, Tracer
from ai_lib_sync.tokens import Budget
from tests._sync.operations.conftest import Serve
from tests.operations.recorded import reply_json
from tests.servers.scripted import Exchange, ScriptedServer

ONCE = RetryConfig(max_retries=0)
VENDOR = """
id: made-up
protocol_version: "2.0"
name: Made up
status: stable
category: ai_provider
official_url: https://example.com
dialect: openai_chat
endpoint:
  base_url: https://example.com/v1
  auth: { type: bearer, token_env: MADE_UP_API_KEY }
capabilities: { required: [tts, rerank] }
wire:
  operations:
    rerank: { body: { top_n: null, best: $limit }, answer: { each: ["$.found[*]"] } }
metadata:
  models:
    talker:
      model_capabilities: { text: false, tts: true }
      pricing: { per_character: 0.0001, currency: USD }
    ranker:
      model_capabilities: { text: false, rerank: true }
      pricing: { per_search: 0.002, currency: USD }
"""


def speak(exchange: Exchange) -> None:
    exchange.reply(b"\xff\xfb\x90sound", headers="content-type: audio/mpeg\r\n")


def heard(server: ScriptedServer) -> list[dict[str, object]]:
    return [json.loads(received.body) for received in server.received]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the manifest of a vendor that nobody bundles."""
    (tmp_path / "v2" / "providers").mkdir(parents=True)
    (tmp_path / "v2" / "providers" / "made-up.yaml").write_text(VENDOR)
    return tmp_path


def test_a_vendor_of_a_known_form_is_yaml_alone(folder: Path, serve: Serve) -> None:
    def rank(exchange: Exchange) -> None:
        reply_json(exchange, {"found": [{"index": 1, "relevance_score": 0.5}]})

    server = serve(rank)
    builder = RerankClient.builder().protocol_dir(folder).model("made-up/ranker").api_key("k")
    with builder.base_url(server.url).build() as client:
        response = client.rerank("q", ["a", "b"], 1)

    assert heard(server) == [{"model": "ranker", "query": "q", "documents": ["a", "b"], "best": 1}]
    assert response.documents == ["b"]


def test_a_budget_refuses_before_anything_is_sent(folder: Path, serve: Serve) -> None:
    server = serve(speak)
    budget = Budget(0.001)
    builder = SpeechClient.builder().protocol_dir(folder).model("made-up/talker").api_key("k")
    with builder.base_url(server.url).budget(budget).build() as client:
        with pytest.raises(BudgetExceeded):
            client.speak("twenty characters...", voice="v")
        assert not server.received
        speech = client.speak("ten chars.", voice="v")

    assert speech.usage.units == {"characters": 10}
    assert speech.cost is not None
    assert speech.cost.total_cost == speech.cost.units_cost == pytest.approx(10 * 0.0001)
    assert budget.spent == pytest.approx(0.001)


def test_a_search_costs_what_a_search_costs(folder: Path, serve: Serve) -> None:
    def rank(exchange: Exchange) -> None:
        body = {"found": [{"index": 0, "relevance_score": 0.5}]}
        reply_json(exchange, {**body, "meta": {"billed_units": {"search_units": 3}}})

    builder = RerankClient.builder().protocol_dir(folder).model("made-up/ranker").api_key("k")
    with builder.base_url(serve(rank).url).build() as client:
        response = client.rerank("q", ["a", "b"])

    assert response.cost is not None
    assert response.cost.total_cost == pytest.approx(3 * 0.002)


def test_guardrails_see_what_is_sent(serve: Serve) -> None:
    server = serve(speak)
    builder = SpeechClient.builder().model("openai/tts-1").api_key("k").base_url(server.url)
    builder = builder.guardrails(
        [PiiDetector(), KeywordFilter("rule", ["forbidden"])], output=False
    )
    with builder.build() as client:
        with pytest.raises(GuardrailError):
            client.speak("a forbidden text", voice="alloy")
        assert not server.received
        client.speak("write to jo@example.com", voice="alloy")

    assert "jo@example.com" not in str(heard(server)[0]["input"])


def test_guardrails_see_what_comes(serve: Serve) -> None:
    server = serve(lambda exchange: reply_json(exchange, {"text": "call jo@example.com"}))
    builder = TranscriptionClient.builder().model("openai/whisper-1").api_key("k")
    builder = builder.base_url(server.url).guardrails([PiiDetector()])
    with builder.build() as client:
        response = client.transcribe(b"RIFF....WAVE")

    assert "jo@example.com" not in response.text
    assert response.raw_response is None


class Shouting(Plugin):
    """Replaces every text that is sent."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[str]]] = []

    def on_operation(self, ctx: PluginContext) -> None:
        self.seen.append((ctx.operation, list(ctx.texts)))
        ctx.texts = [text.upper() for text in ctx.texts]

    def on_operation_result(self, ctx: PluginContext) -> None:
        self.seen.append((f"{ctx.operation} result", list(ctx.texts)))


def test_plugins_see_and_change_every_text(serve: Serve) -> None:
    plugin = Shouting()
    results = [{"index": 0, "relevance_score": 1.0}]
    server = serve(lambda exchange: reply_json(exchange, {"results": results}))
    builder = RerankClient.builder().model("cohere/rerank-v3.5").api_key("k").plugins([plugin])
    with builder.base_url(server.url).build() as client:
        client.rerank("query", ["one", "two"])

    assert heard(server)[0]["documents"] == ["ONE", "TWO"]
    assert plugin.seen[0] == ("rerank", ["query", "one", "two"])
    assert plugin.seen[1][0] == "rerank result"


def test_a_raw_operation_goes_through_the_same(serve: Serve) -> None:
    server = serve(lambda exchange: reply_json(exchange, {"results": []}))
    builder = AiClient.builder().model("cohere/command-a-03-2025").api_key("k")
    builder = builder.base_url(server.url).guardrails([KeywordFilter("rule", ["forbidden"])])
    with builder.build() as client:
        with pytest.raises(GuardrailError):
            client.invoke("rerank", {"query": "forbidden", "documents": ["a"]})
        assert not server.received
        assert client.invoke("rerank", {"query": "q"}) == {"results": []}


@pytest.mark.parametrize("operation", ["typed", "raw"])
def test_a_login_page_is_no_answer(operation: str, serve: Serve) -> None:
    def page(exchange: Exchange) -> None:
        exchange.reply(b"<html>log in</html>", headers="content-type: text/html\r\n")

    server = serve(page)
    with AiClient.create("cohere/m", api_key="k", base_url=server.url) as client:
        with pytest.raises(DecodeError):
            if operation == "raw":
                client.invoke("rerank", {"query": "q"})
            else:
                RerankClient.beside(client, "cohere/m").rerank("q", ["a"])


@pytest.mark.parametrize("operation", ["typed", "raw"])
def test_an_error_with_status_200_is_an_error(operation: str, serve: Serve) -> None:
    error = {"error": {"message": "no such thing", "code": "nope"}}
    server = serve(lambda exchange: reply_json(exchange, error))
    builder = AiClient.builder().model("openai/m").api_key("k").base_url(server.url)
    with builder.with_retry(ONCE).build() as client:
        with pytest.raises(RemoteError, match="no such thing"):
            if operation == "raw":
                client.invoke("embeddings", {"input": "q"})
            else:
                ModerationClient.beside(client, "openai/m").moderate("q")


def test_a_span_has_the_name_of_the_operation(serve: Serve) -> None:
    spans: list[Span] = []
    tracer = Tracer(exporter=spans.append)
    builder = SpeechClient.builder().model("openai/tts-1").api_key("k").tracer(tracer)
    with builder.base_url(serve(speak).url).build() as client:
        client.speak("hello", voice="alloy")

    assert any("speech" in span.name for span in spans)


def test_a_tracer_that_keeps_content_sees_every_text(serve: Serve) -> None:
    def reply(exchange: Exchange) -> None:
        if exchange.received.target.endswith("/speech"):
            return speak(exchange)
        return reply_json(exchange, {"text": "what was said", "results": []})

    spans: list[Span] = []
    tracer = Tracer(exporter=spans.append, capture_content=True)
    builder = AiClient.builder().model("openai/gpt-5.4-mini").api_key("k").tracer(tracer)
    with builder.base_url(serve(reply).url).build() as client:
        SpeechClient.beside(client, "openai/tts-1").speak("a text", voice="alloy")
        with SpeechClient.beside(client, "openai/tts-1").stream("more", voice="v") as stream:
            assert [piece for piece in stream]
        hearer = TranscriptionClient.beside(client, "openai/whisper-1")
        hearer.transcribe(b"RIFF....WAVE", prompt="a name")
        client.invoke("embeddings", {"input": "raw"})

    seen = [str(span.attributes.get("gen_ai.input.messages")) for span in spans]
    assert [text in one for text, one in zip(SENT_TEXTS, seen, strict=True)] == [True] * 4
    assert "what was said" in str(spans[2].attributes["gen_ai.output.messages"])


SENT_TEXTS = ("a text", "more", "a name", "raw")


def test_another_model_is_asked_when_the_first_fails(serve: Serve) -> None:
    broken = serve(lambda exchange: reply_json(exchange, {"error": {"message": "no"}}, 503))
    working = serve(speak)
    builder = SpeechClient.builder().model("openai/tts-1").api_key("k").base_url(broken.url)
    builder = builder.base_url_for("groq/talker", working.url).api_key_for("groq/talker", "k2")
    with builder.with_retry(ONCE).with_fallbacks(["groq/talker"]).build() as client:
        speech = client.speak("hello", voice="v")

    assert speech.provider == "groq"
    assert [attempt.ended for attempt in speech.attempts] == ["overloaded", "answered"]


def test_what_is_too_long_is_not_sent(serve: Serve) -> None:
    server = serve(speak)
    with SpeechClient.create("openai/tts-1", "k", server.url) as client:
        with pytest.raises(InvalidInput, match="4096"):
            client.speak("a" * 4097, voice="alloy")
        with pytest.raises(InvalidInput, match="empty"):
            client.speak("", voice="alloy")
        with pytest.raises(RequestError, match="voice="):
            client.speak("hello")

    assert not server.received


def test_a_long_speech_takes_little_memory(tmp_path: Path, serve: Serve) -> None:
    piece, count = b"\xff\xfb" + bytes(256 * 1024 - 2), 800

    def talk(exchange: Exchange) -> None:
        exchange.begin("content-type: audio/mpeg\r\n")
        for _ in range(count):
            exchange.chunk(piece)
        exchange.chunk(b"")

    with SpeechClient.create("openai/tts-1", "k", serve(talk).url) as client:
        stream = client.stream("a long text", voice="alloy")
        first = stream.__next__()
        tracemalloc.start()
        received = len(first)
        for data in stream:
            received += len(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        stream.close()

    assert received == len(piece) * count  # 200 MB
    assert peak < 5_000_000


def test_leaving_a_stream_early_closes_the_connection(serve: Serve) -> None:
    def talk(exchange: Exchange) -> None:
        exchange.begin("content-type: audio/mpeg\r\n")
        exchange.chunk(b"\xff\xfbsound")
        exchange.stall()

    server = serve(talk)
    with SpeechClient.create("openai/tts-1", "k", server.url) as client:
        with client.stream("a text", voice="alloy") as stream:
            assert stream.__next__() == b"\xff\xfbsound"
        assert server.gave_up.wait(10)
        assert [one.ended for one in stream.response().attempts] == ["cancelled"]


def test_embeddings_may_stand_among_the_operations(folder: Path, serve: Serve) -> None:
    path = folder / "v2" / "providers" / "made-up.yaml"
    text = VENDOR.replace("[tts, rerank]", "[embeddings]").replace(
        "  operations:\n",
        "  operations:\n    embeddings: { path: /vectors, body: { words: $inputs } }\n",
    )
    path.write_text(text)
    vector = {"index": 0, "embedding": [1.0, 0.0]}
    server = serve(lambda exchange: reply_json(exchange, {"data": [vector]}))
    builder = EmbeddingClient.builder().protocol_dir(folder).model("made-up/m").api_key("k")
    with builder.base_url(server.url).build() as client:
        response = client.embed("one")

    assert list(response.first.vector) == [1.0, 0.0]
    assert server.received[0].target == "/vectors"
    assert heard(server)[0]["words"] == ["one"]


def test_a_cache_keeps_what_is_the_same_each_time(serve: Serve) -> None:
    def reply(exchange: Exchange) -> None:
        if exchange.received.target.endswith("/speech"):
            return speak(exchange)
        results = [{"index": 0, "relevance_score": 1.0}]
        usage = {"billed_units": {"search_units": 1}}
        return reply_json(exchange, {"results": results, "meta": usage})

    server = serve(reply)
    builder = AiClient.builder().model("cohere/rerank-v3.5").api_key("k").cache(CacheManager())
    with builder.base_url(server.url).build() as client:
        ranker = RerankClient.beside(client, "cohere/rerank-v3.5")
        first = ranker.rerank("q", ["a", "b"])
        again = ranker.rerank("q", ["a", "b"])
        ranker.rerank("another", ["a", "b"])
    costs = [response.cost and response.cost.total_cost for response in (first, again)]
    assert (first.documents, again.documents, costs) == (["a"], ["a"], [0.002, 0])
    assert len(server.received) == 2
    builder = AiClient.builder().model("openai/tts-1").api_key("k").cache(CacheManager())
    with builder.base_url(server.url).build() as client:
        speaker = SpeechClient.beside(client, "openai/tts-1")
        speaker.speak("hello", voice="v")
        speaker.speak("hello", voice="v")
    assert len(server.received) == 4
