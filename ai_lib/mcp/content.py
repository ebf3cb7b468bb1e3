"""What MCP servers return, as content blocks and messages: what no block can hold is named."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from ai_lib.errors.mcp import McpToolFailed
from ai_lib.types.content import AudioBlock, Block, DocumentBlock, ImageBlock, TextBlock
from ai_lib.types.json import JsonObject, JsonValue, as_list, as_object
from ai_lib.types.message import Message

ToolBlock: TypeAlias = TextBlock | ImageBlock | AudioBlock | DocumentBlock

_FOR_USER: Final = "[the result is for the user, not for you]"


def read_result(
    result: JsonObject, *, server: str, tool: str, limit: int, for_model: bool = False
) -> tuple[ToolBlock, ...]:
    """Return the result of a tool as blocks; `for_model`, without what is for the user alone.

    Raises:
        McpToolFailed: the tool failed, or the result has more than `limit` characters.
    """
    parts = [as_object(part) for part in as_list(result.get("content"))]
    kept_parts = [part for part in parts if not (for_model and _is_for_user(part))]
    blocks = [read_block(part) for part in kept_parts]
    structured = result.get("structuredContent")
    if structured is not None and not _say(blocks, structured):
        blocks.append(TextBlock(text=_write_json(structured)))
    if result.get("isError"):
        text = "\n".join(block.text for block in blocks if isinstance(block, TextBlock))
        raise McpToolFailed(
            text[:limit] or f"the tool {tool} failed and does not say why",
            server=server,
            tool=tool,
            result=result,
        )
    size = sum(map(_measure, blocks))
    if size > limit:
        raise McpToolFailed(
            f"the result of {tool} has {size} characters, and {limit} are allowed; ask for less, "
            "by narrower arguments or in parts",
            server=server,
            tool=tool,
            result=result,
        )
    if not blocks and parts:
        blocks.append(TextBlock(text=_FOR_USER))
    return tuple(blocks)


def read_block(part: JsonObject) -> ToolBlock:
    """Return one part of a result or a prompt as a block."""
    kind = part.get("type")
    data, media_type = part.get("data"), part.get("mimeType")
    if kind == "text":
        return TextBlock(text=str(part.get("text", "")))
    if kind == "image" and isinstance(data, str):
        return ImageBlock(data=data, media_type=_text_or_none(media_type))
    if kind == "audio" and isinstance(data, str):
        return AudioBlock(data=data, media_type=_text_or_none(media_type))
    if kind == "resource":
        return read_resource(as_object(part.get("resource")))
    if kind == "resource_link":
        name = part.get("title") or part.get("name") or "a resource"
        return TextBlock(text=f"[{name}: {part.get('uri')}]")
    return TextBlock(text=f"[content of the unknown type {kind!r}]")


def read_resource(resource: JsonObject) -> ToolBlock:
    """Return the content of a resource as a block; what is no text or media is named."""
    text, data = resource.get("text"), resource.get("blob")
    if isinstance(text, str):
        return TextBlock(text=text)
    media_type = _text_or_none(resource.get("mimeType")) or "application/octet-stream"
    if isinstance(data, str):
        if media_type.startswith("image/"):
            return ImageBlock(data=data, media_type=media_type)
        if media_type.startswith("audio/"):
            return AudioBlock(data=data, media_type=media_type)
        if media_type == "application/pdf":
            return DocumentBlock(data=data, media_type=media_type)
        return TextBlock(
            text=f"[{len(data) * 3 // 4} bytes of {media_type}: {resource.get('uri')}]"
        )
    return TextBlock(text=f"[an empty resource: {resource.get('uri')}]")


def read_messages(result: JsonObject) -> tuple[Message, ...]:
    """Return the messages of a prompt."""
    return tuple(_read_messages(as_list(result.get("messages"))))


def _read_messages(messages: Sequence[JsonValue]) -> Iterator[Message]:
    for message in map(as_object, messages):
        written = message.get("content")
        parts = written if isinstance(written, list) else [written]
        blocks: tuple[Block, ...] = tuple(read_block(as_object(part)) for part in parts)
        first = blocks[0] if len(blocks) == 1 else None
        content = first.text if isinstance(first, TextBlock) else blocks
        is_model = message.get("role") == "assistant"
        yield Message.assistant(content) if is_model else Message.user(content)


def _is_for_user(part: JsonObject) -> bool:
    audience = as_list(as_object(part.get("annotations")).get("audience"))
    return bool(audience) and "assistant" not in audience


def _say(blocks: Sequence[ToolBlock], structured: JsonValue) -> bool:
    """Whether the texts say the same as the structured content: one of them, or each a part.

    Servers put a result that is no object into an object of one member.
    """
    values = [_decode(block.text) for block in blocks if isinstance(block, TextBlock)]
    members = as_object(structured)
    equivalents = [structured, *(members.values() if len(members) == 1 else ())]
    return any(value in (*values, values) for value in equivalents)


def _decode(text: str) -> JsonValue:
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except msgspec.DecodeError:
        return text


def _write_json(value: JsonValue) -> str:
    return msgspec.json.encode(value).decode()


def _measure(block: ToolBlock) -> int:
    return len(block.text) if isinstance(block, TextBlock) else len(block.data or "")


def _text_or_none(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
