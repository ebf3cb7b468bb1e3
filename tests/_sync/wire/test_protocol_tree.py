# Generated from tests/wire/test_protocol_tree.py by codegen; do not edit.
"""The recordings, replayed over a socket with the protocol's own manifests in place of the bundled.

What comes out differently because a manifest says so is listed in `manifest_faults.json`, by tree
and recording, with what the manifest says; a listed recording must still differ.
"""

from typing import Any

import pytest

from ai_lib.errors.exceptions import RemoteError
from ai_lib.protocol.sources.folder import Version
from ai_lib.types.response import ChatResponse
from ai_lib_sync.protocol.loader import ProtocolLoader
from tests._sync.wire.asking import answer_of, client_of
from tests._sync.wire.conftest import Play
from tests.wire.corpus import ROWS
from tests.wire.expectation import assert_as_recorded, assert_error_as_recorded
from tests.wire.recordings import NO_RECORDINGS, Recording
from tests.wire.tree import BROKEN_IDS, FAULTS, SPOKEN, TREE, UNSPOKEN, VERSIONS, named

CASES: list[Any] = [
    pytest.param(version, recording, id=f"{version}-{recording.id}")
    for version, (found, _) in SPOKEN.items()
    for recording in found
] or [pytest.param("", None, marks=pytest.mark.skip(reason=NO_RECORDINGS))]
needs_tree = pytest.mark.skipif(not SPOKEN["v1"][0], reason=NO_RECORDINGS)


@pytest.fixture(scope="module")
def address(play: Play) -> str:
    return play(ROWS)


@pytest.fixture(scope="module")
def loaders() -> dict[str, ProtocolLoader]:
    """Read each manifest once for all recordings."""
    return {version: ProtocolLoader(TREE, prefer=version) for version in VERSIONS}


def replayed(recording: Recording, builder: Any) -> None:
    """Ask, and compare what comes with what was recorded."""
    if "error" in recording.row or recording.id in BROKEN_IDS:
        with pytest.raises(RemoteError) as caught:
            answer_of(builder, recording)
        if "error" in recording.row:
            assert_error_as_recorded(caught.value, recording)
        else:
            assert isinstance(caught.value.partial, ChatResponse)
            assert_as_recorded(caught.value.partial, recording)
        return
    assert_as_recorded(answer_of(builder, recording), recording)


@pytest.mark.parametrize(("version", "recording"), CASES)
def test_the_protocols_manifests_read_what_was_recorded(
    version: Version, recording: Recording, address: str, loaders: dict[str, ProtocolLoader]
) -> None:
    builder = client_of(recording, named(recording, version), address, "2026")
    builder.protocol_loader(loaders[version])
    if recording.id not in FAULTS[version]:
        replayed(recording, builder)
        return
    with pytest.raises(AssertionError):
        replayed(recording, builder)


@needs_tree
def test_few_recordings_are_excused_and_each_is_one_that_is_played() -> None:
    for version, faults in FAULTS.items():
        played = {recording.id for recording in SPOKEN[version][0]}
        assert set(faults) <= played
        assert len(faults) < 0.03 * len(played)
        assert all(len(reason.split()) > 5 for reason in faults.values())


@needs_tree
def test_the_recordings_that_are_not_played_are_those_no_manifest_of_the_tree_can_speak() -> None:
    for version, (played, silent) in SPOKEN.items():
        assert len(played) + silent.total() == len(ROWS)
        assert set(silent) == UNSPOKEN[version]
