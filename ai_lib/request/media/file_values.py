"""What the templates of files are filled with."""

import mimetypes
from typing import TypeAlias

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock
from ai_lib.types.media_source import decode_base64
from ai_lib.types.media_type import to_format_name

FileBlock: TypeAlias = ImageBlock | AudioBlock | DocumentBlock


def get_file_values(block: FileBlock) -> dict[str, object]:
    """Return the values of the templates of a file."""
    media = guess_media_type(block)
    values: dict[str, object] = {"url": block.url, "data": block.data, "media_type": media}
    match block:
        case ImageBlock():
            values |= {"detail": block.detail, "file_id": block.file_id}
        case AudioBlock():
            values["format"] = to_format_name(media) if media else None
        case DocumentBlock():
            values |= {"filename": block.filename, "file_id": block.file_id}
    return values


def is_text_document(block: DocumentBlock) -> bool:
    """Whether a document is plain text."""
    return (block.media_type or "").startswith("text/")


def decode_text(block: FileBlock) -> str:
    """Return the text of a text document, for dialects that have a template for it."""
    try:
        return decode_base64(block.data or "", "the document").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"the {block.media_type} document is not text in UTF-8") from error


def guess_media_type(block: FileBlock) -> str | None:
    """Return the media type of a file, by its address where nothing says it."""
    if block.media_type is not None:
        return block.media_type
    return mimetypes.guess_type(block.url)[0] if block.url else None
