"""Chooses the mock provider's reply to a request that no script answers."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.testing.mock.example_values import make_answer, make_example
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.request_reader import ParsedRequest
from ai_lib.types.content import ToolResultBlock, join_text
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.tool import ToolDefinition

_DIRECTIVE: Final = re.compile(r"^/mock\s+(\{.*\})\s*$", re.MULTILINE)


def choose_reply(request: ParsedRequest) -> Reply:
    """Return the reply to a request. The first of these that applies is used:

    - the line `/mock {...}` of the last user message, with the fields of `Reply` as JSON;
    - a text that quotes the tool results, when the last turn has some;
    - a call of every offered tool that the message names, or of the tool the request demands;
    - the first of the choices, or an example of the schema, that the request demands;
    - "You said: ..." with the message.

    Raises:
        RequestError: the JSON of the `/mock` line is no `Reply`; the message names the field.
    """
    question = _find_last_question(request.messages)
    if directive := _DIRECTIVE.search(question):
        return _parse_directive(directive[1])
    thinking = _write_thinking(question) if request.wants_thinking else ""
    if results := _find_tool_results(request.messages):
        return Reply(text=f"The tool answered: {'; '.join(results)}", thinking=thinking)
    if tools := _choose_tools(request, question):
        calls = [(tool.name, make_example(tool.parameters, question)) for tool in tools]
        return Reply(tool_calls=calls, thinking=thinking)
    return Reply(text=_write_text(request, question), thinking=thinking)


def _find_last_question(messages: Sequence[Message]) -> str:
    user_texts = [message.text for message in messages if message.role is MessageRole.USER]
    return user_texts[-1] if user_texts else ""


def _parse_directive(text: str) -> Reply:
    try:
        return msgspec.json.decode(text, type=Reply)
    except msgspec.DecodeError as error:
        raise RequestError(f"the line /mock is not a Reply: {error}") from error


def _find_tool_results(messages: Sequence[Message]) -> list[str]:
    texts: list[str] = []
    for message in reversed(messages):
        results = [block for block in message.blocks if isinstance(block, ToolResultBlock)]
        if not results:
            break
        texts[:0] = [join_text(block.content) for block in results]
    return texts


def _choose_tools(request: ParsedRequest, question: str) -> Sequence[ToolDefinition]:
    choice = request.tool_choice
    if choice.mode == "none":
        return []
    if choice.mode == "tool":
        return [tool for tool in request.tools if tool.name == choice.name]
    mentioned = [tool for tool in request.tools if _mentions_tool(question, tool.name)]
    if choice.mode == "required":
        mentioned = mentioned or list(request.tools[:1])
    return mentioned if request.allows_parallel_calls else mentioned[:1]


def _mentions_tool(question: str, tool_name: str) -> bool:
    name_pattern = r"[\s_-]+".join(map(re.escape, re.split(r"[_-]+", tool_name)))
    return re.search(rf"(?<!\w){name_pattern}(?!\w)", question, re.IGNORECASE) is not None


def _write_text(request: ParsedRequest, question: str) -> str:
    text = f"You said: {question}"
    if choices := request.constraint.get("choices"):
        return str(choices[0])
    if request.response_schema is not None:
        return msgspec.json.encode(make_answer(request.response_schema, question)).decode()
    return msgspec.json.encode({"answer": text}).decode() if request.wants_json_object else text


def _write_thinking(question: str) -> str:
    return f"The message has {len(question.split())} words. I will answer it plainly."
