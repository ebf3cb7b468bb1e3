"""A draft written as the frames of a stream."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

import msgspec

from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.reply_plan import PlannedCandidate, ReplyPlan
from ai_lib.testing.mock.serve_shape import BlockShape, Frames, ServeShape
from ai_lib.testing.mock.template_values import Values, call_values, candidate_values, usage_values
from ai_lib.types.usage import Usage

Frame = tuple[str | None, object]
"""The event's name and its data."""

_Step = tuple[Frames, Values]


def stream_frames(serve: ServeShape, draft: ReplyPlan, error: Values | None = None) -> list[Frame]:
    """Return the frames of the reply; an `error` (its holes) stands in for how it would end."""
    writer = _Writer(serve, draft)
    shape = serve.stream
    steps: list[_Step] = [(shape.open, {})]
    steps += _in_turns([list(writer.candidate(one)) for one in draft.candidates])
    if error is not None:
        faults = [(one.event, fill_template(one.data, error)) for one in shape.error]
        return writer.written(steps) + faults
    for one in draft.candidates:
        ended = {"candidate": one.index, "finish_reason": draft.finish_reason}
        steps.append((shape.finish, ended))
    steps += [(shape.usage, {}), (shape.close, {})]
    return writer.written(steps)


class _Writer:
    """Walks a draft and fills the frames' templates."""

    def __init__(self, serve: ServeShape, draft: ReplyPlan) -> None:
        self.shape = serve.stream
        self.usage = serve.usage
        self.draft = draft
        self.blocks = 0

    def candidate(self, one: PlannedCandidate) -> Iterator[_Step]:
        base: Values = {"candidate": one.index, "signature": one.signature}
        yield self.shape.candidate, base
        if one.thinking:
            yield from self.block(self.shape.thinking, base, one.thinking)
        if one.text:
            yield from self.block(self.shape.text, base, one.text)
        for index, call in enumerate(one.calls):
            values = {**base, **call_values(call, index)}
            yield from self.block(self.shape.tool_call, values, call.pieces)

    def block(self, shape: BlockShape, base: Values, pieces: Sequence[str]) -> Iterator[_Step]:
        values = {**base, "block": self.blocks}
        self.blocks += 1
        yield shape.start, values
        for piece in pieces:
            yield shape.piece, {**values, "piece": piece}
        yield shape.stop, values

    def written(self, steps: Sequence[_Step]) -> list[Frame]:
        total = sum("piece" in values for _, values in steps)
        sent = 0
        frames: list[Frame] = []
        for templates, values in steps:
            sent += "piece" in values
            usage = _so_far(self.draft.usage, sent, total)
            for template in templates:
                data = self.data(template.data, values, usage)
                if data is not MISSING:
                    frames.append((template.event, data))
        return frames

    def data(self, template: dict[str, object], values: Values, usage: Usage) -> object:
        asked = self.draft.usage_asked
        every: Values = {
            **self.draft.common,
            "usage": fill_template(self.usage, usage_values(usage)),
            "usage_asked": True if asked else MISSING,
            "no_usage_yet": None if asked else MISSING,
        }
        return fill_template({**self.shape.common, **template}, {**every, **values})


def _so_far(usage: Usage, sent: int, total: int) -> Usage:
    """Return what has been used when `sent` of `total` pieces are out; reasoning comes first."""
    if sent == total:
        return usage
    completion = usage.completion_tokens * sent // total
    return msgspec.structs.replace(
        usage,
        completion_tokens=completion,
        reasoning_tokens=min(usage.reasoning_tokens, completion),
        total_tokens=usage.total_tokens - usage.completion_tokens + completion,
    )


def _in_turns(candidates: Sequence[Sequence[_Step]]) -> Iterator[_Step]:
    for steps in zip_longest(*candidates):
        yield from (step for step in steps if step is not None)


def plain_body(dialect: Dialect, serve: ServeShape, draft: ReplyPlan) -> bytes:
    """Return the reply's body."""
    shape = serve.plain
    values = [
        {
            **draft.common,
            **candidate_values(dialect, serve, one),
            "finish_reason": draft.finish_reason,
        }
        for one in draft.candidates
    ]
    whole = {
        **values[0],
        "candidates": [fill_template(shape.candidate, of_one) for of_one in values],
        "usage": fill_template(serve.usage, usage_values(draft.usage)),
    }
    return msgspec.json.encode(fill_template(shape.body, whole))
