"""Recorded request bodies, said in our terms, compile to bodies that ask for the same."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_lib.client.chat import ChatRequestBuilder
from tests.pipeline.manifests import bundled
from tests.request.equivalence import difference, normal
from tests.request.said_again import CannotSay, asked_again, said_again
from tests.thoroughness import sample_rows
from tests.wire.corpus import FAMILIES, ROWS, speaker
from tests.wire.recordings import Recording, as_parameters

ASKED = [row for row in ROWS if row.row["request"]["body"]]
UNSAID: dict[str, list[str]] = json.loads(Path(__file__).with_name("unsaid.json").read_text())
EXCUSED = {name: reason for reason, names in UNSAID.items() for name in names}


def differs(recording: Recording) -> str | None:
    """Give how our body differs from the recorded one; None when it asks for the same."""
    try:
        built = asked_again(recording)
    except CannotSay as reason:
        return str(reason)
    recorded = normal(recording.row["request"]["body"])
    return difference(recorded, normal(json.loads(built)))


@pytest.mark.parametrize("recording", as_parameters(ASKED))
def test_what_was_asked_can_be_asked(recording: Recording) -> None:
    found = differs(recording)
    if recording.id in EXCUSED:
        assert found, "this can be said now: take it off the list"
    else:
        assert found is None


@pytest.mark.skipif(not ASKED, reason="there are no recordings")
def test_few_are_excused_and_each_is_recorded() -> None:
    assert {row.id for row in ASKED} >= EXCUSED.keys()
    assert len(EXCUSED) < 0.05 * len(ASKED)
    assert len(EXCUSED) == sum(map(len, UNSAID.values()))  # one reason each


@pytest.mark.skipif(not ASKED, reason="there are no recordings")
def test_recordings_that_are_not_asked_again_have_no_body_to_compare() -> None:
    assert [row.id for row in ROWS if row not in ASKED and row.row["request"]["body"]] == []
    assert len(ASKED) > 0.9 * len(ROWS)


def places(node: object, place: str = "") -> Iterator[str]:
    """Give every dotted place in a body that has a value."""
    if place:
        yield place
    for name, inner in node.items() if isinstance(node, dict) else ():
        yield from places(inner, f"{place}.{name}" if place else name)


@pytest.mark.parametrize("recording", as_parameters(sample_rows(ASKED)))
def test_nothing_that_has_a_standard_name_is_said_in_the_vendors_words(
    recording: Recording,
) -> None:
    try:
        extra = said_again(recording).extra
    except CannotSay:
        return
    shape = bundled(speaker(recording), FAMILIES.get(recording.family)).dialect.request
    # Others in the table are the vendor's own words, checked where they are given.
    named = {path for name, path in shape.parameters.items() if hasattr(ChatRequestBuilder, name)}
    standard = {*shape.body, *named, *shape.required, *shape.stream}
    assert standard.isdisjoint(places(extra))
