"""What a call may cost, before it is made."""

from ai_lib.protocol.manifest.models import ModelRecord, Prices
from ai_lib.types.cost import CostBounds, CostEstimate, TokenCount
from ai_lib.types.request import ChatRequest
from ai_lib.types.usage import Usage

_MILLION = 1_000_000


def longest_answer(
    request: ChatRequest, record: ModelRecord | None, required: object = None
) -> int | None:
    """Return the tokens of the longest answer, over all candidates; None if nothing bounds it.

    `required` is what is sent as `max_tokens` when the request says nothing.
    """
    asked = request.parameters.get("max_tokens")
    most = asked if isinstance(asked, int) else required
    if not isinstance(most, int):
        most = record.max_output_tokens if record is not None else None
    candidates = request.parameters.get("n")
    if most is None:
        return None
    return most * (candidates if isinstance(candidates, int) else 1)


def cost_bounds(
    model: str, weight: TokenCount, answer: int | None, record: ModelRecord | None
) -> CostBounds:
    """Return what a call of that weight costs at least and at most."""
    prices = record.prices if record is not None else Prices()
    lower, upper, reason = None, None, ""
    dearest = prices.apply_tier(weight.at_most)
    if prices.input is None or dearest.input is None:
        reason = f"the price of {model} is unknown"
    else:
        cheapest = min(price for price in (prices.input, prices.cache_read) if price is not None)
        least = int(weight.tokens / (1 + weight.error_bound))
        lower = least * cheapest / _MILLION
        if answer is None:
            reason = f"nothing bounds the answer of {model}: set max_tokens"
        elif answer and dearest.output is None:
            reason = f"the price of {model}'s output is unknown"
        else:
            taken = max(dearest.input, dearest.cache_write or 0.0)
            output = max(dearest.output or 0.0, dearest.reasoning or 0.0)
            upper = (weight.at_most * taken + answer * output) / _MILLION
    return CostBounds(
        model=model,
        currency=prices.currency,
        lower=lower,
        upper=upper,
        input_tokens=weight.tokens,
        most_input_tokens=weight.at_most,
        most_output_tokens=answer,
        reason=reason,
    )


def cost_of(usage: Usage, prices: Prices, model: str) -> CostEstimate:
    """Return what the usage costs; a long call at its tier's prices."""
    here = prices.apply_tier(usage.prompt_tokens)
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
