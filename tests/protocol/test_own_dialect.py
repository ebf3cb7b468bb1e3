"""A provider whose wire resembles nobody's is one YAML file: `playhouse.yaml`, and no code."""

from typing import Any

import pytest

from ai_lib.client import AiClient
from ai_lib.errors.exceptions import CapabilityError, RemoteError, RequestError, StreamTruncated
from ai_lib.types.content import ContentBlock, ThinkingBlock
from ai_lib.types.message import Message
from ai_lib.types.request import ResponseFormat
from ai_lib.types.tool import ToolDefinition
from tests.protocol.playhouse import MANIFEST, TICKET, Playhouse

TOOLS = [
    ToolDefinition(
        name="weather",
        description="Tells the weather.",
        parameters={"type": "object", "properties": {"city": {"type": "string"}}},
    ),
    ToolDefinition(name="clock"),
]


async def visit(house: Playhouse, ticket: str = TICKET) -> AiClient:
    builder = AiClient.builder().protocol_dir(MANIFEST).model("playhouse/hamlet")
    return await builder.api_key(ticket).base_url(house.server.url).build()


async def test_a_plain_reply() -> None:
    with Playhouse() as house:
        async with await visit(house) as client:
            chat = client.chat().system("Speak softly.").user("Who's there?")
            reply = await chat.temperature(4).max_tokens(60).execute()
    assert (reply.content, reply.thinking) == ('You said "Who\'s there?"', "Hmm.")
    assert (reply.finish_reason, reply.termination_reason) == ("fin", "end_turn")
    assert (reply.id, reply.model) == ("show-1", "hamlet")
    assert reply.usage.prompt_tokens == 12
    assert (reply.usage.cache_read_tokens, reply.usage.completion_tokens) == (7, 4)
    assert house.paths == ["POST /hamlet/perform"]
    assert house.asked == [
        {
            "script": [["visitor", [{"line": "Who's there?"}]]],
            "direction": "Speak softly.",
            "mood": {"warmth": 4},
            "length": {"words": 60},
        }
    ]
    assert "temperature sent as mood.warmth" in reply.adaptations


async def test_a_stream() -> None:
    with Playhouse() as house:
        async with await visit(house) as client:
            stream = client.chat().user("Ja?").stream()
            events = [event async for event in stream]
            reply = stream.response()
    texts = [event.as_content_delta.text for event in events if event.is_content_delta]
    assert texts == ["You s", "aid 'Ja?'"]
    assert (reply.content, reply.thinking) == ("You said 'Ja?'", "Hmm.")
    assert (reply.id, reply.termination_reason) == ("show-1", "end_turn")
    assert reply.usage.prompt_tokens == 12
    assert reply.unknown_events == 1
    assert events[-1].is_stream_end
    assert house.paths == ["POST /hamlet/perform/live"]
    (body,) = house.asked
    assert (body["audience"], body["length"]) == ("present", {"words": 500})


@pytest.mark.parametrize("live", [False, True])
async def test_tools_are_called_and_their_results_told(live: bool) -> None:
    question = Message.user("What is it like in Köln, and when?")

    async def answer(client: AiClient, *messages: Message) -> Any:
        chat = client.chat().messages(messages).tools(TOOLS)
        if not live:
            return await chat.execute()
        stream = chat.stream()
        _ = [event async for event in stream]
        return stream.response()

    with Playhouse() as house:
        async with await visit(house) as client:
            first = await answer(client, question)
            results = [
                Message.tool("s1", "rain"),
                Message.tool("s2", "no clock", is_error=True),
            ]
            second = await answer(client, question, first.to_message(), *results)
    calls = [(call.id, call.name, call.arguments) for call in first.tool_calls]
    assert calls == [("s1", "weather", {"city": "Köln"}), ("s2", "clock", {})]
    assert first.termination_reason == "tool_use"
    assert second.content == "They said: no clock"
    assert house.asked[0]["props"][0] == {
        "act": "weather",
        "purpose": "Tells the weather.",
        "notes": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    assert house.asked[1]["script"] == [
        ["visitor", [{"line": "What is it like in Köln, and when?"}]],
        [
            "player",
            [
                {"cue": {"slip": "s1", "act": "weather", "notes": {"city": "Köln"}}},
                {"cue": {"slip": "s2", "act": "clock", "notes": {}}},
            ],
        ],
        ["prompter", [{"cued": {"slip": "s1", "heard": "rain"}}]],
        ["prompter", [{"missed": {"slip": "s2", "heard": "no clock"}}]],
    ]


async def test_everything_else_a_request_can_say() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    with Playhouse() as house:
        async with await visit(house) as client:
            blocks = [ThinkingBlock(thinking="Hm"), ContentBlock.text("Words")]
            chat = client.chat().user("A").assistant(blocks).user("B").seed(6)
            await chat.response_format(ResponseFormat(type="json_schema", schema=schema)).execute()
            chat = client.chat().user("A").tools(TOOLS).tool_choice("clock")
            await chat.reasoning_effort("high").execute()
    first, second = house.asked
    assert first["script"][1] == ["player", [{"aside": "Hm"}, {"line": "Words"}]]
    assert (first["dice"], first["form"]) == (6, {"strictly": schema})
    assert (second["improvise"], second["mood"]) == ({"only": "clock"}, {"depth": "high"})


@pytest.mark.parametrize("live", [False, True])
async def test_an_error_answer_is_classified(live: bool) -> None:
    with Playhouse() as house:
        async with await visit(house) as client:
            with pytest.raises(RemoteError, match="come back in 3 minutes") as caught:
                chat = client.chat().user("Tickets!")
                if live:
                    _ = [event async for event in chat.stream()]
                else:
                    await chat.execute()
    error = caught.value
    assert (error.code, error.status_code, error.request_id) == ("sold_out", 471, "R-12")
    assert error.standard_code.code == "E2001"
    assert error.retry_after == 3.0


async def test_a_wrong_key_is_an_authentication_error() -> None:
    with Playhouse() as house:
        async with await visit(house, "stolen") as client:
            with pytest.raises(RemoteError) as caught:
                await client.chat().user("Hello").execute()
    assert caught.value.error_class == "authentication"
    assert "stolen" not in str(caught.value)


async def test_an_error_inside_a_stream_ends_it() -> None:
    with Playhouse() as house:
        async with await visit(house) as client:
            with pytest.raises(RemoteError, match=r"Fire!") as caught:
                _ = [event async for event in client.chat().user("Burn!").stream()]
    assert caught.value.error_class == "server_error"
    partial: Any = caught.value.partial
    assert partial.content == "The cur"


async def test_a_stream_that_breaks_off_is_truncated() -> None:
    with Playhouse() as house:
        async with await visit(house) as client:
            with pytest.raises(StreamTruncated) as caught:
                _ = [event async for event in client.chat().user("Break!").stream()]
    partial: Any = caught.value.partial
    assert partial.content == "To be"


async def test_what_the_wire_can_not_say_is_refused_before_sending() -> None:
    with Playhouse() as house:
        async with await visit(house) as client:
            with pytest.raises(RequestError, match="temperature=11"):
                await client.chat().user("Hello").temperature(11).execute()
            with pytest.raises(CapabilityError, match="vision"):
                await client.chat().user([ContentBlock.image_url("https://a.b/c.png")]).execute()
            with pytest.raises(CapabilityError, match="required"):
                await client.chat().user("A").tools(TOOLS).tool_choice("required").execute()
    assert house.asked == []


async def test_a_service_is_called_and_its_part_returned() -> None:
    with Playhouse() as house:
        async with await visit(house) as client:
            assert await client.invoke("list_models") == ["hamlet", "faust/part-1"]
            with pytest.raises(RequestError, match=r"no operation 'applause'.*list_models"):
                await client.invoke("applause")
            with pytest.raises(CapabilityError, match="embeddings"):
                await client.invoke("embeddings", {})
    assert house.paths == ["GET /programme"]
