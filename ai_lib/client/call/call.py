"""One call: its request, its targets, its time, tokens and cost, as interceptors see it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol
from weakref import finalize

import msgspec

from ai_lib._log import LOG
from ai_lib._runtime import forks
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, new_id
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.protocol.manifest.prices import Prices
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.transport.http.headers import Headers
from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate, sum_costs
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CallStats, ChatResponse
from ai_lib.types.usage import Usage

CHAT = "chat"
FindAnswer = Callable[[PreparedRequest, JsonObject], Awaitable[JsonValue] | JsonValue]
FindRecord = Callable[[str, str], ModelRecord | None]


class TargetLookup(Protocol):
    """What a call may ask of its client's targets."""

    logged_paths: set[str]
    """The unmapped paths that were logged."""

    @property
    def fallbacks(self) -> Sequence[str]:
        """The models to fall back to, as the client has them."""
        ...

    def target(self, name: str) -> Target:
        """Return a model's target, made if need be. Raises as `TargetSet.route`."""
        ...

    def record(self, provider: str, model: str) -> ModelRecord | None:
        """Return what is listed of a target's model, as it was when the target was made."""
        ...


class CallTimer:
    """The times of one call, in milliseconds since it began; `now` is a clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.began = now()
        self._first_token: float | None = None
        self._ended: float | None = None

    def restart(self) -> None:
        """Let the call begin now."""
        self.began = self._now()
        self._first_token = self._ended = None

    def first_token(self) -> None:
        """Note the first content; later calls change nothing."""
        self._first_token = self._first_token or self._measure_ms()

    @property
    def time_to_first_token_ms(self) -> float | None:
        """When the first content came, None as long as none has."""
        return self._first_token

    @property
    def latency_ms(self) -> float:
        """How long the call took, or has taken so far."""
        return self._ended or self._measure_ms()

    def stop(self) -> None:
        """Note the end; later calls change nothing."""
        self._ended = self._ended or self._measure_ms()

    def _measure_ms(self) -> float:
        return (self._now() - self.began) * 1000


class StreamState:
    """What only a streamed call has.

    `partial_response` collects what was received so far and `abandon_attempt` ends the attempt, if
    that has not ended; both are None until the stream has begun. `finalizer` ends the call when
    nothing holds its stream any more.
    """

    def __init__(self) -> None:
        self.partial_response: Callable[[], ChatResponse] | None = None
        self.abandon_attempt: Callable[[], None] | None = None
        self.finalizer: finalize[..., object] | None = None


class Call:
    """What is known of a call while it is made; interceptors share it.

    `operation` is `chat`, `embeddings`, or the name of a service of the provider. A chat has a
    `request`; any other operation has none.

    `request`, `models` and `headers` may be changed before the call is compiled. `models` are the
    ones to ask, as `provider/model`, in the order they are tried; None leaves it to the client.
    `headers` are sent with every attempt, beside those of the manifest.

    `targets` is what the client has, None for a call that no client made; `target` is the client's
    own, of an operation beside chat the one asked last. `route` are the targets the call may go to,
    in order. `first_request` is the request compiled for the first of them, set once it is known;
    `requests` has it and what was compiled for the targets it fell back to.

    `texts` are what an operation beside chat sends of what people wrote, in a fixed order; they may
    be replaced before the call is compiled. `read_results` returns the texts that came of it, once
    they are there. `find_answer` returns the document that a cache has in place of the response to
    a request with this body, and `keep_answer` gives it one. `filter_results` lets interceptors
    see, and replace, the texts that came of it; it is None while none is active.

    `attempt_log` lists the attempts, those of earlier asks for the same answer too; `attempts` are
    the call's own. `timer` has the times. `usage` is what the provider said of an operation beside
    chat. `state` is for interceptors, each under a key of its own.

    `generation` tells the calls of this process from those of the process that forked it.

    `started` says that interceptors have seen it begin, `complete` that all of the response has
    come, `answered_locally` that an interceptor answered in place of the provider, `cache_lookup`
    what a cache said (`hit`, `miss`, empty without one). `stream` is there for a streamed call.

    `status_code` and `response_headers` are those of the latest attempt that got a response.

    `response` is what came of it (of a stream cut short, what was received), `error` what ended
    it; `outcome` is `answered`, `cached`, `failed` or `cancelled`, and empty until the call ends.
    """

    def __init__(
        self,
        operation: str,
        request: ChatRequest | None,
        options: CallOptions,
        clock: Callable[[], float],
        targets: TargetLookup | None = None,
        target: Target | None = None,
    ) -> None:
        self.id = new_id()
        self.generation = forks.generation
        self.operation = operation
        self.request = request
        self.options = options
        self.clock = clock
        self.targets = targets
        self.target = target
        self.models: Sequence[str] | None = None
        self.headers: list[tuple[str, str]] = []
        self.route: Sequence[Target] = ()
        self.first_request: PreparedRequest | None = None
        self.requests: list[PreparedRequest] = []
        self.attempt_log = options.attempt_log or AttemptLog()
        self.attempt_log.start_request()
        self._start = len(self.attempt_log.attempts)
        self.timer = CallTimer(clock)
        self.usage = Usage()
        self.state: dict[str, object] = {}
        self.started = False
        self.complete = False
        self.answered_locally = False
        self.cache_lookup = ""
        self.stream = StreamState() if self.streamed else None
        self.status_code: int | None = None
        self.response_headers: Headers | None = None
        self.response: ChatResponse | None = None
        self.error: BaseException | None = None
        self.outcome = ""
        self.on_attempt_begin: Callable[[PreparedRequest], object] | None = None
        self.texts: Sequence[str] | None = None
        self.filter_results: Callable[[Sequence[str]], Any] | None = None
        self.read_results: Callable[[], Sequence[str]] | None = None
        self.find_answer: FindAnswer | None = None
        self.keep_answer: Callable[[PreparedRequest, JsonValue], object] | None = None
        self._cost: tuple[int, CostEstimate | None] | None = None

    def begin_attempt(self, prepared: PreparedRequest) -> None:
        """Let interceptors see an attempt that is about to be sent; they may refuse it."""
        if self.on_attempt_begin is not None:
            self.on_attempt_begin(prepared)

    def end(self, outcome: str, error: BaseException | None) -> None:
        """Note how it ended."""
        self.outcome = outcome
        self.error = error
        self.timer.stop()
        if self.stream is not None and self.stream.finalizer is not None:
            # It holds the call, and the error's traceback the stream: neither would ever go.
            self.stream.finalizer.detach()

    @property
    def streamed(self) -> bool:
        """Whether events are handed out as they come."""
        return self.request is not None and self.request.stream

    @property
    def attempts(self) -> Sequence[Attempt]:
        """The attempts of this call alone that have ended."""
        return self.attempt_log.attempts[self._start :]

    @property
    def retry_count(self) -> int:
        """How many of them were sent after the first of their request."""
        return self.attempt_log.retries_since(self._start)

    def with_accounting(self, response: ChatResponse) -> ChatResponse:
        """Return the response with the attempts it took so far, and what they cost."""
        attempts = tuple(self.attempt_log.attempts)
        if response.unmapped and self.targets is not None:
            from ai_lib.client.call.unmapped_log import log_unmapped

            log_unmapped(response, self.targets.logged_paths)
        prepared = self.requests[-1] if self.requests else None
        if prepared is not None and prepared.target.compiled.dialect.request.window_setting:
            self._watch_window(response, prepared)
        headers = self.response_headers
        return msgspec.structs.replace(
            response,
            attempts=attempts,
            cost=self.cost(),
            status_code=self.status_code,
            headers={} if headers is None else headers.to_dict(),
        )

    def _watch_window(self, response: ChatResponse, prepared: PreparedRequest) -> None:
        from ai_lib.client.call.window_log import warn_of_cut_prompt

        if self.targets is not None:
            warn_of_cut_prompt(response, prepared, self.targets.logged_paths)

    def cost(self) -> CostEstimate | None:
        """Return what the attempts in the log cost; None for a call that no client made."""
        if self.targets is None:
            return None
        attempts = self.attempt_log.attempts
        if self._cost is None or self._cost[0] != len(attempts):
            self._cost = len(attempts), self._total_cost(attempts)
        return self._cost[1]

    def own_cost(self) -> CostEstimate | None:
        """Return what its own attempts cost; None for a call that no client made."""
        if self._start == 0 or self.targets is None:
            return self.cost()
        return self._total_cost(self.attempts)

    def _total_cost(self, attempts: Sequence[Attempt]) -> CostEstimate | None:
        """Return the cost; None when it can't be calculated: that costs no response."""
        if self.targets is None:
            return None
        try:
            return total_cost(attempts, self.targets.record, self.requests)
        except Exception as error:  # noqa: BLE001 (such as a manifest that is being replaced)
            LOG.warning("the cost of a call can't be calculated: %s", error)
            return None

    def stats(self, response: ChatResponse) -> CallStats:
        """Return the figures of the call, as far as it has gone, at the target asked last."""
        target = self.requests[-1].target if self.requests else None
        usage, cost = response.usage, self.cost()
        return CallStats(
            model=response.model or (target.model if target else ""),
            provider=target.compiled.id if target else "",
            latency_ms=self.timer.latency_ms,
            time_to_first_token_ms=self.timer.time_to_first_token_ms,
            retry_count=self.attempt_log.retry_count,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            request_id=response.request_id or "",
            cost=cost.total_cost if cost else None,
            currency=cost.currency if cost else "USD",
            cost_is_estimate=cost.is_estimate if cost else False,
        )


def total_cost(
    attempts: Sequence[Attempt],
    find_record: FindRecord,
    requests: Sequence[PreparedRequest] = (),
) -> CostEstimate:
    """Return the cost of the attempts, each at the prices of the model it went to.

    An attempt that failed or was cancelled costs what the provider said it used, or what that is
    estimated to be; one that answered without saying so is of unknown cost.
    """
    costs = [
        attempt_cost(attempt, find_record, requests)
        for attempt in attempts
        if attempt.ended == "answered" or attempt.usage.total_tokens > 0
    ]
    return costs[0] if len(costs) == 1 else sum_costs(costs)


def attempt_cost(
    attempt: Attempt, find_record: FindRecord, requests: Sequence[PreparedRequest] = ()
) -> CostEstimate:
    """Return what one attempt cost; `requests` are those that it may have sent."""
    from ai_lib.tokens.cost import calculate_cost, make_unknown_cost

    usage, model = attempt.usage, f"{attempt.provider}/{attempt.model}"
    record, billed = find_record(attempt.provider, attempt.model), None
    if not usage.total_tokens and not usage.units and usage.reported_cost is None:
        if record is None or not record.prices.is_free:
            return make_unknown_cost(usage, model, f"{attempt.provider} did not say what it used")
    for prepared in requests:
        if prepared.target.model_id == model and prepared.may_raise_cost(usage):
            billed = prepared.read_billing()
            record = prepared.find_billed_record(record)
            break
    prices = record.prices if record is not None else Prices()
    return calculate_cost(
        usage,
        prices,
        model,
        billed=billed,
        moment=datetime.now(timezone.utc) if prices.hours else None,
        is_estimate=attempt.is_estimate,
    )
