"""Rate limiters: each waits until its limits let an attempt be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import RateLimitExceeded
from ai_lib.resilience.rate_limit.headers import RateLimitHeaders, read_limits
from ai_lib.resilience.rate_limit.quota import Quota, RateLimiterConfig, Reservation
from ai_lib.types.wire import check_seconds

from ..._runtime.backend import LeakyBucket, Lock, fail_after, now, sleep

# The first in line checks again this often: a refund or a pause may have changed its turn.
_RECHECK_SECONDS = 0.1
_FOREVER = float("inf")


class RateLimiter(ForkedState):
    """Rate limits shared by all tasks and threads, first come first served.

    Only the first in line looks at the clock. A caller that is cancelled in line leaves nothing
    behind. `is_shared` says whether a `Limiter` keeps the counts, and `is_degraded`
    whether that one is out of reach.
    """

    is_shared = False
    is_degraded = False

    def __init__(
        self,
        config: RateLimiterConfig | None = None,
        *,
        clock: Callable[[], float] = now,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        self.config = config or RateLimiterConfig()
        self.quota: Quota = Quota(self.config, clock())
        self._clock = clock
        self._pause = pause
        self._line = Lock()
        renew_after_fork(self)
        self._bucket: LeakyBucket | None = None
        if self.config.algorithm == "aiolimiter" and self.config.requests_per_second:
            self._bucket = LeakyBucket(self.config.burst, self.config.requests_per_second)

    async def reserve(
        self,
        tokens: float = 0.0,
        *,
        requests: float = 1.0,
        timeout: float | None = None,
        longest_pause: float = _FOREVER,
    ) -> Reservation:
        """Wait for a turn and reserve; settle or refund the returned reservation on the `quota`.

        Raises:
            RateLimitExceeded: the request takes more tokens than a minute allows and may not borrow
                them, the turn is further away than `timeout` seconds, or the provider
                asked to pause longer than `longest_pause` seconds.
        """
        if timeout is not None:
            timeout = check_seconds("the timeout", timeout, allows_zero=True)
        if self.config.refuses(tokens):
            raise _oversize_error(tokens, self.config.tokens_per_minute)
        reservation = Reservation(tokens, requests)
        ends = _FOREVER if timeout is None else self._clock() + timeout
        if not self._line.try_acquire():
            await self._wait_in_line(timeout)
        try:
            await self._wait_for_turn(reservation, ends, longest_pause)
        finally:
            self._line.release()
        return reservation

    async def _wait_in_line(self, timeout: float | None) -> None:
        try:
            with fail_after(timeout):
                await self._line.acquire()
        except TimeoutError:
            raise _limit_error("the line was too long", None) from None

    async def _wait_for_turn(
        self, reservation: Reservation, ends: float, longest_pause: float
    ) -> None:
        while (wait := await self._try_reserve(reservation, at := self._clock())) > 0:
            if self.quota.get_pause(at) > longest_pause:
                raise _limit_error("the provider asked to pause", wait)
            if at + wait > ends:
                raise _limit_error("the turn comes too late", wait)
            await self._pause(min(wait, _RECHECK_SECONDS))
        if self._bucket is not None:
            try:
                await self._bucket.acquire(min(reservation.requests, self.config.burst))
            except BaseException:
                self.quota.refund(reservation)
                raise

    async def _try_reserve(self, reservation: Reservation, at: float) -> float:
        return self.quota.reserve(reservation, at)

    async def flush(self) -> None:
        """Do nothing: the counts are kept here."""

    async def acquire(
        self, requests: float = 1.0, *, tokens: float = 0.0, timeout: float | None = None
    ) -> float:
        """Wait for a turn, count the requests, and return the seconds waited.

        Raises as `reserve`.
        """
        began = self._clock()
        reservation = await self.reserve(tokens, requests=requests, timeout=timeout)
        self.quota.settle(reservation, tokens)
        return self._clock() - began

    def try_acquire(self, requests: float = 1.0, *, tokens: float = 0.0) -> bool:
        """Count the requests if they may be sent now and none are in line; say whether."""
        if self.config.refuses(tokens) or not self._line.try_acquire():
            return False
        try:
            reservation = Reservation(tokens, requests)
            is_granted = self.quota.reserve(reservation, self._clock()) == 0
            if is_granted:
                self.quota.settle(reservation, tokens)
            return is_granted
        finally:
            self._line.release()

    def get_wait_time(self, requests: float = 1.0, *, tokens: float = 0.0) -> float:
        """Return the seconds until the requests might be sent, were they first in line."""
        return self.quota.get_wait_time(Reservation(tokens, requests), self._clock())

    def pause_for(self, seconds: float) -> None:
        """Let no attempt be sent for so many seconds."""
        self.quota.pause_until(self._clock() + seconds)

    def update_from_headers(
        self, headers: Mapping[str, str], reservation: Reservation | None = None
    ) -> None:
        """Do nothing: without header names, there is nothing to learn from a response."""

    @property
    def available_tokens(self) -> float:
        """How many requests may be sent at once, infinite when they are not limited."""
        return self.quota.get_available(self._clock())

    @property
    def is_limited(self) -> bool:
        """Whether a request would have to wait now."""
        return self.get_wait_time() > 0

    def get_stats(self) -> dict[str, float]:
        """Return how many requests may be sent, how many wait, and the seconds of a pause."""
        return {
            "available": self.available_tokens,
            "waiting": self._line.waiter_count,
            "paused_for": self.quota.get_pause(self._clock()),
        }


class AdaptiveRateLimiter(RateLimiter):
    """A rate limiter that learns from the provider's responses what remains there.

    `headers` are the names the manifest gives. Nothing is sent that the provider would refuse by
    its last response.
    """

    def __init__(
        self,
        config: RateLimiterConfig | None = None,
        headers: RateLimitHeaders | None = None,
        *,
        clock: Callable[[], float] = now,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        super().__init__(config, clock=clock, pause=pause)
        self.headers = headers or RateLimitHeaders()

    def update_from_headers(
        self, headers: Mapping[str, str], reservation: Reservation | None = None
    ) -> None:
        """Learn from a response's headers; `reservation` is that of the attempt it answers."""
        self.quota.learn(read_limits(headers, self.headers), self._clock(), reservation)

    def get_server_state(self) -> dict[str, float]:
        """Return the provider's remaining requests and tokens, as far as they were not reset."""
        return self.quota.get_server_state(self._clock())


def _oversize_error(tokens: float, limit: float | None) -> RateLimitExceeded:
    return RateLimitExceeded(
        f"the call may take {tokens:.0f} tokens, and tokens_per_minute allows {limit or 0:g}: send "
        "less, bound the response with max_tokens, raise the limit, or let such calls borrow with "
        "RateLimiterConfig(oversized='borrow')"
    )


def _limit_error(reason: str, wait: float | None) -> RateLimitExceeded:
    delay = "" if wait is None else f" (in {wait:.3g} s)"
    return RateLimitExceeded(
        f"the rate limit has no room for this call in time: {reason}{delay}; send less, raise the "
        "limit, or give the call more time",
        retry_after=wait,
    )
