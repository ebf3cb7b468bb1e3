"""Writes tools as text for models without tool calls: in the prompt and in the messages."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from ai_lib.protocol.manifest.model import TextTools
from ai_lib.types.content import Block, TextBlock, ToolResultBlock, ToolUseBlock, join_text
from ai_lib.types.json import encode_json
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition

_FORM = """\
To use a tool, write this and nothing after it:
<tool_call>
{"name": "the tool's name", "arguments": {"its": "arguments"}}
</tool_call>
The arguments are one JSON object. Several calls are several <tool_call> elements."""
_WARNING = """\
Any other form WILL BE IGNORED. Do not write <shell>, <bash>, <invoke> or <function> elements, no
code blocks, and no tool call in the middle of a sentence."""
_EXAMPLE = """\
For example, to call {name}:
<tool_call>
{call}
</tool_call>"""


def build_tool_prompt(
    tools: Sequence[ToolDefinition], level: Literal["L1", "L2", "L3"] = "L2"
) -> str:
    """Return the instructions that teach a model to call these tools in its text.

    `L1` has the format and the tools, `L2` also warns of other formats, `L3` adds an example.
    """
    parts = ["You can use these tools:", *map(_describe_tool, tools), _FORM]
    if level != "L1":
        parts.append(_WARNING)
    if level == "L3" and tools:
        call = encode_json({"name": tools[0].name, "arguments": {}}).decode()
        parts.append(_EXAMPLE.format(name=tools[0].name, call=call))
    return "\n\n".join(parts)


def offer_tools(request: ChatRequest, text_tools: TextTools) -> TextTools:
    """Return the manifest's section with the tools of a request, whose calls may be in the text."""
    tools = [tool for tool in request.tools if tool.hosted_options is None]
    offered = {tool.name: tool.parameters for tool in tools}
    return msgspec.structs.replace(text_tools, offered=offered)


def write_tools_as_text(request: ChatRequest, text_tools: TextTools) -> ChatRequest:
    """Return the request with its tools, tool calls and results as text."""
    if not request.tools:
        return request
    instructions = Message.system(build_tool_prompt(request.tools, text_tools.prompt_level))
    system = [message for message in request.messages if message.role is MessageRole.SYSTEM]
    others = [message for message in request.messages if message.role is not MessageRole.SYSTEM]
    return msgspec.structs.replace(
        request,
        messages=(*system, instructions, *map(_write_message, others)),
        tools=(),
        tool_choice=None,
    )


def _describe_tool(tool: ToolDefinition) -> str:
    schema = encode_json(tool.parameters).decode()
    return f"- {tool.name}: {tool.description or ''}\n  arguments: {schema}"


def _write_message(message: Message) -> Message:
    if isinstance(message.content, str):
        return message
    role = MessageRole.USER if message.role is MessageRole.TOOL else message.role
    return msgspec.structs.replace(
        message, role=role, content=tuple(_write_blocks(message.content))
    )


def _write_blocks(blocks: Iterable[Block]) -> Iterable[Block]:
    for block in blocks:
        if isinstance(block, ToolUseBlock):
            call = encode_json({"name": block.name, "arguments": block.input}).decode()
            yield TextBlock(text=f"<tool_call>\n{call}\n</tool_call>")
        elif isinstance(block, ToolResultBlock):
            kind = "tool_error" if block.is_error else "tool_result"
            yield TextBlock(text=f"<{kind}>\n{join_text(block.content)}\n</{kind}>")
            if not isinstance(block.content, str):
                yield from (part for part in block.content if not isinstance(part, TextBlock))
        else:
            yield block
