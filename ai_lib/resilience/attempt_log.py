"""The books of one call: until when it may take, what it needs, what was tried."""

from collections.abc import Callable

from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.attempt import Attempt

FOREVER = float("inf")


class AttemptLog:
    """One for each call; every attempt of it, on whichever target, is entered here.

    `ends` is the moment the call must be over, on the clock of whoever made it; `tokens` is what an
    attempt may use at most; `repeatable` says that doing the request twice does no harm, `is_last`
    that it can't be sent again, because what is sent can be read only once. `retries` counts what
    each executor tried again: a call that asks several times has the retries of one.
    What is `part` of a call enters its attempts in its own books and in those of the whole.
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
        self._again: list[bool] = []
        self._is_fresh = True
        self._whole: AttemptLog | None = None
        self.retries: dict[object, int] = {}
        self.on_begin: Callable[[object], object] | None = None
        self.on_attempt: Callable[[Attempt], object] | None = None
        self.on_retry: Callable[[int, AiLibError, float], object] | None = None

    def part(self, *, tokens: float = 0.0, repeatable: bool = False) -> "AttemptLog":
        """Return the books of one of the requests that the call consists of, in the same time."""
        part = AttemptLog(ends=self.ends, tokens=tokens, repeatable=repeatable)
        part._whole = self
        part.on_begin, part.on_retry = self.on_begin, self.on_retry
        return part

    def begin(self) -> None:
        """Note that another request of the call begins: its first attempt is no retry."""
        self._is_fresh = True

    def enter(self, attempt: Attempt) -> None:
        """Note an attempt that has ended."""
        self._note(attempt, attempt.sent and not self._is_fresh)
        self._is_fresh = self._is_fresh and not attempt.sent

    def _note(self, attempt: Attempt, again: bool) -> None:
        self.attempts.append(attempt)
        self._again.append(again)  # no counter: parts may end in several threads at once
        if self._whole is not None:
            self._whole._note(attempt, again)
        if self.on_attempt is not None:
            self.on_attempt(attempt)

    def left(self, at: float) -> float | None:
        """Return the seconds the call may still take, None when it has no deadline."""
        return None if self.ends == FOREVER else max(0.0, self.ends - at)

    @property
    def retry_count(self) -> int:
        """How many attempts were sent after the first of their request, to whichever target."""
        return self.retries_since(0)

    def retries_since(self, start: int) -> int:
        """The same, of the attempts from that one on."""
        return sum(self._again[start:])

    def on(self, error: AiLibError) -> AiLibError:
        """Attach what was tried to the error that ends the call."""
        error.attempts = tuple(self.attempts)
        return error
