"""Numbers in tool arguments keep their digits; a tool that a target can't be told is left out."""

from decimal import Decimal
from typing import Any

import pydantic
import pytest

from ai_lib.errors import CapabilityError
from ai_lib.guardrails import RegexFilter
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import ToolDefinition

DIGITS = "12345678901234567890.1234567890123"
PROVIDERS = [
    "openai/gpt-4o",
    "openai/gpt-5.4",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "cohere/command-a-03-2025",
]


class Price(pydantic.BaseModel):
    amount: Decimal


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("model", PROVIDERS)
async def test_a_decimal_argument_has_all_its_digits(model: str, streamed: bool) -> None:
    seen: list[Any] = []

    def pay(amount: Decimal, price: Price, shares: list[Decimal], factor: float, note: Any) -> str:
        seen.extend((amount, price.amount, shares, factor, note))
        return "paid"

    text = (
        f'{{"amount": {DIGITS}, "price": {{"amount": -{DIGITS}}}, "shares": [0.5, {DIGITS}],'
        f' "factor": {DIGITS}, "note": [{DIGITS}]}}'
    )
    replies = [Reply(tool_calls=[("pay", text)]), Reply(text="done")]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        chat = client.chat().user("?")
        if streamed:
            stream = chat.stream_tools([pay])
            async for _ in stream:
                pass
            run = stream.result()
        else:
            run = await chat.run_tools([pay])
    exact = Decimal(DIGITS)
    assert seen == [
        exact,
        exact.copy_negate(),
        [Decimal("0.5"), exact],
        float(exact),
        [float(exact)],
    ]
    (call,) = run.responses[0].tool_calls
    assert DIGITS in call.exact_json
    assert call.arguments["amount"] == float(exact)  # as ever: JSON that anybody can write


async def test_what_a_guardrail_masks_is_nowhere_in_the_call() -> None:
    text = f'{{"amount": {DIGITS}, "note": "secret"}}'
    rule = RegexFilter("r", "secret", action="redact")
    async with MockProvider([Reply(tool_calls=[("pay", text)])]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            plain = await client.chat().user("?").execute()
        builder = mock.builder("openai/gpt-4o").guardrails(output=[rule], tools=True)
        async with await builder.build() as client:
            masked = await client.chat().user("?").execute()
    assert "secret" in plain.tool_calls[0].exact_json
    assert "secret" not in repr(masked.candidates)


async def test_a_tool_that_a_target_can_not_be_told_is_left_out_and_listed() -> None:
    """Not all of the request fails for it; but it does where nothing of it would be left."""

    def find(query: str) -> str:
        return query

    schema = {"type": "object", "properties": {"any": {}}, "required": ["any"]}
    open_tool = ToolDefinition.from_function(name="open", parameters=schema, strict=True)
    async with MockProvider([Reply(text="ok")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            chat = client.chat().user("?")
            response = await chat.tools([open_tool, ToolDefinition.from_function(find)]).execute()
            assert [tool.name for tool in mock.requests[0].tools] == ["find"]
            (note,) = [note for note in response.adaptations if "left out" in note]
            assert "the tool 'open' left out" in note
            assert "/any" in note or "any value" in note
            with pytest.raises(CapabilityError, match="any"):
                await client.chat().user("?").tools([open_tool]).execute()
            forced = client.chat().user("?").tools([open_tool, ToolDefinition.from_function(find)])
            with pytest.raises(CapabilityError, match="any"):
                await forced.tool_choice("open").execute()
