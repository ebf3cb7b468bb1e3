"""Messages: the turns of a conversation."""

import enum
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ai_lib.types.content import (
    AudioBlock,
    Block,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolResultBlock,
    join_text,
)


class MessageRole(str, enum.Enum):
    """The role of a message's author."""

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
        """Return a message with instructions for the model."""
        return cls(MessageRole.SYSTEM, content)

    @classmethod
    def user(cls, content: str | Sequence[Block]) -> "Message":
        """Return a message of the user."""
        return cls(MessageRole.USER, content)

    @classmethod
    def assistant(cls, content: str | Sequence[Block]) -> "Message":
        """Return a message of the model."""
        return cls(MessageRole.ASSISTANT, content)

    @classmethod
    def tool(
        cls,
        tool_call_id: str,
        content: str | Sequence[TextBlock | ImageBlock | AudioBlock | DocumentBlock],
        *,
        is_error: bool = False,
        name: str | None = None,
    ) -> "Message":
        """Return a tool's result for the call `tool_call_id`."""
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
        image_path: str | Path | None = None,
        image_bytes: bytes | None = None,
        media_type: str | None = None,
    ) -> "Message":
        """Return a message with one image: by URL, as base64 text, from a file, or as bytes.

        Raises:
            ValueError: none of them is given, or several are.
            MediaError: the file can't be read, or holds no image.
        """
        sources = (image_url, image_base64, image_path, image_bytes)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("give one of image_url, image_base64, image_path and image_bytes")
        if image_url is not None:
            image = ContentBlock.image_url(image_url)
        elif image_base64 is not None:
            image = ContentBlock.image_base64(image_base64, media_type or "image/jpeg")
        elif image_path is not None:
            image = ContentBlock.image_file(image_path, media_type=media_type)
        else:
            image = ContentBlock.image_bytes(image_bytes or b"", media_type)
        return cls(MessageRole.USER, (TextBlock(text=text), image))

    @property
    def text(self) -> str:
        """The text of the content, without other blocks."""
        return join_text(self.content)

    @property
    def blocks(self) -> Sequence[Block]:
        """The content as blocks."""
        return (TextBlock(text=self.content),) if isinstance(self.content, str) else self.content
