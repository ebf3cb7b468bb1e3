"""Every recorded exchange, decoded without a socket, gives what was recorded.

A stream is cut at random places; that every cut gives the same is shown in tests/pipeline.
"""

import pytest

from ai_lib.errors.exceptions import RemoteError
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled
from tests.wire.corpus import ANSWERS, BROKEN, ERRORS, FAMILIES, VECTOR_ERRORS, speaker
from tests.wire.decoding import decode_recording
from tests.wire.expectation import assert_as_recorded, assert_error_as_recorded
from tests.wire.recordings import Recording, as_parameters


def decode_bundled(recording: Recording) -> ChatResponse:
    return decode_recording(bundled(speaker(recording), FAMILIES.get(recording.family)), recording)


@pytest.mark.parametrize("recording", as_parameters(ANSWERS))
def test_the_answer_is_what_was_recorded(recording: Recording) -> None:
    assert_as_recorded(decode_bundled(recording), recording)


@pytest.mark.parametrize("recording", as_parameters(ERRORS))
def test_the_error_is_what_was_recorded(recording: Recording) -> None:
    with pytest.raises(RemoteError) as caught:
        decode_bundled(recording)
    assert_error_as_recorded(caught.value, recording)


@pytest.mark.parametrize("recording", as_parameters(BROKEN))
def test_an_answer_that_breaks_off_raises_with_what_was_recorded(recording: Recording) -> None:
    with pytest.raises(RemoteError) as caught:
        decode_bundled(recording)
    assert isinstance(caught.value.partial, ChatResponse)
    assert_as_recorded(caught.value.partial, recording)


@pytest.mark.parametrize("recording", as_parameters(VECTOR_ERRORS))
def test_the_error_of_another_operation_is_what_was_recorded(recording: Recording) -> None:
    with pytest.raises(RemoteError) as caught:
        decode_recording(bundled(str(recording.row["provider"])), recording)
    assert_error_as_recorded(caught.value, recording)
