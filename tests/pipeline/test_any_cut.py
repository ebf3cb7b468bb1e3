"""Recorded streams give the same events however their bytes are cut.

A short stream is cut in two at every position. A long one would take minutes that way, so it is cut
at all its delicate places at once (around the ends of frames, inside characters), in two at some of
them and at seeded others; and its frames alone, which is where cuts are dealt with, at every
position, each amid its neighbours (of a frame that is long itself, at many positions). The core
cuts
every stream byte by byte, and one of five in those other ways.
"""

import random
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest

from ai_lib.pipeline import Pipeline, SseDecoder
from ai_lib.pipeline.decoders.frame import Frame
from ai_lib.types.events import Event
from tests.pipeline.manifests import bundled
from tests.thoroughness import sample_rows
from tests.wire.corpus import FAMILIES, ROWS, speaker
from tests.wire.recordings import Recording, as_parameters

STREAMS = [row for row in ROWS if row.streamed]
SHORT = 3_000  # bytes
MOST_BYTES = 600_000  # of a long stream that are read for cuts in two
BOUNDARY = re.compile(rb"(?:\r\n|\r(?!\n)|\n){2}")
NEAR = (-2, -1, 0, 1, 2)


def events_of(recording: Recording, pieces: Iterable[bytes]) -> list[Event]:
    pipeline = Pipeline(bundled(speaker(recording), FAMILIES.get(recording.family)))
    events = [event for piece in pieces for event in pipeline.feed(piece)]
    return events + pipeline.close()


def cut(body: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """Give the pieces of a body that is cut at these places."""
    inside = sorted({place for place in places if 0 < place < len(body)})
    return (body[start:end] for start, end in pairwise([0, *inside, len(body)]))


def boundaries(body: bytes) -> list[int]:
    """Give the places at which frames end."""
    return [found.end() for found in BOUNDARY.finditer(body)]


def in_characters(body: bytes) -> list[int]:
    """Give the places inside characters of several bytes."""
    return [place for place, byte in enumerate(body) if byte & 0xC0 == 0x80]


def test_the_delicate_places_of_a_body_are_found() -> None:
    body = 'data: "é☀😀"\r\n\r\ndata: 1\n\n'.encode()
    assert boundaries(body) == [21, 30]
    assert in_characters(body) == [8, 10, 11, 13, 14, 15]
    assert list(cut(b"abcd", [3, 1, 1, 0, 4])) == [b"a", b"bc", b"d"]


@pytest.mark.parametrize("recording", as_parameters(STREAMS))
def test_a_stream_is_the_same_byte_by_byte(recording: Recording) -> None:
    body = recording.body
    whole = events_of(recording, [body])
    assert whole
    assert events_of(recording, cut(body, range(len(body)))) == whole


@pytest.mark.parametrize(
    "recording", as_parameters(sample_rows([row for row in STREAMS if len(row.body) <= SHORT]))
)
def test_a_short_stream_is_the_same_cut_in_two_anywhere(recording: Recording) -> None:
    whole = events_of(recording, [recording.body])
    for place in range(1, len(recording.body)):
        assert events_of(recording, cut(recording.body, [place])) == whole, place


@pytest.mark.parametrize(
    "recording", as_parameters(sample_rows([row for row in STREAMS if len(row.body) > SHORT]))
)
def test_a_long_stream_is_the_same_cut_where_it_is_delicate(recording: Recording) -> None:
    body, ends, inner = recording.body, boundaries(recording.body), in_characters(recording.body)
    whole = events_of(recording, [body])
    delicate = sorted({*(end + near for end in ends for near in NEAR), *inner})
    for places in (*([end + near for end in ends] for near in NEAR), inner, delicate):
        assert events_of(recording, cut(body, places)) == whole
    chance = random.Random(recording.id)
    some = chance.sample(delicate, min(len(delicate), MOST_BYTES // len(body) // 2))
    for place in (*some, *chance.sample(range(1, len(body)), MOST_BYTES // len(body) // 2)):
        assert events_of(recording, cut(body, [place])) == whole, place


def frames_of(pieces: Iterable[bytes]) -> list[Frame]:
    decoder = SseDecoder()
    return [frame for piece in pieces for frame in decoder.feed(piece)] + decoder.close()


@pytest.mark.parametrize("recording", as_parameters(STREAMS))
def test_each_frame_is_the_same_cut_anywhere_amid_its_neighbours(recording: Recording) -> None:
    body, marks = recording.body, boundaries(recording.body)
    starts, ends = [0, *marks], [*marks, len(recording.body)]
    assert starts[-1] > 0
    for before, start, end, after in zip(
        [0, *starts], starts, ends, [*ends[1:], len(body)], strict=False
    ):
        near = body[before:after]
        whole = frames_of([near])
        places = range(start - before, end - before)
        if len(places) > SHORT:  # one large value: its ends, and some of what is between
            some = random.Random(start).sample(places, SHORT // 10)
            places = sorted({*places[:50], *some, *places[-50:]})
        for place in places:
            assert frames_of([near[:place], near[place:]]) == whole, before + place
