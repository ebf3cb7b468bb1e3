# Generated from tests/embeddings/test_client.py by codegen; do not edit.
"""The embedding client over a real socket: splitting, order, errors, protection."""

from __future__ import annotations

import json
import threading

import pytest

from ai_lib_sync import EmbeddingClient
from ai_lib_sync.embeddings import EmbeddingRequest, EmbeddingUsage
from ai_lib_sync.errors import (
    CapabilityError,
    CircuitOpenError,
    DecodeError,
    InvalidInput,
    RemoteError,
    RequestError,
    TransportTimeout,
)
from ai_lib_sync.resilience import CircuitBreakerConfig
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import HttpTransport
from tests._sync.embeddings.conftest import Serve
from tests._sync.embeddings.house import ONCE, QUICK, asked, builder, fail, lengths, said
from tests.servers.scripted import Exchange

TEXTS = ["a" * (index + 1) for index in range(10)]


def test_one_text_has_one_vector(serve: Serve) -> None:
    with builder(serve(lengths)).build() as client:
        response = client.embed("four")

    assert response.first.vector == [4.0, 1.0]
    assert (response.first.index, response.dimensions, len(response)) == (0, 2, 1)
    assert (response.model, response.provider) == ("as-answered", "openai")
    assert response.usage == EmbeddingUsage(prompt_tokens=1, total_tokens=1)
    assert [attempt.ended for attempt in response.attempts] == ["answered"]


def test_texts_are_split_and_come_back_in_order(serve: Serve) -> None:
    server = serve(lengths)
    with builder(server).build() as client:
        response = client.embed_batch(TEXTS, batch_size=3)

    assert [one.vector[0] for one in response.embeddings] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert [one.index for one in response.embeddings] == list(range(10))
    assert len(server.received) == 4
    assert response.usage == EmbeddingUsage(prompt_tokens=10, total_tokens=10)
    assert len(response.attempts) == 4


def test_requests_go_at_once_but_no_more_than_told(serve: Serve) -> None:
    gate = threading.Barrier(2)

    def two_at_a_time(exchange: Exchange) -> None:
        gate.wait(10)
        lengths(exchange)

    server = serve(two_at_a_time)
    with builder(server).batch_size(1).max_concurrent(2).build() as client:
        client.embed_batch(TEXTS)

    assert len(server.received) == 10
    assert server.peak == 2


def test_the_limit_on_tokens_is_the_manifest_s(serve: Serve) -> None:
    # 16384 tokens a request; every text is 8000 by this count, so that two fit.
    server = serve(lengths)
    made = builder(server, "mistral/mistral-embed").count_tokens(lambda text: 8000)
    with made.build() as client:
        client.embed_batch(TEXTS[:5])

    assert sorted(len(json.loads(one.body)["input"]) for one in server.received) == [1, 2, 2]


def test_the_limit_on_texts_is_the_manifest_s() -> None:
    with MockProvider() as mock:
        url = mock.base_url("cohere")
        with EmbeddingClient.create("cohere/embed-v4.0", "k", url) as client:
            response = client.embed_batch([f"text {n}" for n in range(200)])

    assert len(response) == 200
    assert sorted(len(one.body["texts"]) for one in mock.requests) == [8, 96, 96]  # type: ignore[index]


@pytest.mark.parametrize(
    ("texts", "index"),
    [(["fine", ""], 1), (["word " * 9000, "fine"], 0), (["ok", "ok", "é " * 8193], 2)],
    ids=["empty", "too long", "too long by one"],
)
def test_a_text_that_can_t_be_sent_is_named(serve: Serve, texts: list[str], index: int) -> None:
    server = serve(lengths)
    with builder(server).build() as client:
        with pytest.raises(InvalidInput, match=f"text {index} ") as caught:
            client.embed_batch(texts)

    assert (caught.value.index, caught.value.provider) == (index, "openai")
    assert server.received == []


def test_a_counter_says_exactly_what_is_too_long(serve: Serve) -> None:
    server = serve(lengths)
    with builder(server).count_tokens(len).build() as client:
        client.embed("a" * 8192)
        with pytest.raises(InvalidInput):
            client.embed("a" * 8193)

    assert len(server.received) == 1


def test_a_text_that_may_be_cut_is_sent(serve: Serve) -> None:
    server = serve(lengths)
    with builder(server).build() as client:
        response = client.embed("word " * 9000, truncate=True)

    assert response.adaptations == ("truncate left out: openai does not take it",)


def test_no_texts_and_no_text_at_all(serve: Serve) -> None:
    with builder(serve(lengths)).build() as client:
        with pytest.raises(RequestError, match="there is no text"):
            client.embed_batch([])
        with pytest.raises(TypeError, match="for one text there is embed"):
            client.embed_batch("text")
        with pytest.raises(TypeError, match="text 1 is int"):
            client.embed_batch(["a", 1])  # type: ignore[list-item]
        with pytest.raises(ValueError, match="batch_size"):
            client.embed_batch(["a"], batch_size=0)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "no vector for text 0"),
        ([{"index": 0, "embedding": [1.0]}], "no vector for text 1; 1 of 2 came"),
        (
            [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}],
            "two vectors for text 0",
        ),
        ([{"index": 2, "embedding": [1]}, {"index": 0, "embedding": [1]}], "text 2, of 2"),
        ([{"embedding": [1]}, {"embedding": [1, 2]}], "length 1, 2"),
        ([{"embedding": []}, {"embedding": []}], "an empty vector for text 0"),
        ([{"embedding": [1]}, {"embedding": ["x"]}], "no vector for text 1: Expected `float`"),
        ([{"embedding": [1]}, {"embedding": "AAA"}], "no vector for text 1"),
        ([{"embedding": [1]}, {"embedding": "AAA="}], "2 bytes for the vector of text 1"),
        ([{"embedding": [1]}, {}], "no vector for text 1"),
        ("none", "no vector for text 0"),
    ],
)
def test_an_answer_with_a_vector_amiss_raises(serve: Serve, data: object, problem: str) -> None:
    server = serve(lambda exchange: said(exchange, data))
    with builder(server).build() as client:
        with pytest.raises(DecodeError, match=problem):
            client.embed_batch(["one", "two"])


def test_vectors_without_an_index_are_taken_as_they_stand(serve: Serve) -> None:
    server = serve(lambda exchange: said(exchange, [{"embedding": [1.0]}, {"embedding": [2.0]}]))
    with builder(server).build() as client:
        response = client.embed_batch(["one", "two"])

    assert response.vectors == [[1.0], [2.0]]


def test_base64_is_read_as_32_bit_little_endian_numbers(serve: Serve) -> None:
    # 1.0 is 0000803F, -2.5 is 000020C0 (IEEE 754, little-endian).
    data = [{"index": 0, "embedding": "AACAPwAAIMA="}]
    with builder(serve(lambda exchange: said(exchange, data))).build() as client:
        response = client.embed("?")

    assert response.first.vector == [1.0, -2.5]


def test_an_error_in_a_200_answer_is_an_error(serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        body = b'{"error": {"message": "out of vectors", "code": "invalid_api_key"}}'
        exchange.reply(body, headers="content-type: application/json\r\n")

    with builder(serve(script)).build() as client:
        with pytest.raises(RemoteError, match="out of vectors") as caught:
            client.embed("?")
    assert caught.value.error_type == "authentication"


def test_the_length_asked_for_is_sent_and_checked(serve: Serve) -> None:
    server = serve(lengths)
    with builder(server).dimensions(2).build() as client:
        assert client.dimensions == 2
        client.embed("fine")
        with pytest.raises(DecodeError, match="length 2, in place of 3 asked for"):
            client.embed("wrong", dimensions=3)

    assert b'"dimensions":2' in server.received[0].body
    assert b'"dimensions":3' in server.received[1].body


@pytest.mark.parametrize(
    ("model", "wanted", "problem"),
    [
        ("openai/text-embedding-3-small", 1537, "length 1536 at most"),
        ("openai/text-embedding-ada-002", 256, "length 1536, not 256"),
        ("voyage/voyage-3.5", 300, "length 256, 512, 1024, 2048, not 300"),
        ("openai/text-embedding-3-small", 0, "above 0"),
        ("openai/text-embedding-3-small", True, "whole number"),
    ],
)
def test_a_length_the_model_has_not_is_refused(
    serve: Serve, model: str, wanted: int, problem: str
) -> None:
    server = serve(lengths)
    with builder(server, model).build() as client:
        with pytest.raises(RequestError, match=problem):
            client.embed("?", wanted)
    assert server.received == []


def test_the_only_length_there_is_is_not_asked_for(serve: Serve) -> None:
    server = serve(lambda exchange: said(exchange, [{"embedding": [0.5] * 1536}]))
    with builder(server, "openai/text-embedding-ada-002").build() as client:
        assert (client.embed("?", 1536)).dimensions == 1536
    assert "dimensions" not in json.loads(server.received[0].body)


def test_a_provider_without_embeddings_is_not_asked(serve: Serve) -> None:
    server = serve(lengths)
    with builder(server, "anthropic/claude").build() as client:
        with pytest.raises(CapabilityError, match="embeddings"):
            client.embed("?")
    assert server.received == []


def test_only_the_request_that_failed_is_tried_again(serve: Serve) -> None:
    failed: list[str] = []

    def script(exchange: Exchange) -> None:
        text = asked(exchange)["input"][0]
        if text == "bb" and len(failed) < 2:
            failed.append(text)
            fail(exchange, 503)
        else:
            lengths(exchange)

    server = serve(script)
    with builder(server).batch_size(1).with_retry(QUICK).build() as client:
        response = client.embed_batch(["a", "bb", "ccc"])

    assert [vector[0] for vector in response.vectors] == [1, 2, 3]
    assert len(server.received) == 5
    ended = sorted(attempt.ended for attempt in response.attempts)
    assert ended == ["answered"] * 3 + ["overloaded"] * 2


def test_an_error_says_what_texts_it_is_about_and_what_was_tried(serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        if asked(exchange)["input"][0] == "aaa":
            fail(exchange, 400, "too spicy")
        else:
            lengths(exchange)

    server = serve(script)
    with builder(server).batch_size(2).max_concurrent(1).build() as client:
        with pytest.raises(RemoteError, match="too spicy") as caught:
            client.embed_batch(TEXTS)

    error = caught.value
    assert "too spicy (asked for texts 2 to 3)" in str(error)
    assert (error.status_code, error.provider, error.model) == (400, "openai", "m")
    assert len(error.attempts) == len(server.received) == 2


def test_another_target_is_asked_for_everything(serve: Serve) -> None:
    def broken(exchange: Exchange) -> None:
        if asked(exchange)["input"] == ["a"]:
            lengths(exchange)
        else:
            fail(exchange, 503)

    first = serve(broken)
    with MockProvider() as mock:
        made = EmbeddingClient.builder().model("openai/m").api_key("k").base_url(first.url)
        made.with_retry(ONCE).batch_size(1).max_concurrent(1).with_fallbacks(["ollama/m"])
        made.api_key_for("ollama/m", "k").base_url_for("ollama/m", mock.base_url("ollama"))
        with made.build() as client:
            response = client.embed_batch(["a", "bb"])

    assert response.provider == "ollama"
    assert response.dimensions == 256
    assert [one.provider for one in mock.requests] == ["ollama", "ollama"]
    assert [one.provider for one in response.attempts] == ["openai", "openai", "ollama", "ollama"]


def test_one_deadline_holds_for_all_requests(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.stall())
    with builder(server).batch_size(1).build() as client:
        with pytest.raises(TransportTimeout, match=r"10 texts were not embedded within 0\.2 s"):
            client.embed_batch(TEXTS, timeout=0.2)


def test_a_circuit_opens(serve: Serve) -> None:
    server = serve(lambda exchange: fail(exchange, 500))
    made = builder(server).with_circuit_breaker(CircuitBreakerConfig(failure_threshold=2))
    with made.build() as client:
        for _ in range(2):
            with pytest.raises(RemoteError):
                client.embed("?")
        with pytest.raises(CircuitOpenError):
            client.embed("?")
    assert len(server.received) == 2


def test_a_given_transport_is_the_caller_s(serve: Serve) -> None:
    server = serve(lengths)
    with HttpTransport() as transport:
        with builder(server).transport(transport).build() as client:
            client.embed("a")
        with builder(server).transport(transport).build() as client:
            client.embed("a")
    assert server.connections == 1


def test_a_client_tells_what_it_is() -> None:
    with MockProvider([Reply(status=429, error="slow")]) as mock:
        url = mock.base_url("openai")
        client = EmbeddingClient.create("openai/text-embedding-3-small", "k", url, 256)
        assert (client.model_id, client.provider_id) == (
            "openai/text-embedding-3-small",
            "openai",
        )
        assert (client.model, client.dimensions) == ("text-embedding-3-small", 256)
        assert client.manifest.id == "openai"
        assert repr(client) == "EmbeddingClient('openai/text-embedding-3-small')"
        response = client.embed("Hello")  # the 429 is tried again
        client.close()
    assert response.dimensions == 256
    assert [attempt.ended for attempt in response.attempts] == ["rate_limited", "answered"]


def test_a_request_brings_its_texts_and_options(serve: Serve) -> None:
    server = serve(lengths)
    request = EmbeddingRequest(input=["a", "bb"], dimensions=2, input_type="query")
    with builder(server).dimensions(3).extra({"user": "me"}).build() as client:
        assert (client.embed_batch(request)).vectors == [[1, 1], [2, 1]]
        alone = client.embed_batch(EmbeddingRequest(input="ccc", dimensions=2))
        with pytest.raises(DecodeError, match="in place of 4 asked for"):
            client.embed_batch(request, dimensions=4)

    assert alone.vectors == [[3, 1]]
    bodies = [json.loads(exchange.body) for exchange in server.received]
    assert [body["dimensions"] for body in bodies] == [2, 2, 4]
    assert all(body["user"] == "me" for body in bodies)


def test_a_request_is_unchangeable_and_has_names() -> None:
    request = EmbeddingRequest(input="a")
    with pytest.raises(AttributeError, match="immutable"):
        request.input = "b"  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        EmbeddingRequest("a")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 3, "total_tokens": 5}, (3, 5)),
        ({"prompt_tokens": 3}, (3, 3)),
        ({"total_tokens": 5}, (5, 5)),
        ({}, (0, 0)),
    ],
)
def test_a_count_that_is_not_sent_is_the_other_one(
    serve: Serve, usage: dict[str, int], expected: tuple[int, int]
) -> None:
    def script(exchange: Exchange) -> None:
        body = {"data": [{"embedding": [1.0]}], "usage": usage}
        exchange.reply(json.dumps(body).encode(), headers="content-type: application/json\r\n")

    with builder(serve(script)).build() as client:
        found = (client.embed("?")).usage
    assert (found.prompt_tokens, found.total_tokens) == expected
