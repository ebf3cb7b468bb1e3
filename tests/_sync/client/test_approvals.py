# Generated from tests/client/test_approvals.py by codegen; do not edit.
"""Calls that are no calls of functions: approvals, and provider's tools that the caller runs."""

import json
from typing import Any

import pytest

from ai_lib_sync.errors import CapabilityError, RequestError
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import Message, ToolCall, ToolCallEnded, ToolDefinition, ToolUseBlock
from tests.request.published import validator

MODEL = "openai/gpt-5.4"
WIKI = ToolDefinition.hosted("mcp", label="wiki", url="https://wiki.example.com/mcp")
ASKED = ToolCall(
    id="mcpr_1", kind="approval", name="read_page", arguments={"page": "Rome"}, server="wiki"
)
REQUEST = {
    "type": "mcp_approval_request",
    "id": "mcpr_1",
    "name": "read_page",
    "arguments": '{"page":"Rome"}',
    "server_label": "wiki",
}


def make_client(mock: MockProvider, model: str = MODEL) -> Any:
    """Return a client of the family that has such items."""
    family = "responses" if model.startswith("openai") else None
    builder = mock.builder(model)
    return (builder.api_family(family) if family else builder).build()


def find_items(mock: MockProvider, kind: str) -> list[dict[str, Any]]:
    """Return the items of a type in the last request."""
    return [item for item in mock.requests[-1].body["input"] if item.get("type") == kind]


@pytest.mark.parametrize("streamed", [False, True])
def test_without_a_hook_an_approval_is_refused(streamed: bool) -> None:
    replies = [Reply(tool_calls=[ASKED]), Reply(text="Then not.")]
    with MockProvider(replies) as mock, make_client(mock) as client:
        chat = client.chat().user("What of Rome?")
        if streamed:
            stream = chat.stream_tools([WIKI])
            ended = [event for event in stream if isinstance(event, ToolCallEnded)]
            run = stream.result()
            assert [(call.kind, call.server) for call in ended] == [("approval", "wiki")]
        else:
            run = chat.run_tools([WIKI])
        answers = find_items(mock, "mcp_approval_response")
        requests = find_items(mock, "mcp_approval_request")

    assert run.content == "Then not."
    assert requests == [REQUEST]
    assert answers == [
        {
            "type": "mcp_approval_response",
            "approval_request_id": "mcpr_1",
            "approve": False,
            "reason": "not approved: nobody was there to ask",
        }
    ]


@pytest.mark.parametrize(
    ("decision", "answer"),
    [
        (True, {"approve": True}),
        (False, {"approve": False, "reason": "this call was not allowed; it was not made"}),
        ("Not Rome.", {"approve": False, "reason": "Not Rome."}),
    ],
)
def test_a_hook_says_whether_the_provider_may_call(
    decision: bool | str, answer: dict[str, Any]
) -> None:
    seen: list[tuple[ToolCall, ToolDefinition]] = []

    def decide(call: ToolCall, tool: ToolDefinition) -> bool | str:
        seen.append((call, tool))
        return decision

    replies = [Reply(tool_calls=[ASKED]), Reply(text="Done.")]
    with MockProvider(replies) as mock, make_client(mock) as client:
        run = client.chat().user("What of Rome?").run_tools([WIKI], on_tool_call=decide)
        (sent,) = find_items(mock, "mcp_approval_response")

    assert run.content == "Done."
    ((call, tool),) = seen
    assert (call.kind, call.arguments, call.server) == ("approval", {"page": "Rome"}, "wiki")
    assert (tool.name, tool.server) == ("read_page", "wiki")
    assert sent == {
        "type": "mcp_approval_response",
        "approval_request_id": "mcpr_1",
        **answer,
    }


def test_an_approval_can_not_change_the_call() -> None:
    other = ToolCall(id="mcpr_1", kind="approval", name="read_page", arguments={"page": "Oslo"})
    with MockProvider([Reply(tool_calls=[ASKED])]) as mock, make_client(mock) as client:
        with pytest.raises(TypeError, match="allowed or refused"):
            client.chat().user("?").run_tools([WIKI], on_tool_call=lambda *_: other)


def test_by_hand_no_text_is_a_consent() -> None:
    with MockProvider([Reply(tool_calls=[ASKED]), Reply(text="ok")]) as mock:
        with make_client(mock) as client:
            response = client.chat().user("?").tools([WIKI]).execute()
            (call,) = response.tool_calls
            assert response.termination_reason == "tool_use"
            messages = [Message.user("?"), response.to_message()]
            chat = client.chat().messages([*messages, Message.tool(call.id, "fine")])
            with pytest.raises(RequestError, match=r"Message\.approval"):
                chat.tools([WIKI]).execute()
            assert len(mock.requests) == 1
            chat = client.chat().messages([*messages, Message.approval(call.id, True)])
            chat.tools([WIKI]).execute()
        (sent,) = find_items(mock, "mcp_approval_response")
        (read,) = mock.requests[-1].messages[-1].blocks

    assert sent["approve"] is True
    assert "reason" not in sent
    assert read.is_approved is True


def test_another_provider_gets_neither_the_question_nor_the_answer() -> None:
    block = ToolUseBlock(
        id="mcpr_1",
        kind="approval",
        name="read_page",
        input={},
        server="wiki",
        raw=[REQUEST],
        origin="openai/openai_responses",
    )
    messages = [
        Message.user("?"),
        Message.assistant([block]),
        Message.approval("mcpr_1", True),
        Message.assistant("Rome is old."),
        Message.user("And Oslo?"),
    ]
    for model in ("anthropic/claude-sonnet-4-5", "openai/gpt-4o", "gemini/gemini-2.5-flash"):
        with MockProvider([Reply(text="ok")]) as mock, mock.client(model) as client:
            response = client.chat().messages(messages).execute()
            body = json.dumps(mock.requests[0].body)
        assert "mcpr_1" not in body, model
        assert any("approval call left out" in note for note in response.adaptations), model


def test_a_tool_that_the_caller_runs_is_run() -> None:
    seen: list[object] = []

    def run_shell(action: dict[str, Any]) -> str:
        seen.append(action)
        if action["commands"] == ["false"]:
            raise OSError("exit code 1")
        return "a.txt"

    shell = ToolDefinition.of_provider(
        {"type": "shell", "environment": {"type": "local"}}, function=run_shell
    )
    patch = ToolDefinition.of_provider({"type": "apply_patch"}, function=lambda change: "patched")
    calls = [
        ToolCall(id="c1", kind="shell", name="shell", arguments={"commands": ["ls"]}),
        ToolCall(id="c2", kind="shell", name="shell", arguments={"commands": ["false"]}),
        ToolCall(id="c3", kind="apply_patch", name="apply_patch", arguments={"path": "a.txt"}),
    ]
    replies = [Reply(tool_calls=calls), Reply(text="One file.")]
    with MockProvider(replies) as mock, make_client(mock) as client:
        run = client.chat().user("List.").run_tools([shell, patch])
        outputs = find_items(mock, "shell_call_output")
        patches = find_items(mock, "apply_patch_call_output")

    assert run.content == "One file."
    assert seen == [{"commands": ["ls"]}, {"commands": ["false"]}]
    assert outputs == [
        {
            "type": "shell_call_output",
            "call_id": "c1",
            "output": [
                {"stdout": "a.txt", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
            ],
        },
        {
            "type": "shell_call_output",
            "call_id": "c2",
            "output": [
                {
                    "stdout": "",
                    "stderr": "OSError: exit code 1",
                    "outcome": {"type": "exit", "exit_code": 1},
                }
            ],
        },
    ]
    assert patches == [
        {
            "type": "apply_patch_call_output",
            "call_id": "c3",
            "status": "completed",
            "output": "patched",
        }
    ]


@pytest.mark.parametrize(
    ("model", "tool"),
    [
        (MODEL, {"type": "shell"}),
        (MODEL, {"type": "apply_patch"}),
        (MODEL, {"type": "computer"}),
        ("anthropic/claude-sonnet-4-5", {"type": "bash_20250124", "name": "bash"}),
        ("anthropic/claude-sonnet-4-5", {"type": "memory_20250818", "name": "memory"}),
        ("gemini/gemini-2.5-flash", {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}),
    ],
)
def test_a_tool_for_the_caller_needs_a_function(model: str, tool: dict[str, Any]) -> None:
    with MockProvider() as mock, make_client(mock, model) as client:
        with pytest.raises(TypeError, match="give it a function"):
            client.chat().user("?").run_tools([ToolDefinition.of_provider(tool)])
        assert mock.requests == []


def test_what_nothing_here_can_answer_is_raised() -> None:
    click = ToolCall(id="c1", kind="computer", name="computer", arguments={"type": "click"})
    with MockProvider([Reply(tool_calls=[click])] * 2) as mock:
        with make_client(mock) as client:
            with pytest.raises(CapabilityError, match="calls 'computer'") as caught:
                client.chat().user("?").run_tools([])
            assert caught.value.capability == "tool_call:computer"
            assert len(caught.value.messages) == 2
            with pytest.raises(CapabilityError, match="calls 'computer'"):
                for _ in client.chat().user("?").stream_tools([]):
                    pass
        assert len(mock.requests) == 2


def test_a_shell_of_the_provider_is_none_of_the_callers_business() -> None:
    container = {"type": "shell", "environment": {"type": "container_auto"}}
    item = {
        "type": "shell_call",
        "id": "sh_1",
        "call_id": "c1",
        "status": "completed",
        "action": {"commands": ["ls"]},
        "environment": {"type": "container_reference", "container_id": "cntr_1"},
    }
    body = json.dumps(
        {
            "id": "resp_1",
            "object": "response",
            "status": "completed",
            "model": "gpt-5.4",
            "output": [
                item,
                {
                    "type": "message",
                    "id": "msg_1",
                    "role": "assistant",
                    "status": "completed",
                    "content": [{"type": "output_text", "text": "Done.", "annotations": []}],
                },
            ],
        }
    ).encode()
    with MockProvider([Reply(body=body)]) as mock, make_client(mock) as client:
        run = client.chat().user("?").run_tools([ToolDefinition.of_provider(container)])
    assert run.content == "Done."
    assert run.response.tool_calls == []


def test_the_answers_are_what_the_vendors_types_allow() -> None:
    shell = ToolDefinition.of_provider(
        {"type": "shell", "environment": {"type": "local"}}, function=lambda action: "a.txt"
    )
    patch = ToolDefinition.of_provider({"type": "apply_patch"}, function=lambda change: "done")
    change = {"type": "delete_file", "path": "a.txt"}
    calls = [
        ASKED,
        ToolCall(id="c1", kind="shell", name="shell", arguments={"commands": ["ls"]}),
        ToolCall(id="c2", kind="apply_patch", name="apply_patch", arguments=change),
    ]
    with MockProvider([Reply(tool_calls=calls), Reply(text="ok")]) as mock:
        with make_client(mock) as client:
            client.chat().user("?").run_tools([WIKI, shell, patch])
        body = json.dumps(mock.requests[-1].body).encode()
    validator("responses")(body)
