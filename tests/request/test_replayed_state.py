"""Answers put into the next request: to their own provider byte for byte, to another without."""

import json
from typing import Any

import pytest

from ai_lib.pipeline.plain_response import read_response
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled
from tests.thoroughness import sample_rows
from tests.wire.corpus import ANSWERS, FAMILIES, speaker
from tests.wire.recordings import Recording, as_parameters

Json = dict[str, Any]

WHOLE = ("anthropic_messages", "gemini_generate", "openai_responses")
PLAIN = [row for row in ANSWERS if not row.streamed and row.family in WHOLE]
OPAQUE = ("signature", "thoughtSignature", "encrypted_content", "data", "encrypted_index")


def answer(recording: Recording) -> ChatResponse:
    family = FAMILIES.get(recording.family)
    return read_response(bundled(speaker(recording), family), recording.body)


def asked_on(reply: ChatResponse, provider: str, family: str | None) -> BuiltRequest:
    """Give the request that goes on after `reply`."""
    messages = [Message.user("Well?"), reply.to_message(), Message.user("Go on.")]
    return build_chat(
        ChatRequest(messages=messages),
        bundled(provider, family),
        model="m",
        credential="nobody's",
        base_url="http://127.0.0.1",
    )


def recorded_parts(recording: Recording) -> list[Json]:
    body = json.loads(recording.body)
    if recording.family == "anthropic_messages":
        return _without_empty(body["content"])
    if recording.family == "openai_responses":
        return list(body["output"])
    return _without_empty(body["candidates"][0].get("content", {}).get("parts", []))


def _without_empty(parts: list[Json]) -> list[Json]:
    """Leave out what says nothing: text without text or state, and fields that are null."""
    found = [{k: v for k, v in part.items() if v is not None} for part in parts]
    return [part for part in found if part.get("text") != "" or set(part) & {*OPAQUE}]


def replayed_parts(recording: Recording, built: BuiltRequest) -> list[Json]:
    body = json.loads(built.wire.body)
    if recording.family == "openai_responses":
        return list(body["input"][1:-1])
    turns = body.get("messages") or body["contents"]
    if len(turns) < 2:
        return []  # nothing was said between the user's two turns, which are one then
    return [_without_made_id(part) for part in turns[1].get("content") or turns[1]["parts"]]


def _without_made_id(part: Json) -> Json:
    """Leave out an id that we gave a call whose provider gave it none."""
    call = part.get("functionCall", {})
    made = str(call.get("id", "")).startswith("call_")
    return {**part, "functionCall": {k: call[k] for k in call if k != "id"}} if made else part


@pytest.mark.parametrize("recording", as_parameters(PLAIN))
def test_an_answer_goes_back_as_it_came(recording: Recording) -> None:
    built = asked_on(answer(recording), speaker(recording), FAMILIES.get(recording.family))
    assert replayed_parts(recording, built) == recorded_parts(recording)
    assert built.adaptations in ((), ("max_tokens sent as max_output_tokens",))


@pytest.mark.parametrize("recording", as_parameters(sample_rows(PLAIN)))
def test_nothing_opaque_goes_to_another_provider(recording: Recording) -> None:
    others = {"anthropic_messages": "gemini", "gemini_generate": "anthropic"}
    built = asked_on(answer(recording), others.get(recording.family, "openai"), None)
    state = [
        value
        for part in recorded_parts(recording)
        for name, value in part.items()
        if name in OPAQUE and isinstance(value, str) and len(value) > 20
    ]
    assert not any(value in built.wire.body.decode() for value in state)
