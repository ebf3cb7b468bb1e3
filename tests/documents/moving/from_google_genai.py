"""The rows of the google-genai client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import ai_lib
import ai_lib_sync
from ai_lib_sync.embeddings import EmbeddingClient
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ContentBlock
from tests.documents.moving.rows import KEY, Client

if TYPE_CHECKING:
    from google.genai import Client as GoogleClient

CLIENT = Client("google-genai", "google-genai", "google.genai", {})
MODEL = "gemini-3.8-flash"
OURS = f"gemini/{MODEL}"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Answer(msgspec.Struct):
    """What is asked for as JSON."""

    city: str


def make_theirs(mock: MockProvider) -> GoogleClient:
    from google.genai import Client as GoogleClient, types

    options = types.HttpOptions(base_url=mock.base_url("gemini"))
    return GoogleClient(api_key=KEY, http_options=options)


def generate(mock: MockProvider, contents: Any = "Hi", **config: Any) -> Any:
    """Ask by their client, in its way."""
    from google.genai import types

    wanted = types.GenerateContentConfig(**config)
    client = make_theirs(mock)
    return client.models.generate_content(model=MODEL, contents=contents, config=wanted)


@CLIENT.row("`generate_content` / `generate_content_stream`")
def check_calls(mock: MockProvider) -> None:
    client = make_theirs(mock)
    text = generate(mock).text
    stream = client.models.generate_content_stream(model=MODEL, contents="Hi")
    pieces = [chunk.text for chunk in stream if chunk.text]
    with mock.client(OURS) as ours:
        assert ours.chat().user("Hi").execute().text == text
        assert list(ours.chat().user("Hi").stream().text()) == pieces


@CLIENT.row("`client.aio`")
def check_loops(mock: MockProvider) -> None:
    assert make_theirs(mock).aio.models.generate_content
    assert ai_lib.AiClient is not ai_lib_sync.AiClient


@CLIENT.row("`system_instruction=`")
def check_system(mock: MockProvider) -> None:
    generate(mock, system_instruction="Be brief.")
    with mock.client(OURS) as ours:
        ours.chat().system("Be brief.").user("Hi").execute()
    assert [request.messages[0].text for request in mock.requests] == ["Be brief."] * 2


@CLIENT.row("`response.text`")
def check_text(mock: MockProvider) -> None:
    mock.enqueue(*[Reply(thinking="Well.", text="Hello!")] * 2)
    with mock.client(OURS) as ours:
        assert ours.chat().user("Hi").execute().text == generate(mock).text == "Hello!"


@CLIENT.row("`response.usage_metadata`")
def check_usage(mock: MockProvider) -> None:
    theirs = generate(mock).usage_metadata
    with mock.client(OURS) as ours:
        assert ours.chat().user("Hi").execute().usage.total_tokens == theirs.total_token_count > 0


@CLIENT.row("`types.Part.from_bytes`")
def check_picture(mock: MockProvider) -> None:
    from google.genai import types

    generate(mock, ["Hi", types.Part.from_bytes(data=PICTURE, mime_type="image/png")])
    with mock.builder(OURS).fit_media(False).build() as ours:
        ours.chat().user([ContentBlock.text("Hi"), ContentBlock.image_bytes(PICTURE)]).execute()
    parts = [request.body["contents"][0]["parts"] for request in mock.requests]  # type: ignore[index]
    assert [[set(part) for part in sent] for sent in parts] == [[{"text"}, {"inlineData"}]] * 2
    assert parts[0][1]["inlineData"]["data"] == parts[1][1]["inlineData"]["data"]


@CLIENT.row("`response_schema=`")
def check_schema(mock: MockProvider) -> None:
    mock.enqueue(*[Reply(text='{"city": "Rome"}')] * 2)
    schema = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
    generate(mock, response_mime_type="application/json", response_schema=schema)
    with mock.client(OURS) as ours:
        assert ours.chat().user("Hi").execute_as(Answer) == Answer("Rome")
    for request in mock.requests:
        assert request.body["generationConfig"]["responseMimeType"] == "application/json"  # type: ignore[index]


@CLIENT.row("`thinking_config=`")
def check_thinking(mock: MockProvider) -> None:
    from google.genai import types

    generate(mock, thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW))
    with mock.client(OURS) as ours:
        ours.chat().user("Hi").reasoning("low").execute()
        ours.chat().user("Hi").param("thinking_config", {"thinkingLevel": "LOW"}).execute()
    bodies: list[Any] = [request.body for request in mock.requests]
    levels = [list(body["generationConfig"]["thinkingConfig"].values()) for body in bodies]
    assert [[level.lower() for level in sent] for sent in levels] == [["low"]] * 3


@CLIENT.row("`client.models.embed_content`")
def check_embedding(mock: MockProvider) -> None:
    model = "gemini-embedding-001"
    client = make_theirs(mock)  # which closes what it has when nothing holds it
    theirs = client.models.embed_content(model=model, contents="Hi").embeddings
    with EmbeddingClient.create(f"gemini/{model}", KEY, mock.base_url("gemini")) as ours:
        vector = list(ours.embed("Hi").first.vector)
    assert theirs is not None
    assert vector == pytest.approx(theirs[0].values, abs=1e-6)


@CLIENT.row("`errors.APIError`")
def check_errors(mock: MockProvider) -> None:
    from google.genai import errors

    mock.enqueue(*[Reply(status=400, error="bad")] * 2)
    with pytest.raises(errors.APIError) as theirs:
        generate(mock)
    with mock.client(OURS) as ours, pytest.raises(RemoteError) as caught:
        ours.chat().user("Hi").execute()
    assert caught.value.status_code == theirs.value.code == 400
