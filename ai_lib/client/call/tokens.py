"""Tokens and cost of a request at one of a client's targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib.client.call.prepared_request import PreparedRequest, build_unsigned
from ai_lib.client.target.arguments import check_messages
from ai_lib.client.target.target import Target
from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.dialect.billing import HostedToolsShape
from ai_lib.protocol.manifest.prices import Prices
from ai_lib.protocol.model import Model
from ai_lib.types.content import AudioBlock
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.json import JsonObject
from ai_lib.types.message import Message, MessageLike
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import Usage

if TYPE_CHECKING:
    from ai_lib.client.target.explain import Explanation
    from ai_lib.tokens.billing import BilledRequest
    from ai_lib.tokens.counter import TokenCounter

# What a response may take, for a rate limit, when nothing bounds it.
_RESPONSE_TOKENS: Final = 1024


def count_tokens(
    target: Target, countable: str | Sequence[MessageLike] | ChatRequest
) -> TokenCount:
    """Return the tokens of a text, of messages, or of a request's input.

    The model's own encoding counts where it can be had without the network.
    """
    from ai_lib.tokens.counter import TokenCounter

    counter = TokenCounter.from_shape(target.compiled.dialect.tokens, target.listed.pattern_name)
    if isinstance(countable, str):
        return _count_each(counter, [countable])
    if not isinstance(countable, ChatRequest):
        countable = ChatRequest(messages=check_messages(countable))
    count = counter.count_request(countable)
    try:
        hidden_tokens = _count_hidden(target, countable)
    except AiLibError:
        return count  # the target can't be asked this
    return msgspec.structs.replace(count, at_most=count.at_most + hidden_tokens)


def _count_hidden(target: Target, request: ChatRequest) -> int:
    """Return the most that the provider itself adds to the input, for tools, schemas and the like.

    A tool that it runs adds what its uses bring; without a limit, so many are assumed.

    Raises:
        RequestError: the target can't be asked this.
    """
    from ai_lib.tokens.billing import read_billed_request

    built = build_unsigned(target, request, fit_media=False)
    billed = read_billed_request(target.compiled, built.body)
    return billed.hidden_tokens + _count_hosted(target, billed)


def _count_hosted(target: Target, billed: BilledRequest) -> int:
    hosted = target.compiled.dialect.billing.hosted or HostedToolsShape()
    tokens = 0
    for use in billed.hosted:
        price = target.listed.prices.tools.get(use.name)
        tokens_a_use = price.tokens if price is not None and price.tokens else hosted.tokens
        most_uses = hosted.assumed_uses if use.most_uses is None else use.most_uses
        tokens += (most_uses + 1) * tokens_a_use  # the definition is one
    return tokens


def explain_with_cost(target: Target, request: ChatRequest | None = None) -> Explanation:
    """Return what a call to the target would be, with the tokens and the cost of it."""
    explanation = target.explain(request)
    request = request or ChatRequest(messages=(Message.user("Hello"),))
    return msgspec.structs.replace(
        explanation,
        tokens=count_tokens(target, request),
        cost=_calculate_bounds(target, request, explanation.body),
    )


def would_cost(target: Target, request: ChatRequest, factor: float = 1.0) -> CostBounds:
    """Return what an attempt at the target costs at least and at most.

    `factor` multiplies the prices of tokens, as a batch's does.

    Raises:
        RequestError: the target can't be asked this.
    """
    built = build_unsigned(target, request, fit_media=target.fit_media)
    return _calculate_bounds(target, request, built.body, factor)


def calculate_prepared_bounds(prepared: PreparedRequest, currency: str) -> CostBounds:
    """Return what an attempt to send a request costs at least and at most.

    What can't be known before is 0 in `currency`.

    Raises:
        RequestError: a limit in its body is no limit.
    """
    if prepared.request is not None:
        return _calculate_bounds(prepared.target, prepared.request, prepared.built.body)
    target = prepared.target
    if prepared.bound_cost is not None:
        return prepared.bound_cost()
    if prepared.count_input is not None:
        return input_cost(target.model_id, prepared.count_input(), target.listed.prices)
    # Of an operation that tells no tokens only the provider knows what it costs.
    return zero_bounds(target.model_id, currency)


def _calculate_bounds(
    target: Target, request: ChatRequest, body: JsonObject, factor: float = 1.0
) -> CostBounds:
    """Return the bounds of what is sent: the tokens of the request, and what its body says.

    `factor` multiplies the prices of tokens.
    """
    from ai_lib.tokens.billing import find_extra_content, read_billed_request
    from ai_lib.tokens.cost_bounds import calculate_cost_bounds

    compiled = target.compiled
    billed, model = read_billed_request(compiled, body), target.listed
    if billed.model and billed.model != model.name:
        model = compiled.find_model(billed.model)
    counter = make_counter(target)
    count = counter.count_request(request)
    content = find_extra_content(compiled, request.extra) if request.extra else ""
    if content is None:
        billed = msgspec.structs.replace(
            billed, problem=billed.problem or "what extra() adds to the input can't be counted"
        )
    if factor != 1.0:
        billed = msgspec.structs.replace(billed, factor=billed.factor * factor)
    added = (counter.count_at_most(content) if content else 0) + billed.hidden_tokens
    if added:
        count = msgspec.structs.replace(count, at_most=count.at_most + added)
    return calculate_cost_bounds(
        target.model_id,
        count,
        _find_output_limit(target, model, billed),
        model.prices,
        billed,
        has_audio=content != "" or _has_audio(request),
    )


def _find_output_limit(target: Target, model: Model, billed: BilledRequest) -> int | None:
    """Return the most tokens of all candidates, None where nothing bounds them."""
    longest_output = model.record.max_output_tokens if model.record is not None else None
    limit = billed.output_tokens if billed.output_tokens is not None else longest_output
    thinking: int | None = billed.thinking_tokens
    reasons = model.entry.capabilities.get("reasoning") is not False
    if target.compiled.dialect.billing.thinking and reasons and not thinking:
        thinking = longest_output
    if limit is None or thinking is None:
        return None
    return (limit + thinking) * billed.candidates


def _has_audio(request: ChatRequest) -> bool:
    return any(
        isinstance(block, AudioBlock) for message in request.messages for block in message.blocks
    )


def input_cost(model_id: str, count: TokenCount, prices: Prices) -> CostBounds:
    """Return what a request without a response in tokens, such as for vectors, may cost."""
    from ai_lib.tokens.cost_bounds import calculate_cost_bounds

    return calculate_cost_bounds(model_id, count, 0, prices)


def estimate_received(prepared: PreparedRequest, response: ChatResponse) -> Usage:
    """Return the usage of a stream that broke off: as far as it was said, else as it is counted."""
    reported, request = response.usage, prepared.request
    if request is None:
        return reported
    counter = make_counter(prepared.target)
    sent = reported.prompt_tokens or counter.count_request(request).tokens
    messages = tuple(candidate.to_message() for candidate in response.candidates)
    counted = (
        counter.count_request(ChatRequest(messages=messages)).tokens if _holds_any(response) else 0
    )
    received = max(reported.completion_tokens, counted)
    return msgspec.structs.replace(
        reported,
        prompt_tokens=sent,
        completion_tokens=received,
        total_tokens=sent + received,
        reported_cost=None,
    )


def _holds_any(response: ChatResponse) -> bool:
    return any(candidate.blocks for candidate in response.candidates)


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


def attempt_tokens(prepared: PreparedRequest) -> float:
    """Return the tokens an attempt may use, for a rate limit: input, rounded up, and response."""
    request, billed = prepared.request, prepared.read_billing()
    if request is None:
        return 0.0
    limit = billed.output_tokens or _RESPONSE_TOKENS
    most_input = make_counter(prepared.target).count_request(request).at_most
    return most_input + limit * billed.candidates


def make_counter(target: Target) -> TokenCounter:
    """Return what estimates tokens: a vocabulary takes longer to load than a call should wait."""
    from ai_lib.tokens.counter import TokenCounter

    return TokenCounter(target.compiled.dialect.tokens, target.listed.pattern_name)


def count_texts(target: Target, texts: Sequence[str]) -> TokenCount:
    """Return the tokens of texts that are all there is to a request, estimated."""
    return _count_each(make_counter(target), texts)


def _count_each(counter: TokenCounter, texts: Sequence[str]) -> TokenCount:
    return TokenCount(
        tokens=sum(counter.count(text) for text in texts),
        at_most=sum(counter.count_at_most(text) for text in texts),
        is_exact=counter.is_exact,
        error_bound=counter.error_bound,
        encoding=counter.encoding,
    )
