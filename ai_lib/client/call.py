"""One call, as those see it who accompany it."""

import uuid
from collections.abc import Callable, Sequence

from ai_lib.client.leg import Leg
from ai_lib.client.settings import CallOptions
from ai_lib.client.stopwatch import Stopwatch
from ai_lib.client.target import Target
from ai_lib.resilience.ledger import Ledger
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CallStats, ChatResponse


class Call:
    """What is known of a call while it is made; interceptors share it.

    `request`, `models` and `headers` may be changed before the call is compiled. `models` are the
    ones to ask, as `provider/model`, in the order they are tried; None leaves it to the client.
    `headers` are sent with every attempt, beside those of the manifest. `first` is the request
    compiled for the first target, set once it is known; `targets` are all it may go to, `legs` has
    `first` and what was compiled for those it fell back to. `ledger` lists the attempts; `watch`
    has the times. `notes` is for interceptors, each under a key of its own.

    `partial` collects what a stream has received so far, once it has begun.

    `response` is what came of it (of a stream cut short, what was received), `error` what ended
    it; `outcome` is `answered`, `cached`, `failed` or `cancelled`, and empty until the call ends.
    """

    def __init__(
        self, request: ChatRequest, options: CallOptions, clock: Callable[[], float]
    ) -> None:
        self.id = str(uuid.uuid4())
        self.request = request
        self.options = options
        self.clock = clock
        self.models: Sequence[str] | None = None
        self.headers: list[tuple[str, str]] = []
        self.first: Leg | None = None
        self.targets: Sequence[Target] = ()
        self.legs: list[Leg] = []
        self.ledger = Ledger()
        self.watch = Stopwatch(clock)
        self.notes: dict[str, object] = {}
        self.partial: Callable[[], ChatResponse] | None = None
        self.response: ChatResponse | None = None
        self.error: BaseException | None = None
        self.outcome = ""

    @property
    def streamed(self) -> bool:
        """Whether events are handed out as they come."""
        return self.request.stream

    def stats(self, response: ChatResponse, leg: Leg | None) -> CallStats:
        """Return the figures of the call, as far as it has gone, at the target of `leg`."""
        leg = leg or self.first
        return self.watch.stats(
            model=response.model or (leg.target.model if leg else ""),
            provider=leg.target.compiled.id if leg else "",
            usage=response.usage,
            request_id=response.request_id or "",
            retry_count=self.ledger.retry_count,
        )
