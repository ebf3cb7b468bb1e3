"""Reasoning that came in pieces goes back whole, to the one who sent it."""

import json
from typing import Any

from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled, sse
from tests.request.test_replayed_state import asked_on

TEXT = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
SEALED = {"type": "reasoning.encrypted", "data": "gAAA", "id": "rs_1", "index": 1}
# As https://openrouter.ai/docs/use-cases/reasoning-tokens has it: pieces by type and index.
PIECES: list[Any] = [
    [{**TEXT, "text": "Hm, "}],
    [{**TEXT, "text": "let me", "signature": None}],
    [{**TEXT, "text": " see.", "signature": None}, SEALED],
    [{"type": "reasoning.summary", "summary": "It ", "index": 2}],
    [{"type": "reasoning.summary", "summary": "is.", "index": 2}],
    [{"type": "reasoning.text", "text": "a"}],
    [{"type": "reasoning.text", "text": "b"}],
    [{**TEXT, "index": 3, "text": "c"}],
    [{**TEXT, "index": 3, "text": "", "signature": "sig"}],
]
WHOLE: list[Any] = [
    {**TEXT, "text": "Hm, let me see.", "signature": None},
    SEALED,
    {"type": "reasoning.summary", "summary": "It is.", "index": 2},
    {"type": "reasoning.text", "text": "a"},  # pieces that do not say of what are none
    {"type": "reasoning.text", "text": "b"},
    {**TEXT, "index": 3, "text": "c", "signature": "sig"},
]


def choice(kind: str, said: object, reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, kind: said, "finish_reason": reason}]}


def replayed(reply: ChatResponse, provider: str) -> dict[str, Any]:
    turn = json.loads(asked_on(reply, provider, None).wire.body)["messages"][1]
    assert isinstance(turn, dict)
    return turn


def streamed() -> ChatResponse:
    frames = [choice("delta", {"reasoning_details": piece}) for piece in PIECES]
    frames += [choice("delta", {"content": "So."}), choice("delta", {}, "stop")]
    pipeline = Pipeline(bundled("openrouter"))
    pipeline.feed(sse(map(json.dumps, frames)))
    pipeline.close()
    assert pipeline.failure is None
    return pipeline.response()


def test_pieces_of_a_stream_go_back_as_the_objects_they_are_of() -> None:
    turn = replayed(streamed(), "openrouter")
    assert turn == {"role": "assistant", "content": "So.", "reasoning_details": WHOLE}


def test_what_came_whole_goes_back_as_it_came() -> None:
    said = {"role": "assistant", "content": "So.", "reasoning_details": WHOLE}
    body = json.dumps(choice("message", said, "stop")).encode()
    assert replayed(read_response(bundled("openrouter"), body), "openrouter") == said


def test_nobody_else_gets_it() -> None:
    assert replayed(streamed(), "openai") == {"role": "assistant", "content": "So."}
