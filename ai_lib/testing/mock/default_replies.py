"""What the mock provider answers when nobody has told it: the request decides."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.testing.mock.example_values import example_object
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.request_reader import ParsedRequest
from ai_lib.types.content import ToolResultBlock, text_of
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.tool import ToolDefinition

_DIRECTIVE: Final = re.compile(r"^/mock\s+(\{.*\})\s*$", re.MULTILINE)


def choose_reply(asked: ParsedRequest) -> Reply:
    """Return the answer that a request asks for.

    In order: the line `/mock {...}` of the last user message, with the fields of `Reply` as JSON;
    an answer that quotes the tools' results, when the last turn has them; a call of every offered
    tool that the message names (or of the one that the request demands); an example of the
    demanded schema; "You said: ..." with the message.

    Raises:
        RequestError: the directive is not a `Reply`; the message names the field.
    """
    question = _question(asked.messages)
    if directive := _DIRECTIVE.search(question):
        return _directed(directive[1])
    thinking = _thinking(question) if asked.thinking else ""
    if results := _results(asked.messages):
        return Reply(text=f"The tool answered: {'; '.join(results)}", thinking=thinking)
    if tools := _called(asked, question):
        calls = [(tool.name, example_object(tool.parameters, question)) for tool in tools]
        return Reply(tool_calls=calls, thinking=thinking)
    return Reply(text=_answer(asked, question), thinking=thinking)


def _question(messages: Sequence[Message]) -> str:
    said = [message.text for message in messages if message.role is MessageRole.USER]
    return said[-1] if said else ""


def _directed(text: str) -> Reply:
    try:
        return msgspec.json.decode(text, type=Reply)
    except msgspec.DecodeError as error:
        raise RequestError(f"the line /mock is not a Reply: {error}") from error


def _results(messages: Sequence[Message]) -> list[str]:
    found: list[str] = []
    for message in reversed(messages):
        results = [block for block in message.blocks if isinstance(block, ToolResultBlock)]
        if not results:
            break
        found[:0] = [text_of(block.content) for block in results]
    return found


def _called(asked: ParsedRequest, question: str) -> Sequence[ToolDefinition]:
    choice = asked.tool_choice
    if choice.mode == "none":
        return []
    if choice.mode == "tool":
        return [tool for tool in asked.tools if tool.name == choice.name]
    named = [tool for tool in asked.tools if _names(question, tool.name)]
    if choice.mode == "required":
        named = named or list(asked.tools[:1])
    return named if asked.parallel else named[:1]


def _names(question: str, tool: str) -> bool:
    words = r"[\s_-]+".join(map(re.escape, re.split(r"[_-]+", tool)))
    return re.search(rf"(?<!\w){words}(?!\w)", question, re.IGNORECASE) is not None


def _answer(asked: ParsedRequest, question: str) -> str:
    said = f"You said: {question}"
    if asked.schema is not None:
        return msgspec.json.encode(example_object(asked.schema, question)).decode()
    return msgspec.json.encode({"answer": said}).decode() if asked.json_object else said


def _thinking(question: str) -> str:
    return f"The message has {len(question.split())} words. I will answer it plainly."
