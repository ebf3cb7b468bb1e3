"""Messages, tools and choices given as dicts, as other libraries write them."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from ai_lib.errors import InvalidArguments
from ai_lib.types import (
    AudioBlock,
    Citation,
    Conversation,
    DocumentBlock,
    ImageBlock,
    Message,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolChoice,
    ToolDefinition,
    ToolResultBlock,
    ToolUseBlock,
)
from ai_lib.types.dicts.messages import read_message, read_messages
from ai_lib.types.dicts.tools import read_response_format, read_tool

CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}
CALLED = ToolUseBlock(id="c1", name="look", input={"at": 1})
PNG = ImageBlock(data="aGVsbG8=", media_type="image/png")


class Turn(BaseModel):
    role: str
    content: str | None
    tool_calls: list[dict[str, Any]] | None = None
    refusal: str | None = None


MESSAGES: dict[str, tuple[Any, Message]] = {
    "text": ({"role": "user", "content": "Hi"}, Message.user("Hi")),
    "developer": ({"role": "developer", "content": "Be brief"}, Message.system("Be brief")),
    "named": (
        {"role": "user", "content": "Hi", "name": "ann"},
        Message(MessageRole.USER, "Hi", name="ann"),
    ),
    "texts": (
        {"role": "user", "content": [{"type": "text", "text": "a"}, "b"]},
        Message.user([TextBlock(text="a"), TextBlock(text="b")]),
    ),
    "cached": (
        {
            "role": "system",
            "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
        },
        Message.system([TextBlock(text="a", cache="auto")]),
    ),
    "no content": (
        {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None},
        Message.assistant([CALLED]),
    ),
    "text and a call": (
        {"role": "assistant", "content": "Wait", "tool_calls": [CALL]},
        Message.assistant([TextBlock(text="Wait"), CALLED]),
    ),
    "decoded arguments": (
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": {"at": 1}}}],
        },
        Message.assistant([CALLED]),
    ),
    "free text": (
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}],
        },
        Message.assistant([ToolUseBlock(id="c", name="sh", input={"input": "ls"}, is_custom=True)]),
    ),
    "function_call": (
        {
            "role": "assistant",
            "content": None,
            "function_call": {"name": "look", "arguments": "{}"},
        },
        Message.assistant([ToolUseBlock(id="look", name="look", input={})]),
    ),
    "function": (
        {"role": "function", "name": "look", "content": "dog"},
        Message.tool("look", "dog", name="look"),
    ),
    "result": ({"role": "tool", "tool_call_id": "c1", "content": "dog"}, Message.tool("c1", "dog")),
    "result in parts": (
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "dog"}]},
        Message.tool("c1", [TextBlock(text="dog")]),
    ),
    "refusal": (
        {"role": "assistant", "content": None, "refusal": "No"},
        Message.assistant([TextBlock(text="No", is_refusal=True)]),
    ),
    "reasoning": (
        {"role": "assistant", "content": "4", "reasoning_content": "2+2"},
        Message.assistant([ThinkingBlock(thinking="2+2"), TextBlock(text="4")]),
    ),
    "sources": (
        {
            "role": "assistant",
            "content": "It rains",
            "annotations": [
                {
                    "type": "url_citation",
                    "url_citation": {"url": "http://w", "start_index": 0, "end_index": 8},
                }
            ],
        },
        Message.assistant(
            [
                TextBlock(
                    text="It rains",
                    citations=(
                        Citation(
                            url="http://w",
                            start=0,
                            end=8,
                            raw={
                                "type": "url_citation",
                                "url_citation": {
                                    "url": "http://w",
                                    "start_index": 0,
                                    "end_index": 8,
                                },
                            },
                        ),
                    ),
                )
            ]
        ),
    ),
    "a model": (Turn(role="user", content="Hi"), Message.user("Hi")),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_dict_is_the_message_it_describes(name: str) -> None:
    given, message = MESSAGES[name]
    assert read_message(given) == message
    assert Message.from_dict(message.to_dict()) == message


PARTS: dict[str, tuple[dict[str, Any], Any]] = {
    "image by address": (
        {"type": "image_url", "image_url": {"url": "https://h/a.png", "detail": "low"}},
        ImageBlock(url="https://h/a.png", detail="low"),
    ),
    "image by a text": (
        {"type": "image_url", "image_url": "https://h/a.png"},
        ImageBlock(url="https://h/a.png"),
    ),
    "image in an address": (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}},
        PNG,
    ),
    "input_image": ({"type": "input_image", "image_url": "data:image/png;base64,aGVsbG8="}, PNG),
    "image with a source": (
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="},
        },
        PNG,
    ),
    "own image": ({"type": "image", "data": "aGVsbG8=", "media_type": "image/png"}, PNG),
    "sound": (
        {"type": "input_audio", "input_audio": {"data": "aGVsbG8=", "format": "mp3"}},
        AudioBlock(data="aGVsbG8=", media_type="audio/mpeg"),
    ),
    "file": (
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGVsbG8="},
        },
        DocumentBlock(data="aGVsbG8=", media_type="application/pdf", filename="a.pdf"),
    ),
    "file without a type": (
        {"type": "file", "file": {"filename": "a.csv", "file_data": "aGVsbG8="}},
        DocumentBlock(data="aGVsbG8=", media_type="text/csv", filename="a.csv"),
    ),
    "input_file": (
        {"type": "input_file", "file_url": "https://h/a.pdf"},
        DocumentBlock(url="https://h/a.pdf"),
    ),
    "document with a source": (
        {"type": "document", "source": {"type": "url", "url": "https://h/a.pdf"}, "title": "A"},
        DocumentBlock(url="https://h/a.pdf", filename="A"),
    ),
    "result with a picture": (
        {
            "type": "tool_result",
            "tool_use_id": "c",
            "content": [{"type": "image_url", "image_url": "https://h/a.png"}],
        },
        ToolResultBlock(tool_use_id="c", content=(ImageBlock(url="https://h/a.png"),)),
    ),
    "redacted": ({"type": "redacted_thinking", "data": "x"}, ThinkingBlock(redacted="x")),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_the_block_it_describes(name: str) -> None:
    part, block = PARTS[name]
    assert Message.user([part]).content == (block,)


WRONG: dict[str, tuple[Any, str]] = {
    "no dict": (7, "messages[1]: a dict is wanted, not 7"),
    "no role": ({"content": "Hi"}, "messages[1]: 'role' is missing"),
    "misspelt role": (
        {"role": "asistant", "content": "Hi"},
        "messages[1].role: 'asistant' is no role",
    ),
    "misspelt content": (
        {"role": "user", "contnet": "Hi"},
        "messages[1]: 'content' is missing; did you mean it by 'contnet'?",
    ),
    "unknown member": (
        {"role": "user", "content": "Hi", "nam": "ann"},
        "messages[1]: 'nam' is unknown; did you mean 'name'?",
    ),
    "a part without a type": (
        {"role": "user", "content": [{"content": "Hi"}]},
        "messages[1].content[0]: 'type' is missing",
    ),
    "a part of an unknown type": (
        {"role": "user", "content": ["a", {"type": "imageurl"}]},
        "messages[1].content[1].type: 'imageurl' is no type of part",
    ),
    "a misspelt address": (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"ulr": "x"}}]},
        "messages[1].content[0].image_url: 'url' is missing; did you mean it by 'ulr'?",
    ),
    "an address that is a number": (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": 3}}]},
        "messages[1].content[0].image_url.url: a text is wanted, not 3",
    ),
    "a broken data URL": (
        {"role": "user", "content": [{"type": "image_url", "image_url": "data:image/png"}]},
        "messages[1].content[0].image_url: ",
    ),
    "a text that is a number": (
        {"role": "user", "content": [{"type": "text", "text": 3}]},
        "messages[1].content[0].text: expected `str`, got `int`",
    ),
    "an uploaded file": (
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]},
        "messages[1].content[0].file.file_id: ",
    ),
    "arguments that are no JSON": (
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{"}}],
        },
        "messages[1].tool_calls[0].function.arguments: this is no JSON",
    ),
    "arguments that are a list": (
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "[1]"}}],
        },
        "messages[1].tool_calls[0].function.arguments: a JSON object is wanted",
    ),
    "a call without an id": (
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": ""}}]},
        "messages[1].tool_calls[0]: 'id' is missing",
    ),
    "a result without an id": (
        {"role": "tool", "content": "dog"},
        "messages[1]: 'tool_call_id' is missing",
    ),
    "a call in a result": (
        {
            "role": "tool",
            "tool_call_id": "c",
            "content": [{"type": "tool_use", "id": "a", "name": "b", "input": {}}],
        },
        "messages[1].content[0]: a result holds texts",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_malformed_message_is_told_with_its_place(name: str) -> None:
    given, words = WRONG[name]
    with pytest.raises(InvalidArguments) as caught:
        read_messages([Message.user("Hi"), given])
    assert str(caught.value).startswith(words)
    assert caught.value.path.startswith("messages[1]")


SCHEMA = {"type": "object", "properties": {"at": {"type": "integer"}}}
LOOK = ToolDefinition(name="look", description="Looks", parameters=SCHEMA)
TOOLS: dict[str, dict[str, Any]] = {
    "nested": {
        "type": "function",
        "function": {"name": "look", "description": "Looks", "parameters": SCHEMA},
    },
    "flat": {"type": "function", "name": "look", "description": "Looks", "parameters": SCHEMA},
    "input_schema": {"name": "look", "description": "Looks", "input_schema": SCHEMA},
    "custom": {
        "type": "custom",
        "name": "look",
        "description": "Looks",
        "input_schema": SCHEMA,
    },
    "inputSchema": {"name": "look", "description": "Looks", "inputSchema": SCHEMA},
    "legacy": {"name": "look", "description": "Looks", "parameters": SCHEMA},
    "own": LOOK.to_dict(),
}


@pytest.mark.parametrize("name", TOOLS)
def test_a_dict_is_the_tool_it_describes(name: str) -> None:
    assert read_tool(TOOLS[name]) == LOOK


@pytest.mark.parametrize("tool", [{"type": "web_search"}, {"google_search": {}}])
def test_a_tool_in_its_providers_words_stays_so(tool: dict[str, Any]) -> None:
    assert read_tool(tool) == ToolDefinition.of_provider(tool)


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ({}, "tools[2]: a tool has a 'type'"),
        ({"type": "function", "function": {}}, "tools[2].function: 'name' is missing"),
        (
            {"type": "function", "function": {"name": "f", "paramters": {}}},
            "tools[2].function: 'paramters' is unknown; did you mean 'parameters'?",
        ),
        (
            {"type": "function", "function": {"name": "f", "parameters": "no"}},
            "tools[2].function.parameters: a dict is wanted",
        ),
    ],
)
def test_a_malformed_tool_is_told_with_its_place(tool: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        read_tool(tool, "tools[2]")
    assert str(caught.value).startswith(words)


CHOICES: list[tuple[Mapping[str, object], ToolChoice]] = [
    ({"type": "function", "function": {"name": "f"}}, ToolChoice(mode="tool", name="f")),
    ({"type": "function", "name": "f"}, ToolChoice(mode="tool", name="f")),
    ({"type": "tool", "name": "f"}, ToolChoice(mode="tool", name="f")),
    ({"type": "any"}, ToolChoice(mode="required")),
    (ToolChoice(mode="required").to_dict(), ToolChoice(mode="required")),
]


@pytest.mark.parametrize(("given", "choice"), CHOICES)
def test_a_dict_is_the_choice_it_describes(given: Mapping[str, object], choice: ToolChoice) -> None:
    assert ToolChoice.of(given) == choice


def test_a_choice_of_an_unknown_type_is_told() -> None:
    with pytest.raises(InvalidArguments, match=r"tool_choice\.type: 'functoin' is no choice"):
        ToolChoice.of({"type": "functoin", "name": "f"})


def test_a_response_format_is_read_and_a_schema_is_none() -> None:
    given = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA, "strict": True}}
    read = read_response_format(given)
    assert read is not None
    assert (read.type, read.name, read.schema, read.strict) == ("json_schema", "a", SCHEMA, True)
    assert read_response_format(SCHEMA) is None
    with pytest.raises(InvalidArguments, match=r"\.json_schema: 'schema' is missing"):
        read_response_format({"type": "json_schema", "json_schema": {"name": "a"}})


def test_a_conversation_grows_by_dicts_and_keeps_its_own() -> None:
    first = Conversation([Message.user("Hi")], {"id": "7"})
    second = first.add({"role": "assistant", "content": "Hello"})
    assert list(second) == [Message.user("Hi"), Message.assistant("Hello")]
    assert (len(first), second.metadata) == (1, {"id": "7"})
