"""Every recorded exchange, replayed over a socket through the client, gives what was recorded.

The bytes arrive cut at random places, and of every short stream one by one as well: a recording
has forgotten how the network cut it, so every cut is a fair one.
"""

import pytest

from ai_lib import AiClient
from ai_lib.errors.tree import RemoteError
from ai_lib.protocol.bundle import bundled_manifest
from ai_lib.types.response import ChatResponse
from tests.wire.conftest import Play
from tests.wire.expectation import assert_as_recorded, assert_error_as_recorded
from tests.wire.recordings import Recording, as_parameters, recorded

# Who speaks for a provider that is not bundled; a second word is the API family to ask it for.
SPEAKERS = {
    "openai_chat": ("openai", "chat_completions"),
    "openai_responses": ("openai", "responses"),
    "anthropic_messages": ("anthropic", "messages"),
    "gemini_generate": ("gemini", "generate_content"),
    "cohere_chat": ("cohere", "chat_v2"),
}
SHORT = 6_000  # bytes


def fails_midway(recording: Recording) -> bool:
    """Whether the recorded stream breaks off with an error; what came before is expected."""
    return recording.streamed and b"event: error" in recording.body


ROWS = [row for row in recorded() if row.family in SPEAKERS]
ANSWERS = [row for row in ROWS if "expect" in row.row and not fails_midway(row)]
FAILING_MIDWAY = [row for row in ROWS if fails_midway(row)]
ERRORS = [row for row in ROWS if "error" in row.row]
SHORT_STREAMS = [row for row in ANSWERS if row.streamed and len(row.body) <= SHORT]


@pytest.fixture(scope="module")
def address(play: Play) -> str:
    return play(ROWS)


def speaker(recording: Recording) -> tuple[str, str]:
    """Give the provider that was recorded, and which of its API families speaks that dialect."""
    provider = recording.row["provider"]
    families = (bundled_manifest(provider) or {}).get("api_families")
    if isinstance(families, dict):
        return provider, next(n for n, f in families.items() if f["dialect"] == recording.family)
    return (provider, families[0]) if families else SPEAKERS[recording.family]


async def ask(recording: Recording, address: str, cut: str) -> ChatResponse:
    """Put a question to the model of the recording, where it is played back."""
    provider, family = speaker(recording)
    builder = AiClient.builder().model(f"{provider}/{recording.model}").api_family(family)
    builder.api_key("nobody's").base_url(f"{address}/{recording.id}/{cut}")
    async with await builder.build() as client:
        question = client.chat().user("What was recorded?")
        if not recording.streamed:
            return await question.execute()
        stream = question.stream()
        async for _ in stream:
            pass
        return stream.response()


@pytest.mark.parametrize("recording", as_parameters(ANSWERS))
async def test_the_answer_is_what_was_recorded(recording: Recording, address: str) -> None:
    assert_as_recorded(await ask(recording, address, "2026"), recording)


@pytest.mark.parametrize("recording", as_parameters(SHORT_STREAMS))
async def test_the_answer_is_the_same_byte_by_byte(recording: Recording, address: str) -> None:
    assert_as_recorded(await ask(recording, address, "bytes"), recording)


@pytest.mark.parametrize("recording", as_parameters(FAILING_MIDWAY))
async def test_an_error_midway_is_raised_with_what_came_before(
    recording: Recording, address: str
) -> None:
    with pytest.raises(RemoteError) as caught:
        await ask(recording, address, "2026")
    partial = caught.value.partial
    assert isinstance(partial, ChatResponse)
    assert_as_recorded(partial, recording)


@pytest.mark.parametrize("recording", as_parameters(ERRORS))
async def test_the_error_is_what_was_recorded(recording: Recording, address: str) -> None:
    with pytest.raises(RemoteError) as caught:
        await ask(recording, address, "2026")
    assert_error_as_recorded(caught.value, recording)
