"""Plans what is sent for a `Reply`: ids, pieces of text, token counts, the finish reason."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.hosted import write_hosted_parts
from ai_lib.testing.mock.reply import Reply, ReplyCall
from ai_lib.testing.mock.request_reader import ParsedRequest
from ai_lib.testing.mock.serve_shape import ServeSection
from ai_lib.types.content import AudioBlock, Citation, ImageBlock, TokenLogprob
from ai_lib.types.events import TERMINATION_REASONS
from ai_lib.types.schema.reading import decode_exactly
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage

_WORD: Final = re.compile(r"\s*\S+|\s+")
_ARGUMENT_PIECE_SIZE: Final = 8


class PlannedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One tool call: its arguments as JSON text, in pieces, and decoded."""

    id: str
    name: str
    arguments: str
    pieces: Sequence[str]
    input: object
    signature: object = MISSING
    is_custom: bool = False
    kind: str = "function"
    server: str | None = None


class PlannedCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate, its texts in pieces."""

    index: int
    thinking: Sequence[str]
    text: Sequence[str]
    calls: Sequence[PlannedCall]
    signature: str
    refusal: Sequence[str] = ()
    hosted: Sequence[object] = ()
    citations: Sequence[Citation] = ()
    logprobs: Sequence[TokenLogprob] = ()
    audio: AudioBlock | None = None
    images: Sequence[ImageBlock] = ()


class ReplyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole reply. `common` has the values that every template may use."""

    candidates: Sequence[PlannedCandidate]
    usage: Usage
    finish_reason: object
    common: Mapping[str, object]
    wants_usage: bool
    closing_only: bool = False


class ReplyIds:
    """Makes ids: the same ids for the same requests in the same order."""

    def __init__(self, serve: ServeSection, start: int) -> None:
        self.serve = serve
        self._request = start
        self._count = 0

    def make(self, kind: str) -> str:
        """Return a new id; `kind` is a field of `IdShape`."""
        self._count += 1
        unique = f"mock{self._request:06d}{self._count:04d}"
        return str(fill_template(getattr(self.serve.ids, kind), {"unique": unique}))


def plan_reply(dialect: Dialect, request: ParsedRequest, reply: Reply, ids: ReplyIds) -> ReplyPlan:
    """Return the plan of `reply` as the response to `request`."""
    can_choose = "n" in dialect.request.parameters
    count = (reply.n or request.candidate_count) if can_choose else 1
    hosted = [
        part
        for call in reply.hosted
        for part in write_hosted_parts(ids.serve, call, ids.make("tool_call"))
    ]
    candidates = [_plan_candidate(reply, index, ids, hosted) for index in range(count)]
    return ReplyPlan(
        candidates=candidates,
        usage=_plan_usage(request, reply, candidates),
        finish_reason=_choose_finish_reason(dialect, reply),
        common={
            "reply_id": ids.make("reply"),
            "request_id": ids.make("request"),
            "model": request.model,
        },
        wants_usage=request.wants_usage,
        closing_only=reply.closing_only,
    )


def _plan_candidate(
    reply: Reply, index: int, ids: ReplyIds, hosted: Sequence[object]
) -> PlannedCandidate:
    text = _split_text(reply.text)
    if index and text:
        text = [*text, f" ({index})"]
    thinking = _split_text(reply.thinking)
    return PlannedCandidate(
        index=index,
        thinking=thinking,
        text=text,
        calls=[_plan_call(call, ids, signed=bool(thinking)) for call in reply.tool_calls],
        signature=ids.make("signature"),
        refusal=_split_text(reply.refusal),
        hosted=hosted,
        citations=reply.citations,
        logprobs=reply.logprobs,
        audio=reply.audio,
        images=reply.images,
    )


def _split_text(text: str | Sequence[str]) -> list[str]:
    return _WORD.findall(text) if isinstance(text, str) else [piece for piece in text if piece]


def _plan_call(call: ReplyCall, ids: ReplyIds, *, signed: bool) -> PlannedCall:
    new_signature = ids.make("signature") if signed else None
    is_custom = isinstance(call, ToolCall) and call.is_custom
    if not isinstance(call, ToolCall):
        name, raw_arguments = call
        call_id, signature = ids.make("tool_call"), new_signature
    else:
        name, raw_arguments = call.name, dict(call.arguments)
        call_id, signature = call.id, call.signature or new_signature
    if is_custom and isinstance(raw_arguments, dict):
        raw_arguments = str(raw_arguments.get("input", ""))
    arguments = (
        raw_arguments
        if isinstance(raw_arguments, str)
        else msgspec.json.encode(raw_arguments).decode()
    )
    size = _ARGUMENT_PIECE_SIZE
    return PlannedCall(
        id=call_id,
        name=name,
        arguments=arguments,
        pieces=[arguments[at : at + size] for at in range(0, len(arguments), size)],
        input=_decode_arguments(raw_arguments),
        signature=signature or MISSING,
        is_custom=is_custom,
        kind=call.kind if isinstance(call, ToolCall) else "function",
        server=call.server if isinstance(call, ToolCall) else None,
    )


def _decode_arguments(arguments: str | dict[str, Any]) -> object:
    if not isinstance(arguments, str):
        return arguments
    try:
        return decode_exactly(arguments)
    except msgspec.DecodeError:
        return arguments


def _plan_usage(
    request: ParsedRequest, reply: Reply, candidates: Sequence[PlannedCandidate]
) -> Usage:
    usage = reply.usage or _count_usage(request, candidates)
    if reply.hosted and not usage.tool_uses:
        uses = Counter(call.kind for call in reply.hosted)
        usage = msgspec.structs.replace(usage, tool_uses=dict(uses))
    total = usage.total_tokens or usage.prompt_tokens + usage.completion_tokens
    return msgspec.structs.replace(usage, total_tokens=total)


def _count_usage(request: ParsedRequest, candidates: Sequence[PlannedCandidate]) -> Usage:
    thinking = sum(_count_words("".join(candidate.thinking)) for candidate in candidates)
    text = sum(_count_words("".join(candidate.text)) for candidate in candidates)
    calls = sum(
        _count_words(call.arguments) for candidate in candidates for call in candidate.calls
    )
    return Usage(
        prompt_tokens=sum(_count_words(message.text) for message in request.messages),
        completion_tokens=thinking + text + calls,
        reasoning_tokens=thinking,
    )


def _count_words(text: str) -> int:
    return len(text.split())


def _choose_finish_reason(dialect: Dialect, reply: Reply) -> object:
    if reply.finish == "":
        return None
    has_calls = reply.tool_calls and not dialect.calls_mean_tool_use
    reason = reply.finish or ("tool_use" if has_calls else "end_turn")
    if reason not in TERMINATION_REASONS:
        return reason
    return _find_reason(dialect, reason) or _find_reason(dialect, "end_turn") or reason


def _find_reason(dialect: Dialect, reason: str) -> str | None:
    matches = (name for name, meaning in dialect.termination.items() if meaning == reason)
    return next(matches, None)
