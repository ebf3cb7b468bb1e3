"""Makes the values that the templates of a candidate and its blocks are filled with."""

from collections.abc import Mapping

from ai_lib.protocol.dialect.model import Dialect, Template
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.reply_plan import PlannedCall, PlannedCandidate
from ai_lib.testing.mock.serve_shape import ServeSection
from ai_lib.types.usage import Usage

Values = dict[str, object]


def make_usage_values(usage: Usage) -> Values:
    """Return the values of the usage template."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "uncached_prompt_tokens": usage.uncached_prompt_tokens,
        "answer_tokens": usage.answer_tokens,
        "some_reasoning_tokens": usage.reasoning_tokens or MISSING,
        "some_cache_read_tokens": usage.cache_read_tokens or MISSING,
    }


def make_call_values(call: PlannedCall, index: int) -> Values:
    """Return the values of a tool call's templates."""
    return {
        "call": index,
        "id": call.id,
        "name": call.name,
        "arguments": call.arguments,
        "input": call.input,
        "signature": call.signature,
    }


def make_candidate_values(
    dialect: Dialect, serve: ServeSection, candidate: PlannedCandidate
) -> Values:
    """Return the values of a whole candidate's templates."""
    messages = dialect.request.messages
    blocks: Mapping[str, Template] = {**messages.blocks, **serve.plain.blocks}
    text, thinking = "".join(candidate.text), "".join(candidate.thinking)
    calls = [make_call_values(call, index) for index, call in enumerate(candidate.calls)]
    filled_blocks: list[object] = []
    if thinking:
        filled_blocks.append(
            fill_template(
                blocks.get("thinking"), {"thinking": thinking, "signature": candidate.signature}
            )
        )
    if text:
        filled_blocks.append(fill_template(blocks.get("text"), {"text": text}))
    filled_blocks += [fill_template(blocks.get("tool_use"), values) for values in calls]
    return {
        "candidate": candidate.index,
        "text": text if text or not calls else None,
        "thinking": thinking or MISSING,
        "signature": candidate.signature,
        "blocks": filled_blocks,
        "tool_calls": [fill_template(messages.tool_call, values) for values in calls] or MISSING,
    }
