"""Messages: the turns of a conversation, and conversations to keep."""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias, cast, get_args

import msgspec

from ai_lib.types.content import (
    Block,
    ContentBlock,
    ContentLike,
    ResultBlock,
    TextBlock,
    ToolResultBlock,
    join_text,
)
from ai_lib.types.records.record import Record

Content: TypeAlias = str | Sequence[Block]


class MessageRole(str, enum.Enum):
    """The role of a message's author."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Message(Record, frozen=True, omit_defaults=True):
    """One turn of a conversation.

    `content` is text or a sequence of content blocks, of which any may be given as a dict, as Chat
    Completions has its parts. `metadata` is the caller's own and is never sent.
    """

    role: MessageRole
    content: str | Sequence[Block]
    name: str | None = None
    metadata: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if type(self.content) is not str:
            _freeze_content(self, self.content)

    @classmethod
    def system(cls, content: ContentLike) -> "Message":
        """Return a message with instructions for the model."""
        return cls(MessageRole.SYSTEM, cast("Content", content))

    @classmethod
    def user(cls, content: ContentLike) -> "Message":
        """Return a message of the user."""
        return cls(MessageRole.USER, cast("Content", content))

    @classmethod
    def assistant(cls, content: ContentLike) -> "Message":
        """Return a message of the model."""
        return cls(MessageRole.ASSISTANT, cast("Content", content))

    @classmethod
    def tool(
        cls,
        tool_call_id: str,
        content: "str | Sequence[ResultBlock | Mapping[str, object]]",
        *,
        is_error: bool = False,
        name: str | None = None,
    ) -> "Message":
        """Return a tool's result for the call `tool_call_id`."""
        block = ToolResultBlock(
            tool_use_id=tool_call_id,
            content=cast("str | Sequence[ResultBlock]", content),
            is_error=is_error,
            name=name,
        )
        return cls(MessageRole.TOOL, (block,))

    @classmethod
    def approval(cls, tool_call_id: str, approved: bool, reason: str = "") -> "Message":
        """Return the answer to a call that asks for an approval, one of the kind `approval`."""
        block = ToolResultBlock(
            tool_use_id=tool_call_id, content=reason, is_error=not approved, is_approved=approved
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

    @classmethod
    def _read_other_form(cls, value: Mapping[str, object]) -> object:
        from ai_lib.types.records.loading import read_message

        return read_message(value, "message")

    @property
    def text(self) -> str:
        """The text of the content, without other blocks."""
        return join_text(self.content)

    @property
    def blocks(self) -> Sequence[Block]:
        """The content as blocks."""
        return (TextBlock(text=self.content),) if isinstance(self.content, str) else self.content


MessageLike: TypeAlias = Message | Mapping[str, object]
"""A message, or a dict of one as Chat Completions has it."""


class Conversation(Record, frozen=True, omit_defaults=True):
    """The messages of a conversation, in their order.

    Messages may be given as dicts. `metadata` is the caller's own and is never sent. It is given
    to `messages()` of a builder as it is, and kept as `to_dict()`.
    """

    messages: Sequence[Message] = ()
    metadata: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        read_all(self, self.messages)

    def add(self, *messages: MessageLike) -> "Conversation":
        """Return the conversation with further messages after the present ones.

        Raises:
            InvalidArguments: a dict is malformed.
        """
        added = cast("tuple[Message, ...]", messages)
        return Conversation((*self.messages, *added), self.metadata)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)


def _freeze_content(message: Message, content: object) -> None:
    """Put a tuple of blocks in place of a message's other sequence, dicts read as blocks.

    What is no sequence stays, and is refused where the message is used.
    """
    if isinstance(content, str | bytes | Mapping) or not isinstance(content, Sequence):
        return
    blocks = tuple(cast("Sequence[object]", content))
    if not _BLOCKS.issuperset(map(type, blocks)):
        from ai_lib.types.records.loading import read_part

        blocks = tuple(
            read_part(part, f"content[{index}]") if _is_dict(part) else part
            for index, part in enumerate(blocks)
        )
    msgspec.structs.force_setattr(message, "content", blocks)


def _is_dict(part: object) -> bool:
    return isinstance(part, Mapping) or hasattr(part, "model_dump")


def read_all(holder: msgspec.Struct, values: object) -> None:
    """Put a tuple of messages in place of those given to a struct, dicts read as messages.

    Raises:
        InvalidArguments: a dict is malformed.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        return
    messages = tuple(cast("Iterable[Message]", values))
    if not {Message}.issuperset(map(type, messages)):
        from ai_lib.types.records.loading import read_message

        messages = tuple(
            read_message(message, f"messages[{index}]") if _is_dict(message) else message
            for index, message in enumerate(messages)
        )
    msgspec.structs.force_setattr(holder, "messages", messages)


_BLOCKS: Final = frozenset(get_args(Block))
