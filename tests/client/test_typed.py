"""A typed answer, from the type to the value, over a real socket."""

import dataclasses
import enum
import json
from pathlib import Path
from typing import Any, TypedDict

import msgspec
import pydantic
import pytest

from ai_lib.client import AiClient
from ai_lib.errors import (
    AnswerCutShort,
    AnswerRefused,
    InvalidOutput,
    RequestError,
    TransportTimeout,
)
from ai_lib.structured import JsonMode, JsonModeConfig, SchemaGenerator, StructuredOutput
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import MessageRole, TimeoutOptions, ToolDefinition, Usage
from tests.resilience.conftest import Serve, serve  # noqa: F401 (a fixture)
from tests.resilience.house import QUICK, answer, builder, fail, write
from tests.servers.scripted import Exchange


class Person(msgspec.Struct):
    """Somebody."""

    name: str
    age: int = 0


@dataclasses.dataclass
class Pair:
    left: int
    right: int


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class City(pydantic.BaseModel):
    name: str


class Options(TypedDict):
    deep: bool


ANNA = '{"name": "Anna", "age": 41}'
PROVIDERS = [
    "openai/gpt-4o",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "cohere/command-a-03-2025",
    "deepseek/deepseek-chat",  # any JSON, but no schema
    "mistral/mistral-large-latest",
]
STRICT = {
    "title": "Person",
    "description": "Somebody.",
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
WORDS_ONLY = """
id: plain
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{ base_url: "{url}" }}
capabilities: {{ required: [text, streaming], optional: [] }}
"""


@pytest.mark.parametrize("model", PROVIDERS)
async def test_a_struct_goes_in_and_a_value_comes_out(model: str) -> None:
    async with MockProvider([Reply(text=ANNA)]) as mock, await mock.client(model) as client:
        person = await client.chat().user("Who?").execute_as(Person)

    assert person == Person(name="Anna", age=41)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Pair, '{"left": 1, "right": 2}', Pair(1, 2)),
        (City, '{"name": "Porto"}', City(name="Porto")),
        (Options, '{"deep": true}', {"deep": True}),
        (Colour, '{"value": "red"}', Colour.RED),
        (list[int], '{"value": [1, 2]}', [1, 2]),
        (list[City], '{"value": [{"name": "Porto"}]}', [City(name="Porto")]),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (Person | None, '{"value": null}', None),
        (int, "7", 7),
        (SchemaGenerator().add_property("n", int), '{"n": 1}', {"n": 1}),
        ({"type": "object", "required": ["n"]}, '{"n": 1}', {"n": 1}),
    ],
)
async def test_every_kind_of_type_is_taken(kind: Any, text: str, value: object) -> None:
    async with MockProvider([Reply(text=text)]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            assert await client.chat().user("?").execute_as(kind) == value


async def test_a_schema_is_kept_by_the_provider_that_can() -> None:
    async with MockProvider([Reply(text=ANNA)] * 2) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            await client.chat().user("?").execute_as(Person)
        async with await mock.client("anthropic/claude-sonnet-4-5") as client:
            await client.chat().user("?").execute_as(Person)
        first, second = (request.body for request in mock.requests)

    assert first["response_format"]["json_schema"] == {
        "name": "Person",
        "description": "Somebody.",
        "schema": STRICT,
        "strict": True,
    }
    assert second["output_config"]["format"] == {"type": "json_schema", "schema": STRICT}


async def test_json_mode_has_the_schema_in_words() -> None:
    async with MockProvider([Reply(text=ANNA)]) as mock:
        async with await mock.client("deepseek/deepseek-chat") as client:
            output = await client.chat().user("Who?").execute_structured(Person)
        (request,) = mock.requests

    assert request.body["response_format"] == {"type": "json_object"}
    system, user = request.messages
    assert (system.role, user.text) == (MessageRole.SYSTEM, "Who?")
    assert '"required":["name"]' in system.text
    assert output.response.adaptations == (
        "the response is asked for as JSON, with its schema in the prompt",
    )


async def test_a_target_without_json_mode_is_asked_by_tool() -> None:
    reply = Reply(tool_calls=[("Person", {"name": "Anna"})])
    async with MockProvider([reply]) as mock, await mock.client("minimax/m") as client:
        output = await client.chat().user("Who?").execute_structured(Person)
        (request,) = mock.requests

    assert output.value == Person(name="Anna")
    assert output.data == {"name": "Anna"}
    assert [tool.name for tool in request.tools] == ["Person"]
    assert request.tool_choice is not None
    assert request.tool_choice.name == "Person"


async def test_a_target_with_neither_is_asked_in_words(tmp_path: Path) -> None:
    async with MockProvider([Reply(text=f"Of course:\n```json\n{ANNA}\n```")]) as mock:
        path = tmp_path / "plain.yaml"
        path.write_text(WORDS_ONLY.format(url=mock.base_url("openai")), "utf-8")
        made = AiClient.builder().model("plain/m").api_key("k").protocol_dir(path)
        async with await made.build() as client:
            assert await client.chat().user("?").execute_as(Person) == Person(name="Anna", age=41)
        (request,) = mock.requests

    assert "response_format" not in request.body
    assert not request.tools
    assert "JSON Schema" in request.messages[0].text


@pytest.mark.parametrize(
    ("mode", "place"),
    [
        (JsonMode.JSON, "response_format"),
        (JsonMode.JSON_SCHEMA, "response_format"),
        (JsonMode.TOOL, "tools"),
        (JsonModeConfig(mode=JsonMode.JSON_SCHEMA, strict=False), "response_format"),
    ],
)
async def test_the_mode_can_be_chosen(mode: Any, place: str) -> None:
    reply = Reply(tool_calls=[("Person", {"name": "A"})]) if place == "tools" else Reply(text=ANNA)
    async with MockProvider([reply]) as mock, await mock.client("openai/gpt-4o") as client:
        await client.chat().user("?").execute_as(Person, mode=mode)
        (request,) = mock.requests

    assert {"response_format", "tools"} & request.body.keys() == {place}
    if isinstance(mode, JsonModeConfig):
        assert request.body[place]["json_schema"]["strict"] is False
    elif place == "response_format":
        kind = "json_object" if mode is JsonMode.JSON else "json_schema"
        assert request.body[place]["type"] == kind


async def test_off_asks_in_words_only() -> None:
    async with MockProvider([Reply(text=ANNA)]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            await client.chat().user("?").execute_as(Person, mode=JsonMode.OFF)
        (request,) = mock.requests

    assert not {"response_format", "tools"} & request.body.keys()


async def test_a_schema_that_can_not_be_strict_is_asked_for_without() -> None:
    replies = [Reply(text='{"a": 1}'), Reply(tool_calls=[("response", {"a": 1})])]
    async with MockProvider(replies) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            assert await client.chat().user("?").execute_as(dict[str, int]) == {"a": 1}
        # This one takes no open schema at all.
        async with await mock.client("anthropic/claude-sonnet-4-5") as client:
            assert await client.chat().user("?").execute_as(dict[str, int]) == {"a": 1}
        first, second = mock.requests

    assert first.body["response_format"]["json_schema"]["strict"] is False
    assert [tool.name for tool in second.tools] == ["response"]


async def test_response_format_takes_a_type() -> None:
    async with MockProvider([Reply(text=ANNA)]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            response = await client.chat().user("?").response_format(Person).execute()
        (request,) = mock.requests

    assert request.body["response_format"]["json_schema"]["schema"] == STRICT
    output = StructuredOutput.from_response(response, Person)
    assert output.value == Person(name="Anna", age=41)


# --- Asking again -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", PROVIDERS)
async def test_a_wrong_answer_is_asked_for_again_with_what_is_wrong(model: str) -> None:
    usage = Usage(prompt_tokens=3, completion_tokens=2)
    bad, good = '{"name": "Anna", "age": "41"}', Reply(text=ANNA, usage=usage)
    async with MockProvider([Reply(text=bad, usage=usage), good]) as mock:
        async with await mock.client(model) as client:
            output = await client.chat().user("Who?").execute_structured(Person)
        again = mock.requests[1].messages

    assert output.value == Person(name="Anna", age=41)
    assert output.asks == 2
    assert output.raw == ANNA
    assert len(output.response.attempts) == 2
    assert output.usage.total_tokens == 10
    assert [m.role.value for m in again if m.role is not MessageRole.SYSTEM] == [
        "user",
        "assistant",
        "user",
    ]
    assert again[-2].text == bad
    assert '/age: found "41", allowed is integer' in again[-1].text


async def test_a_wrong_answer_by_tool_is_answered_as_a_tool() -> None:
    replies = [
        Reply(tool_calls=[("Person", {"age": 1})]),
        Reply(tool_calls=[("Person", {"name": "Anna"})]),
    ]
    async with MockProvider(replies) as mock, await mock.client("minimax/m") as client:
        person = await client.chat().user("Who?").execute_as(Person)
        again = mock.requests[1].messages

    assert person == Person(name="Anna")
    assert [m.role.value for m in again] == ["user", "assistant", "tool"]
    (result,) = again[-1].blocks
    assert "lacks 'name'" in str(result)


async def test_an_answer_by_tool_that_is_no_json_is_asked_for_again() -> None:
    replies = [
        Reply(tool_calls=[("Person", '{"name": ')]),
        Reply(tool_calls=[("Person", {"name": "Anna"})]),
    ]
    async with MockProvider(replies) as mock, await mock.client("minimax/m") as client:
        output = await client.chat().user("Who?").execute_structured(Person)

    assert (output.value, output.asks) == (Person(name="Anna"), 2)
    assert len(output.response.attempts) == 2


@pytest.mark.parametrize("reasks", [0, 1, 3])
async def test_it_is_asked_for_again_so_often_and_no_more(reasks: int) -> None:
    async with MockProvider([Reply(text='Here: {"name": 5}')] * 9) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            with pytest.raises(InvalidOutput) as caught:
                await client.chat().user("?").execute_as(Person, max_reasks=reasks)
        assert len(mock.requests) == 1 + reasks

    error = caught.value
    assert error.raw == 'Here: {"name": 5}'
    assert (error.pointer, error.allowed) == ("/name", "string")
    assert error.problems == ("/name: found 5, allowed is string",)
    assert len(error.attempts) == 1 + reasks
    assert error.partial.content == error.raw  # type: ignore[attr-defined]


async def test_retries_and_asks_have_one_budget(serve: Serve, tmp_path: Path) -> None:  # noqa: F811
    """Two retries are allowed, and three asks: no more than 1 + 2 + 2 requests, whatever comes."""
    seen: list[int] = []

    def script(exchange: Exchange) -> None:
        seen.append(1)
        if len(seen) % 2:
            fail(exchange, 503)
        else:
            answer(exchange, "not what was asked for")

    server = serve(script)
    write(tmp_path, "house", server.url)
    async with await builder(tmp_path).with_retry(QUICK).build() as client:
        with pytest.raises(Exception) as caught:
            await client.chat().user("?").execute_as(Person, max_reasks=2, mode=JsonMode.OFF)

    # fails, wrong, fails, wrong, fails: the two retries are spent.
    assert len(server.received) == 5
    statuses = [attempt.status_code for attempt in caught.value.attempts]  # type: ignore[attr-defined]
    assert statuses == [503, None, 503, None, 503]


async def test_retries_fallbacks_and_asks_have_one_budget(
    serve: Serve,  # noqa: F811
    tmp_path: Path,
) -> None:
    def broken(exchange: Exchange) -> None:
        fail(exchange, 503)

    def useless(exchange: Exchange) -> None:
        answer(exchange, "not what was asked for")

    first, second = serve(broken), serve(useless)
    write(tmp_path, "house", first.url)
    write(tmp_path, "other", second.url)
    made = builder(tmp_path).with_retry(QUICK).with_fallbacks(["other/m"])
    async with await made.build() as client:
        with pytest.raises(InvalidOutput) as caught:
            await client.chat().user("?").execute_as(Person, max_reasks=2, mode=JsonMode.OFF)

    # Three asks: each goes to both, and the first may be tried again twice in all.
    assert len(first.received) == 3 + 2
    assert len(second.received) == 3
    assert len(caught.value.attempts) == 8


async def test_all_asks_have_one_deadline() -> None:
    timeouts = TimeoutOptions(total=1.5)
    replies = [Reply(text="nothing", delay=0.5), Reply(text=ANNA, delay=30)]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(TransportTimeout) as caught:
            await client.chat().user("?").timeouts(timeouts).execute_as(Person)

    error = caught.value
    assert (error.timeout_name, error.seconds) == ("total", 1.5)
    first, second = error.attempts
    assert second.latency_ms < 1450  # type: ignore[attr-defined]
    assert first.ended == "answered"  # type: ignore[attr-defined]


async def test_fallbacks_are_asked_in_their_own_way() -> None:
    replies = [Reply(status=500, error="down"), Reply(text=ANNA)]
    async with MockProvider(replies) as mock:
        made = AiClient.builder().model("openai/gpt-4o").api_key("k").timeout(5)
        made = made.base_url(mock.base_url("openai")).with_retry(QUICK.no_retry())
        made = made.with_fallbacks(["deepseek/deepseek-chat"])
        made = made.api_key_for("deepseek/deepseek-chat", "k")
        made = made.base_url_for("deepseek/deepseek-chat", mock.base_url("deepseek"))
        async with await made.build() as client:
            assert (await client.chat().user("?").execute_as(Person)).name == "Anna"
        formats = [request.body["response_format"]["type"] for request in mock.requests]

    assert formats == ["json_schema", "json_object"]


# --- No answer ----------------------------------------------------------------------------------


def refusing() -> Reply:
    """Refuse in the field that is there for it, as the wire does for answers with a schema."""
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return Reply(body=json.dumps({"id": "1", "model": "m", "choices": [choice]}).encode())


@pytest.mark.parametrize("reply", [refusing(), Reply(text="Never.", finish="refusal")])
async def test_a_refusal_is_an_error_and_is_not_asked_again(reply: Reply) -> None:
    async with MockProvider([reply] * 3) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(AnswerRefused) as caught:
            await client.chat().user("?").execute_as(Person)
        assert len(mock.requests) == 1

    assert caught.value.raw in ("I can't help with that.", "Never.")
    assert caught.value.partial.termination_reason == "refusal"  # type: ignore[attr-defined]
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize(
    ("model", "reply"),
    [
        ("openai/gpt-4o", Reply(text='{"name": "An', finish="max_tokens")),
        ("minimax/m", Reply(tool_calls=[("Person", '{"name": "An')], finish="max_tokens")),
    ],
)
async def test_an_answer_cut_at_its_limit_is_an_error_and_is_not_asked_again(
    model: str, reply: Reply
) -> None:
    async with MockProvider([reply] * 3) as mock, await mock.client(model) as client:
        with pytest.raises(AnswerCutShort, match="raise max_tokens") as caught:
            await client.chat().user("?").execute_as(Person)
        assert len(mock.requests) == 1

    assert caught.value.raw == '{"name": "An'
    assert len(caught.value.attempts) == 1


async def test_an_answer_that_is_whole_at_its_limit_is_an_answer() -> None:
    reply = Reply(text=ANNA, finish="max_tokens")
    async with MockProvider([reply]) as mock, await mock.client("openai/gpt-4o") as client:
        assert (await client.chat().user("?").execute_as(Person)).age == 41


async def test_a_tool_of_the_answers_name_is_refused_before_sending() -> None:
    tool = ToolDefinition.from_function(name="Person")
    async with MockProvider() as mock, await mock.client("minimax/m") as client:
        with pytest.raises(RequestError, match="another name"):
            await client.chat().user("?").tools([tool]).execute_as(Person)
        assert mock.requests == []


async def test_a_type_without_a_schema_is_refused_before_sending() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(TypeError, match="has no JSON Schema"):
            await client.chat().user("?").execute_as(object())
        assert mock.requests == []
