# Generated from tests/testing/test_files.py by codegen; do not edit.
"""What the mock reads of files: the same blocks that were sent."""

import pytest

from ai_lib.types.content import DocumentBlock, ImageBlock, TextBlock, ToolResultBlock, ToolUseBlock
from ai_lib.types.message import Message
from ai_lib_sync import AiClient
from ai_lib_sync.testing import MockProvider, Reply

NOTE = DocumentBlock(data="aMOp", media_type="text/plain", filename="note.txt")
PICTURE = ImageBlock(data="aGk=", media_type="image/png")
CALL = Message.assistant([ToolUseBlock(id="a", name="look", input={})])


def heard(provider: str, *messages: Message) -> tuple[Message, ...]:
    """Give the messages that the mock read out of the request."""
    with MockProvider([Reply(text="Well.")]) as mock:
        builder = AiClient.builder().model(f"{provider}/m").api_key("nobody's")
        with builder.base_url(mock.base_url(provider)).build() as client:
            client.chat().messages(messages).execute()
        (request,) = mock.requests
    return tuple(request.messages)


def test_a_document_of_plain_text_is_read_as_one() -> None:
    (message,) = heard("anthropic", Message.user([NOTE, TextBlock(text="?")]))
    assert list(message.blocks) == [NOTE, TextBlock(text="?")]


@pytest.mark.parametrize("said", [[TextBlock(text="Here:"), PICTURE], [PICTURE]])
def test_files_in_the_answer_of_a_tool_are_read(said: list[TextBlock | ImageBlock]) -> None:
    *_, message = heard("gemini", Message.user("?"), CALL, Message.tool("a", said))
    (result,) = message.blocks
    assert isinstance(result, ToolResultBlock)
    assert result.content == tuple(said)
