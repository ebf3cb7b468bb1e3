"""The figures of a call in words: tokens, money, time and tries, in one line."""

from collections.abc import Iterable, Sequence

from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate
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
