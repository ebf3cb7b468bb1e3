"""Writes content blocks by a dialect's templates."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.model import MessageShape
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.request.fragments import merge
from ai_lib.request.media.file_values import (
    decode_text,
    get_file_values,
    guess_media_type,
    is_text_document,
)
from ai_lib.types.content import (
    AudioBlock,
    Block,
    DocumentBlock,
    HostedToolBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    join_text,
)
from ai_lib.types.json import encode_json
from ai_lib.types.message import Message
from ai_lib.types.tool import APPROVAL

Values = dict[str, object]
ResponseBlock = (
    TextBlock
    | ToolUseBlock
    | ThinkingBlock
    | OpaqueBlock
    | HostedToolBlock
    | ImageBlock
    | AudioBlock
)
_FETCHED_SCHEMES = ("https", "http", "gs", "s3", "data")
_RESPONSE_BLOCKS = (
    *(TextBlock, ToolUseBlock, ThinkingBlock, OpaqueBlock, HostedToolBlock, ImageBlock, AudioBlock),
)
# The usual names of formats whose media types have another name.
_FORMATS = {"mpeg": "mp3", "mpga": "mp3", "wave": "wav", "vnd.wave": "wav", "mp4": "m4a"}


_MOST_NAME_CHARACTERS = 190


class BlockWriter:
    """Writes content blocks by a dialect's templates, without the opaque state of others."""

    def __init__(self, compiled: CompiledManifest) -> None:
        self._shape = compiled.dialect.request.messages
        self._forms = compiled.request.blocks
        self._target = compiled.id
        self._origin = compiled.origin
        assistant = compiled.request.roles.get("assistant")
        self.has_audio_field = assistant is not None and "audio_id" in assistant.placeholders
        self._names: dict[str, str] = {}
        self._custom_ids: set[str] = set()  # of calls of tools that take free text
        self.owned_calls: dict[str, ToolUseBlock] = {}  # those that are no calls of functions
        self._call_ids: dict[str, str] = {}  # those in the place of ids that are not taken
        self._document_names: dict[str, int] = {}  # how often each was given
        self.left_out: set[str] = set()  # kinds of opaque state of other providers

    def learn_names(self, messages: Iterable[Message]) -> None:
        """Remember the tool of each call id, as some dialects need its name in the result."""
        for message in messages:
            if isinstance(message.content, str):
                continue
            for block in message.content:
                if isinstance(block, ToolUseBlock):
                    self._names[block.id] = block.name
                    if block.is_custom:
                        self._custom_ids.add(block.id)
                    if block.kind != "function":
                        self.owned_calls[block.id] = block
                    if not (block.raw and self.is_own(block)):
                        self._replace_id(block.id)
                elif isinstance(block, ToolResultBlock) and block.tool_use_id not in self._names:
                    self._replace_id(block.tool_use_id)

    @property
    def has_calls(self) -> bool:
        """Whether tools were called in the messages that it learned the names from."""
        return bool(self._names)

    def _replace_id(self, call_id: str) -> None:
        shape = self._shape.call_ids
        if shape is not None and not re.fullmatch(shape.pattern, call_id):
            from ai_lib.request.call_ids import make_call_id

            self._call_ids[call_id] = make_call_id(call_id, shape.length)

    def write(self, block: Block) -> list[object]:
        """Return the block on the wire; an empty list for a block that is left out on purpose.

        Raises CapabilityError when the dialect has no such block.
        """
        is_left_out = isinstance(
            block, OpaqueBlock | HostedToolBlock | ThinkingBlock
        ) or _is_of_model(block)
        if is_left_out and isinstance(block, _RESPONSE_BLOCKS) and not self.is_own(block):
            kind = self.kind(block).removeprefix("model_")
            self.left_out.add(kind.replace("_", " "))
            return []
        raw = block.raw if isinstance(block, _RESPONSE_BLOCKS) and self.is_own(block) else ()
        if raw and not (isinstance(block, ToolUseBlock) and "tool_use" in self._shape.blocks):
            return list(raw)
        if isinstance(block, TextBlock) and self._signature(block) is None:
            if self._is_empty(block.text):
                return []  # providers refuse empty text blocks
        self._check_address(block)
        kind = self.kind(block)
        form = self._forms.get(kind)
        if form is None and _is_of_model(block):
            self.left_out.add(kind.removeprefix("model_"))
            return []
        if form is None and isinstance(block, ThinkingBlock | OpaqueBlock | HostedToolBlock):
            return []
        if form is None:
            name = kind.replace("_", " ")
            raise CapabilityError(
                f"{self._target} takes no {name} block{self._suggest_source(kind)}",
                capability=kind,
                provider=self._target,
            )
        written = form.fill({**self._shape.block_values, **self.values(block)})
        cache = getattr(block, "cache", None)
        if isinstance(written, dict):
            # A call that is written from its parts keeps the provider's other fields of it.
            mark = build_cache_mark(self._shape, cache, kind)
            written = self.add_extra(block, {**(raw[0] if raw else {}), **written, **mark})
        if written is MISSING:
            return []
        return [written, *build_cache_block(self._shape, cache, kind)]

    def add_extra(self, block: Block, written: Values) -> Values:
        """Return the written block with the members that its provider wants back."""
        extra = getattr(block, "extra", None)
        if not extra or not isinstance(block, _RESPONSE_BLOCKS) or not self.is_own(block):
            return written
        body: Values = {}
        merge(body, extra)
        merge(body, written)
        return body

    def drop_owned_calls(self, message: Message) -> Message | None:
        """Return a message without the calls that only another provider has, and their answers.

        None when nothing is left of it.

        Raises:
            RequestError: a call that asks for an approval has another answer.
        """
        kept_blocks: list[Block] = []
        for block in message.blocks:
            call_id = block.tool_use_id if isinstance(block, ToolResultBlock) else ""
            call = self.owned_calls.get(call_id)
            if isinstance(block, ToolUseBlock) and block.id in self.owned_calls:
                call = block
            if call is None or self.is_own(call):
                _check_approval(block, call)
                kept_blocks.append(block)
            else:
                self.left_out.add(f"{call.kind} call")
        return msgspec.structs.replace(message, content=tuple(kept_blocks)) if kept_blocks else None

    def say_media(self, blocks: Sequence[Block]) -> Sequence[Block]:
        """Return the blocks of a model's turn with the transcripts of sound that can't go back."""
        new_blocks: list[Block] = []
        for block in blocks:
            if isinstance(block, AudioBlock) and block.transcript and not self._takes_back(block):
                self.left_out.add("audio")
                new_blocks.append(TextBlock(text=block.transcript))
            else:
                new_blocks.append(block)
        return new_blocks

    def _takes_back(self, block: AudioBlock) -> bool:
        is_taken = bool(block.id) if self.has_audio_field else self._has("model_audio")
        return is_taken and self.is_own(block)

    def write_text(self, text: str) -> list[object]:
        """Do the same as `write` for a block of text alone."""
        form = self._forms.get("text")
        if form is None or self._is_empty(text):
            return self.write(TextBlock(text=text))
        written = form.fill({**self._shape.block_values, "text": text})
        return [] if written is MISSING else [written]

    def _is_empty(self, text: str) -> bool:
        return not text or (self._shape.refuses_blank and text.isspace())

    def _suggest_source(self, kind: str) -> str:
        """Return a hint at the source that the dialect accepts for this kind of file."""
        family, _, form = kind.partition("_")
        other = {"url": "data", "data": "url"}.get(form)
        if f"{family}_{other}" not in self._shape.blocks:
            return ""
        hint = "fetch it and give its bytes" if other == "data" else "give an address"
        return f": {hint}"

    def _check_address(self, block: Block) -> None:
        """Refuse a reference that was not resolved: a provider could not fetch it."""
        url = block.url if isinstance(block, ImageBlock | AudioBlock | DocumentBlock) else None
        scheme = url.partition(":")[0].lower() if url and "://" in url else None
        schemes = self._shape.url_schemes or _FETCHED_SCHEMES
        if scheme is not None and scheme not in schemes:
            raise RequestError(
                f"{self._target} can't fetch {url[:100] if url else url!r}: resolve the reference "
                f"to data, or to an address of {', '.join(schemes)}",
                provider=self._target,
            )

    def is_own(self, block: ResponseBlock) -> bool:
        """Whether this target may see the block's opaque state."""
        return block.origin in (None, self._target, self._origin)

    def kind(self, block: Block) -> str:
        """Return the name of the block's template."""
        match block:
            case TextBlock():
                return "text"
            case ImageBlock(origin=str()):
                return "model_image"
            case AudioBlock(origin=str()):
                return "model_audio"
            case ImageBlock(file_id=str()):
                return "image_file"
            case DocumentBlock(file_id=str()):
                return "document_file"
            case ImageBlock(url=url):
                return "image_data" if url is None else "image_url"
            case AudioBlock(url=url):
                return "audio_data" if url is None else "audio_url"
            case DocumentBlock(url=url):
                if url is None and self._has("document_text") and is_text_document(block):
                    return "document_text"
                return "document_data" if url is None else "document_url"
            case ToolUseBlock(kind=call_kind) if call_kind != "function":
                return f"{call_kind}_use"
            case ToolUseBlock(is_custom=is_custom):
                is_custom = is_custom and "custom_tool_use" in self._forms
                return "custom_tool_use" if is_custom else "tool_use"
            case ToolResultBlock(tool_use_id=call_id) if call_id in self.owned_calls:
                call_kind = self.owned_calls[call_id].kind
                form = f"{call_kind}_error"
                return form if block.is_error and form in self._forms else f"{call_kind}_result"
            case ToolResultBlock(tool_use_id=call_id) if (
                call_id in self._custom_ids and "custom_tool_result" in self._forms
            ):
                return "custom_tool_result"
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
            case HostedToolBlock():
                return "hosted_tool"

    def _has(self, kind: str) -> bool:
        return kind in self._shape.blocks

    def values(self, block: Block) -> Values:
        """Return the template values of this block."""
        match block:
            case TextBlock():
                citations = [source.raw for source in block.citations if self.is_own(block)]
                return self._drop_none(
                    text=block.text, citations=citations or None, signature=self._signature(block)
                )
            case ToolUseBlock():
                text = block.input.get("input") if block.is_custom else None
                return self._drop_none(
                    id=self._call_ids.get(block.id, block.id),
                    name=block.name,
                    input=block.input,
                    text=text,
                    arguments=encode_json(block.input).decode(),
                    signature=self._signature(block),
                )
            case ToolResultBlock():
                text, files = join_text(block.content), self._write_files(block)
                return self._drop_none(
                    id=self._call_ids.get(block.tool_use_id, block.tool_use_id),
                    content=self._write_result(block),
                    content_blocks=self._write_result_blocks(block),
                    text=text,
                    output={} if files and not text else _parse_output(text),
                    files=files,
                    is_error=block.is_error or None,
                    approved=block.is_approved,
                    reason=(text or None) if block.is_approved is not None else None,
                    name=block.name or self._names.get(block.tool_use_id, block.tool_use_id),
                )
            case ThinkingBlock():
                return self._drop_none(
                    thinking=block.thinking,
                    signature=self._signature(block),
                    redacted=block.redacted,
                )
            case OpaqueBlock() | HostedToolBlock():
                return {}
            case ImageBlock() | AudioBlock() | DocumentBlock():
                plain = decode_text(block) if self.kind(block) == "document_text" else None
                signature = None if isinstance(block, DocumentBlock) else block.signature
                values = {**get_file_values(block), **self._name_file(block)}
                return self._drop_none(**values, text=plain, signature=signature)

    def _name_file(self, block: ImageBlock | AudioBlock | DocumentBlock) -> Values:
        """Return the provider's word for a file's format, and the name of a document."""
        shape = self._shape
        values: Values = {}
        if shape.formats:
            values["format"] = self._find_format(guess_media_type(block))
        if shape.document_names is not None and isinstance(block, DocumentBlock):
            stem = re.sub(shape.document_names, " ", (block.filename or "").rpartition("/")[2])
            name = " ".join(stem.split())[:_MOST_NAME_CHARACTERS].strip() or "document"
            count = self._document_names[name] = self._document_names.get(name, 0) + 1
            values["filename"] = name if count == 1 else f"{name} {count}"
        return values

    def _find_format(self, media_type: str | None) -> str:
        plain_type = (media_type or "").partition(";")[0].strip().lower()
        if plain_type not in self._shape.formats:
            raise CapabilityError(
                f"{self._target} takes no {plain_type or 'file without a media type'}; it takes "
                f"{', '.join(self._shape.formats)}",
                capability="document",
                provider=self._target,
            )
        return self._shape.formats[plain_type]

    def _has_placeholder(self, block: Block, placeholder: str) -> bool:
        form = self._forms.get(self.kind(block))
        return form is not None and placeholder in form.placeholders

    def _write_files(self, block: ToolResultBlock) -> object:
        """Return the files of a tool result, where the template has a hole for them."""
        if isinstance(block.content, str) or not self._has_placeholder(block, "files"):
            return None
        files = (inner for inner in block.content if not isinstance(inner, TextBlock))
        return [wire for inner in files for wire in self.write(inner)] or None

    def _write_result(self, block: ToolResultBlock) -> object:
        if isinstance(block.content, str) or self._has_placeholder(block, "files"):
            return join_text(block.content)
        is_text = all(isinstance(inner, TextBlock) for inner in block.content)
        if not is_text and not self._has_placeholder(block, "content"):
            raise CapabilityError(
                f"{self._target} takes only text as the result of a tool",
                capability="tool_result",
                provider=self._target,
            )
        return [wire for inner in block.content for wire in self.write(inner)]

    def _write_result_blocks(self, block: ToolResultBlock) -> object:
        """Return a tool result as blocks, where the template has a hole for them."""
        if not self._has_placeholder(block, "content_blocks"):
            return None
        content = block.content
        inner_blocks = (TextBlock(text=content),) if isinstance(content, str) else content
        return [wire for inner in inner_blocks for wire in self.write(inner)]

    def _signature(self, block: TextBlock | ToolUseBlock | ThinkingBlock) -> str | None:
        return block.signature if self.is_own(block) else None

    @staticmethod
    def _drop_none(**values: object) -> Values:
        return {name: value for name, value in values.items() if value is not None}


def _check_approval(block: Block, call: ToolUseBlock | None) -> None:
    """Refuse a result that does not say whether a call is approved: no text is a consent."""
    if call is not None and call.kind == APPROVAL and isinstance(block, ToolResultBlock):
        if block.is_approved is None:
            raise RequestError(
                f"the call {call.id} asks whether {call.name} of {call.server} may be called: "
                "answer it with Message.approval(id, True) or Message.approval(id, False, reason)"
            )


def _is_of_model(block: Block) -> bool:
    return isinstance(block, ImageBlock | AudioBlock) and block.origin is not None


def build_cache_mark(shape: MessageShape, cache: str | None, kind: str) -> Values:
    """Return the fields that mark a part for the prompt cache; none without `cache`."""
    if cache is None or not takes_cache(shape, kind):
        return {}
    mark = fill_template(dict(shape.cache), _get_cache_values(cache))
    return mark if isinstance(mark, dict) else {}


def build_cache_block(shape: MessageShape, cache: str | None, kind: str) -> list[object]:
    """Return the block behind a part that ends what is cached; none without `cache`."""
    if cache is None or not shape.cache_after or not takes_cache(shape, kind):
        return []
    return [fill_template(dict(shape.cache_after), _get_cache_values(cache))]


def _get_cache_values(cache: str) -> Values:
    return {} if cache == "auto" else {"ttl": cache}


def takes_cache(shape: MessageShape, kind: str) -> bool:
    """Whether a part of this kind can be marked for the prompt cache."""
    return bool(shape.cache or shape.cache_after) and (not shape.cache_on or kind in shape.cache_on)


def _parse_output(text: str) -> object:
    """Return a tool's result as an object: its JSON if that is one."""
    try:
        result = msgspec.json.decode(str.__str__(text))  # of a subclass, its text
    except msgspec.DecodeError:
        result = text
    return result if isinstance(result, dict) else {"output": text}
