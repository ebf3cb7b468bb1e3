"""Tokens and cost of a request at one of a client's targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib.client.target.arguments import check_message
from ai_lib.client.target.target import Target
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

if TYPE_CHECKING:
    from ai_lib.client.target.explain import Explanation
    from ai_lib.tokens.counter import TokenCounter

# What a response may take, for a rate limit, when nothing bounds it.
_RESPONSE_TOKENS: Final = 1024


def count_tokens(target: Target, countable: str | Sequence[Message] | ChatRequest) -> TokenCount:
    """Return the tokens of a text, of messages, or of a request's input.

    The model's own encoding counts where it can be had without the network.
    """
    from ai_lib.tokens.counter import TokenCounter

    counter = TokenCounter.from_shape(target.compiled.dialect.tokens, target.listed.pattern_name)
    if isinstance(countable, str):
        return _count_each(counter, [countable])
    if not isinstance(countable, ChatRequest):
        messages = [check_message(message) for message in countable]
        countable = ChatRequest(messages=messages)
    return counter.count_request(countable)


def explain_with_cost(target: Target, request: ChatRequest | None = None) -> Explanation:
    """Return what a call to the target would be, with the tokens and the cost of it."""
    explanation = target.explain(request)
    request = request or ChatRequest(messages=(Message.user("Hello"),))
    return msgspec.structs.replace(
        explanation,
        tokens=count_tokens(target, request),
        cost=would_cost(target, request, explanation.model_info),
    )


def would_cost(target: Target, request: ChatRequest, record: ModelRecord | None) -> CostBounds:
    """Return what an attempt at the target costs at least and at most.

    The tokens are estimated: a vocabulary takes longer to load than a call should wait.
    """
    from ai_lib.tokens.cost import calculate_cost_bounds, find_output_limit

    count = estimate_tokens(target, request)
    output_limit = find_output_limit(request, record, _default_max_tokens(target))
    return calculate_cost_bounds(target.model_id, count, output_limit, record)


def input_cost(model_id: str, count: TokenCount, record: ModelRecord | None) -> CostBounds:
    """Return what a request without a response in tokens, such as for vectors, may cost."""
    from ai_lib.tokens.cost import calculate_cost_bounds

    return calculate_cost_bounds(model_id, count, 0, record)


def zero_bounds(model_id: str, currency: str) -> CostBounds:
    """Return the bounds of a request whose cost is known only once it has been answered."""
    return CostBounds(
        model=model_id,
        currency=currency,
        lower=0.0,
        upper=0.0,
        input_tokens=0,
        max_input_tokens=0,
        max_output_tokens=0,
    )


def attempt_tokens(target: Target, request: ChatRequest) -> float:
    """Return the tokens an attempt may use, for a rate limit: input, rounded up, and response."""
    from ai_lib.tokens.cost import find_output_limit

    count = estimate_tokens(target, request)
    output_limit = find_output_limit(request, None, _default_max_tokens(target) or _RESPONSE_TOKENS)
    return count.at_most + (output_limit or _RESPONSE_TOKENS)


def estimate_tokens(target: Target, request: ChatRequest) -> TokenCount:
    """Return the tokens of a request's input, estimated."""
    return _make_counter(target).count_request(request)


def _make_counter(target: Target) -> TokenCounter:
    from ai_lib.tokens.counter import TokenCounter

    return TokenCounter(target.compiled.dialect.tokens, target.listed.pattern_name)


def count_texts(target: Target, texts: Sequence[str]) -> TokenCount:
    """Return the tokens of texts that are all there is to a request, estimated."""
    return _count_each(_make_counter(target), texts)


def _count_each(counter: TokenCounter, texts: Sequence[str]) -> TokenCount:
    return TokenCount(
        tokens=sum(counter.count(text) for text in texts),
        at_most=sum(counter.count_at_most(text) for text in texts),
        is_exact=counter.is_exact,
        error_bound=counter.error_bound,
        encoding=counter.encoding,
    )


def _default_max_tokens(target: Target) -> object:
    return target.compiled.dialect.request.required.get("max_tokens")
