"""What tokens cost, part by part, and what a call may cost before it is made."""

from collections.abc import Iterable

import msgspec


class CostEstimate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What so many tokens cost, in `currency`; None is unknown, 0 is free.

    `input_cost` is all input: `cached_cost` is the share of what a cache served of it,
    `cache_write_cost` of what a cache stored. `output_cost` is all output, `reasoning_cost` the
    share of reasoning. So `total_cost` is `input_cost + output_cost`, and nothing counts twice.

    `assumed` names the parts whose own price is unknown and which are counted at the price of
    plain input or output. `reason` says why a total is unknown.
    """

    model: str = ""
    currency: str = "USD"
    total_cost: float | None = None
    input_cost: float | None = None
    output_cost: float | None = None
    cached_cost: float = 0.0
    cache_write_cost: float = 0.0
    reasoning_cost: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    assumed: tuple[str, ...] = ()
    reason: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is a total."""
        return self.total_cost is not None


class CostBounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a call may cost before it is made, in `currency`; None is unknown.

    `lower` is the input alone at its cheapest, `upper` the input, rounded up, and the longest
    answer that may come. `reason` says why a bound is unknown.
    """

    model: str
    currency: str
    lower: float | None
    upper: float | None
    input_tokens: int
    most_input_tokens: int
    most_output_tokens: int | None
    reason: str = ""


class TokenCount(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of a request's input. The true number is `at_most`, save in rare scripts.

    `is_exact` says that the model's own encoding counted the text; what surrounds it (a few tokens
    a message) is as the provider publishes it. `error_bound` is the share by which `tokens` may be
    off.
    """

    tokens: int
    at_most: int
    is_exact: bool
    error_bound: float
    encoding: str | None = None


def summed_costs(costs: Iterable[CostEstimate]) -> CostEstimate:
    """Return them as one; the total is unknown when one is, or when their currencies differ."""
    known = list(costs)
    if not known:
        return CostEstimate(total_cost=0.0, input_cost=0.0, output_cost=0.0)
    if len(known) == 1:
        return known[0]
    first = known[0]
    mixed = {one.currency for one in known if one.total_cost != 0.0}
    reason = next((one.reason for one in known if not one.is_known), "")
    if len(mixed) > 1:
        reason = f"the attempts were paid in {' and '.join(sorted(mixed))}"
    return CostEstimate(
        model=known[-1].model,
        currency=next(iter(mixed), first.currency),
        total_cost=None if reason else _sum(one.total_cost for one in known),
        input_cost=None if reason else _sum(one.input_cost for one in known),
        output_cost=None if reason else _sum(one.output_cost for one in known),
        cached_cost=sum(one.cached_cost for one in known),
        cache_write_cost=sum(one.cache_write_cost for one in known),
        reasoning_cost=sum(one.reasoning_cost for one in known),
        input_tokens=sum(one.input_tokens for one in known),
        output_tokens=sum(one.output_tokens for one in known),
        assumed=tuple(dict.fromkeys(name for one in known for name in one.assumed)),
        reason=reason,
    )


def _sum(costs: Iterable[float | None]) -> float | None:
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
