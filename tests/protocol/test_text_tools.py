"""Tool calls in the text, where a manifest says that its models know no others."""

from typing import Any

import msgspec
import pytest

from ai_lib.client import AiClient
from ai_lib.pipeline import parse_text_tool_calls
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.testing import MockProvider, Reply
from ai_lib.types.message import Message
from ai_lib.types.tool import ToolDefinition

LOOK_UP = ToolDefinition(name="look_up", description="Looks a word up.")
SAID = 'Let me see.\n<tool_call>{"name": "look_up", "arguments": {"word": "fog"}}</tool_call>'


def texter(**tool_calling: Any) -> dict[str, Any]:
    return {
        "id": "texter",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://example.com", "chat": "/chat/completions"},
        "capabilities": {"required": ["text", "streaming"], "tool_calling": tool_calling},
    }


ONLY_TEXT = texter(native={"supported": False}, text_fallback={"prompt_level": "L3"})


@pytest.mark.parametrize("streamed", [False, True])
async def test_tools_are_described_and_called_in_the_text(streamed: bool, tmp_path: Any) -> None:
    path = tmp_path / "texter.json"
    path.write_bytes(msgspec.json.encode(ONLY_TEXT))
    manifest = read_manifest(ONLY_TEXT, "texter.json")
    async with MockProvider(
        [Reply(text=SAID), Reply(text="It is fog.")], manifests=[manifest]
    ) as mock:
        builder = AiClient.builder().protocol_dir(path).model("texter/m").api_key("k")
        async with await builder.base_url(mock.base_url("texter")).build() as client:
            chat = client.chat().system("Be brief.").user("What is fog?").tools([LOOK_UP])
            if streamed:
                stream = chat.stream()
                _ = [event async for event in stream]
                first = stream.response()
            else:
                first = await chat.execute()
            (call,) = first.tool_calls
            follow_up = client.chat().user("What is fog?").add_message(first.to_message())
            follow_up.add_message(Message.tool(call.id, "Low cloud.")).tools([LOOK_UP])
            second = await follow_up.execute()
        first_request, second_request = mock.requests
    assert (first.content, first.termination_reason) == ("Let me see.", "tool_use")
    assert (call.name, call.arguments) == ("look_up", {"word": "fog"})
    assert second.content == "It is fog."
    assert first_request.tools == []
    prompt = "".join(m.text for m in first_request.messages if m.role.value == "system")
    assert all(
        part in prompt for part in ("Be brief.", "look_up", "Looks a word up.", "<tool_call>")
    )
    turns = [(m.role.value, m.text) for m in second_request.messages if m.role.value != "system"]
    assert [role for role, _ in turns] == ["user", "assistant", "user"]
    assert '{"word":"fog"}' in turns[1][1]
    assert "Low cloud." in turns[2][1]


@pytest.mark.parametrize(
    ("text", "left", "calls"),
    [
        ("no call", "no call", []),
        ("<tool_call>", "<tool_call>", []),
        (
            '<tool_call>{"arguments": {}}</tool_call>',
            '<tool_call>{"arguments": {}}</tool_call>',
            [],
        ),
        ('<tool_call name="f">{"a": 1}</tool_call>', "", [("f", {"a": 1})]),
        ('<tool_call>{"name": "f", "args": "{\\"a\\": 1}"}</tool_call>', "", [("f", {"a": 1})]),
        (
            '<invoke name="f"><parameter name="n" string="false">[1]</parameter></invoke> so',
            "so",
            [("f", {"n": [1]})],
        ),
    ],
)
def test_calls_are_read_in_the_forms_models_write(
    text: str, left: str, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    parsed = parse_text_tool_calls(text)
    assert parsed.text == left
    assert [(call.name, call.arguments) for call in parsed.calls] == calls


def test_a_text_full_of_openings_takes_no_longer_than_it_is_long() -> None:
    text = "<tool_call>" * 20_000 + "<shell>" * 20_000
    assert parse_text_tool_calls(text).text == text
