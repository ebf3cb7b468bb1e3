"""Writes a planned reply: as the frames of a stream, or as one body."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

import msgspec

from ai_lib.protocol.dialect.model import Dialect, Template
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.reply_plan import PlannedCall, PlannedCandidate, ReplyPlan
from ai_lib.testing.mock.serve_shape import BlockShape, ClosingShape, Frames, ServeSection
from ai_lib.types.usage import SUMMED_COUNTS, Usage

Frame = tuple[str | None, object]
"""The event's name and its data."""

Values = dict[str, object]
_Step = tuple[Frames, Values]


def write_frames(
    dialect: Dialect, serve: ServeSection, plan: ReplyPlan, error_values: Values | None = None
) -> list[Frame]:
    """Return the frames of the reply; with `error_values`, error frames replace its end."""
    writer = _StreamWriter(serve, plan)
    shape = serve.stream
    steps: list[_Step] = [(shape.open, {})]
    steps += _interleave(
        [list(writer.list_candidate_steps(candidate)) for candidate in plan.candidates]
    )
    if error_values is not None:
        error_frames = [
            (frame.event, fill_template(frame.data, error_values)) for frame in shape.error
        ]
        return writer.fill_steps(steps) + error_frames
    closing = shape.closing if plan.closing_only else ClosingShape()
    all_values = [make_candidate_values(dialect, serve, candidate) for candidate in plan.candidates]
    for values in all_values:
        steps.append((closing.finish or shape.finish, _add_reason(values, plan)))
    steps += [(shape.usage, {}), (closing.close or shape.close, _add_reason(all_values[0], plan))]
    return writer.fill_steps(steps)


class _StreamWriter:
    """Lists the steps of a planned reply and fills the templates of their frames."""

    def __init__(self, serve: ServeSection, plan: ReplyPlan) -> None:
        self.shape = serve.stream
        self.usage = serve.usage
        self.plan = plan
        self.blocks = 0

    def list_candidate_steps(self, candidate: PlannedCandidate) -> Iterator[_Step]:
        base: Values = {"candidate": candidate.index, "signature": candidate.signature}
        yield self.shape.candidate, base
        closing = self.shape.closing
        if candidate.thinking:
            values = {**base, "thinking": "".join(candidate.thinking)}
            shape = (self.shape.thinking, closing.thinking)
            yield from self.list_block_steps(*shape, values, candidate.thinking)
        if candidate.text:
            values = {**base, "text": "".join(candidate.text)}
            shape = (self.shape.text, closing.text)
            yield from self.list_block_steps(*shape, values, candidate.text)
        for index, call in enumerate(candidate.calls):
            values = {**base, **make_call_values(call, index)}
            shape = (self.shape.tool_call, closing.tool_call)
            yield from self.list_block_steps(*shape, values, call.pieces)

    def list_block_steps(
        self, shape: BlockShape, closing: Frames, base: Values, pieces: Sequence[str]
    ) -> Iterator[_Step]:
        values = {**base, "block": self.blocks}
        self.blocks += 1
        if self.plan.closing_only and self.shape.closing:
            yield closing, values
            return
        if self.plan.closing_only:
            pieces = ["".join(pieces)]
        yield shape.start, values
        for piece in pieces:
            yield shape.piece, {**values, "piece": piece}
        yield shape.stop, values

    def fill_steps(self, steps: Sequence[_Step]) -> list[Frame]:
        total_pieces = sum("piece" in values for _, values in steps)
        sent_pieces = 0
        frames: list[Frame] = []
        for templates, values in steps:
            sent_pieces += "piece" in values
            usage = _estimate_usage_so_far(self.plan.usage, sent_pieces, total_pieces)
            for template in templates:
                data = self.fill_frame(template.data, values, usage)
                if data is not MISSING:
                    frames.append((template.event, data))
        return frames

    def fill_frame(self, template: dict[str, object], values: Values, usage: Usage) -> object:
        wants_usage = self.plan.wants_usage
        common: Values = {
            **self.plan.common,
            "usage": fill_template(self.usage, make_usage_values(usage)),
            "usage_asked": True if wants_usage else MISSING,
            "no_usage_yet": None if wants_usage else MISSING,
        }
        return fill_template({**self.shape.common, **template}, {**common, **values})


def _add_reason(values: Values, plan: ReplyPlan) -> Values:
    return {**values, "finish_reason": plan.finish_reason}


def _estimate_usage_so_far(usage: Usage, sent_pieces: int, total_pieces: int) -> Usage:
    """Return the usage after some of the pieces were sent; reasoning is used first."""
    if sent_pieces == total_pieces:
        return usage
    completion = usage.completion_tokens * sent_pieces // total_pieces
    return msgspec.structs.replace(
        usage,
        completion_tokens=completion,
        reasoning_tokens=min(usage.reasoning_tokens, completion),
        total_tokens=usage.total_tokens - usage.completion_tokens + completion,
    )


def _interleave(candidates: Sequence[Sequence[_Step]]) -> Iterator[_Step]:
    for steps in zip_longest(*candidates):
        yield from (step for step in steps if step is not None)


def write_body(dialect: Dialect, serve: ServeSection, plan: ReplyPlan) -> bytes:
    """Return the body of a reply that is not streamed."""
    shape = serve.plain
    values = [
        {
            **plan.common,
            **make_candidate_values(dialect, serve, candidate),
            "finish_reason": plan.finish_reason,
        }
        for candidate in plan.candidates
    ]
    body_values = {
        **values[0],
        "candidates": [
            fill_template(shape.candidate, candidate_values) for candidate_values in values
        ],
        "usage": fill_template(serve.usage, make_usage_values(plan.usage)),
    }
    return msgspec.json.encode(fill_template(shape.body, body_values))


# The tools of providers whose uses a usage report may count.
_TOOLS: Final = ("web_search", "web_fetch", "x_search", "code_execution", "file_search")


def make_usage_values(usage: Usage) -> Values:
    """Return the values of the usage template."""
    cost = usage.reported_cost
    return {
        **{name: getattr(usage, name) for name in (*SUMMED_COUNTS, "total_tokens")},
        "cache_write_short_tokens": usage.cache_write_tokens - usage.cache_write_long_tokens,
        **{f"{name}_uses": usage.tool_uses.get(name, 0) for name in _TOOLS},
        **{f"some_{name}_uses": usage.tool_uses.get(name) or MISSING for name in _TOOLS},
        "service_tier": usage.service_tier or "standard",
        "reported_cost": MISSING if cost is None else cost,
        "reported_cost_ticks": MISSING if cost is None else round(cost * 1e10),
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
