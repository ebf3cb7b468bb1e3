"""Recorded streams give the same events however their bytes are cut."""

import random

import pytest

from ai_lib.pipeline import Pipeline
from ai_lib.types.events import Event
from tests.pipeline.manifests import bundled
from tests.wire.corpus import FAMILIES, SPEAKERS, speaker
from tests.wire.recordings import Recording, as_parameters, recorded

ROWS = [row for row in recorded() if row.streamed and row.family in SPEAKERS]
MOST_BYTES = 2_000_000  # read for one stream; where every cut would be more, cuts are sampled


def events_of(recording: Recording, *chunks: bytes) -> list[Event]:
    pipeline = Pipeline(bundled(speaker(recording), FAMILIES.get(recording.family)))
    events = [event for chunk in chunks for event in pipeline.feed(chunk)]
    return events + pipeline.close()


@pytest.mark.parametrize("recording", as_parameters(ROWS))
def test_a_stream_is_the_same_however_it_is_cut(recording: Recording) -> None:
    body = recording.body
    whole = events_of(recording, body)
    assert whole
    assert events_of(recording, *(bytes((byte,)) for byte in body)) == whole
    places = list(range(1, len(body)))
    if len(places) * len(body) > MOST_BYTES:
        places = random.Random(recording.id).sample(places, 4 + MOST_BYTES // len(body))
    for place in places:
        assert events_of(recording, body[:place], body[place:]) == whole
