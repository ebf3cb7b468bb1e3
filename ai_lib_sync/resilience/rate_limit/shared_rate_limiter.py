# Generated from ai_lib/resilience/rate_limit/shared_rate_limiter.py by codegen; do not edit.
"""A rate limiter whose counts a `Limiter` keeps."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from ai_lib._log import LOG
from ai_lib.resilience.rate_limit.external import DeferredQuota, Limiter
from ai_lib.resilience.rate_limit.headers import RateLimitHeaders, read_limits
from ai_lib.resilience.rate_limit.quota import Reservation

from ..._runtime.backend import fail_after, maybe_await, now, shield, sleep
from .rate_limiter import RateLimiter

_TRIES = 3
# A call that was cancelled is not held up for longer.
_GIVE_BACK_SECONDS = 0.5


class SharedRateLimiter(RateLimiter):
    """A rate limiter over a `Limiter`, whose counts other clients and processes may share."""

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
        self._deferred = self.quota = DeferredQuota(limiter, target)
        self._headers = headers

    @property
    def is_degraded(self) -> bool:  # type: ignore[override]
        """Whether the limiter says that it is out of reach, by an attribute of this name."""
        return bool(getattr(self._deferred.limiter, "is_degraded", False))

    def _wait_for_turn(self, reservation: Reservation, ends: float, longest_pause: float) -> None:
        try:
            super()._wait_for_turn(reservation, ends, longest_pause)
        except GeneratorExit:
            raise
        except BaseException:
            if reservation.ticket:
                self._give_back(reservation)
            raise

    def _give_back(self, reservation: Reservation) -> None:
        """Give back the place that the limiter may keep for an attempt that is not made."""
        reservation.is_held = True
        self._deferred.refund(reservation)
        try:
            with shield(), fail_after(_GIVE_BACK_SECONDS):
                self.flush()
        except Exception as error:  # noqa: BLE001 (the call ends by an error of its own)
            LOG.debug("a limiter did not take a place back: %s", error)

    def _try_reserve(self, reservation: Reservation, at: float) -> float:
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 (an earlier call's outcome is not this call's)
            LOG.warning("the limiter did not take the outcome of an earlier call: %s", error)
        quota = self._deferred
        if pause := quota.get_pause(at):
            return pause
        reservation.ticket = reservation.ticket or uuid.uuid4().hex
        # If this call is cancelled now, the limiter may have granted it.
        reservation.is_held = True
        try:
            wait = maybe_await(quota.reserve_shared(reservation))
        except GeneratorExit:
            quota.refund(reservation)
            raise
        reservation.is_held = wait <= 0
        quota.set_next_reserve(wait, at)
        return max(wait, 0.0)

    def flush(self) -> None:
        """Send the pending outcomes to the limiter. One that fails is tried three times in all."""
        pending = self._deferred.pending
        while pending:
            send = pending.popleft()
            try:
                maybe_await(send(self._clock()))
            except Exception:
                send.failures += 1
                if send.failures < _TRIES:
                    pending.appendleft(send)
                raise
            except BaseException:
                pending.appendleft(send)
                raise

    def update_from_headers(
        self, headers: Mapping[str, str], reservation: Reservation | None = None
    ) -> None:
        """Let the limiter learn from a response's headers, where their names are known."""
        if self._headers is not None:
            self._deferred.learn(read_limits(headers, self._headers), self._clock(), reservation)
