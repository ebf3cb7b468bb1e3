"""Estimates the cost of token counts at a model's listed prices."""

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.tokens.cost import calculate_cost, make_unknown_cost
from ai_lib.tokens.known_model import resolve_model
from ai_lib.types.cost import CostEstimate
from ai_lib.types.usage import Usage


def estimate_cost(
    input_tokens: int,
    output_tokens: int,
    model: str,
    *,
    cached_tokens: int = 0,
    cache_write_tokens: int = 0,
    reasoning_tokens: int = 0,
    catalog: ManifestCatalog | None = None,
) -> CostEstimate:
    """Return the cost of so many tokens at a model's listed prices.

    `model` is a listed name or `provider/model`. `cached_tokens` and `cache_write_tokens` are parts
    of the input, `reasoning_tokens` of the output. If the model's price is unknown, the total is
    None, and `reason` says why.

    Raises:
        ValueError: a count is below 0, or the parts are more than the whole.
    """
    usage = Usage(
        prompt_tokens=input_tokens,
        completion_tokens=output_tokens,
        total_tokens=input_tokens + output_tokens,
        reasoning_tokens=reasoning_tokens,
        cache_read_tokens=cached_tokens,
        cache_write_tokens=cache_write_tokens,
    )
    counts = (input_tokens, output_tokens, reasoning_tokens, cached_tokens, cache_write_tokens)
    if min(counts) < 0:
        raise ValueError(f"token counts can't be below 0: {counts}")
    if usage.uncached_prompt_tokens < 0 or usage.answer_tokens < 0:
        raise ValueError("cached tokens are part of the input, reasoning tokens of the output")
    known_model = resolve_model(model, catalog)
    if known_model.record is None:
        return make_unknown_cost(usage, model, f"no price of {model!r} is listed")
    return calculate_cost(usage, known_model.record.prices, known_model.record.full_name)
