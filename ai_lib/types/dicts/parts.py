"""Reads the parts of a message's content that were given as dicts.

They are the parts of Chat Completions and Responses, parts with a `source` as Messages has them,
and our own content blocks as `to_dict` writes them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from ai_lib.errors.exceptions import InvalidArguments, MediaError
from ai_lib.types.content import (
    Block,
    Citation,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    ResultBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
)
from ai_lib.types.json import JsonDict
from ai_lib.types.records.members import DictReader, as_mapping, as_sequence
from ai_lib.types.records.structs import read_tagged


def read_content(content: object, path: str) -> str | tuple[Block, ...]:
    """Return a content: text, or blocks, of which any may be a dict or a text.

    Raises:
        InvalidArguments: it is neither, or a part is malformed.
    """
    if isinstance(content, str):
        return str.__str__(content)
    if content is None or isinstance(content, Mapping):
        raise InvalidArguments(
            f"{path}: a text or a list of parts is wanted, not {content!r:.100}", path=path
        )
    parts = as_sequence(content, path)
    return tuple(read_part(part, f"{path}[{index}]") for index, part in enumerate(parts))


def read_part(part: object, path: str) -> Block:
    """Return the block of one part.

    Raises:
        InvalidArguments: it is malformed.
    """
    if isinstance(part, Block):
        return part
    if isinstance(part, str):
        return TextBlock(text=str.__str__(part))
    members = as_mapping(part, path)
    kind = members.get("type")
    if kind is None:
        kind = _guess_type(members, path)
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        words = ", ".join(_READERS)
        raise InvalidArguments(
            f"{path}.type: {kind!r:.60} is no type of part; known are {words}",
            path=f"{path}.type",
        )
    try:
        return read(DictReader({**members, "type": kind}, path))
    except MediaError as error:
        raise InvalidArguments(f"{path}.{kind}: {error.message}", path=f"{path}.{kind}") from error


def _guess_type(members: Mapping[str, object], path: str) -> str:
    for name in ("text", "image_url", "input_audio", "file"):
        if name in members:
            return name
    raise InvalidArguments(f"{path}: 'type' is missing, such as 'text'", path=path)


def _read_text(part: DictReader) -> Block:
    if not any(part.has(name) for name in ("annotations", "cache_control", "logprobs")):
        return _read_own(part, "text")
    block = TextBlock(
        text=part.require_text("text"),
        citations=read_annotations(part.take("annotations"), part.at("annotations")),
        cache=_read_cache(part),
    )
    part.ignore("type", "logprobs")
    part.finish()
    return block


def read_annotations(annotations: object, path: str) -> tuple[Citation, ...]:
    """Return the citations of a text's annotations.

    Raises:
        InvalidArguments: they are no list of dicts.
    """
    listed = as_sequence(annotations or (), path)
    citations: list[Citation] = []
    for index, item in enumerate(listed):
        annotation = as_mapping(item, f"{path}[{index}]")
        inner = annotation.get("url_citation") or annotation
        source = DictReader(inner, f"{path}[{index}]")
        citations.append(
            Citation(
                url=source.take_text("url"),
                title=source.take_text("title"),
                start=_read_offset(source, "start_index"),
                end=_read_offset(source, "end_index"),
                source_id=source.take_text("file_id"),
                raw=dict(annotation),
            )
        )
    return tuple(citations)


def _read_offset(source: DictReader, name: str) -> int | None:
    value = source.take(name)
    if value is not None and type(value) is not int:
        raise source.make_error(name, f"a whole number is wanted, not {value!r:.60}")
    return value


def _read_refusal(part: DictReader) -> Block:
    part.ignore("type")
    block = TextBlock(text=part.require_text("refusal"), is_refusal=True)
    part.finish()
    return block


def _read_image_url(part: DictReader) -> Block:
    part.ignore("type")
    value = part.take("image_url")
    if isinstance(value, str):
        url, detail = value, part.take_text("detail")
    else:
        image = part.open("image_url")
        url, detail = image.require_text("url"), image.take_text("detail")
        image.ignore("format")
        image.finish()
    return _finish_image(part, url, detail)


def _read_input_image(part: DictReader) -> Block:
    part.ignore("type")
    _refuse_file_id(part)
    return _finish_image(part, part.require_text("image_url"), part.take_text("detail"))


def _finish_image(part: DictReader, url: str, detail: str | None) -> Block:
    if not url.strip():
        raise part.make_error("image_url", "the address is empty")
    image = ContentBlock.image_url(url, detail=detail)
    return _finish(part, image)


def _finish(part: DictReader, block: ImageBlock | DocumentBlock) -> Block:
    """Return the block with the part's mark for a prompt cache, once all of the part was read."""
    import msgspec

    cache = _read_cache(part)
    part.finish()
    return block if cache is None else msgspec.structs.replace(block, cache=cache)


def _read_input_audio(part: DictReader) -> Block:
    part.ignore("type")
    audio = part.open("input_audio")
    data, form = audio.require_text("data"), audio.take_text("format") or "wav"
    audio.finish()
    part.finish()
    media_type = form if "/" in form else _AUDIO_TYPES.get(form, f"audio/{form}")
    return ContentBlock.audio_base64(data, media_type)


def _read_audio_url(part: DictReader) -> Block:
    part.ignore("type")
    value = part.take("audio_url")
    url = value if isinstance(value, str) else part.open("audio_url").require_text("url")
    part.finish()
    return ContentBlock.audio_url(url)


def _read_file(part: DictReader) -> Block:
    part.ignore("type")
    inner = part.open("file")
    document = _read_document(inner)
    inner.finish()
    return _finish(part, document)


def _read_input_file(part: DictReader) -> Block:
    part.ignore("type", "detail")
    document = _read_document(part)
    part.finish()
    return document


def _read_document(part: DictReader) -> DocumentBlock:
    _refuse_file_id(part)
    filename = part.take_text("filename")
    part.ignore("format")
    url = part.take_text("file_url")
    if url is not None:
        return ContentBlock.document_url(url, filename=filename)
    data = part.require_text("file_data")
    return ContentBlock.document_base64(data, _guess_media_type(filename), filename=filename)


def _refuse_file_id(part: DictReader) -> None:
    if part.take("file_id") is not None:
        raise part.make_error(
            "file_id",
            "a file that was uploaded before can't be given by its id; give its content or "
            "address, or ContentBlock.document_file(path)",
        )


def _guess_media_type(filename: str | None) -> str:
    import mimetypes

    return (mimetypes.guess_type(filename)[0] if filename else None) or "application/pdf"


def _read_image(part: DictReader) -> Block:
    if not part.has("source"):
        return _read_own(part, "image")
    part.ignore("type")
    source = part.open("source")
    if source.take_text("type") == "url":
        image = ContentBlock.image_url(source.require_text("url"))
    else:
        _refuse_file_id(source)
        media_type = source.take_text("media_type") or "image/jpeg"
        image = ContentBlock.image_base64(source.require_text("data"), media_type)
    source.finish()
    return _finish(part, image)


def _read_document_source(part: DictReader) -> Block:
    if not part.has("source"):
        return _read_own(part, "document")
    part.ignore("type")
    source = part.open("source")
    title = part.take_text("title", "filename")
    kind = source.take_text("type")
    if kind == "url":
        document = ContentBlock.document_url(source.require_text("url"), filename=title)
    elif kind == "text":
        source.ignore("media_type")
        text = source.require_text("data").encode()
        document = ContentBlock.document_bytes(text, "text/plain", filename=title)
    else:
        _refuse_file_id(source)
        media_type = source.take_text("media_type") or "application/pdf"
        data = source.require_text("data")
        document = ContentBlock.document_base64(data, media_type, filename=title)
    source.finish()
    return _finish(part, document)


def _read_tool_result(part: DictReader) -> Block:
    part.ignore("type")
    content = part.take("content")
    block = ToolResultBlock(
        tool_use_id=part.require_text("tool_use_id"),
        content=read_result("" if content is None else content, part.at("content")),
        is_error=bool(part.take_flag("is_error")),
        name=part.take_text("name"),
        cache=part.take_text("cache") or _read_cache(part),
    )
    part.finish()
    return block


def read_result(content: object, path: str) -> str | tuple[ResultBlock, ...]:
    """Return the content of a tool's result.

    Raises:
        InvalidArguments: it is malformed, or holds what no result may hold.
    """
    read = read_content(content, path)
    if isinstance(read, str):
        return read
    is_listed = isinstance(content, list | tuple)
    parts = tuple(cast("Sequence[object]", content)) if is_listed else ()
    blocks: list[ResultBlock] = []
    for index, block in enumerate(read):
        is_own = index < len(parts) and parts[index] is block
        if not is_own and not isinstance(block, ResultBlock):
            raise InvalidArguments(
                f"{path}[{index}]: a result holds texts, images, audio and documents only",
                path=f"{path}[{index}]",
            )
        blocks.append(cast("ResultBlock", block))
    return tuple(blocks)


def _read_redacted(part: DictReader) -> Block:
    part.ignore("type")
    block = ThinkingBlock(redacted=part.require_text("data"))
    part.finish()
    return block


def _read_cache(part: DictReader) -> str | None:
    control = part.take_object("cache_control")
    if control is None:
        return None
    return str(control.get("ttl") or "auto")


def _read_own(part: DictReader, kind: str) -> Block:
    members: JsonDict = {**part.values, "type": kind}
    cache = members.pop("cache_control", None)
    if cache is not None:
        members["cache"] = _read_cache(part)
    return cast("Block", read_tagged(_OWN, members, part.path))


def _make_own_reader(kind: str) -> Callable[[DictReader], Block]:
    return lambda part: _read_own(part, kind)


_OWN: Final = Block
_AUDIO_TYPES: Final = {"mp3": "audio/mpeg"}
_READERS: Final[Mapping[str, Callable[[DictReader], Block]]] = {
    "text": _read_text,
    "image_url": _read_image_url,
    "input_audio": _read_input_audio,
    "file": _read_file,
    "refusal": _read_refusal,
    "audio_url": _read_audio_url,
    "input_text": _read_text,
    "output_text": _read_text,
    "input_image": _read_input_image,
    "input_file": _read_input_file,
    "image": _read_image,
    "document": _read_document_source,
    "tool_use": _make_own_reader("tool_use"),
    "tool_result": _read_tool_result,
    "thinking": _make_own_reader("thinking"),
    "redacted_thinking": _read_redacted,
    "audio": _make_own_reader("audio"),
    "opaque": _make_own_reader("opaque"),
}
