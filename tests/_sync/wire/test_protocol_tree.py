# Generated from tests/wire/test_protocol_tree.py by codegen; do not edit.
"""The recordings, read with the protocol's own manifests in place of the bundled.

What comes out differently because a manifest says so is listed in `manifest_faults.json`, by tree
and recording, with what the manifest says; a listed recording must still differ. Each recording is
decoded without a socket; over sockets one of each family is replayed, and all where there is time.
"""

import pytest

from ai_lib.errors.exceptions import AiLibError, RemoteError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.sources.folder import Version
from ai_lib.types.response import ChatResponse
from ai_lib_sync.protocol.loader import ProtocolLoader
from tests._sync.wire.asking import answer_of, client_of
from tests._sync.wire.conftest import Play
from tests.wire.corpus import FAMILIES, ROWS
from tests.wire.decoding import decode_recording
from tests.wire.expectation import assert_as_recorded, assert_error_as_recorded
from tests.wire.recordings import NO_RECORDINGS, Recording, first_of_each_family
from tests.wire.tree import BROKEN_IDS, FAULTS, TREE, UNSPOKEN, VERSIONS, named, spoken

pytestmark = pytest.mark.skipif(not TREE.is_dir() or not ROWS, reason=NO_RECORDINGS)


@pytest.fixture(scope="module")
def address(play: Play) -> str:
    return play(ROWS)


def assert_outcome(recording: Recording, response: ChatResponse | AiLibError) -> None:
    """Compare what came with what was recorded."""
    if "error" in recording.row:
        assert isinstance(response, RemoteError), response
        assert_error_as_recorded(response, recording)
        return
    if recording.id in BROKEN_IDS:
        assert isinstance(response, RemoteError), response
        response = response.partial
    assert isinstance(response, ChatResponse), response
    assert_as_recorded(response, recording)


def differs(recording: Recording, response: ChatResponse | AiLibError) -> bool:
    """Whether what came is not what was recorded."""
    try:
        assert_outcome(recording, response)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("version", VERSIONS)
def test_the_protocols_manifests_read_what_was_recorded(version: Version) -> None:
    catalog = ManifestCatalog(TREE, prefer=version)
    recordings, _ = spoken(version)
    outcomes: dict[str, ChatResponse | AiLibError] = {}
    for recording in recordings:
        compiled = catalog.load(named(recording, version), FAMILIES.get(recording.family))
        try:
            outcomes[recording.id] = decode_recording(compiled, recording)
        except AiLibError as error:
            outcomes[recording.id] = error

    assert len(recordings) > 300
    assert {r.id for r in recordings if differs(r, outcomes[r.id])} == set(FAULTS[version])


def assert_replayed(version: Version, recordings: list[Recording], address: str) -> None:
    loader = ProtocolLoader(TREE, prefer=version)
    different = set()
    for recording in recordings:
        builder = client_of(recording, named(recording, version), address, "2026")
        builder.protocol_loader(loader)
        try:
            outcome: ChatResponse | AiLibError = answer_of(builder, recording)
        except AiLibError as error:
            outcome = error
        if differs(recording, outcome):
            different.add(recording.id)
    assert different == {r.id for r in recordings} & set(FAULTS[version])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_reads_one_recording_of_each_family_so(version: Version, address: str) -> None:
    assert_replayed(version, first_of_each_family(spoken(version)[0]), address)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_reads_every_recording_so(version: Version, address: str) -> None:
    assert_replayed(version, spoken(version)[0], address)


def test_few_recordings_are_excused_and_each_is_one_that_is_played() -> None:
    for version, faults in FAULTS.items():
        played = {recording.id for recording in spoken(version)[0]}
        assert set(faults) <= played
        assert len(faults) < 0.03 * len(played)
        assert all(len(reason.split()) > 5 for reason in faults.values())


def test_the_recordings_that_are_not_played_are_those_no_manifest_of_the_tree_can_speak() -> None:
    for version in VERSIONS:
        played, silent = spoken(version)
        assert len(played) + silent.total() == len(ROWS)
        assert set(silent) == UNSPOKEN[version]
