"""The cost of tokens, part by part, and the bounds of a call's cost before it is made."""

from collections.abc import Iterable
from datetime import date

from ai_lib.types.records.record import Record


class CostEstimate(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The cost of a number of tokens, in `currency`; None is unknown, 0 is free.

    `input_cost` is all input: `cached_cost` is the share of what a cache served of it,
    `cache_write_cost` of what a cache stored. `output_cost` is all output, `reasoning_cost` the
    share of reasoning. `tools_cost` are the fees for tools that the provider ran, `request_cost`
    those for requests, `units_cost` is what is paid by characters, seconds, images or pages. So
    `total_cost` is the sum of input, output, units and fees, and nothing counts twice.

    `is_estimate` says that the provider did not say what was used, so that it was counted here;
    `is_reported` that the total is the provider's own word, without its parts. `source` is the
    address that says the prices, `as_of` the day they were read.

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
    tools_cost: float = 0.0
    request_cost: float = 0.0
    units_cost: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    assumed: tuple[str, ...] = ()
    reason: str = ""
    is_estimate: bool = False
    is_reported: bool = False
    source: str = ""
    as_of: date | None = None

    @property
    def is_known(self) -> bool:
        """Whether the total is known."""
        return self.total_cost is not None


class CostBounds(Record, frozen=True, kw_only=True):
    """The bounds of a call's cost before it is made, in `currency`; None is unknown.

    `lower` is the input alone at its cheapest, `upper` the input, rounded up, and the longest
    response that may come. `reason` says why a bound is unknown.
    """

    model: str
    currency: str
    lower: float | None
    upper: float | None
    input_tokens: int
    max_input_tokens: int
    max_output_tokens: int | None
    reason: str = ""


class TokenCount(Record, frozen=True, kw_only=True):
    """The tokens of a request's input. The true number is at most `at_most`, save in rare scripts.

    `is_exact` is true when the model's own encoding counted the text; the few tokens that surround
    each message are counted as the provider publishes it. `error_bound` is the share by which
    `tokens` may be off.
    """

    tokens: int
    at_most: int
    is_exact: bool
    error_bound: float
    encoding: str | None = None


def sum_costs(costs: Iterable[CostEstimate]) -> CostEstimate:
    """Return the sum of costs; it is unknown when one of them is, or when the currencies differ."""
    listed = list(costs)
    if not listed:
        return CostEstimate(total_cost=0.0, input_cost=0.0, output_cost=0.0)
    if len(listed) == 1:
        return listed[0]
    first = listed[0]
    currencies = {cost.currency for cost in listed if cost.total_cost != 0.0}
    reason = next((cost.reason for cost in listed if not cost.is_known), "")
    if len(currencies) > 1:
        reason = f"the attempts were paid in {' and '.join(sorted(currencies))}"
    return CostEstimate(
        model=listed[-1].model,
        currency=next(iter(currencies), first.currency),
        total_cost=None if reason else _sum(cost.total_cost for cost in listed),
        input_cost=None if reason else _sum(cost.input_cost for cost in listed),
        output_cost=None if reason else _sum(cost.output_cost for cost in listed),
        cached_cost=sum(cost.cached_cost for cost in listed),
        cache_write_cost=sum(cost.cache_write_cost for cost in listed),
        reasoning_cost=sum(cost.reasoning_cost for cost in listed),
        tools_cost=sum(cost.tools_cost for cost in listed),
        request_cost=sum(cost.request_cost for cost in listed),
        units_cost=sum(cost.units_cost for cost in listed),
        input_tokens=sum(cost.input_tokens for cost in listed),
        output_tokens=sum(cost.output_tokens for cost in listed),
        assumed=tuple(dict.fromkeys(name for cost in listed for name in cost.assumed)),
        reason=reason,
        is_estimate=any(cost.is_estimate for cost in listed),
        is_reported=all(cost.is_reported for cost in listed),
        source=listed[-1].source,
        as_of=listed[-1].as_of,
    )


def _sum(costs: Iterable[float | None]) -> float | None:
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
