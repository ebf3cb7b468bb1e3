"""Messages: the turns of a conversation."""

import enum
from collections.abc import Mapping, Sequence

import msgspec

from ai_lib.types.content import (
    Block,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolResultBlock,
    text_of,
)


class MessageRole(str, enum.Enum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn of a conversation.

    `content` is text or a sequence of content blocks. `metadata` is the caller's own and is
    never sent.
    """

    role: MessageRole
    content: str | Sequence[Block]
    name: str | None = None
    metadata: Mapping[str, str] | None = None

    @classmethod
    def system(cls, content: str | Sequence[Block]) -> "Message":
        """Instructions for the model."""
        return cls(MessageRole.SYSTEM, content)

    @classmethod
    def user(cls, content: str | Sequence[Block]) -> "Message":
        """What the user says."""
        return cls(MessageRole.USER, content)

    @classmethod
    def assistant(cls, content: str | Sequence[Block]) -> "Message":
        """What the model said."""
        return cls(MessageRole.ASSISTANT, content)

    @classmethod
    def tool(
        cls,
        tool_call_id: str,
        content: str | Sequence[TextBlock | ImageBlock | DocumentBlock],
        *,
        is_error: bool = False,
        name: str | None = None,
    ) -> "Message":
        """What a tool answered to the call `tool_call_id`."""
        block = ToolResultBlock(
            tool_use_id=tool_call_id, content=content, is_error=is_error, name=name
        )
        return cls(MessageRole.TOOL, (block,))

    @classmethod
    def user_with_image(
        cls,
        text: str,
        image_url: str | None = None,
        *,
        image_base64: str | None = None,
        media_type: str = "image/jpeg",
    ) -> "Message":
        """A question about one image, given by address or as base64 text."""
        if (image_url is None) == (image_base64 is None):
            raise ValueError("give either image_url or image_base64")
        image = (
            ImageBlock(url=image_url)
            if image_url is not None
            else ImageBlock(data=image_base64, media_type=media_type)
        )
        return cls(MessageRole.USER, (TextBlock(text=text), image))

    @property
    def text(self) -> str:
        """The text of the content, without other blocks."""
        return text_of(self.content)

    @property
    def blocks(self) -> Sequence[Block]:
        """The content as blocks."""
        return (TextBlock(text=self.content),) if isinstance(self.content, str) else self.content
