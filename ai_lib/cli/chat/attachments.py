"""Makes content blocks of the files on the command line."""

from collections.abc import Iterable, Sequence
from mimetypes import guess_type
from pathlib import Path

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.content import Block, ContentBlock, TextBlock


def attach_files(question: str, files: Iterable[str]) -> str | Sequence[Block]:
    """Return the content of the user's message: the files, then the question.

    Raises:
        RequestError: a file can't be read, or has a type that no model takes.
    """
    blocks = [_make_block(Path(name)) for name in files]
    return [*blocks, TextBlock(text=question)] if blocks else question


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
        raise RequestError(
            f"{path} is neither text, an image, audio nor a PDF; attach one of those"
        ) from None
