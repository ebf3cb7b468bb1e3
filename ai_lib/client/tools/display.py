"""A conversation with tools as Markdown for a notebook: each round, its calls and results."""

from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.types.attempt import summed
from ai_lib.types.content import ToolResultBlock, text_of
from ai_lib.types.cost import summed_costs
from ai_lib.types.display import call_line, figures, inline_code, joined, said_sheet
from ai_lib.types.markup.html import folded, note
from ai_lib.types.message import Message
from ai_lib.types.response import ChatResponse

_SHOWN: Final = 300


def run_sheet(messages: Sequence[Message], responses: Sequence[ChatResponse]) -> str:
    """Return all rounds, with the figures of them together."""
    results = results_of(messages)
    rounds = (round_sheet(response, results) for response in responses)
    return joined(*rounds, note(run_figures(responses)))


def round_sheet(response: ChatResponse, results: Mapping[str, ToolResultBlock]) -> str:
    """Return one reply, each of its calls with what the tool gave, as far as that is there."""
    lines = []
    for call in response.tool_calls:
        line = f"- {call_line(call.name, call.arguments)}"
        found = results.get(call.id)
        lines.append(f"{line}{_result(found)}" if found else line)
    return joined(said_sheet(response.thinking, response.content, ()), "\n".join(lines))


def results_of(messages: Sequence[Message]) -> dict[str, ToolResultBlock]:
    """Return what tools answered, by the ids of their calls."""
    blocks = [block for message in messages for block in message.blocks]
    return {block.tool_use_id: block for block in blocks if isinstance(block, ToolResultBlock)}


def run_figures(responses: Sequence[ChatResponse]) -> str:
    """Return the figures of all rounds together."""
    attempts = [one for response in responses for one in response.attempts]
    costs = [response.cost for response in responses if response.cost is not None]
    usage = summed(response.total_usage for response in responses)
    cost = summed_costs(costs) if len(costs) == len(responses) else None
    model = responses[-1].model if responses else None
    rounds = [f"{len(responses)} rounds"] if len(responses) > 1 else []
    tries = len(attempts) - len(responses)
    parts = figures(model, usage, attempts, cost)
    if len(attempts) > 1:
        parts = parts[:-1]  # one attempt a round is no news
    parts += rounds + ([f"{len(attempts)} attempts"] if tries > 0 else [])
    return " · ".join(parts)


def _result(block: ToolResultBlock) -> str:
    text = text_of(block.content) or "(no text)"
    sign = "→ failed:" if block.is_error else "→"
    if len(text) <= _SHOWN and "\n" not in text:
        return f" {sign} {inline_code(text)}"
    return f" {sign} {folded('result', inline_code(text))}"
