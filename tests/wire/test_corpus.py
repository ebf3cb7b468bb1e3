"""No recording is left out: every line of every file is played, or listed as played elsewhere."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ai_lib.pipeline.decoders.json_text import decode_json
from tests.wire import corpus
from tests.wire.recordings import NO_RECORDINGS, WIRE, Recording, as_parameters

EMBEDDINGS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("embeddings.json").read_text()
)
LINES = [
    json.loads(line)
    for path in sorted(WIRE.glob("*.jsonl"))
    for line in path.read_bytes().split(b"\n")
    if line.strip()
]
needs_lines = pytest.mark.skipif(not LINES, reason=NO_RECORDINGS)


def ids(rows: list[Recording]) -> list[str]:
    return [row.id for row in rows]


@needs_lines
def test_every_recording_with_an_expectation_or_an_error_is_played() -> None:
    expected = [line["id"] for line in LINES if "expect" in line or "error" in line]
    played = ids([*corpus.ANSWERS, *corpus.BROKEN, *corpus.ERRORS, *corpus.VECTOR_ERRORS])
    assert Counter(played) == Counter(expected)
    assert len(played) == len(set(played)) > 500


@needs_lines
def test_what_is_played_with_an_expectation_is_not_played_as_an_error() -> None:
    both = [line["id"] for line in LINES if "expect" in line and "error" in line]
    assert both == []
    assert sum("expect" in line for line in LINES) == len(corpus.ANSWERS) + len(corpus.BROKEN)


@needs_lines
def test_the_recordings_without_an_expectation_are_those_of_embeddings() -> None:
    rest = {line["id"] for line in LINES if "expect" not in line and "error" not in line}
    assert rest == set(ids(corpus.VECTORS)) == set(EMBEDDINGS["bodies"])
    assert set(ids(corpus.VECTOR_ERRORS)) == set(EMBEDDINGS["errors"])


@pytest.mark.parametrize("recording", as_parameters(corpus.VECTORS))
def test_the_body_of_a_recorded_embedding_decodes(recording: Recording) -> None:
    body = decode_json(recording.body, "the recording")
    assert isinstance(body, dict)
    found = body.get("data") or body.get("embeddings") or body.get("embedding")
    assert found, "a body of embeddings has its vectors at one of three places"
