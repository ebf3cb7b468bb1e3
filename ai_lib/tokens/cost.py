"""What tokens cost at a model's prices."""

from ai_lib.protocol.models import Prices
from ai_lib.types.cost import CostEstimate
from ai_lib.types.usage import Usage

_MILLION = 1_000_000


def cost_of(usage: Usage, prices: Prices, model: str) -> CostEstimate:
    """Return what the usage costs; a long call at its tier's prices."""
    here = prices.at(usage.prompt_tokens)
    if _lacks(usage.prompt_tokens, here.input) or _lacks(usage.completion_tokens, here.output):
        return _unknown(model, prices.currency, usage, f"the price of {model} is unknown")
    stored, served = usage.cache_write_tokens, usage.cache_read_tokens
    thought = usage.reasoning_tokens
    plain, answer = here.input or 0.0, here.output or 0.0
    cached = _price(served, plain if here.cache_read is None else here.cache_read)
    written = _price(stored, plain if here.cache_write is None else here.cache_write)
    reasoning = _price(thought, answer if here.reasoning is None else here.reasoning)
    taken = _price(max(0, usage.uncached_prompt_tokens), plain) + cached + written
    given = _price(max(0, usage.answer_tokens), answer) + reasoning
    assumed = {"cache_read": (served, here.cache_read), "cache_write": (stored, here.cache_write)}
    return CostEstimate(
        model=model,
        currency=prices.currency,
        total_cost=taken + given,
        input_cost=taken,
        output_cost=given,
        cached_cost=cached,
        cache_write_cost=written,
        reasoning_cost=reasoning,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        assumed=tuple(name for name, (count, price) in assumed.items() if _lacks(count, price)),
    )


def unpriced(usage: Usage, model: str, reason: str) -> CostEstimate:
    """Return the cost of what nobody knows the price of."""
    return _unknown(model, "USD", usage, reason)


def _lacks(count: int, price: float | None) -> bool:
    return count > 0 and price is None


def _price(count: int, per_million: float) -> float:
    return count * per_million / _MILLION


def _unknown(model: str, currency: str, usage: Usage, reason: str) -> CostEstimate:
    return CostEstimate(
        model=model,
        currency=currency,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        reason=reason,
    )
