"""A `Reply` made definite: ids given, pieces cut, tokens counted, in the provider's words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.reply import Call, Reply
from ai_lib.testing.mock.request_reader import ParsedRequest
from ai_lib.testing.mock.serve_shape import ServeShape
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage

_WORD: Final = re.compile(r"\s*\S+|\s+")
_ARGUMENT_PIECE: Final = 8
_STANDARD: Final = frozenset(
    ("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "pause_turn", "other")
)


class PlannedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One tool call: its arguments as JSON text, the pieces of it, and what the text means."""

    id: str
    name: str
    arguments: str
    pieces: Sequence[str]
    input: object
    signature: object = MISSING


class PlannedCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate, in pieces."""

    index: int
    thinking: Sequence[str]
    text: Sequence[str]
    calls: Sequence[PlannedCall]
    signature: str


class ReplyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. `common` has the values of the holes that any template may have."""

    candidates: Sequence[PlannedCandidate]
    usage: Usage
    finish_reason: object
    common: Mapping[str, object]
    usage_asked: bool


class ReplyIds:
    """Gives ids: the same ones for the same requests in the same order."""

    def __init__(self, serve: ServeShape, start: int) -> None:
        self._ids = serve.ids
        self._request = start
        self._count = 0

    def make(self, kind: str) -> str:
        """Return a new id of that kind, a field of `IdShape`."""
        self._count += 1
        unique = f"mock{self._request:06d}{self._count:04d}"
        return str(fill_template(getattr(self._ids, kind), {"unique": unique}))


def draft(dialect: Dialect, asked: ParsedRequest, reply: Reply, numbers: ReplyIds) -> ReplyPlan:
    """Return `reply` as the answer to `asked`."""
    can_choose = "n" in dialect.request.parameters
    count = (reply.n or asked.candidates) if can_choose else 1
    candidates = [_candidate(reply, index, numbers) for index in range(count)]
    return ReplyPlan(
        candidates=candidates,
        usage=_usage(asked, reply, candidates),
        finish_reason=_finish(dialect, reply),
        common={
            "reply_id": numbers.make("reply"),
            "request_id": numbers.make("request"),
            "model": asked.model,
        },
        usage_asked=asked.usage_asked,
    )


def _candidate(reply: Reply, index: int, numbers: ReplyIds) -> PlannedCandidate:
    text = _pieces(reply.text)
    if index and text:
        text = [*text, f" ({index})"]
    thinking = _pieces(reply.thinking)
    return PlannedCandidate(
        index=index,
        thinking=thinking,
        text=text,
        calls=[_call(call, numbers, signed=bool(thinking)) for call in reply.tool_calls],
        signature=numbers.make("signature"),
    )


def _pieces(text: str | Sequence[str]) -> list[str]:
    return _WORD.findall(text) if isinstance(text, str) else [piece for piece in text if piece]


def _call(call: Call, numbers: ReplyIds, *, signed: bool) -> PlannedCall:
    made = numbers.make("signature") if signed else None
    if not isinstance(call, ToolCall):
        name, given = call
        call_id, signature = numbers.make("tool_call"), made
    else:
        name, given = call.name, dict(call.arguments)
        call_id, signature = call.id, call.signature or made
    arguments = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    size = _ARGUMENT_PIECE
    return PlannedCall(
        id=call_id,
        name=name,
        arguments=arguments,
        pieces=[arguments[at : at + size] for at in range(0, len(arguments), size)],
        input=_meaning(given),
        signature=signature or MISSING,
    )


def _meaning(given: str | dict[str, Any]) -> object:
    if not isinstance(given, str):
        return given
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError:
        return given


def _usage(asked: ParsedRequest, reply: Reply, candidates: Sequence[PlannedCandidate]) -> Usage:
    usage = reply.usage or _counted(asked, candidates)
    total = usage.total_tokens or usage.prompt_tokens + usage.completion_tokens
    return msgspec.structs.replace(usage, total_tokens=total)


def _counted(asked: ParsedRequest, candidates: Sequence[PlannedCandidate]) -> Usage:
    thinking = sum(_words("".join(one.thinking)) for one in candidates)
    said = sum(_words("".join(one.text)) for one in candidates)
    calls = sum(_words(call.arguments) for one in candidates for call in one.calls)
    return Usage(
        prompt_tokens=sum(_words(message.text) for message in asked.messages),
        completion_tokens=thinking + said + calls,
        reasoning_tokens=thinking,
    )


def _words(text: str) -> int:
    return len(text.split())


def _finish(dialect: Dialect, reply: Reply) -> object:
    if reply.finish == "":
        return None
    called = reply.tool_calls and not dialect.calls_mean_tool_use
    standard = reply.finish or ("tool_use" if called else "end_turn")
    if standard in dialect.termination or standard not in _STANDARD:
        return standard
    return _word(dialect, standard) or _word(dialect, "end_turn") or standard


def _word(dialect: Dialect, standard: str) -> str | None:
    words = (word for word, meaning in dialect.termination.items() if meaning == standard)
    return next(words, None)
