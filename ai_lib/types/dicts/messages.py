"""Reads messages that were given as dicts, as Chat Completions has them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

import msgspec

from ai_lib.errors.exceptions import InvalidArguments
from ai_lib.types.content import Block, TextBlock, ThinkingBlock, ToolResultBlock, ToolUseBlock
from ai_lib.types.dicts.parts import read_annotations, read_content, read_result
from ai_lib.types.json import JsonDict, is_object
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.records.members import DictReader, as_mapping, as_sequence
from ai_lib.types.records.structs import read_struct

_ROLES: Final = {
    "system": MessageRole.SYSTEM,
    "developer": MessageRole.SYSTEM,
    "user": MessageRole.USER,
    "assistant": MessageRole.ASSISTANT,
    "tool": MessageRole.TOOL,
    "function": MessageRole.TOOL,
}


def read_messages(messages: Iterable[object], path: str = "messages") -> tuple[Message, ...]:
    """Return messages, of which any may be a dict.

    Raises:
        InvalidArguments: one is malformed.
    """
    listed = as_sequence(messages, path)
    return tuple(read_message(item, f"{path}[{index}]") for index, item in enumerate(listed))


def read_message(message: object, path: str = "message") -> Message:
    """Return a message that may be a dict.

    Raises:
        InvalidArguments: it is malformed.
    """
    if isinstance(message, Message):
        return message
    members = as_mapping(message, path)
    if "version" in members:
        return read_struct(Message, members, path)
    turn = DictReader(members, path)
    word = turn.require_text("role")
    role = _ROLES.get(word)
    if role is None:
        raise turn.make_error("role", f"{word!r:.60} is no role; known are {', '.join(_ROLES)}")
    if role is MessageRole.ASSISTANT:
        read = _read_answer(turn)
    elif word == "function":
        read = _read_function_result(turn)
    elif role is MessageRole.TOOL and turn.has("tool_call_id"):
        read = _read_result(turn)
    else:
        read = _read_plain(turn, role)
    turn.finish()
    return read


def _read_plain(turn: DictReader, role: MessageRole) -> Message:
    content = turn.take("content")
    if content is None:
        raise turn.make_missing_error("content")
    if role is MessageRole.TOOL and isinstance(content, str):
        raise InvalidArguments(
            f"{turn.path}: 'tool_call_id' is missing, the id of the call that this answers",
            path=turn.path,
        )
    return Message(
        role,
        read_content(content, turn.at("content")),
        name=turn.take_text("name"),
        metadata=_read_metadata(turn),
    )


def _read_metadata(turn: DictReader) -> Mapping[str, str] | None:
    metadata = turn.take_object("metadata")
    if metadata is None:
        return None
    for name, value in metadata.items():
        if not isinstance(value, str):
            raise turn.make_error("metadata", f"{name} is a text, not {value!r:.60}")
    return cast("Mapping[str, str]", dict(metadata))


def _read_result(turn: DictReader) -> Message:
    content = turn.take("content")
    block = ToolResultBlock(
        tool_use_id=turn.require_text("tool_call_id"),
        content=read_result("" if content is None else content, turn.at("content")),
        is_error=bool(turn.take_flag("is_error")),
        name=turn.take_text("name"),
    )
    return Message(MessageRole.TOOL, (block,), metadata=_read_metadata(turn))


def _read_function_result(turn: DictReader) -> Message:
    name = turn.require_text("name")
    content = read_result(turn.take("content") or "", turn.at("content"))
    block = ToolResultBlock(tool_use_id=name, content=content, name=name)
    return Message(MessageRole.TOOL, (block,))


def _read_answer(turn: DictReader) -> Message:
    content = turn.take("content")
    text = "" if content is None else read_content(content, turn.at("content"))
    blocks = [*_read_thinking(turn), *_read_answer_texts(turn, text), *_read_calls(turn)]
    if turn.take("audio") is not None:
        raise turn.make_error("audio", "sound of a model goes back by response.to_message() only")
    plain = isinstance(text, str) and blocks in ([], [TextBlock(text=text)])
    return Message(
        MessageRole.ASSISTANT,
        text if plain else tuple(blocks),
        name=turn.take_text("name"),
        metadata=_read_metadata(turn),
    )


def _read_thinking(turn: DictReader) -> Iterator[Block]:
    thinking = turn.take_text("reasoning_content", "reasoning")
    details = turn.take("reasoning_details")
    raw = () if details is None else as_sequence(details, turn.at("reasoning_details"))
    if thinking or raw:
        items = [
            dict(as_mapping(item, f"{turn.at('reasoning_details')}[{index}]"))
            for index, item in enumerate(raw)
        ]
        yield ThinkingBlock(thinking=thinking or "", raw=tuple(items))


def _read_answer_texts(turn: DictReader, text: str | tuple[Block, ...]) -> Iterator[Block]:
    annotations = read_annotations(turn.take("annotations"), turn.at("annotations"))
    if isinstance(text, str):
        if text or annotations:
            yield TextBlock(text=text, citations=annotations)
    else:
        yield from text
    refusal = turn.take_text("refusal")
    if refusal:
        yield TextBlock(text=refusal, is_refusal=True)


def _read_calls(turn: DictReader) -> Iterator[Block]:
    calls = as_sequence(turn.take("tool_calls") or (), turn.at("tool_calls"))
    for index, item in enumerate(calls):
        yield _read_call(DictReader(item, f"{turn.at('tool_calls')}[{index}]"))
    if turn.has("function_call"):
        call = turn.open("function_call")
        name = call.require_text("name")
        yield ToolUseBlock(id=name, name=name, input=_read_arguments(call))
        call.finish()
    turn.ignore("tool_calls", "function_call")


def _read_call(call: DictReader) -> ToolUseBlock:
    call.ignore("index")
    kind = call.take_text("type")
    call_id = call.require_text("id")
    extra = call.take_object("extra_content")
    is_custom = kind == "custom" or (kind is None and call.has("custom"))
    if kind not in (None, "function", "custom"):
        raise call.make_error("type", f"{kind!r:.60} is no type of call: function or custom")
    inner = call.open("custom" if is_custom else "function")
    name = inner.require_text("name")
    arguments = {"input": inner.require_text("input")} if is_custom else _read_arguments(inner)
    inner.finish()
    call.finish()
    return ToolUseBlock(
        id=call_id,
        name=name,
        input=arguments,
        is_custom=is_custom,
        extra=None if extra is None else {"extra_content": dict(extra)},
    )


def _read_arguments(call: DictReader) -> JsonDict:
    """Return the arguments of a call, which are a text of JSON or decoded already."""
    arguments: object = call.take("arguments")
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments or "{}")
        except (msgspec.DecodeError, RecursionError) as error:
            raise call.make_error("arguments", f"this is no JSON: {error}") from error
    if arguments is None:
        return {}
    if not is_object(arguments):
        raise call.make_error("arguments", f"a JSON object is wanted, not {arguments!r:.100}")
    return arguments
