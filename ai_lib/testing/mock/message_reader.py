"""Reads the messages of a request: wire messages to `Message`, by the dialect's templates."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ai_lib.protocol.dialect.model import MessageShape, Template
from ai_lib.protocol.dialect.template import find_placeholders, match_template
from ai_lib.testing.mock.serve_shape import ServeSection
from ai_lib.types.content import (
    AudioBlock,
    Block,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ai_lib.types.media_source import from_data_url, is_data_url
from ai_lib.types.message import Message, MessageRole

MatchedFields = dict[str, Any]

FileBlock = ImageBlock | AudioBlock | DocumentBlock

_FILE_BLOCKS: Final[dict[str, type[FileBlock]]] = {
    "image": ImageBlock,
    "audio": AudioBlock,
    "document": DocumentBlock,
}


def read_messages(shape: MessageShape, serve: ServeSection, wire: object) -> list[Message]:
    """Return the messages of a request; messages that match no template are left out."""
    turns = wire if isinstance(wire, list) else [wire]
    return [message for turn in turns if (message := _read_message(shape, serve, turn))]


def read_text(shape: MessageShape, wire: object) -> str:
    """Return the text of a message's content: a string, one block or a list of blocks."""
    return "".join(
        block.text for block in _read_blocks(shape, wire) if isinstance(block, TextBlock)
    )


def _read_message(shape: MessageShape, serve: ServeSection, wire: object) -> Message | None:
    if isinstance(wire, str):
        return Message.user(wire)
    for role, template in _list_templates(shape, serve):
        fields = match_template(template, wire)
        if fields is not None:
            return _make_message(shape, MessageRole(role), fields)
    return _read_item(shape, wire)


def _read_item(shape: MessageShape, wire: object) -> Message | None:
    """Read a content block that is sent in the list of messages."""
    block = _read_block(shape, wire, shape.items)
    if block is None:
        return None
    role = MessageRole.TOOL if isinstance(block, ToolResultBlock) else MessageRole.ASSISTANT
    return Message(role, (block,))


def _list_templates(shape: MessageShape, serve: ServeSection) -> Iterator[tuple[str, Template]]:
    yield from shape.roles.items()
    for role, templates in serve.turns.items():
        for template in templates:
            yield role, template


def _make_message(shape: MessageShape, role: MessageRole, fields: MatchedFields) -> Message:
    if "id" in fields:  # a result that is a message of its own
        return Message.tool(str(fields["id"]), read_text(shape, fields.get("text")))
    content = fields.get("content", fields.get("text"))
    blocks = list(_read_blocks(shape, content)) + list(
        _read_tool_calls(shape, fields.get("tool_calls"))
    )
    if blocks and all(isinstance(block, ToolResultBlock) for block in blocks):
        role = MessageRole.TOOL
    name = fields.get("name")
    if all(isinstance(block, TextBlock) for block in blocks):
        return Message(role, read_text(shape, content), name=name)
    return Message(role, tuple(blocks), name=name)


def _read_blocks(shape: MessageShape, content: object) -> Iterator[Block]:
    if isinstance(content, str):
        yield TextBlock(text=content)
        return
    items = content if isinstance(content, list) else [content]
    for item in items:
        block = _read_block(shape, item, shape.blocks)
        if block is not None:
            yield block


def _read_tool_calls(shape: MessageShape, calls: object) -> Iterator[Block]:
    for wire in calls if isinstance(calls, list) else ():
        fields = match_template(shape.tool_call, wire)
        if fields is not None:
            yield _make_tool_use(fields)


def _read_block(
    shape: MessageShape, wire: object, templates: Mapping[str, Template]
) -> Block | None:
    """Read a block by the template that matches most of it."""
    best: tuple[int, str, MatchedFields] | None = None
    for kind, template in templates.items():
        fields = match_template(template, wire)
        if not fields or not _fits_media_type(kind, fields):
            continue
        score = _count_matched_leaves(template, wire)
        if best is None or score > best[0]:
            best = (score, kind, fields)
    return None if best is None else _make_block(shape, best[1], best[2], wire)


def _fits_media_type(kind: str, fields: MatchedFields) -> bool:
    # Files of all kinds may be written in the same form; the media type tells them apart.
    family, _, source = kind.partition("_")
    media = fields.get("media_type")
    if source not in ("url", "data") or not isinstance(media, str):
        return True
    return media.startswith(f"{family}/") or family == "document"


def _count_matched_leaves(template: Template, wire: object) -> int:
    """Count the leaves of `template` that `wire` has."""
    if isinstance(template, Mapping) and isinstance(wire, Mapping):
        return sum(
            _count_matched_leaves(item, wire[key]) for key, item in template.items() if key in wire
        )
    return 1


def _make_block(
    shape: MessageShape, kind: str, fields: MatchedFields, wire: object
) -> Block | None:
    family, _, source = kind.partition("_")
    if family in _FILE_BLOCKS and source in ("url", "data"):
        return _make_file_block(family, _add_media_type(shape, fields))
    if kind == "document_text":
        data = base64.b64encode(str(fields.get("text") or "").encode()).decode("ascii")
        return DocumentBlock(data=data, media_type="text/plain", filename=fields.get("filename"))
    if kind == "text":
        return TextBlock(text=str(fields.get("text") or ""), signature=fields.get("signature"))
    if kind == "tool_use":
        return _make_tool_use(fields)
    if kind.endswith(("_result", "_error")):
        return _make_tool_result(shape, kind, fields, wire)
    if kind in ("thinking", "redacted_thinking"):
        return ThinkingBlock(
            thinking=str(fields.get("thinking") or ""),
            signature=fields.get("signature"),
            redacted=fields.get("redacted"),
        )
    return None


def _make_file_block(family: str, fields: MatchedFields) -> Block:
    block_type = _FILE_BLOCKS[family]
    block_fields = {
        name: value for name, value in fields.items() if name in block_type.__struct_fields__
    }
    url = block_fields.get("url")
    if isinstance(url, str) and is_data_url(url) and "," in url:
        media = from_data_url(url)
        block_fields |= {"url": None, "data": media.data, "media_type": media.media_type}
    return block_type(**block_fields)


def _add_media_type(shape: MessageShape, fields: MatchedFields) -> MatchedFields:
    """Add the media type that the provider's word for a format stands for."""
    media_types = (name for name, word in shape.formats.items() if word == fields.get("format"))
    media_type = next(media_types, None)
    return fields if media_type is None else {"media_type": media_type, **fields}


def _make_tool_use(fields: MatchedFields) -> ToolUseBlock:
    arguments = fields.get("input", fields.get("arguments"))
    name = str(fields.get("name") or "")
    return ToolUseBlock(
        id=str(fields.get("id") or name),
        name=name,
        input=_decode_arguments(arguments),
        signature=fields.get("signature"),
    )


def _decode_arguments(arguments: object) -> Mapping[str, Any]:
    if isinstance(arguments, Mapping):
        return arguments
    try:
        return msgspec.json.decode(str(arguments or "{}"), type=dict[str, Any])
    except msgspec.DecodeError:
        return {"": arguments}


def _make_tool_result(
    shape: MessageShape, kind: str, fields: MatchedFields, wire: object
) -> ToolResultBlock:
    name = fields.get("name")
    content_blocks = fields.get("content_blocks")
    approved = fields.get("approved")
    text = fields.get("text", fields.get("content", _unwrap_output(fields.get("output"))))
    text = fields.get("reason", "") if approved is not None else text
    text = text if content_blocks is None else content_blocks
    if text is None and "text" in find_placeholders(
        shape.blocks.get(kind) or shape.items.get(kind)
    ):
        # The result is written as another object: return that object as JSON.
        text = msgspec.json.encode(wire).decode()
    content: Any = read_text(shape, text)
    if files := list(_read_blocks(shape, fields.get("files") or [])):
        # A result of files alone is written beside an empty object.
        content = [
            *([TextBlock(text=content)] if content and fields.get("output") != {} else []),
            *files,
        ]
    return ToolResultBlock(
        tool_use_id=str(fields.get("id") or name or ""),
        content=content,
        is_error=kind.endswith("_error") or fields.get("is_error", approved is False) is True,
        name=name,
        is_approved=approved if isinstance(approved, bool) else None,
    )


def _unwrap_output(output: object) -> object:
    """Return a tool's result from the object it was wrapped in; an object of its own as JSON."""
    if isinstance(output, Mapping):
        is_wrapped = len(output) == 1 and "output" in output
        value = output["output"] if is_wrapped else output
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return output
