"""Encodes messages for spans by OpenTelemetry's conventions, where capturing content is on."""

from collections.abc import Iterable, Sequence

import msgspec

from ai_lib.telemetry.redaction import Redactor
from ai_lib.types.content import (
    AudioBlock,
    Block,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    join_text,
)
from ai_lib.types.message import Message
from ai_lib.types.response import Candidate
from ai_lib.types.tool import ToolCall, ToolDefinition


def encode_input_messages(messages: Iterable[Message], redactor: Redactor) -> str:
    """Return the messages of a request as JSON: role and parts of each, secrets hidden."""
    return _encode_json(
        [
            {"role": message.role.value, "parts": _encode_parts(message.blocks)}
            for message in messages
        ],
        redactor,
    )


def encode_texts(role: str, texts: Iterable[str], redactor: Redactor) -> str:
    """Return the texts of an operation beside chat as one message in JSON, secrets hidden."""
    parts = [{"type": "text", "content": text} for text in texts]
    return _encode_json([{"role": role, "parts": parts}], redactor)


def encode_output_messages(
    candidates: Iterable[Candidate], redactor: Redactor, *, with_reasons: bool = True
) -> str:
    """Return the candidates as JSON, secrets hidden: parts, and finish reasons if asked for."""
    messages: list[dict[str, object]] = []
    for candidate in candidates:
        parts = _encode_parts(candidate.blocks)
        message: dict[str, object] = {"role": "assistant", "parts": parts}
        if with_reasons:
            reason = candidate.termination_reason or candidate.finish_reason or ""
            message["finish_reason"] = reason
        messages.append(message)
    return _encode_json(messages, redactor)


def encode_instructions(messages: Iterable[Message], redactor: Redactor) -> str:
    """Return the parts of the system messages as JSON, secrets hidden."""
    parts = [part for message in messages for part in _encode_parts(message.blocks)]
    return _encode_json(parts, redactor)


def encode_tools(tools: Iterable[ToolDefinition], redactor: Redactor) -> str:
    """Return the definitions of the tools as JSON, secrets hidden."""
    definitions = [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description or "",
            "parameters": tool.parameters,
        }
        for tool in tools
    ]
    return _encode_json(definitions, redactor)


def encode_arguments(call: ToolCall, redactor: Redactor) -> str:
    """Return the arguments of a tool call as JSON, secrets hidden."""
    return _encode_json(msgspec.to_builtins(call.arguments), redactor)


def _encode_json(messages: object, redactor: Redactor) -> str:
    return msgspec.json.encode(redactor.redact_value(messages)).decode()


def _encode_parts(blocks: Sequence[Block]) -> list[dict[str, object]]:
    return [_encode_part(block) for block in blocks]


def _encode_part(block: Block) -> dict[str, object]:
    """Return the part of a block; images, audio and documents have their type only.

    What is said in audio is its transcript.
    """
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
    if isinstance(block, AudioBlock) and block.transcript:
        return {"type": "audio", "content": block.transcript}
    return {"type": str(block.__struct_config__.tag)}
