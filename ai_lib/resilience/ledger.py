"""The books of one call: until when it may take, what it needs, what was tried."""

from collections.abc import Callable

from ai_lib.errors.tree import AiLibError
from ai_lib.types.attempt import Attempt

FOREVER = float("inf")


class Ledger:
    """One for each call; every attempt of it, on whichever target, is entered here.

    `ends` is the moment the call must be over, on the clock of whoever made it; `tokens` is what an
    attempt may use at most; `repeatable` says that doing the request twice does no harm, `is_last`
    that it can't be sent again, because what is sent can be read only once. `retries` counts what
    each executor tried again: a call that asks several times has the retries of one.
    `on_begin` hears of each attempt before it is sent, with what it is sent to, and may refuse it;
    `on_attempt` hears of each attempt that ended, `on_retry` of each that another one follows.
    """

    def __init__(
        self, *, ends: float = FOREVER, tokens: float = 0.0, repeatable: bool = False
    ) -> None:
        self.ends = ends
        self.tokens = tokens
        self.repeatable = repeatable
        self.is_last = False
        self.attempts: list[Attempt] = []
        self.retries: dict[object, int] = {}
        self.on_begin: Callable[[object], object] | None = None
        self.on_attempt: Callable[[Attempt], object] | None = None
        self.on_retry: Callable[[int, AiLibError, float], object] | None = None

    def enter(self, attempt: Attempt) -> None:
        """Note an attempt that has ended."""
        self.attempts.append(attempt)
        if self.on_attempt is not None:
            self.on_attempt(attempt)

    def left(self, at: float) -> float | None:
        """Return the seconds the call may still take, None when it has no deadline."""
        return None if self.ends == FOREVER else max(0.0, self.ends - at)

    @property
    def retry_count(self) -> int:
        """How many attempts were sent after the first."""
        return max(0, sum(attempt.sent for attempt in self.attempts) - 1)

    def on(self, error: AiLibError) -> AiLibError:
        """Attach what was tried to the error that ends the call."""
        error.attempts = tuple(self.attempts)
        return error
