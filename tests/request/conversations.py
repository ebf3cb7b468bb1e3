"""Conversations of every kind, for every dialect: messages, and the rest of a request."""

from typing import Any, Final

from ai_lib.types.content import (
    AudioBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition

Conversation = tuple[list[Message], dict[str, Any]]

SCHEMA: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
LOOK: Final = ToolDefinition(name="look", description="Looks.", parameters=SCHEMA)
BARE: Final = ToolDefinition(name="bare")
STRICT: Final = ToolDefinition(name="answer", parameters=SCHEMA, strict=True)
DATA: Final = "aGVsbG8="
CALL: Final = ToolUseBlock(id="call_1", name="look", input={"city": "Zürich"})
NO_ARGUMENTS: Final = ToolUseBlock(id="call_2", name="bare", input={})
HI: Final = Message.user("Hi")
RESULT: Final = Message.tool("call_1", "42")
PDF: Final = "application/pdf"


def user(*blocks: Any) -> Message:
    return Message.user(list(blocks))


def model(*blocks: Any) -> Message:
    return Message.assistant(list(blocks))


def text(said: str, cache: str | None = None) -> TextBlock:
    return TextBlock(text=said, cache=cache)


def result(id: str, content: Any, **more: Any) -> ToolResultBlock:
    return ToolResultBlock(tool_use_id=id, content=content, **more)


def answered(content: Any) -> Conversation:
    """Give a conversation in which a tool answers with this."""
    return [HI, model(CALL), Message.tool("call_1", content)], {"tools": [LOOK]}


def asked(**parameters: Any) -> Conversation:
    return [HI], {"parameters": parameters}


def chosen(choice: str, **parameters: Any) -> Conversation:
    return [HI], {
        "tools": [LOOK, BARE],
        "tool_choice": ToolChoice.of(choice),
        "parameters": parameters,
    }


def formed(**wanted: Any) -> Conversation:
    return [HI], {"response_format": ResponseFormat(**wanted)}


TURNS: Final[dict[str, Conversation]] = {
    "text": ([HI], {}),
    "instructions": ([Message.system("Be brief."), HI], {}),
    "instructions twice": ([Message.system("Be brief."), Message.system("Be kind."), HI], {}),
    "instructions in parts": ([Message.system([text("Be "), text("kind.")]), HI], {}),
    "turns": ([HI, Message.assistant("Ho"), HI, HI, Message.assistant("Ho"), HI], {}),
    "turns in parts": ([user(text("a"), text("b")), model(text("a"), text("b")), HI], {}),
    "an answer begun": ([HI, Message.assistant("Ho")], {}),
    "an empty answer": ([HI, Message.assistant(""), HI], {}),
    "a name": ([Message(MessageRole.USER, "Hi", name="ann")], {}),
    "a stream": ([HI], {"stream": True}),
}
FILES: Final[dict[str, Conversation]] = {
    "image by address": ([user(text("?"), ImageBlock(url="https://e.com/a.png"))], {}),
    "image in detail": ([user(ImageBlock(url="https://e.com/a.png", detail="low"))], {}),
    "image": ([user(ImageBlock(data=DATA, media_type="image/png"), text("?"))], {}),
    "document by address": ([user(DocumentBlock(url="https://e.com/a.pdf"), text("?"))], {}),
    "document": ([user(DocumentBlock(data=DATA, media_type=PDF, filename="a.pdf"))], {}),
    "document without a name": ([user(DocumentBlock(data=DATA, media_type=PDF))], {}),
    "document of text": (
        [user(DocumentBlock(data=DATA, media_type="text/plain", filename="a.txt"), text("?"))],
        {},
    ),
    "audio": ([user(AudioBlock(data=DATA, media_type="audio/wav"), text("?"))], {}),
    "audio by another word": ([user(AudioBlock(data=DATA, media_type="audio/x-wav"))], {}),
    "audio in mp3": ([user(AudioBlock(data=DATA, media_type="audio/mpeg"))], {}),
    "audio by address": ([user(AudioBlock(url="https://e.com/a.wav"))], {}),
}
TOOLS: Final[dict[str, Conversation]] = {
    "tools": ([HI], {"tools": [LOOK, BARE]}),
    "a strict tool": ([HI], {"tools": [STRICT]}),
    **{f"choice {choice}": chosen(choice) for choice in ("auto", "none", "required", "look")},
    **{
        f"choice {choice}, one at a time": chosen(choice, parallel_tool_calls=False)
        for choice in ("auto", "none", "required", "look")
    },
    "one at a time": ([HI], {"tools": [LOOK], "parameters": {"parallel_tool_calls": False}}),
    "several at once": ([HI], {"tools": [LOOK], "parameters": {"parallel_tool_calls": True}}),
    "a call beside text": ([HI, model(text("Let me."), CALL), RESULT], {"tools": [LOOK]}),
    "two calls": (
        [HI, model(CALL, NO_ARGUMENTS), RESULT, Message.tool("call_2", '{"a": 1}'), HI],
        {"tools": [LOOK, BARE]},
    ),
    "two results in one turn": (
        [
            HI,
            model(CALL, NO_ARGUMENTS),
            user(result("call_1", "1"), result("call_2", "2"), text("So?")),
        ],
        {"tools": [LOOK, BARE]},
    ),
    "a failure": (
        [HI, model(CALL), user(result("call_1", "no", is_error=True))],
        {"tools": [LOOK]},
    ),
    "a result in parts": answered([text("a"), text("b")]),
    "a result with an image": answered([text("a"), ImageBlock(data=DATA, media_type="image/png")]),
    "a result with a document": answered(
        [DocumentBlock(data=DATA, media_type=PDF, filename="a.pdf")]
    ),
}
THOUGHT: Final = ThinkingBlock(thinking="Hm", signature="c2ln")
FOREIGN: Final = ThinkingBlock(thinking="Hm", signature="c2ln", origin="another:dialect")
SIGNED: Final = ToolUseBlock(id="call_1", name="look", input={}, signature="c2ln")
THINKING: Final[dict[str, Conversation]] = {
    "thinking": ([HI, model(THOUGHT, text("So")), HI], {}),
    "thinking before a call": ([HI, model(THOUGHT, CALL), RESULT], {"tools": [LOOK]}),
    "thinking and no more": ([HI, model(THOUGHT), HI], {}),
    "thinking nobody can read": ([HI, model(ThinkingBlock(redacted="eA=="), text("So")), HI], {}),
    "a signed call": ([HI, model(SIGNED), RESULT], {"tools": [LOOK]}),
    "thinking of another": ([HI, model(FOREIGN, text("So")), HI], {}),
    "thinking of another and no more": ([HI, model(FOREIGN), HI], {}),
}
FORMATS: Final[dict[str, Conversation]] = {
    "a schema": formed(type="json_schema", schema=SCHEMA, name="place"),
    "a strict schema": formed(
        type="json_schema", schema=SCHEMA, name="place", description="Where.", strict=True
    ),
    "any object": formed(type="json_object"),
    "text for an answer": formed(type="text"),
    "a schema as a tool": (
        [HI],
        {"tools": [STRICT], "tool_choice": ToolChoice(mode="tool", name="answer")},
    ),
}
PARAMETERS: Final[dict[str, Conversation]] = {
    "stop": asked(stop_sequences=["a", "b"]),
    "seed": asked(seed=7),
    "penalties": asked(frequency_penalty=0.5, presence_penalty=-0.5),
    "n": asked(n=2),
    "temperature": asked(temperature=0.5),
    "top_p": asked(top_p=0.5),
    "top_k": asked(top_k=5),
    "max_tokens": asked(max_tokens=50),
    "logprobs": asked(logprobs=True, top_logprobs=2),
    **{f"effort {word}": asked(reasoning_effort=word) for word in ("low", "medium", "high")},
}
CACHED: Final[dict[str, Conversation]] = {
    "cached text": ([user(text("Long.", "auto"), text("?"))], {}),
    "cached text, for an hour": ([user(text("Long.", "1h"), text("?"))], {}),
    "cached instructions": ([Message.system([text("Long.", "auto")]), HI], {}),
    "a cached tool": ([HI], {"tools": [ToolDefinition(name="look", cache="auto")]}),
    "a cached image": ([user(ImageBlock(url="https://e.com/a.png", cache="auto"))], {}),
    "a cached document": (
        [user(DocumentBlock(data=DATA, media_type=PDF, filename="a.pdf", cache="auto"))],
        {},
    ),
    "a cached result": (
        [HI, model(CALL), user(result("call_1", "x", cache="auto"))],
        {"tools": [LOOK]},
    ),
}
CONVERSATIONS: Final = {
    **TURNS,
    **FILES,
    **TOOLS,
    **THINKING,
    **FORMATS,
    **PARAMETERS,
    **CACHED,
}
