"""The log of one call: its deadline, what an attempt of it needs, and the attempts made so far."""

from collections.abc import Callable

from ai_lib.errors.exceptions import AiLibError, ConnectionLost, RemoteError
from ai_lib.types.attempt import Attempt

FOREVER = float("inf")


class AttemptLog:
    """Every attempt of one call, on any target.

    - `ends` is the moment at which the call must be over, in seconds of the caller's clock.
    - `tokens` is what one attempt may use at most.
    - `repeatable` says that doing the request twice does no harm.
    - `is_last` says that the request can't be sent again, as its body can be read only once.
    - `retries` counts the retries of each executor. A call that sends several requests has the
      retries of one.
    - `after_attempt` is called with each attempt that ended.
    - `on_retry` is called with the number, the error and the delay before each retry.

    - `on_refusal` says of a provider's error whether the request goes out with another credential.

    A child log records its attempts in its parent too.
    """

    def __init__(
        self, *, ends: float = FOREVER, tokens: float = 0.0, repeatable: bool = False
    ) -> None:
        self.ends = ends
        self.tokens = tokens
        self.repeatable = repeatable
        self.is_last = False
        self._may_resend = True
        self.attempts: list[Attempt] = []
        self._retry_flags: list[bool] = []
        self._is_fresh = True
        self._parent: AttemptLog | None = None
        self.retries: dict[object, int] = {}
        self.after_attempt: Callable[[Attempt], object] | None = None
        self.on_retry: Callable[[int, AiLibError, float], object] | None = None
        self.on_refusal: Callable[[RemoteError], bool] | None = None

    def child(self, *, tokens: float = 0.0, repeatable: bool = False) -> "AttemptLog":
        """Return the log of one of the call's requests, with the same deadline."""
        child = AttemptLog(ends=self.ends, tokens=tokens, repeatable=repeatable)
        child._parent = self
        child.on_retry = self.on_retry
        return child

    def start_request(self) -> None:
        """Note that another request of the call begins: its first attempt is no retry."""
        self._is_fresh = self._may_resend = True

    def take_resend(self, error: AiLibError, at: float) -> bool:
        """Return whether to send the request anew, which is done once for each of two reasons.

        An idle connection died, or the provider refused a credential that can be renewed.
        """
        if self.is_last or at >= self.ends:
            return False
        if isinstance(error, RemoteError):
            return self.on_refusal is not None and self.on_refusal(error)
        if not (isinstance(error, ConnectionLost) and error.may_resend and self._may_resend):
            return False
        self._may_resend = False
        return True

    def record(self, attempt: Attempt) -> None:
        """Record an attempt that has ended."""
        self._append(attempt, attempt.sent and not self._is_fresh)
        self._is_fresh = self._is_fresh and not attempt.sent

    def _append(self, attempt: Attempt, is_retry: bool) -> None:
        self.attempts.append(attempt)
        self._retry_flags.append(is_retry)  # no counter: children may end in several threads
        if self._parent is not None:
            self._parent._append(attempt, is_retry)
        if self.after_attempt is not None:
            self.after_attempt(attempt)

    def seconds_left(self, at: float) -> float | None:
        """Return the seconds the call may still take, None when it has no deadline."""
        return None if self.ends == FOREVER else max(0.0, self.ends - at)

    @property
    def retry_count(self) -> int:
        """How many attempts were sent after the first of their request, to any target."""
        return self.retries_since(0)

    def retries_since(self, start: int) -> int:
        """Return the number of retries from the attempt with this index on."""
        return sum(self._retry_flags[start:])

    def attach_to(self, error: AiLibError) -> AiLibError:
        """Attach the attempts to the error that ends the call, and return it."""
        error.attempts = tuple(self.attempts)
        return error
