"""Conversations in which the model calls Python functions, over a real socket."""

import enum
import re
from typing import Any, Literal

import msgspec
import pydantic
import pytest

from ai_lib._runtime.backend import Event, checkpoint
from ai_lib.client import CancelToken
from ai_lib.errors import InvalidToolArguments, RemoteError, ToolRoundsExceeded
from ai_lib.structured import StructuredOutput
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import (
    ContentBlock,
    Message,
    MessageRole,
    ToolCall,
    ToolCallStarted,
    ToolDefinition,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)

PROVIDERS = [
    "openai/gpt-4o",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "cohere/command-a-03-2025",
    "mistral/mistral-large-latest",
]


class Place(msgspec.Struct):
    city: str


class Unit(enum.Enum):
    C = "c"
    F = "f"


class Filter(pydantic.BaseModel):
    limit: int


def add(a: int, b: int = 10) -> int:
    """Add two numbers."""
    return a + b


def results(messages: Any) -> list[tuple[str, bool]]:
    """Give what the tools answered, and whether as an error."""
    return [
        (str(block.content), block.is_error)
        for message in messages
        for block in message.blocks
        if isinstance(block, ToolResultBlock)
    ]


@pytest.mark.parametrize("model", PROVIDERS)
async def test_the_model_gets_its_answer_whoever_it_is(model: str) -> None:
    usage = Usage(prompt_tokens=5, completion_tokens=1)
    replies = [
        Reply(text="Let me see.", tool_calls=[("add", {"a": 1, "b": 2})], usage=usage),
        Reply(tool_calls=[("add", {"a": 3}), ("add", {"a": 4})], usage=usage),
        Reply(text="13 and 14.", usage=usage),
    ]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        run = await client.chat().system("S").user("Sum?").run_tools([add])
        seen = [[m.role.value for m in request.messages] for request in mock.requests]
        told = results(mock.requests[-1].messages)

    assert run.content == run.response.content == "13 and 14."
    assert run.rounds == len(run.responses) == 3
    assert run.usage.total_tokens == 18
    assert told == [("3", False), ("13", False), ("14", False)]
    assert len(seen[0]) == 2
    assert [m.role for m in run.messages] == [
        MessageRole.SYSTEM,
        MessageRole.USER,
        MessageRole.ASSISTANT,
        MessageRole.TOOL,
        MessageRole.ASSISTANT,
        MessageRole.TOOL,
        MessageRole.TOOL,
        MessageRole.ASSISTANT,
    ]


async def test_the_conversation_can_be_gone_on_with() -> None:
    replies = [Reply(tool_calls=[("add", {"a": 1})]), Reply(text="11"), Reply(text="Bye")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("Sum?").run_tools([add])
        await client.chat().messages(run.messages).user("Thanks").execute()
        last = mock.requests[-1].messages

    assert [m.role.value for m in last] == ["user", "assistant", "tool", "assistant", "user"]


async def test_opaque_state_goes_back_in_every_round() -> None:
    reply = Reply(thinking="Hm.", tool_calls=[("add", {"a": 1})])
    async with MockProvider([reply, Reply(text="11")]) as mock:
        async with await mock.client("anthropic/claude-sonnet-4-5") as client:
            await client.chat().user("Sum?").run_tools([add])
        turn = mock.requests[1].body["messages"][1]["content"]

    assert [part["type"] for part in turn] == ["thinking", "tool_use"]
    assert turn[0]["signature"]


async def test_arguments_come_as_the_types_of_the_annotations() -> None:
    seen: list[object] = []

    def find(
        place: Place,
        unit: Unit,
        kind: Literal["a", "b"],
        limits: list[Filter],
        note: str | None = None,
    ) -> None:
        seen.extend([place, unit, kind, limits, note])

    arguments = {"place": {"city": "Porto"}, "unit": "c", "kind": "b", "limits": [{"limit": 1}]}
    replies = [Reply(tool_calls=[("find", arguments)]), Reply(text="ok")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        await client.chat().user("?").run_tools([find])

    assert seen == [Place("Porto"), Unit.C, "b", [Filter(limit=1)], None]


async def test_results_are_told_as_text_json_or_blocks() -> None:
    def text() -> str:
        return "plain"

    def struct() -> Place:
        return Place("Porto")

    def model() -> list[Filter]:
        return [Filter(limit=1)]

    def nothing() -> None: ...

    def picture() -> list[Any]:
        return [ContentBlock.text("see"), ContentBlock.image_base64("aGk=", "image/png")]

    def strange() -> object:
        return object()

    tools = [text, struct, model, nothing, picture, strange]
    calls = [(tool.__name__, {}) for tool in tools]
    replies = [Reply(tool_calls=calls), Reply(text="ok")]
    async with MockProvider(replies) as mock, await mock.client("anthropic/claude") as client:
        run = await client.chat().user("?").run_tools(tools)

    told = results(run.messages)
    assert told[:4] == [
        ("plain", False),
        ('{"city":"Porto"}', False),
        ('[{"limit":1}]', False),
        ("null", False),
    ]
    assert not told[4][1]
    assert told[5] == ("TypeError: the tool gave a object, which says nothing", True)


async def test_what_goes_wrong_is_told_to_the_model() -> None:
    def fail() -> None:
        secret = "sk-canary"  # noqa: F841 (must not be told)
        raise KeyError("no such row")

    calls: list[Any] = [
        ("fail", {}),
        ("nope", {}),
        ("add", {"a": "1", "c": 2}),
        ("add", '{"a": 1'),
    ]
    replies = [Reply(tool_calls=calls), Reply(text="I give up.")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("?").run_tools([add, fail])
        told = results(mock.requests[1].messages)

    assert run.content == "I give up."
    texts = [text for text, is_error in results(run.messages) if is_error]
    assert texts[:3] == [
        "KeyError: 'no such row'",
        "there is no tool 'nope'; the tools are add, fail",
        "the arguments do not fit: /c: is not a parameter; the parameters are a, b; "
        "/a: Expected int, got str",
    ]
    assert "not a JSON object" in texts[3]
    assert len(told) == 4
    assert "Traceback" not in str(told)
    assert "sk-canary" not in str(told)


async def test_chosen_exceptions_are_let_through() -> None:
    def fail() -> None:
        raise PermissionError("not you")

    replies = [Reply(tool_calls=[("fail", {}), ("add", {"a": 1})])]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(PermissionError, match="not you"):
            await client.chat().user("?").run_tools([fail, add], raises=(PermissionError,))
        assert len(mock.requests) == 1


async def test_rounds_are_bounded() -> None:
    async with MockProvider([Reply(tool_calls=[("add", {"a": 1})])] * 9) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            with pytest.raises(ToolRoundsExceeded, match="after 3 rounds") as caught:
                await client.chat().user("?").run_tools([add], max_rounds=3)
        assert len(mock.requests) == 3

    error = caught.value
    assert error.rounds == 3
    assert error.partial.has_tool_calls  # type: ignore[attr-defined]
    roles = [message.role.value for message in error.messages]  # type: ignore[attr-defined]
    assert roles == ["user", "assistant", "tool", "assistant", "tool", "assistant"]


async def test_a_forced_choice_holds_for_the_first_round() -> None:
    replies = [Reply(tool_calls=[("add", {"a": 1})]), Reply(text="11")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        await client.chat().user("?").tool_choice("required").run_tools([add])
        first, second = (request.body for request in mock.requests)

    assert first["tool_choice"] == "required"
    assert "tool_choice" not in second


async def test_tools_given_before_are_run_too() -> None:
    tool = ToolDefinition.from_function(add, name="plus")
    replies = [Reply(tool_calls=[("plus", {"a": 1})]), Reply(text="11")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("?").tools([tool]).run_tools()

    assert results(run.messages) == [("11", False)]


async def test_a_function_by_hand_is_checked_by_its_schema() -> None:
    def anything(**arguments: object) -> object:
        return arguments

    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    tool = ToolDefinition(name="anything", parameters=schema, function=anything)
    replies = [
        Reply(tool_calls=[("anything", {"n": 1}), ("anything", {"n": "x"})]),
        Reply(text="ok"),
    ]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("?").run_tools([tool])

    assert results(run.messages) == [
        ('{"n":1}', False),
        ('the arguments do not fit: /n: found "x", allowed is integer', True),
    ]


@pytest.mark.parametrize(
    ("tools", "kind"),
    [
        ([ToolDefinition.from_function(name="bare")], TypeError),
        ([add, add], ValueError),
        ([lambda *rest: rest], TypeError),
    ],
)
async def test_what_can_not_be_a_tool_is_refused_before_sending(
    tools: list[Any], kind: type[Exception]
) -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(kind):
            await client.chat().user("?").run_tools(tools)
        assert mock.requests == []


async def test_an_error_of_the_provider_is_raised_as_ever() -> None:
    replies = [Reply(tool_calls=[("add", {"a": 1})]), Reply(status=400, error="too long")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(RemoteError, match="too long"):
            await client.chat().user("?").run_tools([add])


async def test_a_call_cut_off_at_the_limit_is_not_gone_on_with() -> None:
    reply = Reply(tool_calls=[("add", '{"a": 1')], finish="max_tokens")
    async with MockProvider([reply] * 2) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(InvalidToolArguments):
            await client.chat().user("?").run_tools([add])
        assert len(mock.requests) == 1


# --- As a stream --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", PROVIDERS)
async def test_the_events_of_every_round_come(model: str) -> None:
    replies = [Reply(tool_calls=[("add", {"a": 1, "b": 2})]), Reply(text="It is 3.")]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        stream = client.chat().user("Sum?").stream_tools([add])
        events = [event async for event in stream]
        told = results(mock.requests[1].messages)

    names = [event.name for event in events if isinstance(event, ToolCallStarted)]
    assert names == ["add"]
    text = "".join(e.as_content_delta.text for e in events if e.is_content_delta)
    assert text == "It is 3."
    assert sum(event.is_stream_end for event in events) == 2
    assert told == [("3", False)]
    run = stream.result()
    assert (run.content, run.rounds) == ("It is 3.", 2)


async def test_a_broken_call_in_a_stream_is_told_to_the_model() -> None:
    replies = [Reply(tool_calls=[("add", '{"a": 1')]), Reply(text="Sorry.")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream_tools([add])
        async for _ in stream:
            pass
    ((text, is_error),) = results(stream.result().messages)
    assert is_error
    assert "not a JSON object" in text


async def test_the_rounds_of_a_stream_are_bounded() -> None:
    async with MockProvider([Reply(tool_calls=[("add", {"a": 1})])] * 5) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream_tools([add], max_rounds=2)
            with pytest.raises(ToolRoundsExceeded):
                async for _ in stream:
                    pass
            with pytest.raises(ValueError, match="not over"):
                stream.result()
            assert len(mock.requests) == 2


async def test_a_token_ends_the_stream_between_rounds() -> None:
    token = CancelToken()

    def stop() -> str:
        token.cancel()
        return "stopped"

    async with MockProvider([Reply(tool_calls=[("stop", {})])] * 3) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream_tools([stop], cancel_token=token)
            async for _ in stream:
                pass
        assert len(mock.requests) == 1


async def test_calls_of_one_round_run_together() -> None:
    """Each waits for the other: one after the other, neither would end."""
    first, second = Event(), Event()

    async def one() -> str:
        first.set()
        await second.wait()
        return "one"

    async def two() -> str:
        await first.wait()
        second.set()
        return "two"

    replies = [Reply(tool_calls=[("one", {}), ("two", {})]), Reply(text="ok")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("?").run_tools([one, two])

    assert results(run.messages) == [("one", False), ("two", False)]
    assert run.messages[0] == Message.user("?")


@pytest.mark.parametrize("most", [1, 2])
async def test_no_more_calls_run_together_than_allowed(most: int) -> None:
    running: set[int] = set()
    peaks: list[int] = []

    async def work(n: int) -> int:
        running.add(n)
        peaks.append(len(running))
        await checkpoint()
        running.discard(n)
        return n

    calls = [("work", {"n": n}) for n in range(6)]
    async with MockProvider([Reply(tool_calls=calls), Reply(text="ok")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            run = await client.chat().user("?").run_tools([work], max_parallel=most)

    assert max(peaks) <= most
    assert results(run.messages) == [(str(n), False) for n in range(6)]


class Sum(msgspec.Struct):
    total: int


@pytest.mark.parametrize(
    ("model", "last"),
    [
        ("openai/gpt-4o", Reply(text='{"total": 11}')),
        ("minimax/m", Reply(tool_calls=[("Sum", {"total": 11})])),  # no JSON mode: by tool
    ],
)
async def test_the_last_answer_can_be_typed(model: str, last: Reply) -> None:
    replies = [Reply(tool_calls=[("add", {"a": 1})]), last, Reply(text="Bye.")]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        run = await client.chat().user("Sum?").response_format(Sum).run_tools([add])
        assert StructuredOutput.from_response(run.response, Sum).value == Sum(11)
        # The conversation is one that can be gone on with.
        await client.chat().messages(run.messages).user("Thanks").execute()
        assert len(mock.requests) == 3

    calls = [c.id for m in run.messages for c in m.blocks if isinstance(c, ToolUseBlock)]
    told = [r.tool_use_id for m in run.messages for r in m.blocks if isinstance(r, ToolResultBlock)]
    assert calls == told


async def test_a_paused_turn_is_gone_on_with() -> None:
    replies = [Reply(text="Searching", finish="pause_turn"), Reply(text="Found.")]
    async with MockProvider(replies) as mock:
        async with await mock.client("anthropic/claude-sonnet-4-5") as client:
            run = await client.chat().user("?").run_tools([add])
        assert [m.role.value for m in mock.requests[1].messages] == ["user", "assistant"]
    assert (run.content, run.rounds) == ("Found.", 2)


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_error_in_a_later_round_has_the_conversation_so_far(streamed: bool) -> None:
    script = [
        Reply(tool_calls=[("add", {"a": 1, "b": 2})]),
        Reply(status=400, error="no"),
        Reply(text="Three"),
    ]
    async with MockProvider(script) as mock, await mock.client("openai/gpt-4o") as client:
        chat = client.chat().user("1 + 2?")
        with pytest.raises(RemoteError) as caught:
            if streamed:
                async for _ in chat.stream_tools([add]):
                    pass
            else:
                await chat.run_tools([add])
        messages: Any = caught.value.messages
        assert [message.role.value for message in messages] == ["user", "assistant", "tool"]
        assert results(messages) == [("3", False)]
        assert (await client.chat().messages(messages).execute()).content == "Three"


@pytest.mark.parametrize("model", PROVIDERS)
async def test_names_are_fitted_for_the_target_and_given_back(model: str) -> None:
    seen: list[int] = []

    def größe(number: int) -> str:
        """Get the size."""
        seen.append(number)
        return "1"

    def find(number: int) -> str:
        seen.append(-number)
        return "2"

    other = ToolDefinition.from_function(find, name="shop.find/it " + "x" * 140)
    async with MockProvider([Reply(text="ok")]) as mock, await mock.client(model) as client:
        await client.chat().user("?").tools([größe, other]).execute()
        sent = [tool.name for tool in mock.requests[0].tools]
    assert all(re.fullmatch(r"[A-Za-z0-9_.:-]{1,128}", name) for name in sent)
    replies = [Reply(tool_calls=[(name, {"number": 3}) for name in sent]), Reply(text="done")]
    for streamed in (False, True):
        seen.clear()
        async with MockProvider(replies) as mock, await mock.client(model) as client:
            chat = client.chat().user("?")
            if streamed:
                stream = chat.stream_tools([größe, other])
                started = [e.tool_name async for e in stream if isinstance(e, ToolCallStarted)]
                run = stream.result()
            else:
                run = await chat.run_tools([größe, other])
                started = [call.name for call in run.responses[0].tool_calls]
            names = [tool.name for tool in mock.requests[1].tools]
        assert (seen, started, names) == ([3, -3], ["größe", other.name], sent)
        assert run.responses[0].adaptations[0].startswith("the tool 'größe' is offered as gr")


async def test_what_a_tool_gives_is_always_told() -> None:
    class Loud:
        def __str__(self) -> str:
            return "loud"

    class Mute:
        def __str__(self) -> str:
            raise ValueError("no")

    half, whole = "half \ud835", "\ud835\udc00"
    given: list[object] = [
        half, whole, [half], {"a": float("nan")}, Loud(), Mute(), "x" * 1_000_001,
        [ContentBlock.text(half), "and", 3],
    ]  # fmt: skip

    def make(value: object) -> Any:
        return lambda: value

    tools = [
        ToolDefinition.from_function(make(value), name=f"t{index}")
        for index, value in enumerate(given)
    ]
    replies = [Reply(tool_calls=[(tool.name, {}) for tool in tools]), Reply(text="ok")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("?").run_tools(tools)
        told = [text for text, _ in results(mock.requests[1].messages)]
    assert told[0] == "half \ufffd"
    assert told[1] == "\U0001d400"
    assert told[2] == '["half \ufffd"]'
    assert "a is nan, which is no number in JSON" in told[3]
    assert told[4:6] == ["loud", "TypeError: the tool gave a Mute that can't be told"]
    assert told[6].endswith("[cut here: the result has 1000001 characters; ask for less]")
    assert told[7] == "half \ufffdand3"
    assert run.content == "ok"


async def test_a_schema_and_a_handler_are_a_tool() -> None:
    seen: list[object] = []
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "a b": {"type": "string"}},
        "required": ["n"],
    }

    def handle(arguments: dict[str, Any]) -> str:
        seen.append(arguments)
        return "ok"

    tool = ToolDefinition.from_function(handle, name="count", parameters=schema)
    calls = [("count", {"n": 1, "a b": "x"}), ("count", {"n": "x"})]
    replies = [Reply(tool_calls=calls), Reply(text="done")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("?").tools([tool]).run_tools()
    assert seen == [{"n": 1, "a b": "x"}]
    assert [is_error for _, is_error in results(run.messages)] == [False, True]


async def test_a_hook_is_asked_before_every_call() -> None:
    asked: list[object] = []

    async def decide(call: ToolCall, tool: ToolDefinition) -> object:
        await checkpoint()
        asked.append((call.name, call.arguments["a"], tool.description))
        if call.arguments["a"] == 4:
            return msgspec.structs.replace(call, arguments={"a": 40})
        return [True, False, "Not on Sundays."][call.arguments["a"] - 1]

    calls = [("add", {"a": number}) for number in (1, 2, 3, 4)]
    replies = [Reply(tool_calls=[*calls, ("add", {}), ("sub", {})]), Reply(text="done")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        chat = client.chat().user("?")
        run = await chat.run_tools([add], on_tool_call=decide, max_parallel=1)
    assert asked == [("add", number, "Add two numbers.") for number in (1, 2, 3, 4)]
    assert results(run.messages)[:4] == [
        ("11", False),
        ("this call was not allowed; it was not made", True),
        ("Not on Sundays.", True),
        ("50", False),
    ]


async def test_a_hook_that_says_nothing_allows_nothing() -> None:
    replies = [Reply(tool_calls=[("add", {"a": 1})])]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(TypeError, match="return True, False, a text"):
            await client.chat().user("?").run_tools([add], on_tool_call=lambda *_: None)
