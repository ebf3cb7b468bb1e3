# Generated from tests/client/test_refusals.py by codegen; do not edit.
"""What a target can't express is refused by the client, and no byte of it is sent."""

from typing import Any

import pytest

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.types.content import AudioBlock, ImageBlock
from ai_lib.types.message import Message
from ai_lib.types.request import ResponseFormat
from ai_lib_sync import AiClient
from ai_lib_sync.testing import MockProvider, Reply

NOT = {"type": "object", "properties": {"a/b": {"not": {"type": "string"}}}}
ASKED: dict[str, tuple[str, Any, str]] = {
    "a schema": (
        "anthropic",
        lambda chat: chat.response_format(ResponseFormat(type="json_schema", schema=NOT)),
        "/properties/a~1b/not",
    ),
    "a strict schema": (
        "openai",
        lambda chat: chat.response_format(
            ResponseFormat(type="json_schema", schema=NOT, strict=True)
        ),
        "/properties/a~1b/not",
    ),
    "audio": (
        "anthropic",
        lambda chat: chat.add_message(
            Message.user([AudioBlock(data="aGk=", media_type="audio/wav")])
        ),
        "audio",
    ),
    "an address nobody can fetch": (
        "openai",
        lambda chat: chat.user([ImageBlock(url="asset://a.png")]),
        "asset://a.png",
    ),
}


@pytest.mark.parametrize(("provider", "ask", "said"), ASKED.values(), ids=list(ASKED))
@pytest.mark.parametrize("streamed", [False, True])
def test_nothing_is_sent(provider: str, ask: Any, said: str, streamed: bool) -> None:
    with MockProvider([Reply(text="no")]) as mock:
        builder = AiClient.builder().model(f"{provider}/m").api_key("nobody's")
        with builder.base_url(mock.base_url(provider)).build() as client:
            chat = ask(client.chat().user("Hi"))
            with pytest.raises((CapabilityError, RequestError)) as caught:
                if streamed:
                    for _ in chat.stream():
                        pass
                else:
                    chat.execute()
        assert mock.requests == []
    assert said in str(caught.value)
    assert caught.value.provider == provider
    assert [attempt.status_code for attempt in caught.value.attempts] in ([], [None])
