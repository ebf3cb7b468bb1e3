"""Writes a conversation with tools as Markdown for a notebook: rounds, calls and results."""

from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.types.content import ToolResultBlock, join_text
from ai_lib.types.cost import sum_costs
from ai_lib.types.display import (
    candidate_markdown,
    candidate_media_markdown,
    inline_code_html,
    join_paragraphs,
    summary_parts,
    tool_call_html,
)
from ai_lib.types.markup.html import render_details, render_note
from ai_lib.types.message import Message
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import sum_usages

_MAX_INLINE: Final = 300


def run_markdown(messages: Sequence[Message], responses: Sequence[ChatResponse]) -> str:
    """Return all rounds, with one summary of them."""
    results = tool_results(messages)
    rounds = (round_markdown(response, results) for response in responses)
    return join_paragraphs(*rounds, render_note(run_summary(responses)))


def round_markdown(response: ChatResponse, results: Mapping[str, ToolResultBlock]) -> str:
    """Return one response; each of its calls stands with its result, where there is one yet."""
    lines = []
    for call in response.tool_calls:
        line = f"- {tool_call_html(call.name, call.arguments)}"
        result = results.get(call.id)
        lines.append(f"{line}{_result_markdown(result)}" if result else line)
    return join_paragraphs(
        candidate_markdown(response.thinking, response.content, ()),
        candidate_media_markdown(response.candidates[0]),
        "\n".join(lines),
    )


def tool_results(messages: Sequence[Message]) -> dict[str, ToolResultBlock]:
    """Return the results of tools by the ids of their calls."""
    blocks = [block for message in messages for block in message.blocks]
    return {block.tool_use_id: block for block in blocks if isinstance(block, ToolResultBlock)}


def run_summary(responses: Sequence[ChatResponse]) -> str:
    """Return one line for all rounds: model, tokens, cost, time, rounds and attempts."""
    attempts = [attempt for response in responses for attempt in response.attempts]
    costs = [response.cost for response in responses if response.cost is not None]
    usage = sum_usages(response.total_usage for response in responses)
    cost = sum_costs(costs) if len(costs) == len(responses) else None
    model = responses[-1].model if responses else None
    rounds = [f"{len(responses)} rounds"] if len(responses) > 1 else []
    retry_count = len(attempts) - len(responses)
    parts = summary_parts(model, usage, attempts, cost)
    if len(attempts) > 1:
        parts = parts[:-1]  # the number of attempts is added below, if it says anything
    parts += rounds + ([f"{len(attempts)} attempts"] if retry_count > 0 else [])
    return " · ".join(parts)


def _result_markdown(block: ToolResultBlock) -> str:
    text = join_text(block.content) or "(no text)"
    arrow = "→ failed:" if block.is_error else "→"
    if len(text) <= _MAX_INLINE and "\n" not in text:
        return f" {arrow} {inline_code_html(text)}"
    return f" {arrow} {render_details('result', inline_code_html(text))}"
