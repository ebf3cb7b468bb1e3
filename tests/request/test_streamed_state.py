"""A streamed answer goes back as the same answer would have that came in one piece."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib.pipeline import Pipeline
from tests.pipeline.manifests import bundled
from tests.request.test_replayed_state import WHOLE, asked_on, replayed_parts
from tests.wire.corpus import ANSWERS, FAMILIES, speaker
from tests.wire.recordings import Recording, as_parameters

Json = dict[str, Any]
STREAMS = [row for row in ANSWERS if row.streamed and row.family in WHOLE]


def frames(recording: Recording) -> Iterator[Json]:
    text = recording.body.decode().replace("\r\n", "\n")
    for line in text.split("\n"):
        if line.startswith("data: {"):
            yield json.loads(line[6:])


def messages_parts(recording: Recording) -> list[Json]:
    """Put the blocks of a messages stream together: start, pieces in their order."""
    blocks: dict[int, Json] = {}
    inputs: dict[int, str] = {}
    for frame in frames(recording):
        index = frame.get("index", -1)
        if frame["type"] == "content_block_start":
            blocks[index] = dict(frame["content_block"])
        elif frame["type"] == "content_block_delta":
            delta, block = frame["delta"], blocks[index]
            match delta["type"]:
                case "text_delta":
                    block["text"] += delta["text"]
                case "thinking_delta":
                    block["thinking"] += delta["thinking"]
                case "signature_delta":
                    block["signature"] = delta["signature"]
                case "citations_delta":
                    block["citations"] = [*(block.get("citations") or []), delta["citation"]]
                case "input_json_delta":
                    inputs[index] = inputs.get(index, "") + delta["partial_json"]
    for index, text in inputs.items():
        blocks[index]["input"] = json.loads(text or "{}")
    found = [{k: v for k, v in block.items() if v is not None} for block in blocks.values()]
    return [
        {k: v for k, v in b.items() if (k, v) != ("citations", [])} for b in found if b != EMPTY
    ]


EMPTY = {"type": "text", "text": ""}


def generate_parts(recording: Recording) -> list[Json]:
    """Join neighbouring parts of text; one that has a signature stays alone, as its makers ask.

    https://ai.google.dev/gemini-api/docs/thought-signatures
    """
    parts: list[Json] = []
    for frame in frames(recording):
        for candidate in frame.get("candidates", []):
            for part in candidate.get("content", {}).get("parts", []):
                last = parts[-1] if parts else {}
                if "text" in part and last.keys() == part.keys() <= {"text", "thought"}:
                    last["text"] += part["text"]
                elif part != {"text": ""}:
                    parts.append(dict(part))
    return parts


def responses_parts(recording: Recording) -> list[Json]:
    """Take the items as they were when each was done; the last frame may seal them anew."""
    done = "response.output_item.done"
    return [frame["item"] for frame in frames(recording) if frame["type"] == done]


READERS = {
    "anthropic_messages": messages_parts,
    "gemini_generate": generate_parts,
    "openai_responses": responses_parts,
}


@pytest.mark.parametrize("recording", as_parameters(STREAMS))
def test_a_streamed_answer_goes_back_as_it_came(recording: Recording) -> None:
    family = FAMILIES.get(recording.family)
    pipeline = Pipeline(bundled(speaker(recording), family))
    pipeline.feed(recording.body)
    pipeline.close()
    assert pipeline.failure is None
    built = asked_on(pipeline.response(), speaker(recording), family)
    assert replayed_parts(recording, built) == READERS[recording.family](recording)
