"""Tokens and cost of a request at one of a client's targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.arguments import checked_message
from ai_lib.client.target.target import Target
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

if TYPE_CHECKING:
    from ai_lib.client.target.explain import Explanation
    from ai_lib.tokens.counter import TokenCounter

# What an answer may take, for a rate limit, when nothing bounds it.
_ANSWER: Final = 1024


def count_tokens(target: Target, what: str | Sequence[Message] | ChatRequest) -> TokenCount:
    """Return the tokens of a text, of messages, or of a request's input.

    The model's own encoding counts where it can be had without the network.
    """
    from ai_lib.tokens.counter import TokenCounter

    counter = TokenCounter.from_shape(target.compiled.dialect.tokens, target.model)
    if isinstance(what, str):
        return _of_texts(counter, [what])
    if not isinstance(what, ChatRequest):
        what = ChatRequest(messages=[checked_message(one) for one in what])
    return counter.count_request(what)


def explained(target: Target, request: ChatRequest | None = None) -> Explanation:
    """Return what a call to the target would be, with the tokens and the cost of it."""
    shown = target.explain(request)
    request = request or ChatRequest(messages=(Message.user("Hello"),))
    return msgspec.structs.replace(
        shown,
        tokens=count_tokens(target, request),
        cost=would_cost(target, request, shown.model_info),
    )


def would_cost(target: Target, request: ChatRequest, record: ModelRecord | None) -> CostBounds:
    """Return what an attempt at the target costs at least and at most.

    The tokens are estimated: a vocabulary takes longer to load than a call should wait.
    """
    from ai_lib.tokens.cost import calculate_cost_bounds, find_output_limit

    weight = estimated(target, request)
    answer = find_output_limit(request, record, _sent_unasked(target))
    return calculate_cost_bounds(target.model_id, weight, answer, record)


def input_cost(model_id: str, weight: TokenCount, record: ModelRecord | None) -> CostBounds:
    """Return what a request without an answer in tokens, such as for vectors, may cost."""
    from ai_lib.tokens.cost import calculate_cost_bounds

    return calculate_cost_bounds(model_id, weight, 0, record)


def nothing_yet(model_id: str, currency: str) -> CostBounds:
    """Return the bounds of what is known to cost something only when it has been answered."""
    return CostBounds(
        model=model_id,
        currency=currency,
        lower=0.0,
        upper=0.0,
        input_tokens=0,
        most_input_tokens=0,
        most_output_tokens=0,
    )


def tokens_of(leg: PreparedRequest) -> float:
    """Return the tokens an attempt may use, for a rate limit: input, rounded up, and answer."""
    from ai_lib.tokens.cost import find_output_limit

    weight = estimated(leg.target, leg.request)
    answer = find_output_limit(leg.request, None, _sent_unasked(leg.target) or _ANSWER)
    return weight.at_most + (answer or _ANSWER)


def estimated(target: Target, request: ChatRequest) -> TokenCount:
    """Return the tokens of a request's input, estimated."""
    from ai_lib.tokens.counter import TokenCounter

    return TokenCounter(target.compiled.dialect.tokens, target.model).count_request(request)


def weighed(target: Target, texts: Sequence[str]) -> TokenCount:
    """Return the tokens of texts that are all there is to a request, estimated."""
    from ai_lib.tokens.counter import TokenCounter

    return _of_texts(TokenCounter(target.compiled.dialect.tokens, target.model), texts)


def _of_texts(counter: TokenCounter, texts: Sequence[str]) -> TokenCount:
    return TokenCount(
        tokens=sum(counter.count(text) for text in texts),
        at_most=sum(counter.count_at_most(text) for text in texts),
        is_exact=counter.is_exact,
        error_bound=counter.error_bound,
        encoding=counter.encoding,
    )


def _sent_unasked(target: Target) -> object:
    return target.compiled.dialect.request.required.get("max_tokens")
