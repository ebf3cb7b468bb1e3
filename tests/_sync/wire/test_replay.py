# Generated from tests/wire/test_replay.py by codegen; do not edit.
"""Every recorded exchange, replayed over a socket through the client, gives what was recorded.

The bytes arrive cut at random places, and of every short stream one by one as well: a recording
has forgotten how the network cut it, so every cut is a fair one.
"""

import pytest

from ai_lib.errors.tree import RemoteError
from ai_lib.protocol.bundle import bundled_names
from ai_lib.types.response import ChatResponse
from ai_lib_sync import AiClient
from tests._sync.wire.conftest import Play
from tests.wire.expectation import assert_as_recorded, assert_error_as_recorded
from tests.wire.recordings import Recording, as_parameters, recorded

# Who speaks a family when a recording's own provider is none of the bundled.
SPEAKERS = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "anthropic_messages": "anthropic",
    "gemini_generate": "gemini",
    "cohere_chat": "cohere",
}
FAMILIES = {"openai_responses": "responses"}  # what is not the manifest's default
SHORT = 6_000  # bytes

ROWS = [row for row in recorded() if row.family in SPEAKERS]
BROKEN = [row for row in ROWS if b"\nevent: error\n" in row.body]  # by the provider, half-way
ANSWERS = [row for row in ROWS if "expect" in row.row and row not in BROKEN]
ERRORS = [row for row in ROWS if "error" in row.row]
SHORT_STREAMS = [row for row in ANSWERS if row.streamed and len(row.body) <= SHORT]


def speaker(recording: Recording) -> str:
    """Give the bundled provider that speaks as the recorded one did."""
    provider = str(recording.row["provider"])
    speaks = provider in bundled_names("manifests")
    return provider if speaks else SPEAKERS[recording.family]


@pytest.fixture(scope="module")
def address(play: Play) -> str:
    return play(ROWS)


def ask(recording: Recording, address: str, cut: str) -> ChatResponse:
    """Put a question to the model of the recording, where it is played back."""
    builder = AiClient.builder().model(f"{speaker(recording)}/{recording.model}")
    builder.api_key("nobody's").base_url(f"{address}/{recording.id}/{cut}")
    if family := FAMILIES.get(recording.family):
        builder.api_family(family)
    with builder.build() as client:
        question = client.chat().user("What was recorded?")
        if not recording.streamed:
            return question.execute()
        stream = question.stream()
        for _ in stream:
            pass
        return stream.response()


@pytest.mark.parametrize("recording", as_parameters(ANSWERS))
def test_the_answer_is_what_was_recorded(recording: Recording, address: str) -> None:
    assert_as_recorded(ask(recording, address, "2026"), recording)


@pytest.mark.parametrize("recording", as_parameters(SHORT_STREAMS))
def test_the_answer_is_the_same_byte_by_byte(recording: Recording, address: str) -> None:
    assert_as_recorded(ask(recording, address, "bytes"), recording)


@pytest.mark.parametrize("recording", as_parameters(ERRORS))
def test_the_error_is_what_was_recorded(recording: Recording, address: str) -> None:
    with pytest.raises(RemoteError) as caught:
        ask(recording, address, "2026")
    assert_error_as_recorded(caught.value, recording)


@pytest.mark.parametrize("recording", as_parameters(BROKEN))
def test_an_answer_that_breaks_off_raises_with_what_was_recorded(
    recording: Recording, address: str
) -> None:
    with pytest.raises(RemoteError) as caught:
        ask(recording, address, "2026")
    assert isinstance(caught.value.partial, ChatResponse)
    assert_as_recorded(caught.value.partial, recording)
