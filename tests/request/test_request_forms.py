"""Forms that each API insists on: what it refuses is not written, what it wants is."""

from typing import Any

import pytest

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.content import (
    AudioBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ai_lib.types.message import Message
from ai_lib.types.tool import ToolChoice, ToolDefinition
from tests.request.asking import body, built

CALL = ToolUseBlock(id="a", name="look", input={})
LOOK = ToolDefinition(name="look")
PICTURE = ImageBlock(data="aGk=", media_type="image/png")


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("audio/wav", "wav"),
        ("audio/x-wav", "wav"),
        ("audio/wave", "wav"),
        ("audio/vnd.wave", "wav"),
        ("audio/mpeg", "mp3"),
        ("audio/mp3", "mp3"),
        ("audio/flac", "flac"),
        ("audio/mp4", "m4a"),
        ("audio/x-m4a", "m4a"),
    ],
)
def test_audio_formats_have_the_names_people_use(media_type: str, name: str) -> None:
    written = body("chat", Message.user([AudioBlock(data="aGk=", media_type=media_type)]))
    (block,) = written["messages"][0]["content"]
    assert block["input_audio"] == {"data": "aGk=", "format": name}


def note(data: str) -> Message:
    return Message.user([DocumentBlock(data=data, media_type="text/plain", filename="n.txt")])


def test_a_document_of_plain_text_is_sent_as_text_where_the_dialect_wants_it_so() -> None:
    (block,) = body("messages", note("Z3LDvMOfZQ=="))["messages"][0]["content"]
    source = {"type": "text", "media_type": "text/plain", "data": "grüße"}
    assert block == {"type": "document", "source": source, "title": "n.txt"}
    (part,) = body("generate", note("Z3LDvMOfZQ=="))["contents"][0]["parts"]
    assert part == {"inlineData": {"mimeType": "text/plain", "data": "Z3LDvMOfZQ=="}}


@pytest.mark.parametrize("data", ["no base64!", "/w=="])
def test_a_document_that_is_no_text_is_refused(data: str) -> None:
    with pytest.raises(RequestError, match=r"not (text|base64)"):
        built("messages", note(data))


def answered(*content: Any, is_error: bool = False) -> list[Message]:
    result = ToolResultBlock(tool_use_id="a", content=list(content), is_error=is_error)
    return [Message.user("Hi"), Message.assistant([CALL]), Message.user([result])]


def test_files_in_the_answer_of_a_tool_stand_beside_its_text() -> None:
    files = [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}]

    def written(*content: Any, is_error: bool = False) -> Any:
        turn = body("generate", *answered(*content, is_error=is_error))["contents"][-1]
        return turn["parts"][0]["functionResponse"]

    named = {"id": "a", "name": "look"}
    text = TextBlock(text="Here.")
    assert written(text, PICTURE) == {**named, "response": {"output": "Here."}, "parts": files}
    assert written(PICTURE) == {**named, "response": {}, "parts": files}
    assert written(text) == {**named, "response": {"output": "Here."}}
    assert written(text, PICTURE, is_error=True) == {
        **named,
        "response": {"error": "Here."},
        "parts": files,
    }


@pytest.mark.parametrize("dialect", ["chat", "chat v2"])
def test_files_in_the_answer_of_a_tool_follow_where_there_is_no_place(dialect: str) -> None:
    request = built(dialect, *answered(PICTURE), Message.user("Go on."))
    roles = [turn["role"] for turn in request.body["messages"]]
    assert roles == ["user", "assistant", "tool", "user", "user"]
    assert "follows in the next message" in request.body["messages"][2]["content"]
    assert "image_url" in [block["type"] for block in request.body["messages"][3]["content"]]
    assert "goes into the next message" in request.adaptations[0]


@pytest.mark.parametrize("dialect", ["chat", "chat v2", "messages", "responses", "generate"])
def test_what_a_tool_gives_never_ends_a_run(dialect: str) -> None:
    audio = AudioBlock(data="aGk=", media_type="audio/wav")
    result = Message.tool("a", [TextBlock(text="Here."), PICTURE, audio], name="look")
    request = built(dialect, Message.user("Hi"), Message.assistant([CALL]), result)
    assert "Here." in str(request.body)
    assert any(note.startswith("audio") for note in request.adaptations)


def marks(node: object) -> int:
    """Count the marks of caching in a body."""
    if isinstance(node, list):
        return sum(map(marks, node))
    if not isinstance(node, dict):
        return 0
    own = sum(name in ("cache_control", "prompt_cache_breakpoint") for name in node)
    return own + sum(map(marks, node.values()))


@pytest.mark.parametrize(
    ("dialect", "count"),
    [("messages", 5), ("responses", 2), ("chat", 0), ("generate", 0), ("chat v2", 0)],
)
def test_what_can_be_marked_for_the_cache_is_and_nothing_else(dialect: str, count: int) -> None:
    result = ToolResultBlock(tool_use_id="a", content="x", cache="auto")
    image = ImageBlock(url="https://e.com/a.png", cache="auto")
    written = body(
        dialect,
        Message.system([TextBlock(text="Long.", cache="auto")]),
        Message.user([TextBlock(text="Long.", cache="auto"), image]),
        Message.assistant([CALL]),
        Message.user([result]),
        tools=[ToolDefinition(name="look", cache="auto")],
    )
    assert marks(written) == count


def test_instructions_that_can_not_be_marked_stay_text() -> None:
    system = Message.system([TextBlock(text="Long.", cache="auto")])
    assert body("responses", system, Message.user("Hi"))["instructions"] == "Long."


def test_who_may_call_no_tool_is_not_told_how_many_at_once() -> None:
    parameters = {"parallel_tool_calls": False}
    none, auto = ToolChoice.of("none"), ToolChoice.of("auto")
    written = body("messages", tools=[LOOK], tool_choice=none, parameters=parameters)
    assert written["tool_choice"] == {"type": "none"}
    written = body("messages", tools=[LOOK], tool_choice=auto, parameters=parameters)
    assert written["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert "parallel_tool_calls" not in body("chat", tool_choice=none, parameters=parameters)


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_thinking_that_has_no_place_leaves_no_empty_turn(dialect: str) -> None:
    thought = ThinkingBlock(thinking="Hm", signature="s")
    calls = [Message.user("Hi"), Message.assistant([CALL]), Message.tool("a", "1")]
    thinks = [calls[0], Message.assistant([thought, CALL]), calls[2]]
    assert body(dialect, *thinks) == body(dialect, *calls)
    assert body(dialect, Message.user("Hi"), Message.assistant([thought])) == body(dialect)


@pytest.mark.parametrize(("said", "sent"), [(None, "auto"), ("low", "low")])
def test_the_detail_of_an_image_is_always_said_where_it_must_be(
    said: str | None, sent: str
) -> None:
    image = ImageBlock(url="https://e.com/a.png", detail=said)
    (block,) = body("responses", Message.user([image]))["input"][0]["content"]
    assert block["detail"] == sent
    (block,) = body("chat", Message.user([image]))["messages"][0]["content"]
    assert block["image_url"].get("detail") == said
