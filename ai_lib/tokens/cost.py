"""Calculates the bounds of a call's cost before it, and its cost after it."""

from ai_lib.protocol.manifest.models import ModelRecord, Prices
from ai_lib.types.cost import CostBounds, CostEstimate, TokenCount
from ai_lib.types.request import ChatRequest
from ai_lib.types.usage import Usage

_MILLION = 1_000_000


def find_output_limit(
    request: ChatRequest, record: ModelRecord | None, required: object = None
) -> int | None:
    """Return the most tokens of a response, over all candidates; None if nothing bounds it.

    `required` is the `max_tokens` that is sent when the request has none.
    """
    requested = request.parameters.get("max_tokens")
    limit = requested if isinstance(requested, int) else required
    if not isinstance(limit, int):
        limit = record.max_output_tokens if record is not None else None
    candidates = request.parameters.get("n")
    if limit is None:
        return None
    return limit * (candidates if isinstance(candidates, int) else 1)


def calculate_cost_bounds(
    model: str, input_count: TokenCount, output_tokens: int | None, record: ModelRecord | None
) -> CostBounds:
    """Return the least and the greatest cost of a call with `output_tokens` at most."""
    prices = record.prices if record is not None else Prices()
    lower, upper, reason = None, None, ""
    dearest = prices.apply_tier(input_count.at_most)
    if prices.input is None or dearest.input is None:
        reason = f"the price of {model} is unknown"
    else:
        cheapest = min(price for price in (prices.input, prices.cache_read) if price is not None)
        least = int(input_count.tokens / (1 + input_count.error_bound))
        lower = least * cheapest / _MILLION
        if output_tokens is None:
            reason = f"nothing bounds the response of {model}: set max_tokens"
        elif output_tokens and dearest.output is None:
            reason = f"the price of {model}'s output is unknown"
        else:
            input_price = max(dearest.input, dearest.cache_write or 0.0)
            output_price = max(dearest.output or 0.0, dearest.reasoning or 0.0)
            upper = input_count.at_most * input_price + output_tokens * output_price
            upper /= _MILLION
    return CostBounds(
        model=model,
        currency=prices.currency,
        lower=lower,
        upper=upper,
        input_tokens=input_count.tokens,
        max_input_tokens=input_count.at_most,
        max_output_tokens=output_tokens,
        reason=reason,
    )


def calculate_cost(usage: Usage, prices: Prices, model: str) -> CostEstimate:
    """Return the cost of the usage; a long call is paid at its tier's prices."""
    tier = prices.apply_tier(usage.prompt_tokens) if prices.tiers else prices
    if _lacks_price(usage.prompt_tokens, tier.input) or _lacks_price(
        usage.completion_tokens, tier.output
    ):
        return _build_unknown_cost(
            model, prices.currency, usage, f"the price of {model} is unknown"
        )
    writes, reads = usage.cache_write_tokens, usage.cache_read_tokens
    input_price, output_price = tier.input or 0.0, tier.output or 0.0
    read_price = input_price if tier.cache_read is None else tier.cache_read
    write_price = input_price if tier.cache_write is None else tier.cache_write
    reasoning_price = output_price if tier.reasoning is None else tier.reasoning
    read_cost, write_cost = _multiply(reads, read_price), _multiply(writes, write_price)
    reasoning_cost = _multiply(usage.reasoning_tokens, reasoning_price)
    uncached_cost = _multiply(max(0, usage.uncached_prompt_tokens), input_price)
    input_cost = uncached_cost + read_cost + write_cost
    output_cost = _multiply(max(0, usage.answer_tokens), output_price) + reasoning_cost
    assumed = {"cache_read": (reads, tier.cache_read), "cache_write": (writes, tier.cache_write)}
    return CostEstimate(
        model=model,
        currency=prices.currency,
        total_cost=input_cost + output_cost,
        input_cost=input_cost,
        output_cost=output_cost,
        cached_cost=read_cost,
        cache_write_cost=write_cost,
        reasoning_cost=reasoning_cost,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        assumed=tuple(
            name for name, (count, price) in assumed.items() if _lacks_price(count, price)
        ),
    )


def make_unknown_cost(usage: Usage, model: str, reason: str) -> CostEstimate:
    """Return an unknown cost, with the reason."""
    return _build_unknown_cost(model, "USD", usage, reason)


def _lacks_price(count: int, price: float | None) -> bool:
    return count > 0 and price is None


def _multiply(count: int, per_million: float) -> float:
    return count * per_million / _MILLION


def _build_unknown_cost(model: str, currency: str, usage: Usage, reason: str) -> CostEstimate:
    return CostEstimate(
        model=model,
        currency=currency,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        reason=reason,
    )
