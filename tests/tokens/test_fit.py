"""Conversations that are made to fit a window."""

import pytest
from hypothesis import given, settings, strategies as st

from ai_lib.errors import InvalidArguments, RequestError
from ai_lib.tokens import TokenCounter, fit
from ai_lib.types import Message, MessageRole, ToolResultBlock, ToolUseBlock
from tests.thoroughness import count_examples

MODEL = "vllm/any"
WORDS = "The quick brown fox jumps over the lazy dog. "
LENGTHS = st.integers(0, 60)


def say(count: int) -> str:
    return WORDS * count or "Hm."


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Make turns of calls and results, as a run with tools leaves them."""
    messages = [Message.system(say(draw(LENGTHS)))] if draw(st.booleans()) else []
    number = 0
    for _ in range(draw(st.integers(1, 5))):
        messages.append(Message.user(say(draw(LENGTHS))))
        for _ in range(draw(st.integers(0, 3))):
            names = [f"call_{number + offset}" for offset in range(draw(st.integers(1, 3)))]
            number += len(names)
            calls = [ToolUseBlock(id=name, name="look_up", input={"q": name}) for name in names]
            messages.append(Message.assistant(calls))
            messages += [Message.tool(name, say(draw(LENGTHS))) for name in names]
        if draw(st.booleans()):
            messages.append(Message.assistant(say(draw(LENGTHS))))
    return messages


def list_calls(messages: tuple[Message, ...]) -> list[str]:
    blocks = [block for message in messages for block in message.blocks]
    return [block.id for block in blocks if isinstance(block, ToolUseBlock)]


def list_results(messages: tuple[Message, ...]) -> list[ToolResultBlock]:
    blocks = [block for message in messages for block in message.blocks]
    return [block for block in blocks if isinstance(block, ToolResultBlock)]


@settings(max_examples=count_examples(300), deadline=None)
@given(conversations(), st.integers(50, 4000))
def test_what_fits_keeps_calls_with_their_results_in_order(
    messages: list[Message], max_tokens: int
) -> None:
    try:
        fitted = fit(messages, MODEL, max_tokens=max_tokens, reserve=0, result_tokens=40)
    except RequestError:
        return
    counter = TokenCounter.for_model(MODEL)
    kept = fitted.messages
    assert counter.count_messages(kept) <= fitted.tokens <= max_tokens
    assert list_calls(kept) == [block.tool_use_id for block in list_results(kept)]
    assert len(kept) + len(fitted.dropped) == len(messages)
    assert kept[: fitted.unchanged] == tuple(messages[: fitted.unchanged])
    system = [message for message in messages if message.role is MessageRole.SYSTEM]
    assert [message for message in kept if message.role is MessageRole.SYSTEM] == system
    last = [message for message in messages if message.role is MessageRole.USER][-1]
    assert last in kept
    first = next(message for message in kept if message.role is not MessageRole.SYSTEM)
    assert first.role is MessageRole.USER
    if not fitted.dropped and not fitted.shortened:
        assert (kept, fitted.reread_tokens) == (tuple(messages), 0)


def run(count: int) -> list[Message]:
    """Make a run of one turn with so many rounds."""
    messages = [Message.user("Go.")]
    for number in range(count):
        messages.append(Message.assistant([ToolUseBlock(id=f"c{number}", name="f", input={})]))
        messages.append(Message.tool(f"c{number}", say(20)))
    return messages


def test_results_are_cut_before_turns_are_left_out() -> None:
    messages = [*run(1), Message.assistant("Done."), Message.user("And now?")]
    fitted = fit(messages, MODEL, max_tokens=220, reserve=0, result_tokens=20)
    assert (fitted.dropped, fitted.shortened, len(fitted.messages)) == ((), 1, 5)
    assert str(list_results(fitted.messages)[0].content).endswith("[shortened]")
    assert fitted.unchanged == 2
    assert 0 < fitted.reread_tokens < fitted.tokens


def test_turns_are_left_out_whole_and_the_oldest_first() -> None:
    messages = [Message.system("Be brief.")]
    for number in range(4):
        messages += [Message.user(f"{number} {say(10)}"), Message.assistant(say(10))]
    fitted = fit(messages, MODEL, max_tokens=700, reserve=0)
    assert fitted.dropped == tuple(messages[1 : 1 + len(fitted.dropped)])
    assert len(fitted.dropped) in (2, 4)
    assert (fitted.unchanged, fitted.messages[0]) == (1, messages[0])


def test_of_one_long_turn_rounds_are_left_out_but_not_the_last() -> None:
    messages = run(6)
    fitted = fit(messages, MODEL, max_tokens=900, reserve=0)
    assert fitted.dropped
    assert fitted.messages[0] == messages[0]
    assert fitted.messages[-2:] == tuple(messages[-2:])


def test_what_has_to_stay_and_does_not_fit_is_refused() -> None:
    with pytest.raises(RequestError, match="more than vllm/any takes"):
        fit([Message.user(say(100))], MODEL, max_tokens=100, reserve=0)


def test_a_window_that_nobody_says_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="give max_tokens"):
        fit([Message.user("Hi")], MODEL)


def test_the_listed_window_counts_with_room_for_the_answer() -> None:
    messages = [Message.user("Hi")]
    assert fit(messages, "openai/gpt-4o").messages == tuple(messages)
