# Generated from ai_lib/resilience/rate_limit/shared_rate_limiter.py by codegen; do not edit.
"""Waits until a limiter that is kept elsewhere lets an attempt go."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from ai_lib.resilience.rate_limit.external import DeferredQuota, Limiter
from ai_lib.resilience.rate_limit.headers import RateLimitHeaders, read_limits
from ai_lib.resilience.rate_limit.quota import Reservation

from ..._runtime.backend import now, settle, sleep
from .rate_limiter import RateLimiter


class SharedRateLimiter(RateLimiter):
    """A rate limiter whose counts are those of a `Limiter`, shared with whoever else asks it."""

    is_shared = True

    def __init__(
        self,
        limiter: Limiter,
        target: str,
        headers: RateLimitHeaders | None = None,
        *,
        clock: Callable[[], float] = now,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        super().__init__(clock=clock, pause=pause)
        self._postponed = self.quota = DeferredQuota(limiter, target)
        self._headers = headers

    def _ask(self, reservation: Reservation, at: float) -> float:
        self.report()
        quota = self._postponed
        if paused := quota.paused_for(at):
            return paused
        reservation.ticket = reservation.ticket or uuid.uuid4().hex
        # Whoever is cancelled now may have been granted it.
        reservation.held = True
        try:
            wait = settle(quota.ask(reservation))
        except BaseException:
            quota.refund(reservation)
            raise
        reservation.held = wait <= 0
        quota.told(wait, at)
        return max(wait, 0.0)

    def report(self) -> None:
        """Tell the limiter what is due."""
        due = self._postponed.due
        while due:
            step = due.popleft()
            try:
                settle(step(self._clock()))
            except BaseException:
                due.appendleft(step)
                raise

    def update_from_headers(
        self, headers: Mapping[str, str], own: Reservation | None = None
    ) -> None:
        """Let the limiter learn from an answer's headers, where their names are known."""
        if self._headers is not None:
            self._postponed.learn(read_limits(headers, self._headers), self._clock(), own)
