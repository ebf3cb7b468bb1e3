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
from ai_lib.types.content import AudioBlock, ImageBlock, TokenLogprob
from ai_lib.types.json import JSON_ENCODER
from ai_lib.types.usage import SUMMED_COUNTS, Usage

Frame = tuple[str | None, object]
"""The event's name and its data."""

Values = dict[str, object]
_Step = tuple[Frames, Values]
_NO_CONTENT: Values = {"citations": [], "logprobs": None, "refusal": None}


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
        self.serve = serve
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
        for part in candidate.hosted:
            yield self.shape.hosted, {**base, "part": part, "block": self.blocks}
            self.blocks += 1
        content = _make_content_values(self.serve, candidate) if _has_content(candidate) else {}
        if candidate.text:
            values = {**_NO_CONTENT, **base, **content, "text": "".join(candidate.text)}
            shape = (self.shape.text, closing.text)
            marks = _make_citation_values(candidate)
            yield from self.list_block_steps(*shape, values, candidate.text, marks)
        if candidate.refusal:
            values = {**base, "refusal": "".join(candidate.refusal)}
            yield from self.list_block_steps(self.shape.refusal, (), values, candidate.refusal)
        for image in candidate.images:
            yield self.shape.image, {**base, **_make_media_values(image), "block": self.blocks}
            self.blocks += 1
        if candidate.audio is not None:
            yield self.shape.audio, {**base, **_make_media_values(candidate.audio)}
        for index, call in enumerate(candidate.calls):
            values = {**base, **make_call_values(call, index)}
            shape = (self.shape.tool_call, closing.tool_call)
            if call.is_custom:
                shape = (self.shape.custom_tool_call, ())
            elif call.kind != "function":
                shape = (self.shape.calls.get(call.kind, BlockShape()), ())
            yield from self.list_block_steps(*shape, values, call.pieces)
        if candidate.citations or candidate.logprobs:
            yield self.shape.sources, {**base, **content}

    def list_block_steps(
        self,
        shape: BlockShape,
        closing: Frames,
        base: Values,
        pieces: Sequence[str],
        citations: Sequence[Values] = (),
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
        for citation in citations:
            yield self.shape.citation, {**values, **citation}
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
    return JSON_ENCODER.encode(fill_template(shape.body, body_values))


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
        **({"server": call.server} if call.server else {}),
        **({"text": call.arguments} if call.is_custom else {}),
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
    filled_blocks += candidate.hosted
    content = _make_content_values(serve, candidate) if _has_content(candidate) else {}
    if text:
        text_values = {**_NO_CONTENT, **content, "text": text}
        filled_blocks.append(fill_template(blocks.get("text"), text_values))
    filled_blocks += _fill_content_blocks(blocks, candidate, content)
    for call, values in zip(candidate.calls, calls, strict=True):
        kind = "custom_tool" if call.is_custom else call.kind.replace("function", "tool")
        filled_blocks.append(fill_template(blocks.get(f"{kind}_use"), values))
    return {
        **_NO_CONTENT,
        **content,
        "candidate": candidate.index,
        "text": text if text or not (calls or content) else None,
        "thinking": thinking or MISSING,
        "signature": candidate.signature,
        "blocks": [block for block in filled_blocks if block is not None],
        "tool_calls": [
            fill_template(
                messages.custom_tool_call if call.is_custom else messages.tool_call, call_values
            )
            for call, call_values in zip(candidate.calls, calls, strict=True)
        ]
        or MISSING,
    }


def _fill_content_blocks(
    blocks: Mapping[str, Template], candidate: PlannedCandidate, content: Values
) -> list[object]:
    """Return the blocks of a refusal, of images and of sound."""
    filled_blocks: list[object] = []
    if candidate.refusal:
        filled_blocks.append(fill_template(blocks.get("refusal"), content))
    template = blocks.get("image")
    filled_blocks += [fill_template(template, _make_media_values(i)) for i in candidate.images]
    if candidate.audio is not None:
        values = _make_media_values(candidate.audio)
        filled_blocks.append(fill_template(blocks.get("audio"), values))
    return filled_blocks


def _has_content(candidate: PlannedCandidate) -> bool:
    """Say whether a candidate has any of it."""
    parts = (candidate.citations, candidate.logprobs, candidate.images, candidate.refusal)
    return any(parts) or candidate.audio is not None


def _make_content_values(serve: ServeSection, candidate: PlannedCandidate) -> Values:
    """Return the values of a candidate's templates for what few answers have."""
    shape = serve.content
    citation_values = _make_citation_values(candidate)
    values: Values = {}
    if citation_values:
        values["citations"] = [
            fill_template(shape.citation, values_of) for values_of in citation_values
        ]
        values["some_citations"] = values["citations"]
        values["supports"] = [
            fill_template(shape.support, values_of) for values_of in citation_values
        ]
    if candidate.logprobs:
        tokens = [_fill_token(serve, token) for token in candidate.logprobs]
        others = [
            fill_template(shape.alternatives, {"alternatives": _list_alternatives(serve, token)})
            for token in candidate.logprobs
        ]
        values["logprobs"] = fill_template(shape.logprobs, {"tokens": tokens, "others": others})
        values["some_logprobs"] = values["logprobs"]
    if candidate.audio is not None:
        values["audio"] = fill_template(shape.audio, _make_media_values(candidate.audio))
    if candidate.images:
        images = [fill_template(shape.image, _make_media_values(i)) for i in candidate.images]
        values["images"] = images
    if candidate.refusal:
        values["refusal"] = "".join(candidate.refusal)
    return values


def _fill_token(serve: ServeSection, token: TokenLogprob) -> object:
    values: Values = {
        "token": token.token,
        "logprob": token.logprob,
        "bytes": list(token.token.encode()),
        "alternatives": _list_alternatives(serve, token),
    }
    if token.token_id is not None:
        values["token_id"] = token.token_id
    return fill_template(serve.content.token, values)


def _list_alternatives(serve: ServeSection, token: TokenLogprob) -> list[object]:
    return [_fill_token(serve, other) for other in token.alternatives]


def _make_citation_values(candidate: PlannedCandidate) -> Sequence[Values]:
    """Return the values of each citation's templates."""
    text = "".join(candidate.text)
    all_values: list[Values] = []
    for number, citation in enumerate(candidate.citations):
        start, end = citation.start or 0, len(text) if citation.end is None else citation.end
        values: Values = {
            "url": citation.url,
            "title": citation.title,
            "cited_text": citation.cited_text,
            "source_id": citation.source_id,
            "start": citation.start,
            "end": citation.end,
            "said": text[start:end],
            "start_byte": len(text[:start].encode()),
            "end_byte": len(text[:end].encode()),
            "number": number,
            "citation_index": number,
        }
        all_values.append({name: value for name, value in values.items() if value is not None})
    return all_values


def _make_media_values(block: ImageBlock | AudioBlock) -> Values:
    """Return the values of the templates of an image or of sound."""
    values: Values = {
        "data": block.data,
        "media_type": block.media_type,
        "url": block.url,
        "data_url": f"data:{block.media_type};base64,{block.data}" if block.data else block.url,
        "id": block.id,
    }
    if isinstance(block, AudioBlock):
        values |= {"transcript": block.transcript, "expires_at": block.expires_at}
    return {name: value if value is not None else MISSING for name, value in values.items()}
