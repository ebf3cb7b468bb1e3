"""Rate limits that are kept outside of the library, for clients and processes to share."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from ai_lib._runtime import forks
from ai_lib.resilience.rate_limit.headers import ObservedLimits
from ai_lib.resilience.rate_limit.quota import Quota, RateLimiterConfig, Reservation


class Limiter(Protocol):
    """Decides when attempts may be sent, for any number of targets; see a builder's `limiter`.

    A target is `provider/model`, a ticket names one attempt. Methods are plain or coroutine
    functions; a blocking client takes plain ones only. An async client awaits what they return, so
    one that waits (for a network) has to be a coroutine function there. The client itself waits
    for a turn, first come first served. What `reserve` raises, the call raises as SharedStateError,
    and a fallback is tried; what the others raise is logged and costs no answer.
    """

    def reserve(self, target: str, ticket: str, tokens: float) -> float | Awaitable[float]:
        """Count one request and its tokens, and return 0. If they don't fit now, count nothing
        and return the seconds after which to call again. Called before each attempt.

        `tokens` is the estimated input and the largest output, 0 when that is unknown.
        """
        ...

    def settle(self, target: str, ticket: str, tokens: float | None) -> object | Awaitable[object]:
        """Count the tokens that the attempt used, None when nothing was sent.

        Called once for each reservation, after the attempt or before the client's next one, and
        for a ticket that was never granted when the attempt is given up. A process that dies never
        calls it.
        """
        ...

    def pause(self, target: str, seconds: float) -> object | Awaitable[object]:
        """Let no attempt be sent for so many seconds: the provider asked for it (Retry-After)."""
        ...

    def learn(self, target: str, limits: ObservedLimits) -> object | Awaitable[object]:
        """Take the provider's limits over from a response's headers. Called where the manifest
        names such headers."""
        ...


class _Outcome:
    """One thing to tell the limiter, and how often that failed."""

    def __init__(self, send: Callable[[float], object]) -> None:
        self.failures = 0
        self._send = send

    def __call__(self, at: float) -> object:
        return self._send(at)


class DeferredQuota(Quota):
    """A quota that a `Limiter` keeps. The outcomes of attempts are `pending` until they are sent
    there.

    The end of a provider's pause is kept here as well.
    """

    def __init__(self, limiter: Limiter, target: str) -> None:
        super().__init__(RateLimiterConfig.no_limit(), 0.0)
        self.pending: deque[_Outcome] = deque()
        self.limiter = limiter
        self._target = target
        self._next_reserve_at = float("-inf")

    def renew_in_child(self) -> None:
        """Renew the lock; the parent sends what is pending."""
        super().renew_in_child()
        self.pending.clear()

    @property
    def counts_tokens(self) -> bool:
        """Always true: only the limiter knows whether tokens are limited."""
        return True

    def reserve_shared(self, reservation: Reservation) -> float | Awaitable[float]:
        """Call the limiter's `reserve`. The reservation is not held yet."""
        return self.limiter.reserve(self._target, reservation.ticket, reservation.tokens)

    def set_next_reserve(self, wait: float, at: float) -> None:
        """Remember that the limiter asked to wait so many seconds before the next `reserve`."""
        self._next_reserve_at = at + wait

    def get_wait_time(self, reservation: Reservation, at: float) -> float:
        """Return the seconds until the limiter may be called again."""
        return max(self.get_pause(at), self._next_reserve_at - at, 0.0)

    def settle(self, reservation: Reservation, tokens: float) -> None:
        """Count the tokens that the attempt really used."""
        self._defer_settlement(reservation, tokens)

    def refund(self, reservation: Reservation) -> None:
        """Undo a reservation whose attempt never reached the provider."""
        self._defer_settlement(reservation, None)

    def _defer_settlement(self, reservation: Reservation, tokens: float | None) -> None:
        if not reservation.is_held or reservation.generation != forks.generation:
            return
        reservation.is_held = False
        ticket = reservation.ticket
        self.pending.append(_Outcome(lambda _: self.limiter.settle(self._target, ticket, tokens)))

    def pause_until(self, moment: float) -> None:
        """Let no attempt be sent before that moment."""
        super().pause_until(moment)
        self.pending.append(
            _Outcome(lambda at: self.limiter.pause(self._target, max(0.0, moment - at)))
        )

    def learn(
        self, limits: ObservedLimits, at: float, reservation: Reservation | None = None
    ) -> None:
        """Pass the limits of a response's headers on to the limiter."""
        self.pending.append(_Outcome(lambda _: self.limiter.learn(self._target, limits)))
