"""Makes content blocks of the files on the command line, and of standard input."""

from collections.abc import Iterable, Sequence
from mimetypes import guess_type
from pathlib import Path

from ai_lib.cli.standard_input import read_standard_input
from ai_lib.errors.exceptions import RequestError
from ai_lib.types.content import Block, ContentBlock, TextBlock
from ai_lib.types.media_type import detect_media_type


def attach_files(
    question: str, files: Iterable[str], context: bytes = b""
) -> str | Sequence[Block]:
    """Return the content of the user's message: the files, what was piped, then the question.

    The file `-` is standard input.

    Raises:
        RequestError: a file can't be read, or has a type that no model takes.
    """
    blocks = [
        attach_bytes(read_standard_input(), "standard input")
        if name == "-"
        else _make_block(Path(name))
        for name in files
    ]
    if context:
        blocks.append(attach_bytes(context, "standard input"))
    return [*blocks, TextBlock(text=question)] if blocks else question


def attach_bytes(content: bytes, name: str) -> Block:
    """Return content as a block: a picture, audio or a PDF by its first bytes, else text.

    Raises:
        RequestError: it is nothing of that.
    """
    media_type = detect_media_type(content[:1024]) or ""
    if media_type.startswith("image/"):
        return ContentBlock.image_bytes(content, media_type)
    if media_type.startswith("audio/"):
        return ContentBlock.audio_bytes(content, media_type)
    if media_type == "application/pdf":
        return ContentBlock.document_bytes(content, media_type)
    try:
        return TextBlock(text=content.decode())
    except UnicodeDecodeError:
        raise _refuse(name) from None


def _make_block(path: Path) -> Block:
    media_type = guess_type(path.name)[0] or ""
    try:
        if media_type.startswith("image/"):
            return ContentBlock.image_file(path)
        if media_type.startswith("audio/"):
            return ContentBlock.audio_file(path)
        if media_type == "application/pdf":
            return ContentBlock.document_file(path)
        return TextBlock(text=f"{path.name}:\n\n{path.read_text('utf-8')}")
    except OSError as error:
        raise RequestError(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise _refuse(str(path)) from None


def _refuse(name: str) -> RequestError:
    return RequestError(f"{name} is neither text, an image, audio nor a PDF; attach one of those")
