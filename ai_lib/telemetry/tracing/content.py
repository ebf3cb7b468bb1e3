"""Messages as OpenTelemetry's conventions write them, for who asked to have them in spans."""

from collections.abc import Iterable, Sequence

import msgspec

from ai_lib.telemetry.redaction import Redactor
from ai_lib.types.content import (
    Block,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    join_text,
)
from ai_lib.types.message import Message
from ai_lib.types.response import Candidate


def input_messages(messages: Iterable[Message], redactor: Redactor) -> str:
    """Return the messages of a request as JSON: role and parts of each, secrets hidden."""
    return _json(
        [{"role": message.role.value, "parts": _parts(message.blocks)} for message in messages],
        redactor,
    )


def output_messages(candidates: Iterable[Candidate], redactor: Redactor) -> str:
    """Return the replies as JSON: parts and finish reason of each, secrets hidden."""
    return _json(
        [
            {
                "role": "assistant",
                "parts": _parts(one.blocks),
                "finish_reason": one.termination_reason or one.finish_reason or "",
            }
            for one in candidates
        ],
        redactor,
    )


def _json(messages: object, redactor: Redactor) -> str:
    return msgspec.json.encode(redactor.value(messages)).decode()


def _parts(blocks: Sequence[Block]) -> list[dict[str, object]]:
    return [_part(block) for block in blocks]


def _part(block: Block) -> dict[str, object]:
    """Return a block's part; of pictures, sound and documents only that there was one."""
    if isinstance(block, TextBlock):
        return {"type": "text", "content": block.text}
    if isinstance(block, ThinkingBlock):
        return {"type": "reasoning", "content": block.thinking}
    if isinstance(block, ToolUseBlock):
        return {
            "type": "tool_call",
            "id": block.id,
            "name": block.name,
            "arguments": msgspec.to_builtins(block.input),
        }
    if isinstance(block, ToolResultBlock):
        return {
            "type": "tool_call_response",
            "id": block.tool_use_id,
            "response": join_text(block.content),
        }
    return {"type": str(block.__struct_config__.tag)}
