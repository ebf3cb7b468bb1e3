"""One conversation with everything in it, as each vendor's reference says it is to be written."""

from typing import Any

import pytest

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.types.content import ContentBlock, TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.message import Message
from tests.request.asking import DIALECTS, body, built

CALLS = (
    TextBlock(text="Let me see."),
    ToolUseBlock(id="a", name="weather", input={"city": "Zürich"}),
    ToolUseBlock(id="b", name="time", input={}),
)
CONVERSATION = (
    Message.system("Be brief."),
    Message.user(
        [
            ContentBlock.text("What is this?"),
            ContentBlock.image_url("https://x.test/a.png"),
            ContentBlock.image_base64("QUJD", "image/png"),
        ]
    ),
    Message.assistant(CALLS),
    Message.tool("a", "21 degrees"),
    Message.tool("b", "no clock", is_error=True),
    Message.user("Thanks."),
)

WRITTEN: dict[str, Any] = {
    "chat": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
                ],
            },
            {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [
                    {
                        "id": "a",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Zürich"}'},
                    },
                    {
                        "id": "b",
                        "type": "function",
                        "function": {"name": "time", "arguments": "{}"},
                    },
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": "21 degrees"},
            {"role": "tool", "tool_call_id": "b", "content": "no clock"},
            {"role": "user", "content": "Thanks."},
        ],
    },
    "responses": {
        "instructions": "Be brief.",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "What is this?"},
                    {"type": "input_image", "detail": "auto", "image_url": "https://x.test/a.png"},
                    {
                        "type": "input_image",
                        "detail": "auto",
                        "image_url": "data:image/png;base64,QUJD",
                    },
                ],
            },
            {"role": "assistant", "content": "Let me see."},
            {
                "type": "function_call",
                "call_id": "a",
                "name": "weather",
                "arguments": '{"city":"Zürich"}',
            },
            {"type": "function_call", "call_id": "b", "name": "time", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "21 degrees"},
            {"type": "function_call_output", "call_id": "b", "output": "no clock"},
            {"role": "user", "content": "Thanks."},
        ],
    },
    "messages": {
        "max_tokens": 4096,
        "system": "Be brief.",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Let me see."},
                    {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Zürich"}},
                    {"type": "tool_use", "id": "b", "name": "time", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "a", "content": "21 degrees"},
                    {
                        "type": "tool_result",
                        "tool_use_id": "b",
                        "content": "no clock",
                        "is_error": True,
                    },
                    {"type": "text", "text": "Thanks."},
                ],
            },
        ],
    },
    "generate": {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "What is this?"},
                    {"fileData": {"fileUri": "https://x.test/a.png", "mimeType": "image/png"}},
                    {"inlineData": {"mimeType": "image/png", "data": "QUJD"}},
                ],
            },
            {
                "role": "model",
                "parts": [
                    {"text": "Let me see."},
                    {"functionCall": {"id": "a", "name": "weather", "args": {"city": "Zürich"}}},
                    {"functionCall": {"id": "b", "name": "time", "args": {}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {
                        "functionResponse": {
                            "id": "a",
                            "name": "weather",
                            "response": {"output": "21 degrees"},
                        }
                    },
                    {
                        "functionResponse": {
                            "id": "b",
                            "name": "time",
                            "response": {"error": "no clock"},
                        }
                    },
                    {"text": "Thanks."},
                ],
            },
        ],
    },
}
WRITTEN["chat v2"] = WRITTEN["chat"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_conversation_is_written_as_the_dialect_has_it(dialect: str) -> None:
    written = body(dialect, *CONVERSATION)
    assert written.pop("model", "m") == "m"
    assert written == WRITTEN[dialect]


def last(dialect: str, *blocks: Any) -> Any:
    """Give what stands for a user's turn of these blocks."""
    written = body(dialect, Message.user(list(blocks)))
    turn = next(iter(written[k] for k in ("messages", "input", "contents") if k in written))[-1]
    return turn.get("content") or turn["parts"]


PDF = ContentBlock.document_base64("UERG", filename="a.pdf")
PAGE = ContentBlock.document_url("https://x.test/a.pdf")
SOUND = ContentBlock.audio_base64("V0FW", "audio/x-wav")

MEDIA = {
    "chat, document": (
        "chat",
        PDF,
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,UERG"},
        },
    ),
    "chat, audio": (
        "chat",
        SOUND,
        {"type": "input_audio", "input_audio": {"data": "V0FW", "format": "wav"}},
    ),
    "chat, image with detail": (
        "chat",
        ContentBlock.image_url("https://x.test/a", detail="low"),
        {"type": "image_url", "image_url": {"url": "https://x.test/a", "detail": "low"}},
    ),
    "responses, document": (
        "responses",
        PDF,
        {
            "type": "input_file",
            "filename": "a.pdf",
            "file_data": "data:application/pdf;base64,UERG",
        },
    ),
    "responses, document by address": (
        "responses",
        PAGE,
        {"type": "input_file", "file_url": "https://x.test/a.pdf"},
    ),
    "messages, document": (
        "messages",
        PDF,
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "UERG"},
            "title": "a.pdf",
        },
    ),
    "messages, document by address": (
        "messages",
        PAGE,
        {"type": "document", "source": {"type": "url", "url": "https://x.test/a.pdf"}},
    ),
    "generate, audio": (
        "generate",
        SOUND,
        {"inlineData": {"mimeType": "audio/x-wav", "data": "V0FW"}},
    ),
    "generate, document": (
        "generate",
        PAGE,
        {"fileData": {"fileUri": "https://x.test/a.pdf", "mimeType": "application/pdf"}},
    ),
}


@pytest.mark.parametrize(("dialect", "block", "written"), MEDIA.values(), ids=list(MEDIA))
def test_media_are_written_as_the_dialect_has_them(dialect: str, block: Any, written: Any) -> None:
    assert last(dialect, block) == [written]


@pytest.mark.parametrize(
    ("dialect", "block"),
    [("messages", SOUND), ("responses", SOUND), ("chat", PAGE), ("chat v2", PDF)],
)
def test_what_a_dialect_can_not_say_is_refused_before_sending(dialect: str, block: Any) -> None:
    with pytest.raises(CapabilityError, match=r"block|declare"):
        built(dialect, Message.user([block]))


def test_texts_of_one_turn_stay_apart_where_the_user_speaks() -> None:
    two = [ContentBlock.text("a"), ContentBlock.text("b")]
    assert last("chat", *two) == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert last("chat", two[0]) == "a"
    answered = body("chat", Message.user("?"), Message.assistant(two))["messages"][-1]
    assert answered == {"role": "assistant", "content": "ab"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_turn_of_nothing_is_not_sent(dialect: str) -> None:
    nothing = Message.assistant([ThinkingBlock(thinking="hm", origin="somebody:else")])
    alone = body(dialect, Message.user("Hi"))
    assert body(dialect, Message.user("Hi"), nothing) == alone


def test_answers_of_tools_may_hold_pictures_where_the_dialect_allows() -> None:
    call = Message.assistant([ToolUseBlock(id="a", name="look", input={})])
    answer = Message.tool("a", [ContentBlock.text("Here:"), ContentBlock.image_base64("QUJD")])
    written = body("messages", call, answer)["messages"][-1]["content"][0]["content"]
    assert [block["type"] for block in written] == ["text", "image"]
    written = body("responses", call, answer)["input"][-1]["output"]
    assert [block["type"] for block in written] == ["input_text", "input_image"]
    *_, result, turn = body("chat", call, answer)["messages"]
    assert result["content"] == "Here:[an image (image/jpeg, 3 bytes) follows in the next message]"
    assert [block["type"] for block in turn["content"]] == ["text", "image_url"]


def test_an_answer_that_is_an_object_is_sent_as_one() -> None:
    call = Message.assistant([ToolUseBlock(id="a", name="look", input={})])
    written = body("generate", call, Message.tool("a", '{"seen": 3}'))["contents"][-1]["parts"]
    assert written[0]["functionResponse"]["response"] == {"seen": 3}


def test_caches_are_marked_where_the_provider_wants_them_marked() -> None:
    system = Message.system([ContentBlock.text("Long.", cache="1h"), ContentBlock.text("Short.")])
    user = Message.user([ContentBlock.text("Hi", cache="auto")])
    written = body("messages", system, user)
    assert written["system"] == [
        {"type": "text", "text": "Long.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "text", "text": "Short."},
    ]
    marked = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    assert written["messages"][0]["content"] == [marked]
    assert body("chat", system, user)["messages"] == [
        {"role": "system", "content": "Long.Short."},
        {"role": "user", "content": "Hi"},
    ]
    assert body("generate", system, user)["systemInstruction"] == {
        "parts": [{"text": "Long.Short."}]
    }


SIGNED = ThinkingBlock(thinking="hm", signature="s", origin="anthropic:anthropic_messages")


def test_thinking_goes_back_to_its_provider_only() -> None:
    answer = Message.assistant([SIGNED, TextBlock(text="Hi")])
    own = body("messages", Message.user("?"), answer)["messages"][-1]["content"]
    assert own[0] == {"type": "thinking", "thinking": "hm", "signature": "s"}
    for dialect in ("chat", "responses", "generate", "chat v2"):
        request = built(dialect, Message.user("?"), answer)
        assert b"hm" not in request.wire.body
        assert any(note.startswith("thinking left out") for note in request.adaptations)
