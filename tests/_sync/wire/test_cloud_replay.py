# Generated from tests/wire/test_cloud_replay.py by codegen; do not edit.
"""Recorded exchanges with clouds, played back over a socket, each family by one client."""

import pytest

from ai_lib.errors.exceptions import RemoteError
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.response import ChatResponse
from ai_lib_sync import AiClient
from tests.servers.scripted import Exchange, ScriptedServer
from tests.thoroughness import sample_rows
from tests.wire.recordings import NO_RECORDINGS, Recording
from tests.wire.replay import send_recording
from tests.wire.test_clouds import ALL, READERS, assert_as_expected, assert_error_as_expected

# What the addresses of these providers need, beside a base URL.
VARIABLES = {"vertex": {"project": "my-project", "location": "us-central1"}}
# A model that each answers by its default family.
MODELS = {
    "bedrock": "us.amazon.nova-lite-v1:0",
    "vertex": "gemini-3.7-flash",
    "bedrock_mantle": "openai.gpt-oss-120b",
}


class Player:
    """Answers with the recordings in order, and leaves the next one to the next request."""

    def __init__(self, recordings: list[Recording]) -> None:
        self._rest = iter(recordings)
        self.server = ScriptedServer(self._answer)

    def _answer(self, exchange: Exchange) -> None:
        send_recording(exchange, next(self._rest), "2026")


@pytest.mark.parametrize(("provider", "family"), READERS)
def test_each_recording_gives_what_was_recorded(provider: str, family: str) -> None:
    """Every answer and every error; those that differ are listed."""
    own = [row for row in ALL if (row.row["provider"], row.family) == (provider, family)]
    rows = list(sample_rows([row for row in own if "expect" in row.row or "error" in row.row]))
    if not rows:
        pytest.skip(NO_RECORDINGS)
    player = Player(rows)
    reader, api_family = READERS[provider, family]
    builder = AiClient.builder().model(f"{reader}/{MODELS.get(reader, 'a-model')}")
    builder.api_key("nobody's").base_url(player.server.url)
    builder.with_retry(RetryConfig(max_retries=0)).variable(**VARIABLES.get(reader, {}))
    if api_family is not None:
        builder.api_family(api_family)
    wrong: list[str] = []
    try:
        with builder.build() as client:
            for row in rows:
                try:
                    check(client, row)
                except AssertionError as error:
                    wrong.append(f"{row.id}: {error}")
    finally:
        player.server.close()
    assert wrong == []


def check(client: AiClient, recording: Recording) -> None:
    """Ask, and compare the outcome with the recording's."""
    if "error" not in recording.row:
        assert_as_expected(ask(client, streamed=recording.streamed), recording)
        return
    with pytest.raises(RemoteError) as caught:
        ask(client, streamed=recording.streamed)
    assert_error_as_expected(caught.value, recording)


def ask(client: AiClient, *, streamed: bool) -> ChatResponse:
    """Ask something, plain or streamed."""
    question = client.chat().user("What was recorded?")
    if not streamed:
        return question.execute()
    stream = question.stream()
    for _ in stream:
        pass
    return stream.response()
