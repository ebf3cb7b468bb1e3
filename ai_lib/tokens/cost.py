"""Calculates the cost of a call after it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ai_lib.protocol.manifest.prices import Prices
from ai_lib.types.cost import CostEstimate
from ai_lib.types.usage import Usage

if TYPE_CHECKING:
    from ai_lib.tokens.billing import BilledRequest

_MILLION = 1_000_000  # prices are those of a million tokens


def calculate_cost(
    usage: Usage,
    prices: Prices,
    model: str,
    *,
    billed: BilledRequest | None = None,
    moment: datetime | None = None,
    is_estimate: bool = False,
) -> CostEstimate:
    """Return the cost of the usage; a long call is paid at its tier's prices.

    What the provider itself says that it cost wins. `billed` is what was asked, where that is
    known; `moment` is when, for prices that change with the hour.
    """
    if usage.reported_cost is not None and not is_estimate:
        return _build_reported_cost(model, usage)
    tier = prices.apply_tier(usage.prompt_tokens) if prices.tiers else prices
    factor, reason = _find_paid_factor(usage, prices, billed, moment)
    tools_cost, tools_reason = _charge_tools(usage, prices, billed)
    units_cost: float | None = 0.0
    if usage.units:
        from ai_lib.tokens.unit_cost import charge_units

        units_cost = charge_units(usage, prices)
        if units_cost is not None:
            return _calculate_units_cost(usage, tier, model, units_cost, is_estimate)
    if (usage.prompt_tokens > 0 and tier.input is None) or (
        usage.completion_tokens > 0 and tier.output is None
    ):
        reason = f"the price of {model} is unknown"
    if units_cost is None and not usage.total_tokens:
        reason = f"the price of {model} is unknown"
    reason = reason or tools_reason
    if reason:
        return make_unknown_cost(usage, model, reason, prices.currency)
    return _calculate_known_cost(
        usage, tier, model, factor, tools_cost, billed=billed, is_estimate=is_estimate
    )


def _calculate_known_cost(
    usage: Usage,
    tier: Prices,
    model: str,
    factor: float,
    tools_cost: float,
    *,
    billed: BilledRequest | None,
    is_estimate: bool,
) -> CostEstimate:
    """Return the cost at the prices of a call of this length."""
    input_price, output_price = tier.input or 0.0, tier.output or 0.0
    long_writes = min(usage.cache_write_long_tokens, usage.cache_write_tokens)
    if billed is not None and billed.writes_long:
        long_writes = usage.cache_write_tokens
    reads, writes = usage.cache_read_tokens, usage.cache_write_tokens - long_writes
    write_price = input_price if tier.cache_write is None else tier.cache_write
    long_price = write_price if tier.cache_write_long is None else tier.cache_write_long
    read_price = input_price if tier.cache_read is None else tier.cache_read
    read_cost = reads * read_price / _MILLION
    write_cost = writes * write_price / _MILLION + long_writes * long_price / _MILLION
    reasoning_price = output_price if tier.reasoning is None else tier.reasoning
    reasoning_cost = usage.reasoning_tokens * reasoning_price / _MILLION
    input_cost = (_calculate_uncached_cost(usage, tier) + read_cost + write_cost) * factor
    output_cost = (_calculate_answer_cost(usage, tier) + reasoning_cost) * factor
    assumed = {
        "cache_read": (reads, tier.cache_read),
        "cache_write": (writes, tier.cache_write),
        "cache_write_long": (long_writes, tier.cache_write_long),
    }
    return CostEstimate(
        model=model,
        currency=tier.currency,
        total_cost=input_cost + output_cost + tools_cost + tier.request,
        input_cost=input_cost,
        output_cost=output_cost,
        cached_cost=read_cost * factor,
        cache_write_cost=write_cost * factor,
        reasoning_cost=reasoning_cost * factor,
        tools_cost=tools_cost,
        request_cost=tier.request,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        assumed=tuple(
            [name for name, (count, price) in assumed.items() if count > 0 and price is None]
        ),
        is_estimate=is_estimate,
        source=tier.source,
        as_of=tier.as_of,
    )


def _calculate_units_cost(
    usage: Usage, tier: Prices, model: str, units_cost: float, is_estimate: bool
) -> CostEstimate:
    """Return the cost of what is paid by units; tokens cost as much as they have a price."""
    tokens_cost = usage.prompt_tokens * (tier.input or 0.0) / _MILLION
    answer_cost = usage.completion_tokens * (tier.output or 0.0) / _MILLION
    return CostEstimate(
        model=model,
        currency=tier.currency,
        total_cost=units_cost + tokens_cost + answer_cost + tier.request,
        input_cost=tokens_cost,
        output_cost=answer_cost,
        units_cost=units_cost,
        request_cost=tier.request,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        is_estimate=is_estimate,
        source=tier.source,
        as_of=tier.as_of,
    )


def _calculate_uncached_cost(usage: Usage, tier: Prices) -> float:
    return _split(
        max(0, usage.uncached_prompt_tokens),
        tier.input or 0.0,
        (usage.input_audio_tokens, tier.input_audio),
        (usage.input_image_tokens, tier.input_image),
    )


def _calculate_answer_cost(usage: Usage, tier: Prices) -> float:
    return _split(
        max(0, usage.answer_tokens),
        tier.output or 0.0,
        (usage.output_audio_tokens, tier.output_audio),
        (usage.output_image_tokens, tier.output_image),
    )


def make_unknown_cost(usage: Usage, model: str, reason: str, currency: str = "USD") -> CostEstimate:
    """Return an unknown cost, with the reason."""
    return CostEstimate(
        model=model,
        currency=currency,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        reason=reason,
    )


def _find_paid_factor(
    usage: Usage, prices: Prices, billed: BilledRequest | None, moment: datetime | None
) -> tuple[float, str]:
    """Return what multiplies the prices of tokens, and why that is unknown."""
    requested_tier = billed.service_tier if billed is not None else ""
    tier = usage.service_tier or requested_tier
    # Most calls have no tier: they ask no further.
    factor = prices.find_tier_factor(tier) if tier else 1.0
    if factor is None:
        return 1.0, f"what the tier {tier!r} costs is unknown"
    if prices.hours:
        factor *= prices.find_hour_factor(moment)
    return factor * (billed.factor if billed is not None else 1.0), ""


def _charge_tools(usage: Usage, prices: Prices, billed: BilledRequest | None) -> tuple[float, str]:
    """Return the fees for tools that the provider ran, and why they are unknown."""
    cost, reason = 0.0, ""
    for name, uses in usage.tool_uses.items():
        price = prices.tools.get(name)
        if price is None:
            reason = reason or f"what a use of {name} costs is unknown"
        else:
            cost += price.charge(uses)
    for use in billed.hosted if billed is not None else ():
        if use.name not in prices.tools:
            reason = reason or f"what a use of {use.name} costs is unknown"
    return cost, reason


def _split(count: int, price: float, *kinds: tuple[int, float | None]) -> float:
    """Return the cost of tokens of which some are of a kind with a price of its own."""
    cost = 0.0
    for tokens, own_price in kinds:
        if own_price is not None:
            part = min(tokens, count)
            count -= part
            cost += part * own_price / _MILLION
    return cost + count * price / _MILLION


def _build_reported_cost(model: str, usage: Usage) -> CostEstimate:
    return CostEstimate(
        model=model,
        currency=usage.reported_currency,
        total_cost=usage.reported_cost,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        is_reported=True,
    )
