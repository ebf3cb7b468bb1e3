"""The rows of the openai client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import ai_lib
import ai_lib_sync
from ai_lib_sync import AiClient, TransportError
from ai_lib_sync.embeddings import EmbeddingClient
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.operations import ModerationClient, SpeechClient
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import TransportOptions
from tests.documents.moving.rows import KEY, Client, body_of

if TYPE_CHECKING:
    from openai import OpenAI

CLIENT = Client("the openai client", "openai", "openai", {})
MODEL = "gpt-5.4-mini"
OURS = f"openai/{MODEL}"
HI: list[Any] = [{"role": "user", "content": "Hi"}]


def make_theirs(mock: MockProvider, **options: Any) -> OpenAI:
    from openai import OpenAI

    return OpenAI(api_key=KEY, base_url=mock.base_url("openai"), **options)


def create(mock: MockProvider, **options: Any) -> Any:
    """Ask by their client, in its way."""
    options = {"model": MODEL, "messages": HI, **options}
    with make_theirs(mock) as client:
        return client.chat.completions.create(**options)


@CLIENT.row("`OpenAI()` / `AsyncOpenAI()`")
def check_clients(mock: MockProvider) -> None:
    import openai

    assert openai.OpenAI
    assert openai.AsyncOpenAI
    assert ai_lib_sync.AiClient is not ai_lib.AiClient


@CLIENT.row("`base_url=`, `api_key=`, `timeout=`, `max_retries=`")
def check_arguments(mock: MockProvider) -> None:
    make_theirs(mock, timeout=9.0, max_retries=1).close()
    url = mock.base_url("openai")
    with AiClient.create(OURS, base_url=url, api_key=KEY, timeout=9.0, max_retries=1) as ours:
        ours.chat().user("Hi").execute()


@CLIENT.row("`default_headers=`, `extra_headers=`")
def check_headers(mock: MockProvider) -> None:
    with make_theirs(mock, default_headers={"X-A": "1"}) as theirs:
        theirs.chat.completions.create(model=MODEL, messages=HI, extra_headers={"X-B": "2"})
    with mock.client(OURS, headers={"X-A": "1"}) as ours:
        ours.chat().user("Hi").headers({"X-B": "2"}).execute()
    sent = [(request.headers["x-a"], request.headers["x-b"]) for request in mock.requests]
    assert sent == [("1", "2")] * 2


@CLIENT.row("`http_client=`")
def check_connections(mock: MockProvider) -> None:
    from openai import DefaultHttpxClient

    make_theirs(mock, http_client=DefaultHttpxClient()).close()
    options = TransportOptions()
    with mock.client(OURS, proxy=None, ssl_context=None, http=options) as ours:
        ours.chat().user("Hi").execute()


@CLIENT.row("`messages=[{...}]`, `tools=[{...}]`")
def check_messages(mock: MockProvider) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    create(mock, tools=[tool])
    theirs = body_of(mock)
    with mock.client(OURS) as ours:
        ours.chat().messages(HI).tools([tool]).execute()
    assert body_of(mock)["messages"] == theirs["messages"]
    assert body_of(mock)["tools"] == theirs["tools"]


@CLIENT.row("`model=` of each call")
def check_model(mock: MockProvider) -> None:
    create(mock, model="gpt-5.4-nano")
    with mock.client(OURS) as ours:
        ours.chat("openai/gpt-5.4-nano").user("Hi").execute()
        ours.chat().user("Hi").execute()
    assert [request.model for request in mock.requests] == ["gpt-5.4-nano"] * 2 + [MODEL]


@CLIENT.row("`extra_body=`")
def check_extra(mock: MockProvider) -> None:
    create(mock, extra_body={"unknown": [1]})
    with mock.client(OURS) as ours:
        ours.chat().user("Hi").extra({"unknown": [1]}).execute()
    assert [request.body["unknown"] for request in mock.requests] == [[1], [1]]  # type: ignore[index]


@CLIENT.row("`completion.choices[0].message` appended to the messages")
def check_next_turn(mock: MockProvider) -> None:
    message = create(mock).choices[0].message
    create(mock, messages=[*HI, message, *HI])
    theirs = body_of(mock)["messages"]
    with mock.client(OURS) as ours:
        response = ours.chat().messages(HI).execute()
        ours.chat().messages([*HI, response.to_message(), *HI]).execute()
    parts = ("role", "content")
    sent: Any = body_of(mock)["messages"]
    assert [[message[part] for part in parts] for message in sent] == [
        [message[part] for part in parts]
        for message in theirs  # type: ignore[attr-defined]
    ]


@CLIENT.row("`chunk.choices[0].delta.content`")
def check_text(mock: MockProvider) -> None:
    mock.enqueue(Reply(text="one two"), Reply(text="one two"))
    with make_theirs(mock) as theirs:
        stream = theirs.chat.completions.create(model=MODEL, messages=HI, stream=True)
        texts = [chunk.choices[0].delta.content for chunk in stream if chunk.choices]
    with mock.client(OURS) as ours:
        assert list(ours.chat().user("Hi").stream().text()) == [text for text in texts if text]


@CLIENT.row("`chunk.usage` with `stream_options`")
def check_usage(mock: MockProvider) -> None:
    with make_theirs(mock) as theirs:
        *_, last = theirs.chat.completions.create(
            model=MODEL, messages=HI, stream=True, stream_options={"include_usage": True}
        )
    assert last.usage is not None
    with mock.client(OURS) as ours:
        stream = ours.chat().user("Hi").stream()
        for _ in stream:
            pass
    assert stream.response().usage.total_tokens == last.usage.total_tokens > 0


@CLIENT.row("`client.responses.create`")
def check_responses(mock: MockProvider) -> None:
    with make_theirs(mock) as theirs:
        text = theirs.responses.create(model=MODEL, input="Hi").output_text
    with mock.builder(OURS).api_family("responses").build() as ours:
        assert ours.chat().user("Hi").execute().text == text
    assert [request.path for request in mock.requests] == ["/responses"] * 2


@CLIENT.row("`client.embeddings.create`")
def check_embeddings(mock: MockProvider) -> None:
    model = "text-embedding-3-small"
    with make_theirs(mock) as theirs:
        vectors = theirs.embeddings.create(model=model, input=["a", "b"]).data
    url = mock.base_url("openai")
    with EmbeddingClient.create(f"openai/{model}", KEY, url) as ours:
        embeddings = ours.embed_batch(["a", "b"]).embeddings
    for found, expected in zip(embeddings, vectors, strict=True):
        assert list(found.vector) == pytest.approx(expected.embedding, abs=1e-6)


@CLIENT.row("`client.audio.speech.create`, `client.moderations.create`")
def check_operations(mock: MockProvider) -> None:
    url = mock.base_url("openai")
    with make_theirs(mock) as theirs:
        speech = theirs.audio.speech.create(model="tts-1", input="Hi", voice="alloy").content
        flagged = theirs.moderations.create(model="omni-moderation-latest", input="Hi").results[0]
    with SpeechClient.create("openai/tts-1", KEY, url) as speaker:
        assert speaker.speak("Hi", voice="alloy").data == speech
    with ModerationClient.create("openai/omni-moderation-latest", KEY, url) as moderator:
        assert moderator.moderate("Hi").flagged == flagged.flagged


@CLIENT.row("`client.models.list`")
def check_models(mock: MockProvider) -> None:
    with make_theirs(mock) as theirs, mock.client(OURS) as ours:
        names = [model.id for model in theirs.models.list()]
        assert [model.id for model in ours.models.list()] == names
        assert names


@CLIENT.row("`with_raw_response`")
def check_raw(mock: MockProvider) -> None:
    with make_theirs(mock) as theirs:
        raw = theirs.chat.completions.with_raw_response.create(model=MODEL, messages=HI)
    with mock.client(OURS) as ours:
        response = ours.chat().user("Hi").execute()
    assert response.status_code == raw.status_code == 200
    assert response.headers["content-type"] == raw.headers["content-type"]


@CLIENT.row("`APIStatusError`, `RateLimitError`, `APIConnectionError`")
def check_errors(mock: MockProvider) -> None:
    import openai

    assert issubclass(openai.RateLimitError, openai.APIStatusError)
    mock.enqueue(Reply(status=429, error="slow"), Reply(status=429, error="slow"))
    with make_theirs(mock, max_retries=0) as theirs, pytest.raises(openai.RateLimitError):
        theirs.chat.completions.create(model=MODEL, messages=HI)
    with mock.client(OURS, max_retries=0) as ours, pytest.raises(RemoteError) as caught:
        ours.chat().user("Hi").execute()
    assert caught.value.standard_code.name == "rate_limited"
    gone = "http://127.0.0.1:1/v1"
    with openai.OpenAI(api_key=KEY, base_url=gone, max_retries=0) as theirs:
        with pytest.raises(openai.APIConnectionError):
            theirs.chat.completions.create(model=MODEL, messages=HI)
    with AiClient.create(OURS, api_key=KEY, base_url=gone, max_retries=0) as ours:
        with pytest.raises(TransportError):
            ours.chat().user("Hi").execute()
