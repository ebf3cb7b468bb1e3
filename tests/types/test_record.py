"""Structs as dicts: equal after a round trip, readable for ever, checked to the last member."""

import datetime
import json
import math
from pathlib import Path
from typing import Any

import pytest

from ai_lib.client.tools.conversation import ToolRun
from ai_lib.errors import InvalidArguments, RequestError
from ai_lib.types import (
    Attempt,
    AudioBlock,
    Candidate,
    ChatRequest,
    ChatResponse,
    Citation,
    Conversation,
    CostEstimate,
    DocumentBlock,
    ImageBlock,
    Message,
    MessageRole,
    OpaqueBlock,
    ResponseFormat,
    TextBlock,
    ThinkingBlock,
    TokenLogprob,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)
from ai_lib.types.records.record import Record

FIXTURES = Path(__file__).parent / "fixtures"
ORIGIN = {"origin": "somewhere", "signature": "sig", "raw": ({"type": "part"},), "extra": {"a": 1}}
BLOCKS = (
    TextBlock(
        text="Rain",
        citations=(Citation(url="http://w", start=0, end=4, raw={"n": [1]}),),
        phase="commentary",
        cache="1h",
        **ORIGIN,
    ),
    TextBlock(text="No", is_refusal=True),
    ImageBlock(url="http://a", detail="low", id="i", **ORIGIN),
    AudioBlock(data="aGk=", media_type="audio/wav", transcript="Hi", id="a", expires_at=9),
    DocumentBlock(data="aGk=", media_type="text/plain", filename="a.txt", cache="auto"),
    ToolUseBlock(id="c", name="look", input={"at": [1, {"b": None}]}, **ORIGIN),
    ToolUseBlock(id="d", name="sh", input={"input": "ls"}, is_custom=True),
    ToolResultBlock(tool_use_id="c", content=(TextBlock(text="dog"),), is_error=True, name="look"),
    ThinkingBlock(thinking="Hm", phase="plan", **ORIGIN),
    ThinkingBlock(redacted="x"),
    OpaqueBlock(raw=({"type": "search"},), body={"container": "c"}, origin="somewhere"),
)
MESSAGE = Message(MessageRole.ASSISTANT, BLOCKS, name="ann", metadata={"k": "v"})
USAGE = Usage(
    prompt_tokens=3,
    completion_tokens=4,
    total_tokens=7,
    reasoning_tokens=1,
    tool_uses={"search": 2},
    service_tier="flex",
    reported_cost=0.25,
    raw={"prompt_tokens": 3},
)
RESPONSE = ChatResponse(
    candidates=(
        Candidate(
            index=0,
            blocks=BLOCKS,
            tool_calls=(ToolCall(id="c", name="look", arguments={"at": 1}, signature="s"),),
            finish_reason="stop",
            termination_reason="end_turn",
            logprobs=(
                TokenLogprob(
                    token="a",
                    logprob=-0.5,
                    bytes=(97,),
                    alternatives=(TokenLogprob(token="b", logprob=-1.5, token_id=4),),
                ),
            ),
        ),
        Candidate(index=1),
    ),
    usage=USAGE,
    id="r",
    model="m",
    request_id="q",
    adaptations=("seed left out",),
    raw_response={"deep": [{"x": 1.5}]},
    unknown_events=1,
    unknown_frames=({"odd": True},),
    unmapped={"$.odd": [1]},
    unmapped_count=1,
    attempts=(
        Attempt(provider="p", model="m", ended="overloaded", error="RemoteError", status_code=503),
        Attempt(provider="p", model="m", usage=USAGE, latency_ms=12.5),
    ),
    cost=CostEstimate(
        model="m", total_cost=0.5, assumed=("input_image",), as_of=datetime.date(2026, 1, 2)
    ),
)
REQUEST = ChatRequest(
    messages=[Message.system("Be brief"), Message.user([TextBlock(text="Hi")]), MESSAGE],
    parameters={"temperature": 0.5, "stop_sequences": ["a"]},
    tools=[ToolDefinition(name="look", description="Looks", strict=True, cache="auto")],
    tool_choice=ToolChoice(mode="tool", name="look"),
    response_format=ResponseFormat(type="json_schema", schema={"type": "object"}, fits=True),
    extra={"a": {"b": [1]}},
    stream=True,
)
VALUES: dict[str, Record] = {
    "message": MESSAGE,
    "request": REQUEST,
    "response": RESPONSE,
    "conversation": Conversation([Message.user("Hi"), MESSAGE], {"id": "7"}),
    "tool_run": ToolRun(response=RESPONSE, messages=(MESSAGE,), responses=(RESPONSE,)),
}


@pytest.mark.parametrize("value", [*VALUES.values(), *BLOCKS, USAGE])
def test_it_is_equal_after_a_round_trip_through_json(value: Record) -> None:
    written = value.to_dict()
    assert written["version"] == 1
    assert type(value).from_dict(json.loads(json.dumps(written))) == value


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("version", [1])
def test_what_a_release_wrote_loads_for_ever(name: str, version: int) -> None:
    """The files are never written again: a new version of the format gets files of its own."""
    kept = json.loads((FIXTURES / f"{name}.v{version}.json").read_bytes())
    value = VALUES[name]
    assert type(value).from_dict(kept) == value


def test_lists_and_tuples_of_the_caller_make_equal_values() -> None:
    block = TextBlock(text="Hi")
    assert Message.user([block]) == Message.user((block,))
    assert ChatRequest(messages=[Message.user("a")]) == ChatRequest(messages=(Message.user("a"),))


def test_the_function_of_a_tool_is_no_part_of_it() -> None:
    def look(at: int) -> str:
        """Looks."""
        return str(at)

    tool = ToolDefinition.from_function(look)
    again = ToolDefinition.from_dict(tool.to_dict())
    assert (again.function, again.parameters) == (None, tool.parameters)
    request = ChatRequest(messages=(), tools=(tool,))
    assert ChatRequest.from_dict(request.to_dict()).tools == (again,)


BROKEN: dict[str, tuple[type[Record], dict[str, Any], str]] = {
    "newer": (Message, {"version": 2, "role": "user", "content": ""}, "Message.version: 2 is"),
    "no version": (
        Message,
        {"version": "1", "role": "user", "content": ""},
        "Message.version: '1'",
    ),
    "an unknown member": (
        Message,
        {"version": 1, "role": "user", "content": "", "rol": 1},
        "Message: 'rol' is unknown; did you mean 'role'?",
    ),
    "an unknown member of a block": (
        Conversation,
        {
            "version": 1,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "", "cahe": ""}]}],
        },
        "Conversation.messages[0].content[0]: 'cahe' is unknown; did you mean 'cache'?",
    ),
    "a wrong type": (
        Conversation,
        {"version": 1, "messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]},
        "Conversation.messages[0].content[0].text: expected `str`, got `int`",
    ),
    "an unknown block": (
        Message,
        {"version": 1, "role": "user", "content": [{"type": "smell"}]},
        "Message.content[0].type: invalid value 'smell'",
    ),
    "a missing member": (Message, {"version": 1, "role": "user"}, "Message: object missing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_fit_is_told_with_its_place(name: str) -> None:
    kind, value, words = BROKEN[name]
    with pytest.raises(InvalidArguments) as caught:
        kind.from_dict(value)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("value", [math.nan, math.inf, object()])
def test_what_has_no_form_in_json_is_refused(value: object) -> None:
    request = ChatRequest(messages=(), parameters={"temperature": value})
    with pytest.raises(RequestError, match="this ChatRequest can't be written as a dict"):
        request.to_dict()
