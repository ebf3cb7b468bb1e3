"""Writes a conversation with tools as Markdown for a notebook: rounds, calls and results."""

from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.types.attempt import summed
from ai_lib.types.content import ToolResultBlock, text_of
from ai_lib.types.cost import summed_costs
from ai_lib.types.display import call_line, figures, inline_code, joined, said_sheet
from ai_lib.types.markup.html import folded, note
from ai_lib.types.message import Message
from ai_lib.types.response import ChatResponse

_MAX_INLINE: Final = 300


def run_markdown(messages: Sequence[Message], responses: Sequence[ChatResponse]) -> str:
    """Return all rounds, with one summary of them."""
    results = tool_results(messages)
    rounds = (round_markdown(response, results) for response in responses)
    return joined(*rounds, note(run_summary(responses)))


def round_markdown(response: ChatResponse, results: Mapping[str, ToolResultBlock]) -> str:
    """Return one response; each of its calls stands with its result, where there is one yet."""
    lines = []
    for call in response.tool_calls:
        line = f"- {call_line(call.name, call.arguments)}"
        result = results.get(call.id)
        lines.append(f"{line}{_result_markdown(result)}" if result else line)
    return joined(said_sheet(response.thinking, response.content, ()), "\n".join(lines))


def tool_results(messages: Sequence[Message]) -> dict[str, ToolResultBlock]:
    """Return the results of tools by the ids of their calls."""
    blocks = [block for message in messages for block in message.blocks]
    return {block.tool_use_id: block for block in blocks if isinstance(block, ToolResultBlock)}


def run_summary(responses: Sequence[ChatResponse]) -> str:
    """Return one line for all rounds: model, tokens, cost, time, rounds and attempts."""
    attempts = [attempt for response in responses for attempt in response.attempts]
    costs = [response.cost for response in responses if response.cost is not None]
    usage = summed(response.total_usage for response in responses)
    cost = summed_costs(costs) if len(costs) == len(responses) else None
    model = responses[-1].model if responses else None
    rounds = [f"{len(responses)} rounds"] if len(responses) > 1 else []
    retry_count = len(attempts) - len(responses)
    parts = figures(model, usage, attempts, cost)
    if len(attempts) > 1:
        parts = parts[:-1]  # the number of attempts is added below, if it says anything
    parts += rounds + ([f"{len(attempts)} attempts"] if retry_count > 0 else [])
    return " · ".join(parts)


def _result_markdown(block: ToolResultBlock) -> str:
    text = text_of(block.content) or "(no text)"
    arrow = "→ failed:" if block.is_error else "→"
    if len(text) <= _MAX_INLINE and "\n" not in text:
        return f" {arrow} {inline_code(text)}"
    return f" {arrow} {folded('result', inline_code(text))}"
