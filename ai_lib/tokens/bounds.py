"""What a call may cost, before it is made."""

from ai_lib.protocol.models import ModelRecord, Prices
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.request import ChatRequest

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
    dearest = prices.at(weight.at_most)
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
