"""Puts the question of a recording to a client, and takes what is played back."""

from ai_lib import AiClient
from ai_lib.client.builder import AiClientBuilder
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.response import ChatResponse
from tests.wire.corpus import FAMILIES
from tests.wire.recordings import Recording


def client_of(
    recording: Recording, provider: str, address: str, cut: str
) -> AiClientBuilder[AiClient]:
    """Give the builder of a client that reaches `recording`, played back at `address`."""
    builder = AiClient.builder().model(f"{provider}/{recording.model}")
    builder.api_key("nobody's").base_url(f"{address}/{recording.id}/{cut}")
    builder.with_retry(RetryConfig(max_retries=0))  # what is sent once is heard once
    if family := FAMILIES.get(recording.family):
        builder.api_family(family)
    return builder


async def answer_of(builder: AiClientBuilder[AiClient], recording: Recording) -> ChatResponse:
    """Ask as the recorded client did, plain or streamed."""
    async with await builder.build() as client:
        question = client.chat().user("What was recorded?")
        if not recording.streamed:
            return await question.execute()
        stream = question.stream()
        async for _ in stream:
            pass
        return stream.response()
