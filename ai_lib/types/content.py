"""Content blocks: the parts a message is made of.

Blocks of a response have more fields. `signature` is opaque state of the provider, `raw` is
the provider's own form of the part where its dialect sends whole parts back, `extra` has the
members of it that no rule reads, and `origin` names the provider: they are replayed, byte for
byte, to `origin` and to no other provider. `phase` is `commentary` for what a model says beside
its final answer, `final_answer` for that, and `plan` for thinking that is a plan of its calls, as
far as the provider tells them apart.

`cache` on a block asks the provider to remember the request up to there: `auto` for its usual time,
or a time in its own words such as `1h`. Providers that do so by themselves are not asked.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.media_source import (
    decode_base64,
    from_base64,
    from_bytes,
    from_data_url,
    is_data_url,
    read_file,
)
from ai_lib.types.media_type import to_format_name
from ai_lib.types.records.record import Record

_MAX_SHOWN: Final = 60


def show_block(block: msgspec.Struct) -> str:
    """Return the `repr` of a block with its file cut: nobody reads base64."""
    fields = {name: getattr(block, name) for name in block.__struct_fields__}
    members = ", ".join(f"{name}={_show(value)}" for name, value in fields.items() if value)
    return f"{type(block).__name__}({members})"


def _show(value: object) -> str:
    if isinstance(value, str) and len(value) > _MAX_SHOWN:
        return f"{value[:24]!r}... ({len(value):,} characters)"
    return repr(value) if isinstance(value, str | int) else "..."


class Citation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A source of a text, as far as the provider says.

    `start` and `end` are offsets in characters of the block's text: what they enclose comes from
    the source; where both are equal, the source is named at that place. `cited_text` is the
    source's own text, `source_id` the provider's id or number of it. `raw` is the provider's own
    form.
    """

    url: str | None = None
    title: str | None = None
    start: int | None = None
    end: int | None = None
    cited_text: str | None = None
    source_id: str | None = None
    raw: JsonValue = None


class TokenLogprob(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A token of the answer and the natural logarithm of its probability.

    `alternatives` are the likeliest tokens at its place, as many as were asked for. `bytes` are
    those of the token in UTF-8, where the provider gives them. Where it gives one text for several
    tokens, the first has all of it.
    """

    token: str
    logprob: float
    token_id: int | None = None
    bytes: Sequence[int] | None = None
    alternatives: "Sequence[TokenLogprob]" = ()


class TextBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="text"):
    """Plain text. `citations` are its sources; with `is_refusal`, it is why the model refuses."""

    text: str
    citations: Sequence[Citation] = ()
    is_refusal: bool = False
    phase: str | None = None
    cache: str | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    origin: str | None = None


class ImageBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="image"):
    """An image, by `url`, as base64 `data` of `media_type`, or by the `file_id` of a stored file.

    `detail` is `low`, `high` or `auto`, for the providers that take it. One that a model made has
    the provider's `id` of it, where there is one.
    """

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    detail: str | None = None
    cache: str | None = None
    file_id: str | None = None
    id: str | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    origin: str | None = None

    def to_bytes(self) -> bytes:
        """Return the bytes of the image. Raises MediaError when it has an address only."""
        return decode_base64(self.data or "", "the image")

    def __repr__(self) -> str:
        return show_block(self)


class AudioBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="audio"):
    """Audio as base64 `data` of `media_type`, or by `url`.

    Audio that a model made has its `transcript`, and the provider's `id` of it, by which it goes
    back until `expires_at`, in seconds since 1970.
    """

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    transcript: str | None = None
    id: str | None = None
    expires_at: int | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    origin: str | None = None

    @property
    def format(self) -> str | None:
        """The usual name of the format, such as `wav` or `mp3`; None when it is unknown."""
        return to_format_name(self.media_type) if self.media_type else None

    def to_bytes(self) -> bytes:
        """Return the bytes of the sound. Raises MediaError when it has an address only."""
        return decode_base64(self.data or "", "the audio")

    def __repr__(self) -> str:
        return show_block(self)


class DocumentBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="document"):
    """A document such as a PDF, by `url`, as base64 `data` of `media_type`, or by `file_id`.

    `file_id` is the provider's own id of a file that is stored there: `StoredFile.to_block()`.
    """

    url: str | None = None
    data: str | None = None
    media_type: str | None = None
    filename: str | None = None
    cache: str | None = None
    file_id: str | None = None

    def __repr__(self) -> str:
        return show_block(self)


class ToolUseBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="tool_use"):
    """A tool call the model made.

    With `is_custom`, the tool takes free text, which `input` has as its member `input`.
    `exact_json` is the input as text where a number in it has more digits than a float. `kind` and
    `server` are as in `ToolCall`.
    """

    id: str
    name: str
    input: JsonObject
    is_custom: bool = False
    exact_json: str = ""
    kind: str = "function"
    server: str | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    origin: str | None = None


class ToolResultBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="tool_result"):
    """The result of a tool, as text or blocks. `is_error` marks a failure.

    `is_approved` answers a call that asks for an approval; the content is the reason.
    """

    tool_use_id: str
    content: "str | Sequence[ResultBlock]"
    is_error: bool = False
    name: str | None = None
    cache: str | None = None
    is_approved: bool | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.content, str | tuple):
            from ai_lib.types.records.loading import read_result

            content = read_result(self.content, "content")
            msgspec.structs.force_setattr(self, "content", content)


class ThinkingBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="thinking"):
    """The model's reasoning. `redacted` is reasoning that only the provider can read."""

    thinking: str = ""
    phase: str | None = None
    signature: str | None = None
    redacted: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    origin: str | None = None


class OpaqueBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="opaque"):
    """A part of a response that means something to its provider only, such as a search it ran.

    `body` has members of a request in which the answer goes back, such as the container of code
    that the provider ran.
    """

    raw: Sequence[JsonObject] = ()
    body: JsonObject | None = None
    origin: str | None = None


class Source(Record, frozen=True, kw_only=True, omit_defaults=True, tag="source"):
    """What a provider's tool found: a page by `url`, or a file by its `id`, with its own `text`."""

    url: str | None = None
    title: str | None = None
    text: str | None = None
    id: str | None = None


HostedOutput: TypeAlias = TextBlock | ImageBlock | Source
"""What a tool gave that the provider ran."""


class HostedToolBlock(Record, frozen=True, kw_only=True, omit_defaults=True, tag="hosted_tool"):
    """A use of a tool that the provider ran itself, or what it gave: both have the same `id`.

    `kind` is what the tool does (`web_search`, `code_execution`, `mcp` ...), `name` the provider's
    name of it, `server` that of an MCP tool. `status` is `in_progress`, `completed`, `failed` or
    the provider's own word; a failure is no error of the call: the model went on.
    """

    kind: str
    id: str = ""
    name: str = ""
    input: JsonObject = {}
    output: Sequence[HostedOutput] = ()
    status: str = "completed"
    error: str | None = None
    server: str | None = None
    raw: Sequence[JsonObject] = ()
    origin: str | None = None


ResultBlock: TypeAlias = TextBlock | ImageBlock | AudioBlock | DocumentBlock
"""What the result of a tool may hold beside plain text."""
Block: TypeAlias = (
    TextBlock
    | ImageBlock
    | AudioBlock
    | DocumentBlock
    | ToolUseBlock
    | ToolResultBlock
    | ThinkingBlock
    | OpaqueBlock
    | HostedToolBlock
)


ContentLike: TypeAlias = str | Sequence[Block | Mapping[str, object]]
"""A text, or blocks, of which any may be a dict as Chat Completions has its parts."""


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
        content: str | Sequence[ResultBlock],
        *,
        is_error: bool = False,
    ) -> ToolResultBlock:
        """The result of the tool call `tool_use_id`."""
        return ToolResultBlock(tool_use_id=tool_use_id, content=content, is_error=is_error)

    @staticmethod
    def thinking(thinking: str, *, signature: str | None = None) -> ThinkingBlock:
        """Reasoning of the model, when a conversation is written by hand."""
        return ThinkingBlock(thinking=thinking, signature=signature)


def merge_hosted_calls(blocks: "Sequence[Block]") -> list[HostedToolBlock]:
    """Return the uses of tools that the provider ran, each with what it gave."""
    calls: dict[object, HostedToolBlock] = {}
    for block in blocks:
        if isinstance(block, HostedToolBlock):
            key = block.id or len(calls)
            call = calls.get(key)
            calls[key] = block if call is None else _join_calls(call, block)
    return list(calls.values())


def _join_calls(call: HostedToolBlock, result: HostedToolBlock) -> HostedToolBlock:
    return msgspec.structs.replace(
        result,
        kind=call.kind,
        name=call.name or result.name,
        input=call.input or result.input,
        output=(*call.output, *result.output),
        server=call.server or result.server,
        raw=(*call.raw, *result.raw),
    )


def join_text(content: "str | Sequence[Block]") -> str:
    """Return the text of a message's content; other blocks are skipped."""
    if isinstance(content, str):
        return content
    return "".join(block.text for block in content if isinstance(block, TextBlock))
