"""What may take the place of the built-in rate limits, for clients and processes to share."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from ai_lib.resilience.rate_limit.headers import ObservedLimits
from ai_lib.resilience.rate_limit.quota import Quota, RateLimiterConfig, Reservation


class Limiter(Protocol):
    """Says when attempts may go, for any number of targets; give one to a builder's `limiter`.

    A target is `provider/model`, a ticket names one attempt. Methods are plain or coroutine
    functions; a blocking client takes plain ones only. An async client awaits what they return, so
    one that waits (for a network) has to be a coroutine function there. The waiting for a turn is
    the caller's, first come first served within each client. What they raise is raised by the call.
    """

    def reserve(self, target: str, ticket: str, tokens: float) -> float | Awaitable[float]:
        """Count one request and so many tokens, and return 0; or, when they don't fit now, count
        nothing and return the seconds after which to ask again. Called before each attempt.

        `tokens` is the estimated input and the largest output, 0 when nothing is known of it.
        """
        ...

    def settle(self, target: str, ticket: str, tokens: float | None) -> object | Awaitable[object]:
        """Say what became of the attempt: the tokens it used, None when nothing was sent.

        Called once for each reservation, after the attempt or before the client's next one, and
        perhaps for a ticket that was never granted; a process that dies never calls it.
        """
        ...

    def pause(self, target: str, seconds: float) -> object | Awaitable[object]:
        """The provider asked everyone to wait so long (Retry-After)."""
        ...

    def learn(self, target: str, seen: ObservedLimits) -> object | Awaitable[object]:
        """An answer's headers said this of the provider's limits; called where its manifest names
        such headers."""
        ...


class DeferredQuota(Quota):
    """A quota kept elsewhere: what is said of attempts is due to be told there.

    The time until which nobody may send is known here as well.
    """

    def __init__(self, limiter: Limiter, target: str) -> None:
        super().__init__(RateLimiterConfig.unlimited(), 0.0)
        self.due: deque[Callable[[float], object]] = deque()
        self._limiter = limiter
        self._target = target
        self._told_to_wait_until = float("-inf")

    @property
    def counts_tokens(self) -> bool:
        """Always: whether tokens are limited is known elsewhere."""
        return True

    def ask(self, reservation: Reservation) -> float | Awaitable[float]:
        """Ask there; nothing is held yet."""
        return self._limiter.reserve(self._target, reservation.ticket, reservation.tokens)

    def told(self, wait: float, at: float) -> None:
        """Remember when to ask again."""
        self._told_to_wait_until = at + wait

    def wait(self, reservation: Reservation, at: float) -> float:
        """Return the seconds until the next answer may be another one."""
        return max(self.paused_for(at), self._told_to_wait_until - at, 0.0)

    def settle(self, reservation: Reservation, tokens: float) -> None:
        """Say how many tokens the attempt really used."""
        self._tell_end(reservation, tokens)

    def refund(self, reservation: Reservation) -> None:
        """Undo a reservation whose attempt never reached the provider."""
        self._tell_end(reservation, None)

    def _tell_end(self, reservation: Reservation, tokens: float | None) -> None:
        if not reservation.held:
            return
        reservation.held = False
        ticket = reservation.ticket
        self.due.append(lambda _: self._limiter.settle(self._target, ticket, tokens))

    def pause_until(self, moment: float) -> None:
        """Let nobody send before that moment."""
        super().pause_until(moment)
        self.due.append(lambda at: self._limiter.pause(self._target, max(0.0, moment - at)))

    def learn(self, seen: ObservedLimits, at: float, own: Reservation | None = None) -> None:
        """Pass on what an answer's headers said."""
        self.due.append(lambda _: self._limiter.learn(self._target, seen))
