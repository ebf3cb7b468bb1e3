"""Replies to keep, and a clock to age them by."""

from ai_lib.types import ChatResponse, ToolCall, Usage
from ai_lib.types.attempt import Attempt
from ai_lib.types.content import Citation, OpaqueBlock, TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.response import Candidate


class Clock:
    """Stands still until it is set."""

    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def reply(text: str = "Hello \u2028 \U0001f600") -> ChatResponse:
    """A reply with something in every field."""
    blocks = (
        ThinkingBlock(thinking="Hm", signature="c2ln", redacted="xx", raw=({"a": [1, (2)]},)),
        TextBlock(
            text=text, citations=(Citation(url="u", raw={"url": "u", "at": [1, 2]}),), origin="p:d"
        ),
        ToolUseBlock(id="1", name="f", input={"deep": [{"x": None}, 1.5, True]}, raw=({"k": []},)),
        OpaqueBlock(raw=({"search": ["a", {"b": []}]},), origin="p:d"),
    )
    call = ToolCall(id="1", name="f", arguments={"deep": [{"x": None}, 1.5, True]})
    first = Candidate(
        blocks=blocks, tool_calls=(call,), finish_reason="stop", termination_reason="end_turn"
    )
    return ChatResponse(
        candidates=(first, Candidate(index=1, blocks=(TextBlock(text="other"),))),
        usage=Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3, raw={"n": [1]}),
        id="r",
        model="m",
        request_id="q",
        adaptations=("dropped seed",),
        raw_response={"choices": [{"x": [1, 2, {"y": []}]}], "big": 2**53, "none": None},
        unknown_events=1,
        unknown_frames=({"odd": [1]}, ["list"]),
        attempts=(Attempt(provider="p", model="m", usage=Usage(total_tokens=3)),),
    )
