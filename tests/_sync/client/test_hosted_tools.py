# Generated from tests/client/test_hosted_tools.py by codegen; do not edit.
"""What tools did that the provider ran: typed, plain and streamed, and back in the next turn."""

import json
from typing import Any

import pytest

from ai_lib_sync import (
    HostedToolDelta,
    HostedToolEnded,
    HostedToolStarted,
    PartialContentDelta,
)
from ai_lib_sync.errors import BudgetExceeded, CapabilityError
from ai_lib_sync.testing import HostedCall, MockProvider, Reply
from ai_lib_sync.types import (
    HostedToolBlock,
    ImageBlock,
    Message,
    Source,
    TextBlock,
    ToolDefinition,
    Usage,
)

OPENAI, CLAUDE, GEMINI = (
    "openai/gpt-5.4",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-3-pro-preview",
)
SEARCH = HostedCall(
    "web_search",
    {"query": "Rome"},
    id="call_1",
    sources=[Source(url="https://a.org", title="A"), Source(url="https://b.org", title="B")],
)


def make_client(mock: MockProvider, model: str) -> Any:
    """Return a client of the family that runs tools itself."""
    builder = mock.builder(model)
    return (builder.api_family("responses") if model == OPENAI else builder).build()


def play_items(*items: dict[str, Any]) -> bytes:
    """Return the body of a response with these items and a word."""
    word = {"type": "output_text", "text": "Done.", "annotations": []}
    message = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [word],
    }
    body = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "gpt-5.4",
        "output": [*items, message],
        "usage": {"input_tokens": 1_000_000, "output_tokens": 100_000, "total_tokens": 1_100_000},
    }
    return json.dumps(body).encode()


def ask(model: str, body: bytes) -> Any:
    """Return the response that a body is."""
    with MockProvider([Reply(body=body)]) as mock, make_client(mock, model) as client:
        return client.chat().user("?").execute()


@pytest.mark.parametrize("model", [OPENAI, CLAUDE])
def test_a_search_is_typed_plain_and_streamed(model: str) -> None:
    reply = Reply(text="Rome is old.", hosted=[SEARCH])
    with MockProvider([reply, reply]) as mock, make_client(mock, model) as client:
        plain = client.chat().user("?").execute()
        stream = client.chat().user("?").stream()
        events = [event for event in stream]
        streamed = stream.response()

    (call,) = plain.hosted_calls
    assert (call.kind, call.input["query"], call.status) == ("web_search", "Rome", "completed")
    sources = [source for source in call.output if isinstance(source, Source)]
    assert [source.url for source in sources] == ["https://a.org", "https://b.org"]
    assert streamed.hosted_calls == plain.hosted_calls
    assert streamed.candidates[0].blocks == plain.candidates[0].blocks
    assert plain.content == streamed.content == "Rome is old."
    kinds = [type(event) for event in events]
    assert kinds.count(HostedToolStarted) == kinds.count(HostedToolEnded) == 1
    order = [HostedToolStarted, HostedToolEnded, PartialContentDelta]
    assert sorted(map(kinds.index, order)) == list(map(kinds.index, order))
    assert plain.usage.tool_uses == streamed.usage.tool_uses == {"web_search": 1}


def test_titles_of_sources_are_there_where_the_provider_has_them() -> None:
    with MockProvider([Reply(text="x", hosted=[SEARCH])]) as mock:
        with make_client(mock, CLAUDE) as client:
            response = client.chat().user("?").execute()
    (call,) = response.hosted_calls
    assert call.output == (
        Source(url="https://a.org", title="A"),
        Source(url="https://b.org", title="B"),
    )
    assert type(response).from_dict(response.to_dict()).hosted_calls == [call]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", [OPENAI, CLAUDE, GEMINI])
def test_the_parts_go_back_as_they_came(model: str, streamed: bool) -> None:
    code = HostedCall("code_execution", {"code": "print(1)"}, id="call_2", text="1\n")
    replies = [Reply(text="One.", hosted=[SEARCH, code]), Reply(text="Yes.")]
    with MockProvider(replies) as mock, make_client(mock, model) as client:
        chat = client.chat().user("?")
        if streamed:
            stream = chat.stream()
            for _ in stream:
                pass
            response = stream.response()
        else:
            response = chat.execute()
        messages = [Message.user("?"), response.to_message(), Message.user("Sure?")]
        client.chat().messages(messages).execute()
        body = json.dumps(mock.requests[-1].body)

    parts = [
        part
        for block in response.candidates[0].blocks
        if isinstance(block, HostedToolBlock)
        for part in block.raw
    ]
    assert len(parts) == (2 if model == OPENAI else 4)
    positions = [body.index(json.dumps(part)) for part in parts]
    assert positions == sorted(positions)


def test_another_provider_is_told_in_words() -> None:
    with MockProvider([Reply(text="Old.", hosted=[SEARCH]), Reply(text="ok")]) as mock:
        with make_client(mock, CLAUDE) as client:
            response = client.chat().user("?").execute()
        messages = [Message.user("?"), response.to_message(), Message.user("Sure?")]
        with mock.client("openai/gpt-4o") as client:
            answer = client.chat().messages(messages).execute()
        (said,) = [m for m in mock.requests[-1].body["messages"] if m["role"] == "assistant"]

    assert said["content"] == (
        '[The tool web_search was used with {"query":"Rome"}; it gave: A (https://a.org); '
        "B (https://b.org)]\nOld."
    )
    assert answer.adaptations == ("hosted tool calls told in words: they are not from openai",)


def test_a_failure_inside_an_answer_is_no_error_of_the_call() -> None:
    failed = HostedCall("web_search", {"query": "x"}, error="max_uses_exceeded")
    with MockProvider([Reply(text="Sorry.", hosted=[failed])]) as mock:
        with make_client(mock, CLAUDE) as client:
            response = client.chat().user("?").execute()
    (call,) = response.hosted_calls
    assert (call.status, call.error, call.output) == ("failed", "max_uses_exceeded", ())
    assert response.content == "Sorry."


# By hand, from the items of the vendor's package (openai 3.57).
def test_items_of_responses_are_typed() -> None:
    response = ask(
        OPENAI,
        play_items(
            {
                "type": "file_search_call",
                "id": "fs_1",
                "status": "completed",
                "queries": ["plan"],
                "results": [{"file_id": "file_1", "filename": "a.pdf", "text": "Plan A"}],
            },
            {
                "type": "code_interpreter_call",
                "id": "ci_1",
                "status": "completed",
                "container_id": "cntr_1",
                "code": "plot()",
                "outputs": [
                    {"type": "logs", "logs": "ok"},
                    {"type": "image", "url": "https://files.example.com/1.png"},
                ],
            },
            {
                "type": "mcp_list_tools",
                "id": "mcpl_1",
                "server_label": "wiki",
                "tools": [{"name": "read", "input_schema": {}}],
            },
            {
                "type": "mcp_call",
                "id": "mcp_1",
                "server_label": "wiki",
                "name": "read",
                "arguments": '{"page":"Rome"}',
                "output": "Rome is old.",
                "error": None,
            },
            {
                "type": "mcp_call",
                "id": "mcp_2",
                "server_label": "wiki",
                "name": "read",
                "arguments": "{}",
                "output": None,
                "error": {"type": "http_error", "code": 500, "message": "down"},
            },
        ),
    )
    facts = [
        (call.kind, call.name, dict(call.input), call.output, call.status, call.server)
        for call in response.hosted_calls
    ]
    image = ImageBlock(url="https://files.example.com/1.png")
    found = Source(id="file_1", title="a.pdf", text="Plan A")
    code_input = {"code": "plot()"}
    assert facts == [
        ("file_search", "file_search", {"queries": ["plan"]}, (found,), "completed", None),
        (
            "code_execution",
            "code_interpreter",
            code_input,
            (TextBlock(text="ok"), image),
            "completed",
            None,
        ),
        ("mcp", "list_tools", {}, (TextBlock(text="read"),), "completed", "wiki"),
        (
            "mcp",
            "read",
            {"page": "Rome"},
            (TextBlock(text="Rome is old."),),
            "completed",
            "wiki",
        ),
        ("mcp", "read", {}, (), "failed", "wiki"),
    ]
    assert response.hosted_calls[-1].error == "down"


def test_code_comes_while_it_is_written() -> None:
    item = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "c", "outputs": None}
    frames = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "code": ""}},
        *(
            {
                "type": "response.code_interpreter_call_code.delta",
                "item_id": "ci_1",
                "output_index": 0,
                "delta": piece,
            }
            for piece in ("print", "(1)")
        ),
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {**item, "code": "print(1)", "status": "completed"},
        },
        {
            "type": "response.completed",
            "response": {"id": "r", "status": "completed", "output": [], "usage": None},
        },
    ]
    body = "".join(f"event: {f['type']}\ndata: {json.dumps(f)}\n\n" for f in frames).encode()
    with MockProvider([Reply(body=body)]) as mock, make_client(mock, OPENAI) as client:
        stream = client.chat().user("?").stream()
        events = [event for event in stream if "hosted" in type(event).__name__.lower()]

    started, *deltas, ended = events
    assert isinstance(started, HostedToolStarted)
    assert (started.id, started.kind) == ("ci_1", "code_execution")
    assert [d.text for d in deltas if isinstance(d, HostedToolDelta)] == ["print", "(1)"]
    assert isinstance(ended, HostedToolEnded)
    assert ended.input == {"code": "print(1)"}


def test_tools_beside_the_answer_are_typed_and_do_not_go_back() -> None:
    tool = {
        "index": 0,
        "type": "search",
        "arguments": '{"query":"Rome"}',
        "output": "Title: A",
        "search_results": {"results": [{"title": "A", "url": "https://a.org", "content": "Old"}]},
    }
    message = {"role": "assistant", "content": "Old.", "executed_tools": [tool]}
    body = {
        "id": "c",
        "object": "chat.completion",
        "model": "groq/compound",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    replies = [Reply(body=json.dumps(body).encode()), Reply(text="ok")]
    with MockProvider(replies) as mock, mock.client("groq/compound") as client:
        response = client.chat().user("?").execute()
        messages = [Message.user("?"), response.to_message(), Message.user("Sure?")]
        client.chat().messages(messages).execute()
        (said,) = [m for m in mock.requests[-1].body["messages"] if m["role"] == "assistant"]

    (call,) = response.hosted_calls
    assert (call.kind, dict(call.input)) == ("web_search", {"query": "Rome"})
    assert call.output == (Source(url="https://a.org", title="A", text="Old"),)
    assert said["content"] == "Old."


def test_searches_of_grounding_are_typed() -> None:
    grounding = {
        "webSearchQueries": ["Rome age"],
        "groundingChunks": [{"web": {"uri": "https://a.org", "title": "A"}}],
    }
    content = {"role": "model", "parts": [{"text": "Old."}]}
    candidate = {"content": content, "finishReason": "STOP", "groundingMetadata": grounding}
    response = ask(GEMINI, json.dumps({"candidates": [candidate]}).encode())

    (call,) = response.hosted_calls
    assert (call.kind, dict(call.input)) == ("web_search", {"queries": ["Rome age"]})
    assert call.output == (Source(url="https://a.org", title="A"),)


def test_fees_are_in_the_cost_to_the_cent() -> None:
    searches = [
        {
            "type": "web_search_call",
            "id": f"ws_{number}",
            "status": "completed",
            "action": {"type": "search", "query": "q"},
        }
        for number in range(5)
    ]
    response = ask(OPENAI, play_items(*searches))
    # https://developers.openai.com/api/docs/pricing: 10 USD for 1,000 searches.
    assert response.cost.tools_cost == pytest.approx(0.05)
    tokens = response.cost.input_cost + response.cost.output_cost
    assert response.cost.total_cost == pytest.approx(tokens + 0.05)


def test_a_budget_reserves_the_most_uses_and_refuses_what_has_no_end() -> None:
    bounded = ToolDefinition.hosted("web_search", max_uses=5)
    endless = ToolDefinition.hosted("web_search")
    usage = Usage(prompt_tokens=10, completion_tokens=10, tool_uses={"web_search": 2})
    with MockProvider([Reply(text="x", usage=usage)]) as mock:
        # 5 searches at 10 USD for 1,000 are 0.05 USD, and what they bring is tokens.
        with mock.builder(CLAUDE).budget(limit=0.04).build() as client:
            with pytest.raises(BudgetExceeded):
                client.chat().user("?").max_tokens(10).tools([bounded]).execute()
        with mock.builder(CLAUDE).budget(limit=5.0).build() as client:
            with pytest.raises(BudgetExceeded, match="nothing bounds how often"):
                client.chat().user("?").max_tokens(10).tools([endless]).execute()
            chat = client.chat().user("?").max_tokens(10).tools([bounded])
            response = chat.execute()
        assert len(mock.requests) == 1
    assert response.cost.tools_cost == pytest.approx(0.02)


def test_the_mock_says_what_it_can_not_do() -> None:
    with MockProvider([Reply(hosted=[HostedCall("maps")])]) as mock:
        with make_client(mock, CLAUDE) as client:
            with pytest.raises(Exception, match="can't be mocked with the tools maps"):
                client.chat().user("?").execute()


def test_a_chain_keeps_the_limits_of_domains_or_refuses() -> None:
    search = ToolDefinition.hosted("web_search", blocked_domains=["b.org"])
    with MockProvider([Reply(text="ok")]) as mock:
        builder = mock.builder(OPENAI).api_family("responses")
        with builder.build() as client:
            with pytest.raises(CapabilityError, match="blocked_domains"):
                client.chat().user("?").tools([search]).execute()
        with make_client(mock, CLAUDE) as client:
            client.chat().user("?").tools([search]).execute()
        (tool,) = mock.requests[0].body["tools"]
    assert tool["blocked_domains"] == ["b.org"]
