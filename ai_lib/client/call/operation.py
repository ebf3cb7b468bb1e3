"""One call of an operation beside chat, as those see it who accompany it."""

import uuid
from collections.abc import Callable, Mapping, Sequence

from ai_lib.client.call.call import CallTimer, TargetLookup
from ai_lib.client.call.cost import CallCost
from ai_lib.client.target.target import Target
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate, TokenCount
from ai_lib.types.usage import Usage
from ai_lib.types.wire import HttpRequest


class Operation:
    """What is known of an operation, such as `embeddings`, while it is under way.

    `headers` may be added to until it is sent. `wire` is the request, once it is built; `usage` is
    what the answer says of tokens, `offers` what the client has, `metadata` what the caller said of
    it. An operation may be several requests, at several targets: `target` is asked last. `outcome`
    is `answered`, `failed` or `cancelled`, and empty until it ends; `error` is what ended it.
    `notes` is for interceptors, as on a `Call`.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        clock: Callable[[], float],
        offers: TargetLookup,
        targets: Sequence[Target] = (),
    ) -> None:
        self.id = str(uuid.uuid4())
        self.name = name
        self.target = target
        self.targets = targets or (target,)
        self.offers = offers
        self.metadata: Mapping[str, object] = {}
        self.headers: list[tuple[str, str]] = []
        self.wire: HttpRequest | None = None
        self.ledger = AttemptLog()
        self.watch = CallTimer(clock)
        self.usage = Usage()
        self.notes: dict[str, object] = {}
        self.error: BaseException | None = None
        self.outcome = ""
        self._billed = CallCost()

    @property
    def attempts(self) -> Sequence[Attempt]:
        """The attempts that have ended, of all its requests."""
        return self.ledger.attempts

    @property
    def retry_count(self) -> int:
        """How many of them were sent after the first of their request."""
        return self.ledger.retry_count

    def own_cost(self) -> CostEstimate:
        """Return what the attempts that have ended cost."""
        return self._billed.cost(self.ledger.attempts, self.offers.record)


class Errand:
    """One request of an operation, sent to `target` as often as that is tried.

    `ledger` are its books within those of the operation. `weigh` tells the tokens of its input,
    None when nobody can; `tokens` is what a rate limit is asked for. Who takes part in an attempt
    puts into `ends` what is to hear of its end.
    """

    def __init__(
        self,
        operation: Operation,
        target: Target,
        *,
        tokens: float = 0.0,
        repeatable: bool = False,
        weigh: Callable[[], TokenCount] | None = None,
    ) -> None:
        self.target = target
        self.weigh = weigh
        self.ends: list[Callable[[Attempt], object]] = []
        self.ledger = operation.ledger.child(tokens=tokens, repeatable=repeatable)
        self.ledger.after_attempt = self._end

    def start(self) -> None:
        """Let others hear that an attempt is about to be sent; they may refuse it."""
        if self.ledger.before_attempt is not None:
            self.ledger.before_attempt(self)

    def _end(self, attempt: Attempt) -> None:
        ends, self.ends = self.ends, []
        for end in ends:
            end(attempt)
