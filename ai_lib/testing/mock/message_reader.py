"""A request's turns read back: wire messages to `Message`, by the dialect's own templates."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ai_lib.protocol.dialect.model import MessageShape, Template
from ai_lib.protocol.dialect.template import find_placeholders, match_template
from ai_lib.testing.mock.serve_shape import ServeShape
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

Found = dict[str, Any]

_File = ImageBlock | AudioBlock | DocumentBlock

_FILES: Final[dict[str, type[_File]]] = {
    "image": ImageBlock,
    "audio": AudioBlock,
    "document": DocumentBlock,
}


def read_turns(shape: MessageShape, serve: ServeShape, wire: object) -> list[Message]:
    """Return the messages of a request; what no template knows is left out."""
    turns = wire if isinstance(wire, list) else [wire]
    return [message for turn in turns if (message := _turn(shape, serve, turn))]


def read_text(shape: MessageShape, wire: object) -> str:
    """Return the text of a wire content: a string, one block or a list of blocks."""
    return "".join(block.text for block in _blocks(shape, wire) if isinstance(block, TextBlock))


def _turn(shape: MessageShape, serve: ServeShape, wire: object) -> Message | None:
    if isinstance(wire, str):
        return Message.user(wire)
    for role, template in _forms(shape, serve):
        found = match_template(template, wire)
        if found is not None:
            return _message(shape, MessageRole(role), found)
    return _item(shape, wire)


def _item(shape: MessageShape, wire: object) -> Message | None:
    """Read a block that stands among the messages."""
    block = _block(shape, wire, shape.items)
    if block is None:
        return None
    role = MessageRole.TOOL if isinstance(block, ToolResultBlock) else MessageRole.ASSISTANT
    return Message(role, (block,))


def _forms(shape: MessageShape, serve: ServeShape) -> Iterator[tuple[str, Template]]:
    yield from shape.roles.items()
    for role, templates in serve.turns.items():
        for template in templates:
            yield role, template


def _message(shape: MessageShape, role: MessageRole, found: Found) -> Message:
    if "id" in found:  # a result that is a message of its own
        return Message.tool(str(found["id"]), read_text(shape, found.get("text")))
    content = found.get("content", found.get("text"))
    blocks = list(_blocks(shape, content)) + list(_calls(shape, found.get("tool_calls")))
    if blocks and all(isinstance(block, ToolResultBlock) for block in blocks):
        role = MessageRole.TOOL
    name = found.get("name")
    if all(isinstance(block, TextBlock) for block in blocks):
        return Message(role, read_text(shape, content), name=name)
    return Message(role, tuple(blocks), name=name)


def _blocks(shape: MessageShape, content: object) -> Iterator[Block]:
    if isinstance(content, str):
        yield TextBlock(text=content)
        return
    items = content if isinstance(content, list) else [content]
    for item in items:
        block = _block(shape, item, shape.blocks)
        if block is not None:
            yield block


def _calls(shape: MessageShape, calls: object) -> Iterator[Block]:
    for wire in calls if isinstance(calls, list) else ():
        found = match_template(shape.tool_call, wire)
        if found is not None:
            yield _tool_use(found)


def _block(shape: MessageShape, wire: object, templates: Mapping[str, Template]) -> Block | None:
    """Read a block by the template that explains most of it."""
    best: tuple[int, str, Found] | None = None
    for kind, template in templates.items():
        found = match_template(template, wire)
        if not found or not _fits(kind, found):
            continue
        score = _explained(template, wire)
        if best is None or score > best[0]:
            best = (score, kind, found)
    return None if best is None else _made(shape, best[1], best[2], wire)


def _fits(kind: str, found: Found) -> bool:
    # Files of every kind may be written alike: then the media type tells them apart.
    family, _, source = kind.partition("_")
    media = found.get("media_type")
    if source not in ("url", "data") or not isinstance(media, str):
        return True
    return media.startswith(f"{family}/") or family == "document"


def _explained(template: Template, wire: object) -> int:
    """Count the leaves of `template` that `wire` has."""
    if isinstance(template, Mapping) and isinstance(wire, Mapping):
        return sum(_explained(item, wire[key]) for key, item in template.items() if key in wire)
    return 1


def _made(shape: MessageShape, kind: str, found: Found, wire: object) -> Block | None:
    family, _, source = kind.partition("_")
    if family in _FILES and source in ("url", "data"):
        return _file(family, found)
    if kind == "document_text":
        data = base64.b64encode(str(found.get("text") or "").encode()).decode("ascii")
        return DocumentBlock(data=data, media_type="text/plain", filename=found.get("filename"))
    if kind == "text":
        return TextBlock(text=str(found.get("text") or ""), signature=found.get("signature"))
    if kind == "tool_use":
        return _tool_use(found)
    if kind in ("tool_result", "tool_error"):
        return _tool_result(shape, kind, found, wire)
    if kind in ("thinking", "redacted_thinking"):
        return ThinkingBlock(
            thinking=str(found.get("thinking") or ""),
            signature=found.get("signature"),
            redacted=found.get("redacted"),
        )
    return None


def _file(family: str, found: Found) -> Block:
    kind = _FILES[family]
    fields = {name: value for name, value in found.items() if name in kind.__struct_fields__}
    url = fields.get("url")
    if isinstance(url, str) and is_data_url(url) and "," in url:
        media = from_data_url(url)
        fields |= {"url": None, "data": media.data, "media_type": media.media_type}
    return kind(**fields)


def _tool_use(found: Found) -> ToolUseBlock:
    given = found.get("input", found.get("arguments"))
    name = str(found.get("name") or "")
    return ToolUseBlock(
        id=str(found.get("id") or name),
        name=name,
        input=_object(given),
        signature=found.get("signature"),
    )


def _object(arguments: object) -> Mapping[str, Any]:
    if isinstance(arguments, Mapping):
        return arguments
    try:
        return msgspec.json.decode(str(arguments or "{}"), type=dict[str, Any])
    except msgspec.DecodeError:
        return {"": arguments}


def _tool_result(shape: MessageShape, kind: str, found: Found, wire: object) -> ToolResultBlock:
    name = found.get("name")
    text = found.get("text", found.get("content", _output(found.get("output"))))
    if text is None and "text" in find_placeholders(
        shape.blocks.get(kind) or shape.items.get(kind)
    ):
        # The result is written in some other object: show it as it came.
        text = msgspec.json.encode(wire).decode()
    said: Any = read_text(shape, text)
    if files := list(_blocks(shape, found.get("files") or [])):
        # Files alone stand beside an object that says nothing.
        said = [*([TextBlock(text=said)] if said and found.get("output") != {} else []), *files]
    return ToolResultBlock(
        tool_use_id=str(found.get("id") or name or ""),
        content=said,
        is_error=kind == "tool_error" or found.get("is_error") is True,
        name=name,
    )


def _output(output: object) -> object:
    """Read a tool's answer that was put into an object, unless it was one."""
    if isinstance(output, Mapping):
        return output.get("output") if len(output) == 1 else msgspec.json.encode(output).decode()
    return output
