"""What a tool returns, as the message that tells it to the model: nothing it returns is too odd."""

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock, TextBlock
from ai_lib.types.message import Message
from ai_lib.types.schema.schema import to_json
from ai_lib.types.tool import APPROVAL, ToolCall

_MAX_ERROR_TEXT: Final = 1000
_MAX_TEXT: Final = 1_000_000
_BLOCKS: Final = (TextBlock, ImageBlock, AudioBlock, DocumentBlock)


def result_message(call: ToolCall, result: object) -> Message:
    """Return the message with a tool's result: text and content blocks as they are, also mixed.

    The rest is said as JSON, or as the text of what is no JSON. Halves of characters become U+FFFD,
    and text beyond a million characters is cut, which is said.
    """
    if isinstance(result, str):
        return Message.tool(call.id, _clean_text(str.__str__(result)), name=call.name)
    parts = [result] if isinstance(result, _BLOCKS) else result
    if isinstance(parts, Sequence) and any(isinstance(part, _BLOCKS) for part in parts):
        blocks: Any = tuple(_make_block(part) for part in parts)
        return Message.tool(call.id, blocks, name=call.name)
    try:
        text = _write_value(result)
    except TypeError as error:
        return error_message(call, error)
    return Message.tool(call.id, _clean_text(text), name=call.name)


def dismiss_call(call: ToolCall) -> Message:
    """Return the message that answers a call which nobody makes: the conversation is over."""
    if call.kind == APPROVAL:
        return Message.approval(call.id, False, "the conversation is over")
    return result_message(call, "received")


def error_message(call: ToolCall, error: Exception) -> Message:
    """Return the message that tells the model of an error: its class and text, no traceback.

    It refuses a call that asks for an approval.
    """
    try:
        text = str(error)[:_MAX_ERROR_TEXT]
    except Exception:  # noqa: BLE001 (an exception may be unable to say what it is)
        text = "it can't say what is wrong"
    if not isinstance(error, AiLibError):
        text = f"{type(error).__name__}: {text}"
    if call.kind == APPROVAL:
        return Message.approval(call.id, False, _clean_text(text))
    return Message.tool(call.id, _clean_text(text), is_error=True, name=call.name)


def _make_block(part: object) -> object:
    if isinstance(part, TextBlock):
        return msgspec.structs.replace(part, text=_clean_text(part.text))
    if isinstance(part, _BLOCKS):
        return part
    try:
        text = str.__str__(part) if isinstance(part, str) else _write_value(part)
    except TypeError as error:
        text = f"[{error}]"
    return TextBlock(text=_clean_text(text))


def _write_value(value: object) -> str:
    try:
        return to_json(value).decode()
    except UnicodeEncodeError:  # a half of a character somewhere inside
        return json.dumps(msgspec.to_builtins(value, enc_hook=str), ensure_ascii=False)
    except ValueError as error:  # a number that JSON does not have
        raise TypeError(str(error)) from error
    except (TypeError, OverflowError, RecursionError) as error:
        kind = type(value)
        if kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
            raise TypeError(f"the tool gave a {kind.__name__}, which says nothing") from error
        return _write_text(value)


def _write_text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:
        raise TypeError(f"the tool gave a {type(value).__name__} that can't be told") from error


def _clean_text(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # Both halves of a character become that character.
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(text) <= _MAX_TEXT:
        return text
    return f"{text[:_MAX_TEXT]}\n[cut here: the result has {len(text)} characters; ask for less]"
