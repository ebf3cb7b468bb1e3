"""Content blocks as a dialect writes them."""

import mimetypes
from collections.abc import Iterable

import msgspec

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.model import MessageShape
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.types.content import (
    AudioBlock,
    Block,
    DocumentBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    text_of,
)
from ai_lib.types.media_source import decoded
from ai_lib.types.media_type import word_of
from ai_lib.types.message import Message

Values = dict[str, object]
Replied = TextBlock | ToolUseBlock | ThinkingBlock | OpaqueBlock
_FETCHED = ("https", "http", "gs", "s3", "data")
_REPLIED = (TextBlock, ToolUseBlock, ThinkingBlock, OpaqueBlock)
# What the world calls a format whose media type has another name.
_FORMATS = {"mpeg": "mp3", "mpga": "mp3", "wave": "wav", "vnd.wave": "wav", "mp4": "m4a"}


class BlockWriter:
    """Writes content blocks by a dialect's templates; opaque state of others is left out."""

    def __init__(self, compiled: CompiledManifest) -> None:
        self._shape = compiled.dialect.request.messages
        self._forms = compiled.request.blocks
        self._target = compiled.id
        self._origin = compiled.origin
        self._names: dict[str, str] = {}
        self.left_out: set[str] = set()  # kinds of opaque state that others sent

    def learn_names(self, messages: Iterable[Message]) -> None:
        """Remember which tool each call id belongs to: some dialects want it in the result."""
        for message in messages:
            if isinstance(message.content, str):
                continue
            for block in message.content:
                if isinstance(block, ToolUseBlock):
                    self._names[block.id] = block.name

    def write(self, block: Block) -> list[object]:
        """Return the block as the wire wants it; nothing for what is left out on purpose.

        Raises CapabilityError when the dialect has no such block.
        """
        if isinstance(block, OpaqueBlock | ThinkingBlock) and not self.is_own(block):
            self.left_out.add(self.kind(block).replace("_", " "))
            return []
        raw = block.raw if isinstance(block, _REPLIED) and self.is_own(block) else ()
        if raw and not (isinstance(block, ToolUseBlock) and "tool_use" in self._shape.blocks):
            return list(raw)
        if isinstance(block, TextBlock) and not block.text and self._signature(block) is None:
            return []  # providers refuse empty text blocks
        self._check_address(block)
        kind = self.kind(block)
        form = self._forms.get(kind)
        if form is None and isinstance(block, ThinkingBlock | OpaqueBlock):
            return []
        if form is None:
            raise CapabilityError(
                f"{self._target} takes no {kind.replace('_', ' ')} block{self._instead(kind)}",
                capability=kind,
                provider=self._target,
            )
        written = form.fill({**self._shape.block_values, **self.values(block)})
        cache = with_cache(self._shape, getattr(block, "cache", None), kind)
        if isinstance(written, dict):
            # A call that is written from its parts keeps what else the provider said of it.
            written = {**(raw[0] if raw else {}), **written, **cache}
        return [] if written is MISSING else [written]

    def write_text(self, text: str) -> list[object]:
        """The same as `write` for a block of nothing but text."""
        form = self._forms.get("text")
        if form is None or not text:
            return self.write(TextBlock(text=text))
        written = form.fill({**self._shape.block_values, "text": text})
        return [] if written is MISSING else [written]

    def _instead(self, kind: str) -> str:
        """Say what would do in place of a block that the dialect does not have."""
        family, _, form = kind.partition("_")
        other = {"url": "data", "data": "url"}.get(form)
        if f"{family}_{other}" not in self._shape.blocks:
            return ""
        hint = "fetch it and give its bytes" if other == "data" else "give an address"
        return f": {hint}"

    def _check_address(self, block: Block) -> None:
        """Refuse a reference that nobody has resolved: a provider could not follow it."""
        url = block.url if isinstance(block, ImageBlock | AudioBlock | DocumentBlock) else None
        scheme = url.partition(":")[0].lower() if url and "://" in url else None
        if scheme is not None and scheme not in _FETCHED:
            raise RequestError(
                f"{self._target} can't fetch {url[:100] if url else url!r}: resolve the reference "
                f"to data, or to an address of {', '.join(_FETCHED)}",
                provider=self._target,
            )

    def is_own(self, block: Replied) -> bool:
        """Whether this target may see the block's opaque state."""
        return block.origin in (None, self._target, self._origin)

    def kind(self, block: Block) -> str:
        """Return the name of the block's template."""
        match block:
            case TextBlock():
                return "text"
            case ImageBlock(url=url):
                return "image_data" if url is None else "image_url"
            case AudioBlock(url=url):
                return "audio_data" if url is None else "audio_url"
            case DocumentBlock(url=url):
                if url is None and self._has("document_text") and _is_text(block):
                    return "document_text"
                return "document_data" if url is None else "document_url"
            case ToolUseBlock():
                return "tool_use"
            case ToolResultBlock(is_error=is_error):
                return "tool_error" if is_error and self._has("tool_error") else "tool_result"
            case ThinkingBlock(redacted=redacted):
                return (
                    "redacted_thinking"
                    if redacted and self._has("redacted_thinking")
                    else "thinking"
                )
            case OpaqueBlock():
                return "opaque"

    def _has(self, kind: str) -> bool:
        return kind in self._shape.blocks

    def values(self, block: Block) -> Values:
        """Return the holes this block fills."""
        match block:
            case TextBlock():
                citations = list(block.citations) if self.is_own(block) else None
                return self._given(
                    text=block.text, citations=citations or None, signature=self._signature(block)
                )
            case ToolUseBlock():
                return self._given(
                    id=block.id,
                    name=block.name,
                    input=block.input,
                    arguments=msgspec.json.encode(block.input).decode(),
                    signature=self._signature(block),
                )
            case ToolResultBlock():
                text, files = text_of(block.content), self._files(block)
                return self._given(
                    id=block.tool_use_id,
                    content=self._result(block),
                    text=text,
                    output={} if files and not text else _output(text),
                    files=files,
                    is_error=block.is_error or None,
                    name=block.name or self._names.get(block.tool_use_id, block.tool_use_id),
                )
            case ThinkingBlock():
                return self._given(
                    thinking=block.thinking,
                    signature=self._signature(block),
                    redacted=block.redacted,
                )
            case OpaqueBlock():
                return {}
            case ImageBlock() | AudioBlock() | DocumentBlock():
                plain = _text(block) if self.kind(block) == "document_text" else None
                return self._given(**_file_values(block), text=plain)

    def _takes(self, block: Block, hole: str) -> bool:
        form = self._forms.get(self.kind(block))
        return form is not None and hole in form.placeholders

    def _files(self, block: ToolResultBlock) -> object:
        """Return what a tool answered beside its text, where that has a place of its own."""
        if isinstance(block.content, str) or not self._takes(block, "files"):
            return None
        files = (inner for inner in block.content if not isinstance(inner, TextBlock))
        return [wire for inner in files for wire in self.write(inner)] or None

    def _result(self, block: ToolResultBlock) -> object:
        if isinstance(block.content, str) or self._takes(block, "files"):
            return text_of(block.content)
        is_text = all(isinstance(inner, TextBlock) for inner in block.content)
        if not is_text and not self._takes(block, "content"):
            raise CapabilityError(
                f"{self._target} takes only text as the answer of a tool",
                capability="tool_result",
                provider=self._target,
            )
        return [wire for inner in block.content for wire in self.write(inner)]

    def _signature(self, block: TextBlock | ToolUseBlock | ThinkingBlock) -> str | None:
        return block.signature if self.is_own(block) else None

    @staticmethod
    def _given(**values: object) -> Values:
        return {name: value for name, value in values.items() if value is not None}


def with_cache(shape: MessageShape, cache: str | None, kind: str) -> Values:
    """Return what marks a part as one to remember the request up to; nothing without `cache`."""
    if cache is None or not takes_cache(shape, kind):
        return {}
    marked = fill_template(dict(shape.cache), {} if cache == "auto" else {"ttl": cache})
    return marked if isinstance(marked, dict) else {}


def takes_cache(shape: MessageShape, kind: str) -> bool:
    """Whether a part of this kind can be marked as one to remember the request up to."""
    return bool(shape.cache) and (not shape.cache_on or kind in shape.cache_on)


def _output(text: str) -> object:
    """Return a tool's answer as an object: itself when it is one."""
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        found = text
    return found if isinstance(found, dict) else {"output": text}


def _file_values(block: ImageBlock | AudioBlock | DocumentBlock) -> Values:
    media = _media(block)
    values: Values = {"url": block.url, "data": block.data, "media_type": media}
    match block:
        case ImageBlock():
            values["detail"] = block.detail
        case AudioBlock():
            values["format"] = word_of(media) if media else None
        case DocumentBlock():
            values["filename"] = block.filename
    return values


def _is_text(block: DocumentBlock) -> bool:
    return (block.media_type or "").startswith("text/")


def _text(block: ImageBlock | AudioBlock | DocumentBlock) -> str:
    """Return a document that is text as such: some dialects want it so."""
    try:
        return decoded(block.data or "", "the document").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"the {block.media_type} document is not text in UTF-8") from error


def _media(block: ImageBlock | AudioBlock | DocumentBlock) -> str | None:
    if block.media_type is not None:
        return block.media_type
    return mimetypes.guess_type(block.url)[0] if block.url else None
