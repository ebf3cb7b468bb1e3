# Generated from tests/wire/test_replay.py by codegen; do not edit.
"""Every recorded exchange, replayed over a socket through the client, gives what was recorded.

The bytes arrive cut at random places, and of every short stream one by one as well: a recording
has forgotten how the network cut it, so every cut is a fair one. All but one recording of a family
are `slow`: tests/wire/test_decoding.py reads every one without a socket.
"""

import pytest

from ai_lib.errors.exceptions import RemoteError
from ai_lib.types.response import ChatResponse
from tests._sync.wire.asking import answer_of, client_of
from tests._sync.wire.conftest import Play
from tests.wire.corpus import ANSWERS, BROKEN, ERRORS, ROWS, VECTOR_ERRORS, speaker
from tests.wire.expectation import assert_as_recorded, assert_error_as_recorded
from tests.wire.recordings import Recording, as_parameters

SHORT = 6_000  # bytes
SHORT_STREAMS = [row for row in ANSWERS if row.streamed and len(row.body) <= SHORT]


@pytest.fixture(scope="module")
def address(play: Play) -> str:
    return play([*ROWS, *VECTOR_ERRORS])


def ask(recording: Recording, address: str, cut: str) -> ChatResponse:
    """Put a question to the model of the recording, where it is played back."""
    return answer_of(client_of(recording, speaker(recording), address, cut), recording)


@pytest.mark.parametrize("recording", as_parameters(ANSWERS, mostly_slow=True))
def test_the_answer_is_what_was_recorded(recording: Recording, address: str) -> None:
    assert_as_recorded(ask(recording, address, "2026"), recording)


@pytest.mark.parametrize("recording", as_parameters(SHORT_STREAMS, mostly_slow=True))
def test_the_answer_is_the_same_byte_by_byte(recording: Recording, address: str) -> None:
    assert_as_recorded(ask(recording, address, "bytes"), recording)


@pytest.mark.parametrize("recording", as_parameters(ERRORS, mostly_slow=True))
def test_the_error_is_what_was_recorded(recording: Recording, address: str) -> None:
    with pytest.raises(RemoteError) as caught:
        ask(recording, address, "2026")
    assert_error_as_recorded(caught.value, recording)


@pytest.mark.parametrize("recording", as_parameters(BROKEN, mostly_slow=True))
def test_an_answer_that_breaks_off_raises_with_what_was_recorded(
    recording: Recording, address: str
) -> None:
    with pytest.raises(RemoteError) as caught:
        ask(recording, address, "2026")
    assert isinstance(caught.value.partial, ChatResponse)
    assert_as_recorded(caught.value.partial, recording)


@pytest.mark.parametrize("recording", as_parameters(VECTOR_ERRORS, mostly_slow=True))
def test_the_error_of_another_operation_is_what_was_recorded(
    recording: Recording, address: str
) -> None:
    provider = str(recording.row["provider"])
    with client_of(recording, provider, address, "2026").build() as client:
        with pytest.raises(RemoteError) as caught:
            client.invoke("embeddings", recording.row["request"]["body"])
    assert_error_as_recorded(caught.value, recording)
