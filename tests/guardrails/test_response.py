"""A response is filtered part by part; what no rule touches stays the same object."""

from ai_lib.guardrails import KeywordFilter
from ai_lib.guardrails.policy import Policy
from ai_lib.guardrails.response import filter_response
from ai_lib.types.content import ToolUseBlock
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.tool import ToolCall

RULE = KeywordFilter("k", ["secret"], action="redact")


def filtered(response: ChatResponse) -> ChatResponse:
    return filter_response(response, Policy([RULE], "output").evaluate(), thinking=True, tools=True)


def with_calls(calls: dict[str, str], blocks: int) -> ChatResponse:
    """A response with these calls by id, of which the first ones have blocks."""
    made = [
        ToolCall(id=call_id, name="f", arguments={"a": text}, index=index, signature="s")
        for index, (call_id, text) in enumerate(calls.items())
    ]
    parts = [ToolUseBlock(id=call.id, name="f", input=call.arguments) for call in made[:blocks]]
    return ChatResponse(candidates=(Candidate(blocks=tuple(parts), tool_calls=tuple(made)),))


def test_a_call_is_masked_as_its_block_is() -> None:
    response = with_calls({"1": "fine", "2": "a secret"}, 2)
    found = filtered(response)
    untouched, masked = found.tool_calls
    assert untouched == response.tool_calls[0]
    assert masked.arguments == {"a": "a [REDACTED]"}
    assert (masked.id, masked.signature) == ("2", None)
    assert [block.input for block in found.candidates[0].blocks] == [  # type: ignore[union-attr]
        {"a": "fine"},
        {"a": "a [REDACTED]"},
    ]


def test_calls_without_anything_to_mask_stay_as_they_are() -> None:
    for blocks in (0, 1, 2):
        response = with_calls({"1": "fine", "2": "fine"}, blocks)
        assert filtered(response) is response
