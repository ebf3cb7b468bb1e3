"""Every recorded exchange of vectors: asked again as it was, read as an independent reader reads.

The reader of this test knows nothing but the replies: it unpacks base64 with `struct`.
"""

import base64
import json
import struct
from typing import Any

import pytest

from ai_lib.embeddings import EmbeddingClient, EmbeddingResponse
from ai_lib.errors import RemoteError
from ai_lib.resilience import RetryConfig
from tests.servers.scripted import ScriptedServer
from tests.wire.recordings import Recording, as_parameters, recorded
from tests.wire.replay import replays

ROWS = [row for row in recorded() if row.family == "embeddings"]
ANSWERS = [row for row in ROWS if row.status == 200]
ERRORS = [row for row in ROWS if row.status != 200]
OURS = {
    "search_query": "query",
    "search_document": "document",
    "RETRIEVAL_QUERY": "query",
    "RETRIEVAL_DOCUMENT": "document",
}


def texts_of(body: Any) -> list[str]:
    """The texts of a recorded request."""
    if "requests" in body:
        return [one["content"]["parts"][0]["text"] for one in body["requests"]]
    found = body.get("texts") or body["input"]
    return [found] if isinstance(found, str) else list(found)


def kind_of(body: Any) -> str | None:
    """The input type of a recorded request, in our words."""
    told = body.get("input_type") or body.get("requests", [{}])[0].get("taskType")
    return OURS.get(told, told)


def vectors_of(reply: Any) -> list[list[float]]:
    """The vectors of a recorded reply."""
    if "data" in reply:
        found = [one["embedding"] for one in sorted(reply["data"], key=lambda one: one["index"])]
    elif isinstance(reply["embeddings"], dict):
        found = reply["embeddings"]["float"]
    else:
        found = [one["values"] for one in reply["embeddings"]]
    return [unpacked(one) if isinstance(one, str) else one for one in found]


def unpacked(text: str) -> list[float]:
    data = base64.b64decode(text)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def tokens_of(reply: Any) -> int:
    """The tokens of a recorded reply, by whoever's name."""
    usage = reply.get("usage") or reply.get("usageMetadata") or reply["meta"]["billed_units"]
    for name in ("prompt_tokens", "promptTokenCount", "input_tokens", "total_tokens"):
        if name in usage:
            return int(usage[name])
    raise AssertionError(usage)


def said(body: Any) -> Any:
    """A request without what it does not say."""
    if isinstance(body, dict):
        return {name: said(value) for name, value in body.items() if value is not None}
    return [said(item) for item in body] if isinstance(body, list) else body


async def ask(recording: Recording, server: ScriptedServer) -> EmbeddingResponse:
    """Ask what was recorded, where it is played back."""
    body = recording.row["request"]["body"]
    made = EmbeddingClient.builder().model(f"{recording.row['provider']}/{recording.model}")
    made.api_key("nobody's").base_url(f"{server.url}/{recording.id}/2026")
    made.with_retry(RetryConfig(max_retries=0))
    if kind := kind_of(body):
        made.input_type(kind)
    if body.get("truncate") == "END":
        made.truncate()
    async with await made.build() as client:
        return await client.embed_batch(texts_of(body))


@pytest.mark.parametrize("recording", as_parameters(ANSWERS))
async def test_the_vectors_are_what_was_recorded(recording: Recording) -> None:
    server = ScriptedServer(replays([recording]))
    try:
        response = await ask(recording, server)
    finally:
        server.close()

    reply = json.loads(recording.body)
    assert response.vectors == vectors_of(reply)
    assert response.usage.prompt_tokens == tokens_of(reply)
    asked = recording.row["request"]
    (received,) = server.received
    assert received.method == asked["method"].upper()
    assert asked["path"].endswith(received.target.split("/", 3)[3])
    assert said(json.loads(received.body)) == said(asked["body"])


@pytest.mark.parametrize("recording", as_parameters(ERRORS))
async def test_the_error_is_what_was_recorded(recording: Recording) -> None:
    server = ScriptedServer(replays([recording]))
    try:
        with pytest.raises(RemoteError, match="is not") as caught:
            await ask(recording, server)
    finally:
        server.close()

    told = json.loads(recording.body)["error"]
    assert caught.value.status_code == recording.status == told["code"]
    assert caught.value.error_type == "not_found"
