"""Numbers that no float stands for: exact where a Decimal is asked for, else a typed error."""

import dataclasses
from decimal import Decimal
from typing import Any

import pydantic
import pytest

from ai_lib.client import AiClient
from ai_lib.errors import InvalidOutput
from ai_lib.pipeline import parse_text_tool_calls
from ai_lib.structured import JsonMode, OutputValidator, extract_json
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import ToolDefinition
from tests.thoroughness import THOROUGH

BEYOND = ["1e400", "-1e-400", "-1e400", "1e-400", "1E+999999"]
NO_NUMBERS = ["NaN", "1e-99999999999999999999", "Infinity", "-Infinity", "1e99999999999999999999"]
if not THOROUGH:
    BEYOND, NO_NUMBERS = BEYOND[:2], NO_NUMBERS[:2]
SCHEMA = {"type": "object", "properties": {"x": {"type": "number", "multipleOf": 0.5}}}


@dataclasses.dataclass
class OfFloat:
    x: float | None = None


@dataclasses.dataclass
class OfInt:
    x: int


@dataclasses.dataclass
class OfAny:
    x: Any


@dataclasses.dataclass
class OfDecimal:
    x: Decimal


class ModelOfFloat(pydantic.BaseModel):
    x: float | None = None


class ModelOfAny(pydantic.BaseModel):
    x: Any = None


class ModelOfDecimal(pydantic.BaseModel):
    x: Decimal


class ModelOfBoth(pydantic.BaseModel):
    x: Decimal
    y: float = 0.0


INEXACT: list[Any] = [
    OfFloat, OfInt, OfAny, ModelOfFloat, ModelOfAny, ModelOfBoth, SCHEMA, {"type": "object"},
]  # fmt: skip


async def ask(client: AiClient, kind: Any, coerce: bool, streamed: bool) -> Any:
    chat = client.chat().user("?")
    if not streamed:
        return await chat.execute_as(kind, coerce=coerce, max_reasks=0)
    *_, value = [item async for item in chat.stream_as(kind, coerce=coerce, max_reasks=0)]
    return value


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_an_answer_beyond_all_floats_is_exact_or_refused(streamed: bool) -> None:
    kept = []
    for number in (*BEYOND, *NO_NUMBERS):
        async with MockProvider([Reply(text=f'{{"x": {number}}}')] * 40) as mock:
            async with await mock.client("openai/gpt-4o") as client:
                for kind in INEXACT:
                    for coerce in (False, True):
                        try:
                            value = await ask(client, kind, coerce, streamed)
                        except InvalidOutput:
                            continue
                        kept.append((number, kind, coerce, value))
                for kind in (OfDecimal, ModelOfDecimal):
                    if number in BEYOND:
                        value = await ask(client, kind, False, streamed)
                        assert value.x == Decimal(number)
                    else:
                        with pytest.raises(InvalidOutput):
                            await ask(client, kind, False, streamed)
    assert kept == []


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("model", ["openai/gpt-4o", "gemini/gemini-2.5-flash"])
async def test_an_argument_beyond_all_floats_is_exact_or_refused(
    model: str, streamed: bool
) -> None:
    """One dialect has arguments as text, another as JSON in its frames."""
    seen: list[Any] = []

    def take(x: float | None) -> str:
        seen.append(x)
        return "ok"

    def take_any(x: Any) -> str:
        seen.append(x)
        return "ok"

    def take_int(x: int) -> str:
        seen.append(x)
        return "ok"

    def handle(arguments: dict[str, Any]) -> str:
        seen.append(arguments)
        return "ok"

    handler = ToolDefinition.from_function(handle, name="handle", parameters=SCHEMA)
    for number in (*BEYOND, *NO_NUMBERS):
        for coerce in (False, True):
            text = f'{{"x": {number}}}'
            names = ("take", "take_any", "take_int", "handle")
            replies = [*(Reply(tool_calls=[(name, text)]) for name in names), Reply(text="done")]
            async with MockProvider(replies) as mock, await mock.client(model) as client:
                chat = client.chat().user("?")
                tools: list[Any] = [take, take_any, take_int, handler]
                if streamed:
                    stream = chat.stream_tools(tools, coerce=coerce)
                    assert [event async for event in stream]
                    run = stream.result()
                else:
                    run = await chat.run_tools(tools, coerce=coerce)
            assert (seen, run.content) == ([], "done"), (number, coerce)
            assert run.rounds == len(replies)


async def test_an_answer_by_a_call_has_all_its_digits() -> None:
    text = '{"x": 12345678901234567890.12}'
    for model in ("openai/gpt-4o", "gemini/gemini-2.5-flash"):
        replies = [Reply(tool_calls=[("OfDecimal", text)])] * 2
        async with MockProvider(replies) as mock, await mock.client(model) as client:
            for streamed in (False, True):
                chat = client.chat().user("?")
                if streamed:
                    stream = chat.stream_as(OfDecimal, mode=JsonMode.TOOL, max_reasks=0)
                    *_, value = [item async for item in stream]
                else:
                    value = await chat.execute_as(OfDecimal, mode=JsonMode.TOOL, max_reasks=0)
                assert value == OfDecimal(Decimal("12345678901234567890.12"))


def test_a_call_in_the_text_has_all_its_digits() -> None:
    text = '<tool_call>{"name": "pay", "arguments": {"x": 12345678901234567890.12}}</tool_call>'
    (call,) = parse_text_tool_calls(text).calls
    assert call.arguments == {"x": 12345678901234567890.12}
    assert call.exact_json == '{"x":12345678901234567890.12}'
    assert parse_text_tool_calls(text.replace(".12", "e400")).calls == ()


async def test_a_small_decimal_argument_is_exact() -> None:
    seen: list[Decimal] = []

    def take(x: Decimal) -> str:
        seen.append(x)
        return "ok"

    replies = [Reply(tool_calls=[("take", '{"x": 1e-400}')]), Reply(text="done")]
    for model in ("openai/gpt-4o", "gemini/gemini-2.5-flash"):
        async with MockProvider(replies) as mock, await mock.client(model) as client:
            await client.chat().user("?").run_tools([take])
    assert seen == [Decimal("1e-400")] * 2


def test_a_text_that_says_no_number_is_none() -> None:
    for text in ("NaN", "Infinity", "-inf"):
        for strict in (True, False):
            assert not OutputValidator(ModelOfFloat, strict=strict).validate(f'{{"x": "{text}"}}')
            assert not OutputValidator(OfFloat, strict=strict).validate(f'{{"x": "{text}"}}')
    assert OutputValidator(ModelOfAny).validate('{"x": "NaN"}').value.x == "NaN"
    assert not OutputValidator(OfFloat, strict=False).validate('{"x": "1e-400"}')


def test_decoded_json_has_a_decimal_where_no_float_stands_for_a_number() -> None:
    assert extract_json("[1e400, 0e-500, 1.5]") == [Decimal("1e400"), 0, 1.5]
    data = OutputValidator(OfDecimal).validate('{"x": 1e-400}').data
    assert data == {"x": Decimal("1e-400")}
