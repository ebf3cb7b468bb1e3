"""The rows of the anthropic client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ai_lib
import ai_lib_sync
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ContentBlock, Message, ToolCall, ToolDefinition, Usage
from tests.documents.moving.rows import KEY, Client, body_of

if TYPE_CHECKING:
    from anthropic import Anthropic

CLIENT = Client("the anthropic client", "anthropic", "anthropic", {})
MODEL = "claude-sonnet-5-5"
OURS = f"anthropic/{MODEL}"
HI: list[Any] = [{"role": "user", "content": "Hi"}]
TOOL: dict[str, Any] = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
CALL = ToolCall(id="toolu_1", name="f", arguments={"a": 1})


def make_theirs(mock: MockProvider) -> Anthropic:
    from anthropic import Anthropic

    return Anthropic(api_key=KEY, base_url=mock.base_url("anthropic"))


def create(mock: MockProvider, **options: Any) -> Any:
    """Ask by their client, in its way."""
    options = {"model": MODEL, "max_tokens": 64, "messages": HI, **options}
    with make_theirs(mock) as client:
        return client.messages.create(**options)


@CLIENT.row("`Anthropic()` / `AsyncAnthropic()`")
def check_clients(mock: MockProvider) -> None:
    import anthropic

    assert anthropic.Anthropic
    assert anthropic.AsyncAnthropic
    assert ai_lib_sync.AiClient is not ai_lib.AiClient


@CLIENT.row("`message.content`")
def check_content(mock: MockProvider) -> None:
    mock.enqueue(*[Reply(thinking="Well.", text="Hello!")] * 2)
    content = create(mock).content
    with mock.client(OURS) as ours:
        response = ours.chat().user("Hi").execute()
    kinds = [block.to_dict()["type"] for block in response.candidates[0].blocks]
    assert kinds == [block.type for block in content] == ["thinking", "text"]
    assert response.text == content[-1].text


@CLIENT.row("`stream.text_stream`")
def check_text_stream(mock: MockProvider) -> None:
    mock.enqueue(*[Reply(thinking="Well.", text="one two three")] * 2)
    with make_theirs(mock) as client:
        with client.messages.stream(model=MODEL, max_tokens=64, messages=HI) as stream:
            texts = list(stream.text_stream)
    with mock.client(OURS) as ours:
        assert list(ours.chat().user("Hi").stream().text()) == texts


@CLIENT.row('`thinking={"type": "enabled", ...}`')
def check_thinking(mock: MockProvider) -> None:
    old = "claude-haiku-4-5"
    budget: dict[str, Any] = {"type": "enabled", "budget_tokens": 2048}
    create(mock, model=old, thinking=budget, max_tokens=4096)
    with mock.client(f"anthropic/{old}") as ours:
        ours.chat().user("Hi").max_tokens(4096).reasoning(budget=2048).execute()
        ours.chat().user("Hi").max_tokens(4096).extra({"thinking": budget}).execute()
        ours.chat().user("Hi").max_tokens(4096).reasoning("high").execute()
    *same, effort = [request.body["thinking"] for request in mock.requests]  # type: ignore[index]
    assert same == [budget] * 3
    assert effort["type"] == "enabled"


@CLIENT.row("`cache_control` on a block")
def check_cache(mock: MockProvider) -> None:
    block = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    create(mock, messages=[{"role": "user", "content": [block]}])
    theirs = body_of(mock)["messages"]
    with mock.client(OURS) as ours:
        ours.chat().user([ContentBlock.text("Hi", cache="auto")]).execute()
        assert body_of(mock)["messages"] == theirs
        ours.chat().messages([{"role": "user", "content": [block]}]).execute()
        assert body_of(mock)["messages"] == theirs
        ours.chat().user([ContentBlock.text("Hi", cache="1h")]).execute()
    assert "'ttl': '1h'" in str(body_of(mock)["messages"])


@CLIENT.row("`message.content` put back into `messages`")
def check_next_turn(mock: MockProvider) -> None:
    mock.enqueue(*[Reply(thinking="Well.", text="Hello!"), Reply(text="Yes.")] * 2)
    answer = create(mock).content
    create(mock, messages=[*HI, {"role": "assistant", "content": answer}, *HI])
    theirs: Any = body_of(mock)["messages"]
    with mock.client(OURS) as ours:
        response = ours.chat().messages(HI).execute()
        ours.chat().messages([*HI, response.to_message(), *HI]).execute()
    sent: Any = body_of(mock)["messages"]
    kinds = [[block["type"] for block in message["content"]] for message in (theirs[1], sent[1])]
    assert kinds[0] == kinds[1] == ["thinking", "text"]
    assert sent[1]["content"][0]["signature"]


@CLIENT.row("tools with `input_schema`")
def check_tools(mock: MockProvider) -> None:
    create(mock, tools=[TOOL])
    theirs: Any = body_of(mock)["tools"]
    definition = ToolDefinition(name="f", description="d", parameters={"type": "object"})
    with mock.client(OURS) as ours:
        for tool in (TOOL, definition):
            ours.chat().user("Hi").tools([tool]).execute()
            assert body_of(mock)["tools"] == theirs

        def f() -> str:
            """Do it."""
            return "done"

        mock.enqueue(Reply(tool_calls=[("f", {})]), Reply(text="It is done."))
        assert ours.chat().user("Hi").run_tools([f]).content == "It is done."


@CLIENT.row("`tool_result` blocks")
def check_tool_results(mock: MockProvider) -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}
    messages: list[Any] = [
        *HI,
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    create(mock, messages=messages, tools=[TOOL])
    theirs: Any = body_of(mock)["messages"]
    answered = [*messages[:2], Message.tool(CALL.id, "done")]
    with mock.client(OURS) as ours:
        for conversation in (messages, answered):
            ours.chat().messages(conversation).tools([TOOL]).execute()
            sent: Any = body_of(mock)["messages"]
            assert sent[1] == theirs[1]
            assert sent[2]["content"][0]["tool_use_id"] == "toolu_1"


@CLIENT.row("`usage.cache_read_input_tokens`")
def check_usage(mock: MockProvider) -> None:
    usage = Usage(prompt_tokens=100, completion_tokens=5, total_tokens=105, cache_read_tokens=60)
    mock.enqueue(*[Reply(text="Hello!", usage=usage)] * 2)
    theirs = create(mock).usage
    with mock.client(OURS) as ours:
        counted = ours.chat().user("Hi").execute().usage
    assert counted.cache_read_tokens == theirs.cache_read_input_tokens == 60
    assert counted.prompt_tokens == theirs.input_tokens + theirs.cache_read_input_tokens


@CLIENT.row("`client.messages.count_tokens`")
def check_count(mock: MockProvider) -> None:
    with make_theirs(mock) as client:
        tokens = client.messages.count_tokens(model=MODEL, messages=HI).input_tokens
    with mock.client(OURS) as ours:
        assert ours.models.count_tokens(ours.chat().user("Hi").build()) > 0 < tokens
        assert ours.count_tokens("Hi").tokens > 0
    assert [request.path for request in mock.requests] == ["/messages/count_tokens"] * 2
