"""Calculates the bounds of a call's cost before it."""

from typing import Final

from ai_lib.protocol.manifest.prices import Prices
from ai_lib.tokens.billing import BilledRequest
from ai_lib.types.cost import CostBounds, TokenCount

_MILLION: Final = 1_000_000
_NOTHING_ASKED: Final = BilledRequest()


def calculate_cost_bounds(
    model: str,
    input_count: TokenCount,
    output_tokens: int | None,
    prices: Prices,
    billed: BilledRequest = _NOTHING_ASKED,
    *,
    has_audio: bool = False,
) -> CostBounds:
    """Return the least and the greatest cost of a call with `output_tokens` at most."""
    lower, upper = None, None
    tool_tokens, tools_cost, reason = _limit_tools(model, prices, billed)
    most_input = input_count.at_most + tool_tokens
    dearest = prices.apply_tier(most_input)
    factor = _find_factor(prices, billed)
    if prices.input is None or dearest.input is None:
        reason = f"the price of {model} is unknown"
    else:
        cheapest = min(price for price in (prices.input, prices.cache_read) if price is not None)
        least = int(input_count.tokens / (1 + input_count.error_bound))
        factors = [tier * hour for tier in _all_tiers(prices, billed) for hour in _hours(prices)]
        smallest = min(factors, default=0.0) * min(billed.factor, 1.0)
        lower = least * cheapest * smallest / _MILLION + prices.request
        if output_tokens is None:
            reason = f"nothing bounds the response of {model}: set max_tokens"
        elif output_tokens and dearest.output is None:
            reason = f"the price of {model}'s output is unknown"
        elif factor is None:
            reason = f"what the tier {billed.service_tier!r} of {model} costs is unknown"
        elif not reason:
            input_price = _dearest_input(dearest, billed, has_audio=has_audio)
            upper = most_input * input_price + output_tokens * _dearest_output(dearest, billed)
            upper = upper * factor / _MILLION + prices.request + tools_cost
    return CostBounds(
        model=model,
        currency=prices.currency,
        lower=lower,
        upper=upper,
        input_tokens=input_count.tokens,
        max_input_tokens=most_input,
        max_output_tokens=output_tokens,
        reason=reason,
    )


def _limit_tools(model: str, prices: Prices, billed: BilledRequest) -> tuple[int, float, str]:
    """Return the most input that hosted tools bring, their fees, and why these have no end."""
    tokens, fees, reason = 0, 0.0, billed.problem
    for use in billed.hosted:
        price = prices.tools.get(use.name)
        if price is None:
            reason = reason or f"what a use of {use.name} costs with {model} is unknown"
            continue
        most_uses = 1 if price.unit in ("prompt", "request") else use.most_uses
        if most_uses is None:
            if price.price or price.tokens:
                reason = reason or f"nothing bounds how often {model} uses {use.name}"
            continue
        tokens += most_uses * price.tokens
        fees += price.charge(most_uses)
    return tokens, fees, reason


def _find_factor(prices: Prices, billed: BilledRequest) -> float | None:
    """Return the largest factor that may hold, None when it is unknown."""
    tier = prices.find_tier_factor(billed.service_tier)
    if tier is None:
        return None
    return max(tier, 1.0) * prices.find_hour_factor(None) * billed.factor


def _all_tiers(prices: Prices, billed: BilledRequest) -> list[float]:
    tier = prices.find_tier_factor(billed.service_tier)
    return [1.0] if tier is None else [min(tier, 1.0)]


def _hours(prices: Prices) -> list[float]:
    return [1.0, *(hour.factor for hour in prices.hours)]


def _dearest_input(prices: Prices, billed: BilledRequest, *, has_audio: bool) -> float:
    kinds = [prices.input, prices.cache_write, prices.input_image]
    if billed.keeps_long:
        kinds.append(prices.cache_write_long)
    if has_audio:
        kinds.append(prices.input_audio)
    return max(price for price in kinds if price is not None)


def _dearest_output(prices: Prices, billed: BilledRequest) -> float:
    kinds = [prices.output, prices.reasoning]
    if billed.wants_media:
        kinds += [prices.output_audio, prices.output_image]
    return max((price for price in kinds if price is not None), default=0.0)
