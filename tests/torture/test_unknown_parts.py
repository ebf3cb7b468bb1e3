"""Parts of an answer that no rule knows are kept whole, and go back to their provider."""

import json
from typing import Any

import pytest

from ai_lib.types.content import OpaqueBlock, TextBlock
from tests.torture.conftest import Serve
from tests.torture.conversation import listen, sends
from tests.torture.speech import GENERATE, MESSAGES, RESPONSES, Speech

DREAM: dict[str, Any] = {"type": "dream", "id": "d"}


def delta(text: str) -> dict[str, Any]:
    piece = {"type": "input_json_delta", "partial_json": text}
    return {"type": "content_block_delta", "index": 0, "delta": piece}


KEPT: dict[str, tuple[Speech, list[Any], Any]] = {
    "a block": (
        MESSAGES,
        [
            {"type": "content_block_start", "index": 0, "content_block": DREAM},
            delta('{"a": '),
            delta("1}"),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "content_block_start",
                "index": 1,
                "content_block": {"type": "text", "text": "ok"},
            },
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            {"type": "message_stop"},
        ],
        {**DREAM, "input": {"a": 1}},
    ),
    "a part": (
        GENERATE,
        [
            {"candidates": [{"content": {"parts": [{"dream": {"a": 1}}, {"text": "ok"}]}}]},
            {"candidates": [{"finishReason": "STOP"}]},
        ],
        {"dream": {"a": 1}},
    ),
    "an item": (
        RESPONSES,
        [
            {"type": "response.output_item.done", "output_index": 0, "item": DREAM},
            {"type": "response.output_text.delta", "output_index": 1, "delta": "ok"},
            {"type": "response.completed", "response": {"status": "completed"}},
        ],
        DREAM,
    ),
}


@pytest.mark.parametrize(("speech", "frames", "raw"), KEPT.values(), ids=list(KEPT))
async def test_what_nobody_knows_is_kept_whole(
    serve: Serve, speech: Speech, frames: list[Any], raw: Any
) -> None:
    data = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames)
    outcome = await listen(speech, serve(sends(data.encode())))
    assert outcome.error is None
    assert outcome.reply is not None
    opaque, text = outcome.reply.to_message().blocks
    assert isinstance(opaque, OpaqueBlock)
    assert list(opaque.raw) == [raw]
    assert isinstance(text, TextBlock)
    assert text.text == "ok"
    assert sum(event.is_opaque_content for event in outcome.events) == 1
