"""Who speaks after whom: neighbours are joined where a provider wants them to take turns."""

from typing import Any

import pytest

from ai_lib.types.content import TextBlock, ToolResultBlock, ToolUseBlock
from ai_lib.types.message import Message
from tests.request.asking import DIALECTS, body

TURNS = ("messages", "generate")  # the dialects whose providers want turns
TALK = [
    Message.system("Be brief."),
    Message.user("One."),
    Message.user("Two."),
    Message.assistant("Three."),
    Message.assistant([ToolUseBlock(id="a", name="go", input={})]),
    Message.tool("a", "4"),
    Message.user([TextBlock(text="Five.")]),
    Message.assistant("Six."),
    Message.system("Be kind."),
    Message.user("Seven."),
]


def turns(dialect: str, *messages: Message) -> list[dict[str, Any]]:
    written = body(dialect, *messages)
    found = written.get("messages") or written.get("contents") or written["input"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("dialect", TURNS)
def test_speakers_take_turns_and_nothing_is_lost(dialect: str) -> None:
    found = turns(dialect, *TALK)
    other = {"messages": "assistant", "generate": "model"}[dialect]
    assert [turn["role"] for turn in found] == ["user", other, "user", other, "user"]
    counts = [len(turn.get("content") or turn["parts"]) for turn in found]
    assert counts == [2, 2, 2, 1, 1]
    texts = [part.get("text") for turn in found for part in turn.get("content") or turn["parts"]]
    assert [text for text in texts if text] == ["One.", "Two.", "Three.", "Five.", "Six.", "Seven."]


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name not in TURNS])
def test_elsewhere_each_message_stays_one(dialect: str) -> None:
    found = turns(dialect, *TALK)
    in_the_body = dialect != "responses"  # whose instructions are not among the messages
    assert len(found) == len(TALK) - (0 if in_the_body else 2)


@pytest.mark.parametrize("dialect", TURNS)
def test_instructions_are_joined_at_the_top(dialect: str) -> None:
    written = body(dialect, *TALK)
    top = written.get("system") or written["systemInstruction"]["parts"][0]["text"]
    assert top == "Be brief.\n\nBe kind."


@pytest.mark.parametrize("dialect", TURNS)
def test_results_of_calls_made_at_once_are_one_turn(dialect: str) -> None:
    calls = [ToolUseBlock(id=name, name="go", input={}) for name in ("a", "b")]
    found = turns(
        dialect,
        Message.user("Hi"),
        Message.assistant(calls),
        Message.tool("a", "1"),
        Message.user([ToolResultBlock(tool_use_id="b", content="2")]),
    )
    assert len(found) == 3
    assert len(found[-1].get("content") or found[-1]["parts"]) == 2
