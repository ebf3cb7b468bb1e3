"""One call, as those see it who accompany it."""

from collections.abc import Callable, Sequence
from typing import Protocol
from weakref import finalize

import msgspec

from ai_lib.client.call.cost import CallCost, bill
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.ids import new_id
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CallStats, ChatResponse
from ai_lib.types.usage import Usage


class TargetLookup(Protocol):
    """What a call may ask of its client's targets."""

    @property
    def fallbacks(self) -> Sequence[str]:
        """The models to fall back to, as the client has them."""
        ...

    def target(self, name: str) -> Target:
        """Return a model's target, made if need be. Raises as `Targets.route`."""
        ...

    def record(self, provider: str, model: str) -> ModelRecord | None:
        """Return what is listed of a model, as it was when first asked for."""
        ...


class CallTimer:
    """The times of one call, in milliseconds since it began; `now` is a clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.restart()

    def restart(self) -> None:
        """Let the call begin now."""
        self.began = self._now()
        self._first_token: float | None = None
        self._ended: float | None = None

    def first_token(self) -> None:
        """Note the first content; later calls change nothing."""
        self._first_token = self._first_token or self._since()

    @property
    def time_to_first_token_ms(self) -> float | None:
        """When the first content came, None as long as none has."""
        return self._first_token

    @property
    def latency_ms(self) -> float:
        """How long the call took, or has taken so far."""
        return self._ended or self._since()

    def stop(self) -> None:
        """Note the end; later calls change nothing."""
        self._ended = self._ended or self._since()

    def stats(
        self,
        *,
        model: str,
        provider: str,
        usage: Usage,
        request_id: str,
        retry_count: int = 0,
        cost: CostEstimate | None = None,
    ) -> CallStats:
        """Return the figures of the call."""
        return CallStats(
            model=model,
            provider=provider,
            latency_ms=self.latency_ms,
            time_to_first_token_ms=self._first_token,
            retry_count=retry_count,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            request_id=request_id,
            cost=cost.total_cost if cost else None,
            currency=cost.currency if cost else "USD",
        )

    def _since(self) -> float:
        return (self._now() - self.began) * 1000


class Call:
    """What is known of a call while it is made; interceptors share it.

    `request`, `models` and `headers` may be changed before the call is compiled. `models` are the
    ones to ask, as `provider/model`, in the order they are tried; None leaves it to the client.
    `headers` are sent with every attempt, beside those of the manifest. `offers` is what the client
    has, None for a call that no client made; `target` is the client's own. `first` is the request
    compiled for the first target, set once it is known; `targets` are all it may go to, `legs` has
    `first` and what was compiled for those it fell back to. `ledger` lists the attempts, those of
    earlier asks for the same answer too; `attempts` are the call's own. `watch` has the times.
    `notes` is for interceptors, each under a key of its own.

    `begun` says that it was begun, `whole` that all of the reply has come, `lookup` what a
    cache said (`hit`, `miss`, empty without one).

    `partial` collects what a stream has received so far, once it has begun; `forget` ends its
    attempt, if that has not ended; `if_forgotten` ends the call with its stream.

    `response` is what came of it (of a stream cut short, what was received), `error` what ended
    it; `outcome` is `answered`, `cached`, `failed` or `cancelled`, and empty until the call ends.
    """

    def __init__(
        self,
        request: ChatRequest,
        options: CallOptions,
        clock: Callable[[], float],
        offers: TargetLookup | None = None,
        target: Target | None = None,
    ) -> None:
        self.id = new_id()
        self.request = request
        self.options = options
        self.clock = clock
        self.offers = offers
        self.target = target
        self.models: Sequence[str] | None = None
        self.headers: list[tuple[str, str]] = []
        self.first: PreparedRequest | None = None
        self.targets: Sequence[Target] = ()
        self.legs: list[PreparedRequest] = []
        self.ledger = options.ledger or AttemptLog()
        self.ledger.start_request()
        self._start = len(self.ledger.attempts)
        self.watch = CallTimer(clock)
        self.notes: dict[str, object] = {}
        self.begun = False
        self.whole = False
        self.lookup = ""
        self.partial: Callable[[], ChatResponse] | None = None
        self.forget: Callable[[], None] | None = None
        self.if_forgotten: finalize[..., object] | None = None
        self.response: ChatResponse | None = None
        self.error: BaseException | None = None
        self.outcome = ""
        self._billed = CallCost()

    def end(self, outcome: str, error: BaseException | None) -> None:
        """Note how it ended."""
        self.outcome = outcome
        self.error = error
        self.watch.stop()
        if self.if_forgotten is not None:
            # It holds the call, and the error's traceback the stream: neither would ever go.
            self.if_forgotten.detach()

    @property
    def streamed(self) -> bool:
        """Whether events are handed out as they come."""
        return self.request.stream

    def told(self, response: ChatResponse) -> ChatResponse:
        """Return a reply with the attempts it took so far, and what they cost."""
        attempts = tuple(self.ledger.attempts)
        return msgspec.structs.replace(response, attempts=attempts, cost=self.cost())

    @property
    def attempts(self) -> Sequence[Attempt]:
        """The attempts of this call alone that have ended."""
        return self.ledger.attempts[self._start :]

    @property
    def retry_count(self) -> int:
        """How many of them were sent after the first."""
        return self.ledger.retries_since(self._start)

    def cost(self) -> CostEstimate | None:
        """Return what the attempts in the ledger cost; None for a call that no client made."""
        if self.offers is None:
            return None
        return self._billed.cost(self.ledger.attempts, self.offers.record)

    def own_cost(self) -> CostEstimate | None:
        """Return what its own attempts cost; None for a call that no client made."""
        if self._start == 0 or self.offers is None:
            return self.cost()
        return bill(self.attempts, self.offers.record)

    def stats(self, response: ChatResponse, leg: PreparedRequest | None) -> CallStats:
        """Return the figures of the call, as far as it has gone, at the target of `leg`."""
        leg = leg or self.first
        return self.watch.stats(
            model=response.model or (leg.target.model if leg else ""),
            provider=leg.target.compiled.id if leg else "",
            usage=response.usage,
            request_id=response.request_id or "",
            retry_count=self.ledger.retry_count,
            cost=self.cost(),
        )
