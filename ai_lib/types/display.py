"""Figures of calls as small tables for a notebook."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate
from ai_lib.types.json import JsonObject
from ai_lib.types.markup.html import facts, folded, note, prose
from ai_lib.types.markup.markdown import harmless
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage


def tokens_in_words(usage: Usage) -> str:
    """Return what was used, `12 tokens in (4 cached), 30 out (8 thinking)`."""
    cached = f" ({usage.cache_read_tokens:,} cached)" if usage.cache_read_tokens else ""
    thought = f" ({usage.reasoning_tokens:,} thinking)" if usage.reasoning_tokens else ""
    return f"{usage.prompt_tokens:,} tokens in{cached}, {usage.completion_tokens:,} out{thought}"


def money_in_words(amount: float | None, currency: str = "USD") -> str:
    """Return an amount of money without needless zeros; empty when it is unknown."""
    if amount is None:
        return ""
    if amount and abs(amount) < 0.01:
        digits = f"{amount:.8f}".rstrip("0")
        return f"{digits if digits.strip('-0.') else f'{amount:.2g}'} {currency}"
    return f"{amount:.4f}".rstrip("0").rstrip(".") + f" {currency}"


def cost_in_words(cost: CostEstimate | None) -> str:
    """Return the total of a cost; empty when it is unknown."""
    return money_in_words(cost.total_cost, cost.currency) if cost is not None else ""


def time_in_words(milliseconds: float) -> str:
    """Return a time, in milliseconds below one second."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s"


def took(attempts: Iterable[Attempt]) -> float:
    """Return the milliseconds that attempts took, with what they waited for before."""
    return sum(one.waited_ms + one.latency_ms for one in attempts)


def figures(
    model: str | None, usage: Usage, attempts: Sequence[Attempt], cost: CostEstimate | None
) -> list[str]:
    """Return what is known of a call, part by part, for a line below its answer."""
    last = attempts[-1] if attempts else None
    name = model or (last.model if last else "")
    parts = [f"{last.provider}/{name}" if last and name else name, tokens_in_words(usage)]
    parts.append(cost_in_words(cost))
    if attempts:
        parts.append(time_in_words(took(attempts)))
    if len(attempts) > 1:
        parts.append(f"{len(attempts)} attempts")
    return [part for part in parts if part]


class StatsLike(Protocol):
    """The figures of one call."""

    @property
    def model(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def latency_ms(self) -> float: ...
    @property
    def time_to_first_token_ms(self) -> float | None: ...
    @property
    def retry_count(self) -> int: ...
    @property
    def prompt_tokens(self) -> int: ...
    @property
    def completion_tokens(self) -> int: ...
    @property
    def total_tokens(self) -> int: ...
    @property
    def request_id(self) -> str: ...
    @property
    def cost(self) -> float | None: ...
    @property
    def currency(self) -> str: ...


def stats_board(stats: StatsLike) -> str:
    """Return the figures of one call."""
    first = stats.time_to_first_token_ms
    return facts(
        {
            "model": f"{stats.provider}/{stats.model}",
            "tokens in": stats.prompt_tokens,
            "tokens out": stats.completion_tokens,
            "total": stats.total_tokens,
            "cost": money_in_words(stats.cost, stats.currency) or "unknown",
            "time": time_in_words(stats.latency_ms),
            "first token": None if first is None else time_in_words(first),
            "retries": stats.retry_count or None,
            "request id": stats.request_id,
        }
    )


class CandidateLike(Protocol):
    """One candidate of a reply."""

    @property
    def content(self) -> str: ...
    @property
    def thinking(self) -> str: ...
    @property
    def tool_calls(self) -> Sequence[ToolCall]: ...


class ResponseLike(Protocol):
    """A whole reply."""

    @property
    def candidates(self) -> Sequence[CandidateLike]: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def total_usage(self) -> Usage: ...
    @property
    def model(self) -> str | None: ...
    @property
    def attempts(self) -> Sequence[Attempt]: ...
    @property
    def cost(self) -> CostEstimate | None: ...


def reply_sheet(reply: ResponseLike) -> str:
    """Return a reply with the line of its figures."""
    return joined(*map(_candidate, reply.candidates), note(reply_figures(reply)))


def _candidate(one: CandidateLike) -> str:
    return said_sheet(one.thinking, one.content, [(c.name, c.arguments) for c in one.tool_calls])


def said_sheet(
    thinking: str, content: str, calls: Sequence[tuple[str, JsonObject | str]], end: str = ""
) -> str:
    """Return what was said so far; arguments given as text are shown as they are."""
    thought = (
        folded("Thinking", f"<div>{prose(thinking).translate(_SIGNS)}</div>")
        if thinking.strip()
        else ""
    )
    made = "\n".join(f"- {call_line(name, arguments)}" for name, arguments in calls)
    return joined(thought, harmless(content) + end, made)


def call_line(name: str, arguments: JsonObject | str) -> str:
    """Return a tool call on one line, as HTML in Markdown."""
    return inline_code(call_text(name, arguments))


def call_text(name: str, arguments: JsonObject | str) -> str:
    """Return a tool call on one line; arguments given as text are taken as they are."""
    given = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    return f"{name}({given})"


def inline_code(text: str) -> str:
    """Return a text on one line as HTML that Markdown sees nothing in."""
    return f"<code>{prose(text).translate(_SIGNS)}</code>"


_SIGNS: Final = str.maketrans({sign: f"&#{ord(sign)};" for sign in "[]()*_`~$|\\"})


def reply_figures(reply: ResponseLike) -> str:
    """Return model, tokens, cost, time and attempts in one line, as far as they are known."""
    return " · ".join(figures(reply.model, reply.total_usage, reply.attempts, reply.cost))


def joined(*parts: str) -> str:
    """Return parts as paragraphs; empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())
