"""Bounds the cost of a batch before it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.client.call.tokens import would_cost
from ai_lib.client.target.target import Target
from ai_lib.types.cost import CostBounds
from ai_lib.types.request import ChatRequest

_TIER = "batch"


def limit_batch_cost(target: Target, requests: Sequence[ChatRequest]) -> CostBounds:
    """Return what a batch of chats costs at least and at most, in the model's currency.

    Tokens have the price of a batch where the manifest states one (`service_tiers: batch`), fees
    their own. One request without an upper bound leaves the whole batch without one.
    """
    factor = target.listed.prices.service_tiers.get(_TIER, 1.0)
    parts = [would_cost(target, request, factor) for request in requests]
    output = [part.max_output_tokens for part in parts]
    reasons = (f"item {index}: {part.reason}" for index, part in enumerate(parts) if part.reason)
    return CostBounds(
        model=target.model_id,
        currency=target.listed.prices.currency,
        lower=_add([part.lower for part in parts]),
        upper=_add([part.upper for part in parts]),
        input_tokens=sum(part.input_tokens for part in parts),
        max_input_tokens=sum(part.max_input_tokens for part in parts),
        max_output_tokens=None if None in output else sum(count or 0 for count in output),
        reason=next(reasons, ""),
    )


def make_unknown_bounds(target: Target) -> CostBounds:
    """Return the bounds of a batch whose requests are in a stored file: there are none."""
    return CostBounds(
        model=target.model_id,
        currency=target.listed.prices.currency,
        lower=None,
        upper=None,
        input_tokens=0,
        max_input_tokens=0,
        max_output_tokens=None,
        reason="what the requests in a stored file cost is unknown",
    )


def _add(amounts: Sequence[float | None]) -> float | None:
    stated_amounts = [amount for amount in amounts if amount is not None]
    return sum(stated_amounts) if len(stated_amounts) == len(amounts) else None
