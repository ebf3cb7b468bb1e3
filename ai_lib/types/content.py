"""Content blocks: the parts a message is made of.

Blocks of a response have three more fields. `signature` is opaque state of the provider, `raw` is
the provider's own form of the part where its dialect sends whole parts back, and `origin` names
the provider: both are replayed, byte for byte, to `origin` and to no other provider.

`cache` on a block asks the provider to remember the request up to there: `auto` for its usual time,
or a time in its own words such as `1h`. Providers that do so by themselves are not asked.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from ai_lib.types.json import JsonObject
from ai_lib.types.media_source import (
    from_base64,
    from_bytes,
    from_data_url,
    is_data_url,
    read_file,
)


class TextBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="text"):
    """Plain text. `citations` are the sources the provider gives for it, in its own form."""

    text: str
    citations: Sequence[JsonObject] = ()
    cache: str | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    origin: str | None = None


class ImageBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="image"):
    """An image, by `url` or as base64 `data` of `media_type`.

    `detail` is `low`, `high` or `auto`, for the providers that take it.
    """

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    cache: str | None = None


class AudioBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="audio"):
    """Audio as base64 `data` of `media_type`, or by `url`."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None


class DocumentBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="document"):
    """A document such as a PDF, by `url` or as base64 `data` of `media_type`."""

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    filename: str | None = None
    cache: str | None = None


class ToolUseBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tool_use"):
    """A tool call the model made."""

    id: str
    name: str
    input: JsonObject
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    origin: str | None = None


class ToolResultBlock(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tool_result"
):
    """The result of a tool, as text or blocks. `is_error` marks a failure."""

    tool_use_id: str
    content: "str | Sequence[TextBlock | ImageBlock | AudioBlock | DocumentBlock]"
    is_error: bool = False
    name: str | None = None
    cache: str | None = None


class ThinkingBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="thinking"):
    """The model's reasoning. `redacted` is reasoning that only the provider can read."""

    thinking: str = ""
    signature: str | None = None
    redacted: str | None = None
    raw: Sequence[JsonObject] = ()
    origin: str | None = None


class OpaqueBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="opaque"):
    """A part of a response that means something to its provider only, such as a search it ran."""

    raw: Sequence[JsonObject] = ()
    origin: str | None = None


Block: TypeAlias = (
    TextBlock
    | ImageBlock
    | AudioBlock
    | DocumentBlock
    | ToolUseBlock
    | ToolResultBlock
    | ThinkingBlock
    | OpaqueBlock
)


class ContentBlock:
    """Makes content blocks; each method returns one of the structs in this module.

    The media type of a file or of bytes is detected by the content, whatever the file's name. A
    `data:` URL may be given wherever a URL or base64 text may.

    Raises:
        MediaError: a file can't be read, or content is empty or not of its type.
    """

    @staticmethod
    def text(text: str, *, cache: str | None = None) -> TextBlock:
        """Plain text."""
        return TextBlock(text=text, cache=cache)

    @staticmethod
    def image_url(url: str, *, detail: str | None = None) -> ImageBlock:
        """An image the provider fetches itself from `url`, or one that a data URL holds."""
        if is_data_url(url):
            media = from_data_url(url)
            return ImageBlock(data=media.data, media_type=media.media_type, detail=detail)
        return ImageBlock(url=url, detail=detail)

    @staticmethod
    def image_base64(
        data: str, media_type: str = "image/jpeg", *, detail: str | None = None
    ) -> ImageBlock:
        """An image given as base64 text."""
        media = from_base64(data, media_type)
        return ImageBlock(data=media.data, media_type=media.media_type, detail=detail)

    @staticmethod
    def image_bytes(
        content: bytes, media_type: str | None = None, *, detail: str | None = None
    ) -> ImageBlock:
        """An image as the bytes of its file; the media type is detected unless given."""
        media = from_bytes(content, "image", media_type)
        return ImageBlock(data=media.data, media_type=media.media_type, detail=detail)

    @staticmethod
    def image_file(
        path: str | Path, *, media_type: str | None = None, detail: str | None = None
    ) -> ImageBlock:
        """An image read from a file; the media type is detected unless given."""
        media = read_file(path, "image", media_type)
        return ImageBlock(data=media.data, media_type=media.media_type, detail=detail)

    @staticmethod
    def audio_url(url: str) -> AudioBlock:
        """Audio the provider fetches itself from `url`, or that a data URL holds."""
        if is_data_url(url):
            media = from_data_url(url)
            return AudioBlock(data=media.data, media_type=media.media_type)
        return AudioBlock(url=url)

    @staticmethod
    def audio_base64(data: str, media_type: str = "audio/wav") -> AudioBlock:
        """Audio given as base64 text."""
        media = from_base64(data, media_type)
        return AudioBlock(data=media.data, media_type=media.media_type)

    @staticmethod
    def audio_bytes(content: bytes, media_type: str | None = None) -> AudioBlock:
        """Audio as the bytes of its file; the media type is detected unless given."""
        media = from_bytes(content, "audio", media_type)
        return AudioBlock(data=media.data, media_type=media.media_type)

    @staticmethod
    def audio_file(path: str | Path, *, media_type: str | None = None) -> AudioBlock:
        """Audio read from a file; the media type is detected unless given."""
        media = read_file(path, "audio", media_type)
        return AudioBlock(data=media.data, media_type=media.media_type)

    @staticmethod
    def document_base64(
        data: str, media_type: str = "application/pdf", *, filename: str | None = None
    ) -> DocumentBlock:
        """A document given as base64 text."""
        media = from_base64(data, media_type)
        return DocumentBlock(data=media.data, media_type=media.media_type, filename=filename)

    @staticmethod
    def document_bytes(
        content: bytes, media_type: str | None = None, *, filename: str | None = None
    ) -> DocumentBlock:
        """A document as the bytes of its file.

        Unless given, the media type is detected, or guessed by `filename`.
        """
        media = from_bytes(content, "document", media_type, name=filename)
        return DocumentBlock(data=media.data, media_type=media.media_type, filename=filename)

    @staticmethod
    def document_file(
        path: str | Path, *, media_type: str | None = None, filename: str | None = None
    ) -> DocumentBlock:
        """A document read from a file, sent under its own name unless `filename` is given."""
        media = read_file(path, "document", media_type)
        return DocumentBlock(
            data=media.data, media_type=media.media_type, filename=filename or Path(path).name
        )

    @staticmethod
    def document_url(url: str, *, filename: str | None = None) -> DocumentBlock:
        """A document the provider fetches itself from `url`, or one that a data URL holds."""
        if is_data_url(url):
            media = from_data_url(url)
            return DocumentBlock(data=media.data, media_type=media.media_type, filename=filename)
        return DocumentBlock(url=url, filename=filename)

    @staticmethod
    def tool_use(id: str, name: str, input: JsonObject) -> ToolUseBlock:
        """A tool call made by the model, when a conversation is written by hand."""
        return ToolUseBlock(id=id, name=name, input=input)

    @staticmethod
    def tool_result(
        tool_use_id: str,
        content: str | Sequence[TextBlock | ImageBlock | AudioBlock | DocumentBlock],
        *,
        is_error: bool = False,
    ) -> ToolResultBlock:
        """The result of the tool call `tool_use_id`."""
        return ToolResultBlock(tool_use_id=tool_use_id, content=content, is_error=is_error)

    @staticmethod
    def thinking(thinking: str, *, signature: str | None = None) -> ThinkingBlock:
        """Reasoning of the model, when a conversation is written by hand."""
        return ThinkingBlock(thinking=thinking, signature=signature)


def join_text(content: "str | Sequence[Block]") -> str:
    """Return the text of a message's content; other blocks are skipped."""
    if isinstance(content, str):
        return content
    return "".join(block.text for block in content if isinstance(block, TextBlock))
