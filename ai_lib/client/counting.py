"""Tokens and cost of a request at one of a client's targets."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.client.explain import Explanation
from ai_lib.client.leg import Leg
from ai_lib.client.target import Target
from ai_lib.protocol.models import ModelRecord
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

# What an answer may take, for a rate limit, when nothing bounds it.
_ANSWER: Final = 1024


def count_tokens(target: Target, what: str | Sequence[Message] | ChatRequest) -> TokenCount:
    """Return the tokens of a text, of messages, or of a request's input.

    The model's own encoding counts where it can be had without the network.
    """
    from ai_lib.tokens.counter import TokenCounter

    counter = TokenCounter.of(target.compiled.dialect.tokens, target.model)
    if isinstance(what, str):
        return TokenCount(
            tokens=counter.count(what),
            at_most=counter.at_most(what),
            is_exact=counter.is_exact,
            error_bound=counter.error_bound,
            encoding=counter.encoding,
        )
    return counter.weigh(what if isinstance(what, ChatRequest) else ChatRequest(messages=what))


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
    from ai_lib.tokens.bounds import cost_bounds, longest_answer

    weight = estimated(target, request)
    answer = longest_answer(request, record, _sent_unasked(target))
    return cost_bounds(target.model_id, weight, answer, record)


def tokens_of(leg: Leg) -> float:
    """Return the tokens an attempt may use, for a rate limit: input, rounded up, and answer."""
    from ai_lib.tokens.bounds import longest_answer

    weight = estimated(leg.target, leg.request)
    answer = longest_answer(leg.request, None, _sent_unasked(leg.target) or _ANSWER)
    return weight.at_most + (answer or _ANSWER)


def estimated(target: Target, request: ChatRequest) -> TokenCount:
    """Return the tokens of a request's input, estimated."""
    from ai_lib.tokens.counter import TokenCounter

    return TokenCounter(target.compiled.dialect.tokens, target.model).weigh(request)


def _sent_unasked(target: Target) -> object:
    return target.compiled.dialect.request.required.get("max_tokens")
